// A run in the address: what a link opens is the run it was made of; one that is damaged leaves the learner's own as it was.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import jsQR from "jsqr";

import { cutDownTheMiddle, cutLinks, headMs, openPopover, pause, play, playButton, seek, setSpeed, untilHead } from "./act.mjs";
import { launchBrowser } from "./browsers.mjs";
import { ARTEFACTS, DIST, labTest } from "./lab.mjs";
import { capLab } from "./native.mjs";
import { serve } from "./server.mjs";

/** The link to the run as it is now. */
async function link(lab) {
  const popover = await openPopover(lab, "Link");
  const address = await popover.getByRole("textbox", { name: "The link" }).inputValue();
  await lab.page.keyboard.press("Escape");
  return address;
}

/** What everybody can see of a run. */
async function picture(page) {
  return page.evaluate(() => ({
    nodes: [...document.querySelectorAll(".figure .node > [role=option]")].map((node) => node.ariaLabel),
    links: [...document.querySelectorAll(".figure .link")].map((link) => link.ariaLabel),
    phones: [...document.querySelectorAll(".phone")].map((phone) => phone.innerText),
  }));
}

/** The same link in another tab, as whoever gets it opens it. */
async function inAnotherTab(lab, address) {
  const page = await lab.page.context().newPage();
  await page.goto(address);
  await page.locator(".figure .node").first().waitFor();
  return { page, middleOf: lab.middleOf };
}

labTest("a link opens the same run at the same moment, paused, in another tab", {}, async (lab) => {
  await setSpeed(lab, 1);
  await cutDownTheMiddle(lab);
  await untilHead(lab, 3_000);
  await pause(lab);
  await seek(lab, 2_500);
  const [before, address] = [await picture(lab.page), await link(lab)];
  assert.match(capLab("replay", address).said, /as the file says/);
  const other = await inAnotherTab(lab, address);
  await playButton(other, "Play").waitFor();
  await untilHead(other, 2_500);
  assert.deepEqual(await picture(other.page), before);
  // Once it is kept, a reload goes on from where the learner is by then.
  await other.page.waitForFunction(() => location.hash === "#feed");
  // Either tab has its own run, which stands where it stood.
  for (const tab of [other, lab]) {
    await tab.page.reload();
    await tab.page.locator(".figure .node").first().waitFor();
    await playButton(tab, "Play").waitFor();
    assert.equal(await headMs(tab), 2_500);
    assert.deepEqual(await picture(tab.page), before);
  }
});

