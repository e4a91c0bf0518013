// The checkers run in a web worker. Where there is none, or it dies, the page says so and all else goes on.

import assert from "node:assert/strict";

import { cutDownTheMiddle, headMs, sheet, untilMeters } from "./act.mjs";
import { labTest } from "./lab.mjs";

const verdict = (lab, world) => lab.page.locator(`#verdict-${world}`);

/** Keeps every worker that the page starts, as `workers`. */
function keepWorkers(page) {
  return page.addInitScript(() => {
    const Real = globalThis.Worker;
    globalThis.workers = [];
    globalThis.Worker = class extends Real {
      constructor(...given) {
        super(...given);
        globalThis.workers.push(this);
      }
    };
  });
}

/** The page says that nothing is checked, and why, and goes on. */
async function assertUnchecked(lab, why) {
  await verdict(lab, 0).filter({ hasText: "not checked" }).waitFor({ timeout: 20_000 });
  await cutDownTheMiddle(lab);
  await untilMeters(lab, 1, (m) => m.stale > 0);
  await verdict(lab, 1).click();
  await sheet(lab).getByRole("heading", { name: "Not checked" }).waitFor();
  assert.match(await sheet(lab).innerText(), why);
  await lab.assertAccessible();
  await sheet(lab).getByRole("button", { name: "Close" }).click();
  const before = await headMs(lab);
  await lab.page.waitForFunction((ms) => Number.parseFloat(document.querySelector("#timeline input").ariaValueText) * 1000 > ms, before);
}

const missing = (files) => ({ before: (page) => page.route(files, (route) => route.abort()) });

labTest("the worker's loader is missing", missing(/referee\.js/), async (lab) => {
  lab.expectError(/referee\.js|ERR_FAILED/);
  await assertUnchecked(lab, /Verdicts are off: the checker, which runs in a web worker, could not be had \(.+\)\. All else works\./);
  await lab.screenshot("no-worker");
});

labTest("the worker's program is missing", missing(/cap-lab-worker_bg\.wasm/), async (lab) => {
  lab.expectError(/cap-lab-worker|ERR_FAILED|Failed to fetch/);
  await assertUnchecked(lab, /could not be had \(.*fetch.*\)/);
});

const forbidden = (page) =>
  page.addInitScript(() => {
    globalThis.Worker = class {
      constructor() {
        throw new DOMException("workers are not allowed here", "SecurityError");
      }
    };
  });

labTest("the browser forbids workers", { before: forbidden }, (lab) => assertUnchecked(lab, /could not be had \(workers are not allowed here\)/));

labTest("a worker that stops is told; a new run has another one", { before: keepWorkers }, async (lab) => {
  await verdict(lab, 0).filter({ hasText: "linearizable" }).waitFor({ timeout: 20_000 });
  const failed = lab.page.locator("#verdict-0").filter({ hasText: "not checked" });
  await lab.page.evaluate(() => globalThis.workers[0].postMessage(new Uint8Array([255])));
  await failed.waitFor({ timeout: 20_000 });
  await lab.page.getByRole("button", { name: "New run" }).click();
  await lab.page.getByRole("button", { name: "Start this run" }).click();
  await verdict(lab, 0).filter({ hasText: "linearizable" }).waitFor({ timeout: 20_000 });
  assert.equal(await lab.page.evaluate(() => globalThis.workers.length), 2);
});

labTest("the checkers are loaded after the page is drawn", {}, async (lab) => {
  await verdict(lab, 0).filter({ hasText: "linearizable" }).waitFor({ timeout: 20_000 });
  const [paint, worker] = await lab.page.evaluate(() => [
    performance.getEntriesByName("first-contentful-paint")[0].startTime,
    performance.getEntriesByType("resource").find(({ name }) => name.includes("referee.js")).startTime,
  ]);
  const wasm = await lab.page.evaluate(() => performance.getEntriesByType("resource").find(({ name }) => name.includes("cap-lab-web")).responseEnd);
  assert.ok(worker > paint && worker > wasm, `the worker was asked for at ${worker} ms, the page was painted at ${paint} ms`);
});
