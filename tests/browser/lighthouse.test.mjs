// Lighthouse on the release build, as it judges a phone. Its scores vary from run to run with what else the machine
// does, so the median of three runs is judged, as its authors advise.

import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, test } from "node:test";

import lighthouse from "lighthouse";

import { DIST, keepJson, launchBrowser } from "./lab.mjs";
import { serve } from "./server.mjs";

const BARS = { performance: 0.95, accessibility: 1, "best-practices": 0.95 };
const RUNS = 3;

const reports = [];

before(async () => {
  const host = await serve(DIST);
  const port = await freePort();
  const browser = await launchBrowser([`--remote-debugging-port=${port}`]);
  try {
    for (let run = 0; run < RUNS; run += 1) {
      const result = await lighthouse(host.url, { port, logLevel: "error", onlyCategories: Object.keys(BARS) });
      assert.ok(result, "Lighthouse gave no report");
      assert.equal(result.lhr.runtimeError, undefined, "Lighthouse could not judge the page");
      reports.push(result.lhr);
    }
  } finally {
    await browser.close();
    await host.close();
  }
});

after(() => {
  keepJson("lighthouse", reports.map(({ categories, audits }) => ({
    scores: Object.fromEntries(Object.keys(BARS).map((name) => [name, categories[name].score])),
    firstContentfulPaintMs: audits["first-contentful-paint"].numericValue,
    largestContentfulPaintMs: audits["largest-contentful-paint"].numericValue,
    totalBlockingTimeMs: audits["total-blocking-time"].numericValue,
    transferBytes: audits["total-byte-weight"].numericValue,
  })));
});

for (const [category, bar] of Object.entries(BARS)) {
  test(`${category} is at least ${bar}`, () => {
    const scores = reports.map((report) => report.categories[category].score).sort((a, b) => a - b);
    const median = scores[Math.floor(scores.length / 2)];
    assert.ok(median >= bar, `scores ${scores.join(", ")}; marked down:\n${markedDown(reports.at(-1), category)}`);
  });
}

/** The audits of a category that cost points, one a line. */
function markedDown({ categories, audits }, category) {
  const lost = categories[category].auditRefs
    .filter(({ id, weight }) => weight > 0 && audits[id].score !== null && audits[id].score < 1)
    .map(({ id }) => `${id}: ${audits[id].title} ${audits[id].displayValue ?? ""}`);
  return lost.join("\n");
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
