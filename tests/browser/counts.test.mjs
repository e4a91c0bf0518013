// What a visit costs, counted: bytes, requests, and verdicts. How long things take is told by `bars.bench.mjs`.

import assert from "node:assert/strict";

import { nodeAt } from "./act.mjs";
import { labTest } from "./lab.mjs";
import { capLab, etcdLogs } from "./native.mjs";
import { judgeAll } from "./referee.mjs";

/** As `xtask/src/transfer.rs` holds it, in bytes; and what the headers of an answer add at most. */
const FIRST_LOAD = 413_000;
const HEADERS = 600;

labTest("a phone loads the first node with few bytes in few requests", { size: "phone", touch: true }, async (lab) => {
  await nodeAt(lab, 0).waitFor();
  const loaded = await lab.page.evaluate(() => {
    const started = (entry) => !/referee|worker|split_/.test(entry.name);
    const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].filter(started);
    return all.map(({ name, transferSize }) => ({ name: name.split("/").at(-1), bytes: transferSize }));
  });
  const bytes = loaded.reduce((total, entry) => total + entry.bytes, 0);
  assert.ok(bytes > 100_000 && bytes <= FIRST_LOAD + HEADERS * loaded.length, `${bytes} bytes: ${JSON.stringify(loaded)}`);
  // The page, its icon, what starts it, the program and its script.
  assert.ok(loaded.length <= 5, JSON.stringify(loaded));
});

labTest("the 102 etcd logs get the verdicts of the command line", { at: "#history", timeout: 240_000 }, async (lab) => {
  const { paths, texts } = etcdLogs();
  const { said } = capLab("check", "--model", "cas-register", "--format", "porcupine-etcd", ...paths);
  // Warnings stand beside the verdicts.
  const verdicts = said.trim().split("\n").map((line) => line.split(": ").at(-1)).filter((word) => /^(not )?linearizable$/.test(word));
  assert.deepEqual(await lab.page.evaluate(judgeAll, texts), verdicts);
});
