// The release build starts at all: on every size, from a sub-path, without a complaint.

import assert from "node:assert/strict";
import { test } from "node:test";

import { DIST, SIZES, labTest, launchBrowser } from "./lab.mjs";
import { serve } from "./server.mjs";

for (const size of Object.keys(SIZES)) {
  labTest(`starts on a ${size} screen`, { size }, async (lab) => {
    assert.equal(await lab.page.title(), "CAP Lab");
    assert.ok(await lab.page.getByRole("main").isVisible(), "nothing is drawn");
    await lab.assertNoSidewaysScroll();
    await lab.screenshot("landing");
  });
}

labTest("has no fault that axe finds on landing", {}, async (lab) => {
  await lab.assertAccessible();
});

test("says what it needs where scripts are off", async () => {
  const host = await serve(DIST, "/");
  const browser = await launchBrowser();
  try {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(host.url);
    assert.match(await page.getByRole("main").innerText(), /needs JavaScript/);
  } finally {
    await browser.close();
    await host.close();
  }
});

for (const lost of ["cap-lab-web_bg.wasm", "cap-lab-web.js", "parts.js"]) {
  test(`says so when ${lost} cannot be loaded`, async () => {
    const host = await serve(DIST, "/");
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.route(`**/${lost}`, (route) => route.fulfill({ status: 404, body: "" }));
      await page.goto(host.url);
      await page.getByRole("status").getByText("could not start").waitFor({ timeout: 5_000 });
    } finally {
      await browser.close();
      await host.close();
    }
  });
}
