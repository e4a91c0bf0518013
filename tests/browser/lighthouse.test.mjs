// Lighthouse on the release build, as it judges a phone: what it counts. Its score for speed depends on what else the machine does,
// and is printed, with the load.

import assert from "node:assert/strict";
import { createServer } from "node:net";
import { loadavg } from "node:os";
import { after, before, test } from "node:test";

import lighthouse from "lighthouse";

import { launchBrowser } from "./browsers.mjs";
import { DIST, keepJson } from "./lab.mjs";
import { serve } from "./server.mjs";

const BARS = { accessibility: 1, "best-practices": 0.95 };

let report;

before(async () => {
  const host = await serve(DIST);
  const port = await freePort();
  const browser = await launchBrowser([`--remote-debugging-port=${port}`]);
  try {
    const onlyCategories = ["performance", ...Object.keys(BARS)];
    const result = await lighthouse(host.url, { port, logLevel: "error", onlyCategories });
    assert.ok(result, "Lighthouse gave no report");
    assert.equal(result.lhr.runtimeError, undefined, "Lighthouse could not judge the page");
    report = result.lhr;
  } finally {
    await browser.close();
    await host.close();
  }
});

after(() => {
  const { categories, audits } = report;
  const figures = {
    performance: categories.performance.score,
    firstContentfulPaintMs: audits["first-contentful-paint"].numericValue,
    largestContentfulPaintMs: audits["largest-contentful-paint"].numericValue,
    totalBlockingTimeMs: audits["total-blocking-time"].numericValue,
    transferBytes: audits["total-byte-weight"].numericValue,
    load: loadavg()[0],
  };
  console.log(`Lighthouse, bar for performance 0.95: ${JSON.stringify(figures)}`);
  keepJson("lighthouse", figures);
});

for (const [category, bar] of Object.entries(BARS)) {
  test(`${category} is at least ${bar}`, () => {
    const { score } = report.categories[category];
    assert.ok(score >= bar, `the score is ${score}; marked down:\n${markedDown(report, category)}`);
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
