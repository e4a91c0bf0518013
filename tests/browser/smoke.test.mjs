// The release build starts at all: on every size, from a sub-path, without a complaint.

import assert from "node:assert/strict";
import { test } from "node:test";

import { EVERYWHERE, launchBrowser } from "./browsers.mjs";
import { DIST, SIZES, labTest } from "./lab.mjs";
import { POLICY, serve } from "./server.mjs";

for (const size of Object.keys(SIZES)) {
  labTest(`starts on a ${size} screen`, { size, browsers: EVERYWHERE }, async (lab) => {
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

labTest("runs on a host that forbids scripts in the page", { browsers: EVERYWHERE }, async (lab) => {
  const { page } = lab;
  const answer = await page.reload();
  assert.equal(answer.headers()["content-security-policy"], POLICY);
  await page.locator("#f0-n0").waitFor();
  const scripts = await page.locator("script:not([src])").count();
  assert.equal(scripts, 0, "a script stands in the page");
});

for (const lost of ["cap-lab-web-*_bg.wasm", "cap-lab-web-*.js"]) {
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

labTest("offers to load again when what starts it cannot be loaded", { expect: /start-|ERR_FAILED/ }, async (lab) => {
  const { page } = lab;
  await page.route("**/start-*.js", (route) => route.abort());
  await page.reload();
  await page.unroute("**/start-*.js");
  await page.getByRole("link", { name: "load it again" }).click();
  await lab.started();
});
