// The same library without a browser, to compare with.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** The command line of this package, built for speed; the first use builds it. */
export function capLab(...args) {
  const flags = "run --quiet --release --no-default-features --features cli --bin cap-lab --".split(" ");
  const done = spawnSync("cargo", [...flags, ...args], { cwd: ROOT, encoding: "utf8" });
  assert.equal(done.error, undefined);
  return { status: done.status, said: `${done.stdout}${done.stderr}` };
}

/** The processor time in seconds that the command line takes for it, its start included; the first use builds it. */
export function capLabSeconds(...args) {
  capLab("--help");
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
export function crateFolder(name) {
  const args = ["metadata", "--format-version", "1", "--offline"];
  const told = spawnSync("cargo", args, { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 26 });
  assert.equal(told.status, 0, told.stderr);
  return dirname(JSON.parse(told.stdout).packages.find((found) => found.name === name).manifest_path);
}