labTest("a link to a run that plays plays on; one to another page leads there, and Undo leads back", {}, async (lab) => {
  await play(lab);
  const playing = await link(lab);
  const other = await inAnotherTab(lab, playing);
  await playButton(other, "Pause").waitFor();
  await other.page.close();

  await lab.page.goto(`${lab.url}#raft`);
  await lab.page.locator("main.raft .figure .node").first().waitFor();
  await pause(lab);
  await seek(lab, 0);
  const raft = await link(lab);
  assert.match(raft, /#raft\?run=/);
  await lab.page.goto(`${lab.url}#feed`);
  await lab.page.locator("main.feed .figure .node").first().waitFor();
  await lab.page.evaluate((address) => { location.href = address; }, raft);
  await lab.page.locator("main.raft .figure .node").first().waitFor();
  assert.equal(await headMs(lab), 0);
  await playButton(lab, "Play").waitFor();
});

labTest("a link that is followed while a run is there can be taken back", {}, async (lab) => {
  await pause(lab);
  const start = await link(lab);
  await cutDownTheMiddle(lab);
  const cut = await cutLinks(lab);
  assert.notDeepEqual(cut, []);
  await lab.page.evaluate((address) => { location.href = address; }, start);
  await lab.page.waitForFunction(() => !document.querySelector('.figure .link[aria-label$=", cut"]'));
  await lab.page.locator("h1").click();
  await lab.page.keyboard.press("Control+z");
  await lab.page.waitForFunction(() => document.querySelector('.figure .link[aria-label$=", cut"]'));
  assert.deepEqual(await cutLinks(lab), cut);
});

labTest("a damaged link and one of a later version say so, and the run is as it was", {}, async (lab) => {
  await cutDownTheMiddle(lab);
  await pause(lab);
  const [address, before] = [await link(lab), await picture(lab.page)];
  const code = address.split("run=")[1];
  const later = Buffer.from(code, "base64url");
  later[0] = 2;
  for (const [wrong, says] of [
    [address.slice(0, -20), /link was not opened; your run is as it was.*damaged/],
    [address.replace(code, later.toString("base64url")), /another version of the lab/],
    [`${lab.url}#feed?run=nothing`, /damaged/],
    [`${lab.url}#paxos?run=${code}`, /another experiment/],
  ]) {
    await lab.page.evaluate((wrong) => { location.href = wrong; }, wrong);
    const notice = lab.page.getByRole("alert").filter({ hasText: says });
    await notice.waitFor();
    assert.deepEqual(await picture(lab.page), before);
    await notice.getByRole("button", { name: "Dismiss" }).click();
  }
  // And for whoever comes by it.
  await lab.page.goto("about:blank");
  await lab.page.goto(address.slice(0, -20));
  await lab.page.getByRole("alert").filter({ hasText: /damaged/ }).waitFor();
  assert.deepEqual(await cutLinks(lab), before.links.filter((name) => name.includes(", cut")).slice(0, (await cutLinks(lab)).length));
});

labTest("the code on the screen says the link", {}, async (lab) => {
  await pause(lab);
  const popover = await openPopover(lab, "Link");
  const address = await popover.getByRole("textbox", { name: "The link" }).inputValue();
  await lab.assertAccessible();
  await lab.screenshot("link");
  const drawn = await popover.getByRole("img", { name: "The link as a QR code" }).evaluate((drawn) => ({
    view: drawn.getAttribute("viewBox").split(" ").map(Number),
    modules: drawn.querySelector("path").getAttribute("d"),
  }));
  // As a camera sees it: eight pixels to a module, white around.
  const [scale, side] = [8, drawn.view[2] * 8];
  const pixels = new Uint8ClampedArray(4 * side * side).fill(255);
  for (const [, x, y] of drawn.modules.matchAll(/M(\d+),(\d+)h1v1h-1z/g)) {
    for (let row = 0; row < scale; row += 1) {
      const at = 4 * (((y - drawn.view[1]) * scale + row) * side + (x - drawn.view[0]) * scale);
      for (let byte = 0; byte < 4 * scale; byte += 1) if (byte % 4 !== 3) pixels[at + byte] = 0;
    }
  }
  assert.equal(jsQR(pixels, side, side)?.data, address);
});

test("a frame shows one figure with its transport, tells how high it likes to be, and opens the whole lab", async () => {
  const host = await serve(DIST, "/lab/");
  const browser = await launchBrowser();
  try {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.goto(host.url);
    await page.locator(".figure .node").first().waitFor();
    const lab = { page };
    await pause(lab);
    const address = await link(lab);
    const outside = await context.newPage();
    await outside.setContent("<p>A text of a teacher's.</p>");
    await outside.evaluate((source) => {
      window.heights = [];
      addEventListener("message", ({ data }) => window.heights.push(data));
      document.body.innerHTML = `<iframe src="${source}" width="700" height="480"></iframe>`;
    }, address.replace("#", "?embed#"));
    const frame = outside.frameLocator("iframe");
    await frame.locator(".figure .node").first().waitFor();
    assert.equal(await frame.locator(".figure").count(), 1);
    assert.equal(await frame.locator("nav:visible, .phones:visible, .side:visible").count(), 0);
    const boxes = await frame.locator(".figure .node .body").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON()));
    const transport = await frame.getByRole("contentinfo").evaluate((one) => one.getBoundingClientRect().toJSON());
    assert.ok(boxes.every(({ top, bottom }) => top >= 0 && bottom <= transport.top), "all nodes are in sight");
    assert.ok(transport.bottom <= 480);
    const [{ subject, height }] = await outside.evaluate(() => window.heights);
    assert.equal(subject, "lti.frameResize");
    assert.ok(height >= 420 && height <= 640, `${height}`);
    await outside.screenshot({ path: join(ARTEFACTS, "frame.png") });
    await frame.getByRole("button", { name: "Play" }).click();
    const whole = context.waitForEvent("page");
    await frame.getByRole("button", { name: "Open in the lab" }).click();
    await (await whole).locator("nav").first().waitFor();
  } finally {
    await browser.close();
    await host.close();
  }
});
