// Phones, narrow phones, 200 % zoom, dark, reduced motion, print: everything has room, nothing scrolls sideways.

import assert from "node:assert/strict";

import { cutDownTheMiddle, cutLinks, openPopover, placeOf, sheet } from "./act.mjs";
import { labTest, SIZES } from "./lab.mjs";

const PAGES = ["#feed", "#raft", "#paxos"];

/** What of an element is inside the window, 0 to 1. */
function shareInWindow(lab, selector) {
  return lab.page.locator(selector).first().evaluate((element) => {
    const { top, bottom, left, right, width, height } = element.getBoundingClientRect();
    const seen = (low, high, limit) => Math.max(0, Math.min(high, limit) - Math.max(low, 0));
    return (seen(top, bottom, innerHeight) * seen(left, right, innerWidth)) / (width * height);
  });
}

/** Texts that are cut off or lie over another one, among elements that should never be. */
function clipped(lab) {
  return lab.page.evaluate(() =>
    [...document.querySelectorAll("button, h1, h2, h3, .state, .meters b, .coach p, .readout output")]
      .filter((element) => element.offsetParent !== null && element.scrollWidth > element.clientWidth + 1)
      .filter((element) => getComputedStyle(element).overflow !== "visible")
      .map((element) => `${element.tagName} “${element.textContent}”`),
  );
}

for (const page of PAGES) {
  labTest(`${page.slice(1)}: the whole lab is on a desktop screen`, { at: page }, async (lab) => {
    const { scrolls, page: height } = await lab.page.evaluate(() => ({
      scrolls: document.documentElement.scrollHeight > innerHeight,
      page: document.documentElement.scrollHeight,
    }));
    assert.equal(scrolls, false, `the page is ${height} px high`);
    await lab.page.locator(".figure .node").first().waitFor();
    const parts = page === "#paxos" ? [".figure", ".rails", ".rule, .next", ".transport"] : [".figure", ".phones", ".meters", ".history", ".transport"];
    for (const part of parts) assert.ok((await shareInWindow(lab, part)) > 0.99, `${part} is not on the screen`);
    await lab.assertNoSidewaysScroll();
    await lab.screenshot("light");
    await lab.page.emulateMedia({ colorScheme: "dark" });
    await lab.screenshot("dark");
  });

  for (const [size, options] of Object.entries({ phone: { touch: true }, narrow: { touch: true }, zoomed: {}, "640x400": {} })) {
    labTest(`${page.slice(1)} at ${size}`, { at: page, size: SIZES[size] ?? { width: 640, height: 400 }, ...options }, async (lab) => {
      await lab.page.locator(".figure .node").first().waitFor();
      await lab.assertNoSidewaysScroll();
      if (size === "phone") assert.ok((await shareInWindow(lab, ".figure")) > 0.99, "the cluster is on the first screen");
      assert.deepEqual(await clipped(lab), []);
      await lab.screenshot("light");
      await lab.page.emulateMedia({ colorScheme: "dark" });
      await lab.screenshot("dark", { fullPage: true });
      const menu = lab.page.getByRole("button", { name: /^☰/ });
      if (await menu.isVisible()) {
        await menu.click();
        await lab.page.getByRole("dialog", { name: "Menu" }).waitFor();
        await lab.assertNoSidewaysScroll();
        await lab.page.keyboard.press("Escape");
      }
      for (const name of ["New run", "Run file", "Keys"]) {
        if (await lab.page.getByRole("button", { name, exact: true }).isVisible()) await openPopover(lab, name);
        else continue;
        await lab.assertNoSidewaysScroll();
        await lab.page.keyboard.press("Escape");
      }
      const at = await placeOf(lab, 1);
      await lab.page.mouse.click(at.x, at.y);
      await sheet(lab).waitFor();
      await lab.assertNoSidewaysScroll();
      assert.ok((await shareInWindow(lab, "#sheet")) > 0.3, "what is known of a node is in sight");
      await lab.page.locator("#sheet .acts button").first().scrollIntoViewIfNeeded();
      assert.ok((await shareInWindow(lab, "#sheet .acts button")) > 0.9, "what can be done to it can be scrolled to");
      await lab.screenshot("sheet");
      await sheet(lab).getByRole("button", { name: "Close" }).click();
    });
  }
}

labTest("on a phone: swipe to cut, see CP refuse, switch to AP, heal", { size: "phone", touch: true }, async (lab) => {
  await cutDownTheMiddle(lab);
  assert.equal((await cutLinks(lab)).length, 6);
  await lab.page.locator(".phone.refused").first().waitFor({ timeout: 10_000 });
  await lab.screenshot("cp");
  await lab.page.getByRole("button", { name: /^AP/ }).click();
  await lab.page.locator("#figure-1 .node").first().waitFor();
  assert.equal(await lab.page.locator("#figure-0").count(), 0);
  await lab.screenshot("ap");
  const stale = lab.page.locator(".score tbody tr").nth(1).locator("td").nth(1);
  assert.ok(Number(await stale.innerText()) > 0, "AP's stale reads are counted on the same screen");
  await lab.page.getByRole("button", { name: "Heal all links" }).click();
  assert.deepEqual(await cutLinks(lab, 1), []);
});

labTest("a real swipe cuts and does not scroll the page", { size: "phone", touch: true }, async (lab) => {
  const session = await lab.page.context().newCDPSession(lab.page);
  const figure = await lab.page.locator("#figure-0").boundingBox();
  const [left, right] = [await placeOf(lab, 0), await placeOf(lab, 2)];
  const x = (left.x + right.x) / 2;
  const touch = (type, y) => session.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x, y }] });
  await touch("touchStart", figure.y + 6);
  for (let step = 1; step <= 12; step += 1) await touch("touchMove", figure.y + 6 + ((figure.height - 12) * step) / 12);
  await touch("touchEnd");
  await lab.page.locator("#figure-0 .wire.cut").first().waitFor();
  assert.equal((await cutLinks(lab)).length, 6);
  assert.equal(await lab.page.evaluate(() => scrollY), 0);
});

labTest("with reduced motion messages wait instead of gliding", { reducedMotion: true }, async (lab) => {
  const glides = await lab.page.evaluate(async () => {
    const at = new Map();
    const seen = new Set();
    for (let frame = 0; frame < 90; frame += 1) {
      await new Promise(requestAnimationFrame);
      for (const flight of document.querySelectorAll("#figure-0 .flight")) {
        const places = at.get(flight.id) ?? new Set();
        at.set(flight.id, places.add(flight.getAttribute("transform")));
        seen.add(flight.id);
      }
    }
    return { messages: seen.size, places: Math.max(...[...at.values()].map((places) => places.size)) };
  });
  assert.ok(glides.messages > 2, `${glides.messages} messages were seen`);
  assert.ok(glides.places <= 2, `a message was drawn at ${glides.places} places`);
  const running = await lab.page.evaluate(() => document.getAnimations().filter((animation) => animation.playState === "running").length);
  assert.equal(running, 0);
});

labTest("prints the figures and what was measured", {}, async (lab) => {
  // The words for what happened come with the rest of the program.
  await lab.page.locator(".events li").first().waitFor();
  await lab.page.emulateMedia({ media: "print" });
  await lab.assertNoSidewaysScroll();
  for (const part of [".figure .node", ".phone", ".meters", ".events li"]) {
    assert.ok(await lab.page.locator(part).first().isVisible(), `${part} is not printed`);
  }
  assert.equal(await lab.page.getByRole("button", { name: "New run" }).isVisible(), false);
  await lab.screenshot("paper", { fullPage: true });
});
