// The same library without a browser, to compare with.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** The command line of this package, as the tests build it. */
export function capLab(...args) {
  return run("--profile test --features cli", args);
}

/** The command line, built for speed. */
function fastCapLab(...args) {
  return run("--release --no-default-features --features cli", args);
}

function run(flags, args) {
  const command = `run --quiet ${flags} --bin cap-lab --`.split(" ");
  const done = spawnSync("cargo", [...command, ...args], { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 26 });
  assert.equal(done.error, undefined);
  return { status: done.status, said: `${done.stdout}${done.stderr}` };
}

/** The processor time in seconds that the command line takes for it, its start included; the first use builds it. */
export function capLabSeconds(...args) {
  fastCapLab("--help");
  const binary = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "release", "cap-lab");
  // `times` tells what the shell took, then what its children took: user and system, as 0m1.23s.
  // Status 1 of `check`: some histories are not linearizable.
  const timed = '"$0" "$@" > /dev/null; test $? -le 1 && times';
  const done = spawnSync("sh", ["-c", timed, binary, ...args], { cwd: ROOT, encoding: "utf8" });
  assert.equal(done.status, 0, `${done.error ?? done.stderr}`);
  const children = [...done.stdout.trim().split("\n")[1].matchAll(/(\d+)m([\d.]+)s/g)];
  return children.reduce((total, [, minutes, seconds]) => total + 60 * minutes + Number(seconds), 0);
}

/** Where Cargo keeps the source of a crate that this package depends on. */
function crateFolder(name) {
  const args = ["metadata", "--format-version", "1", "--locked"];
  const told = spawnSync("cargo", args, { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 26 });
  assert.equal(told.status, 0, told.stderr);
  return dirname(JSON.parse(told.stdout).packages.find((found) => found.name === name).manifest_path);
}

/** The 102 logs of etcd that come with crate `todc-utils`: where they are and what they say. Number 95 is none of them. */
export function etcdLogs() {
  const folder = join(crateFolder("todc-utils"), "tests", "linearizability", "etcd");
  const numbers = Array.from({ length: 103 }, (_, number) => number).filter((number) => number !== 95);
  const paths = numbers.map((number) => join(folder, `etcd_${String(number).padStart(3, "0")}.log`));
  return { paths, texts: paths.map((path) => readFileSync(path, "utf8")) };
}
