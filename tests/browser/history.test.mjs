// The history of operations: bars in a window that moves, the order or the evidence, and what is told of an operation.

import assert from "node:assert/strict";

import { cutDownTheMiddle, headMs, pause, untilMeters } from "./act.mjs";
import { labTest } from "./lab.mjs";

const rows = (lab, world) => lab.page.locator(`#rows-${world}`);
const card = (lab) => lab.page.locator(".card");

/** What the keyboard is on. */
const told = (lab, world) => rows(lab, world).getByRole("option").getAttribute("aria-label");

/** The drawing's moments: how many milliseconds a pixel is, by two of its ticks. */
function scale(lab, world) {
  return rows(lab, world).evaluate((rows) => {
    const ticks = [...rows.querySelectorAll(".tick text")].map((text) => [parseFloat(text.textContent) * 1e3, text.getBoundingClientRect()]);
    const middle = ({ left, width }) => left + width / 2;
    const [[t0, a], [t1, b]] = ticks;
    const perPixel = (t1 - t0) / (middle(b) - middle(a));
    return { perPixel, at: (x) => t0 + (x - middle(a)) * perPixel, zero: t0 - middle(a) * perPixel };
  });
}

labTest("the order goes through every answered operation, each within its bar", {}, async (lab) => {
  await lab.page.locator("#verdict-0", { hasText: /^linearizable/ }).waitFor();
  await pause(lab);
  await lab.page.locator("#rows-0 .order .dots[d*=M]").waitFor({ state: "attached" });
  for (const world of [0, 1]) {
    const seen = await rows(lab, world).evaluate((rows) => {
      const numbers = (d) => [...d.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
      const path = (selector) => rows.querySelector(selector).getAttribute("d");
      const bars = [...path(".bar.done path").matchAll(/M(-?[\d.]+),(-?[\d.]+)(?:h([\d.]+)q([\d.]+))?/g)];
      return { dots: numbers(path(".order .dots")), line: numbers(path(".order .thread")), bars: bars.map((bar) => bar.slice(1).map(Number)) };
    });
    assert.ok(seen.bars.length > 8, `${seen.bars.length} bars`);
    assert.deepEqual(seen.line, seen.dots, "the line leads from dot to dot");
    assert.ok(seen.dots.every(([x], index) => index === 0 || x >= seen.dots[index - 1][0]), "time never goes back along it");
    // A bar's outline begins after its left corner.
    const newest = Math.max(...seen.dots.map(([x]) => x));
    for (const [left, top, along, corner] of seen.bars.filter(([left, , along]) => left + along < newest)) {
      const right = left + along + corner;
      assert.ok(seen.dots.some(([x, y]) => x >= left - corner - 0.2 && x <= right + 0.2 && Math.abs(y - top - 18) < 2), `a dot on the bar at ${left}, ${top}`);
    }
  }
  await lab.screenshot("order");
});

labTest("pointing at an operation tells of it, a click keeps that, Escape ends it", {}, async (lab) => {
  await pause(lab);
  const box = await rows(lab, 0).boundingBox();
  // Somewhere in the first row there is a bar.
  for (let x = 200; x < 420 && !(await card(lab).isVisible()); x += 9) {
    await lab.page.mouse.move(box.x + x, box.y + 22);
    await lab.page.waitForTimeout(220);
  }
  await card(lab).getByText(/^Ana (posts|reads)/).waitFor();
  await card(lab).getByText(/^Carried by \d+ messages/).waitFor();
  assert.match(await card(lab).innerText(), /Ask Ana → n1/);
  assert.match(await card(lab).innerText(), /AppendEntries n3 → n\d, n\d/);
  await card(lab).getByText(/^\d+(st|nd|rd|th) in the order$/).waitFor();
  assert.equal(await card(lab).getByRole("button").count(), 0, "what goes with the pointer has nothing to press");
  await lab.screenshot("pointed-at");
  await lab.page.mouse.down();
  await lab.page.mouse.up();
  await card(lab).getByRole("button", { name: "Show in the diagram" }).waitFor();
  await lab.page.mouse.move(box.x + 60, box.y - 400);
  await lab.page.waitForTimeout(500);
  assert.ok(await card(lab).isVisible(), "it stays");
  await lab.assertAccessible();
  await card(lab).getByRole("button", { name: "Show in the diagram" }).click();
  const arrows = lab.page.locator("#diagram-0 .arrow.carried").first();
  await arrows.waitFor({ state: "attached" });
  // One arrow is a line, and a tip of its own.
  const drawn = (await arrows.getAttribute("d")).match(/M/g).length / 2;
  const [, count] = (await card(lab).innerText()).match(/Carried by (\d+)/);
  assert.equal(drawn, Number(count), "every message that is told of stands out");
  await lab.screenshot("in-the-diagram");
  await lab.page.keyboard.press("Escape");
  await card(lab).waitFor({ state: "detached" });
});

labTest("by keyboard: along a row, to another, more and less time, back in time and to now", {}, async (lab) => {
  await pause(lab);
  await rows(lab, 1).focus();
  await lab.page.keyboard.press("ArrowRight");
  await card(lab).waitFor();
  const newest = await told(lab, 1);
  await lab.page.keyboard.press("ArrowUp");
  await lab.page.keyboard.press("ArrowUp");
  await lab.page.keyboard.press("ArrowDown");
  assert.match(await told(lab, 1), /^Bo (reads|posts), /);
  for (let press = 0; press < 4; press += 1) await lab.page.keyboard.press("ArrowLeft");
  assert.match(await told(lab, 1), /^Bo (reads|posts), answered/);
  assert.notEqual(await told(lab, 1), newest);
  await lab.assertAccessible();
  await lab.page.keyboard.press("Escape");
  await card(lab).waitFor({ state: "detached" });
  const before = await scale(lab, 1);
  await lab.page.keyboard.press("+");
  await lab.page.keyboard.press("PageUp");
  const close = await scale(lab, 1);
  assert.ok(Math.abs(before.perPixel / close.perPixel - 2) < 0.1, "half of the time");
  assert.ok(Math.abs((await scale(lab, 0)).perPixel / close.perPixel - 1) < 0.02, "on both sides");
  await lab.page.getByRole("button", { name: "⇥ now" }).first().waitFor();
  await lab.screenshot("back-in-time");
  await lab.page.keyboard.press("End");
  await lab.page.getByRole("button", { name: "⇥ now" }).first().waitFor({ state: "detached" });
  const head = await headMs(lab);
  const box = await rows(lab, 1).boundingBox();
  await lab.drag(...[200, 260, 330].map((x) => ({ x: box.x + x, y: box.y + 40 })));
  await lab.page.getByRole("button", { name: "⇥ now" }).first().waitFor();
  assert.equal(await headMs(lab), head, "dragging the strip leaves the play head where it is");
});

labTest("the evidence leads: the read that missed, and the post", {}, async (lab) => {
  await cutDownTheMiddle(lab);
  await untilMeters(lab, 1, (m) => m.stale > 0);
  const evidence = lab.page.getByRole("button", { name: "evidence" });
  await evidence.waitFor({ timeout: 20_000 });
  await pause(lab);
  const { decisive, rest, arrow } = await rows(lab, 1).evaluate((rows) => {
    const path = (name) => rows.querySelector(`.evidence .${name}`)?.getAttribute("d") ?? "";
    return { decisive: path("decisive").match(/M/g)?.length, rest: path("rest").match(/M/g)?.length, arrow: path("missed") };
  });
  assert.equal(decisive, 2, "the post and the read");
  assert.ok(rest > 2, "what the read saw is underlined");
  assert.match(arrow, /^M.+C/);
  assert.equal(await rows(lab, 1).locator(".order .dots").count(), 0, "no order is drawn beside it");
  assert.ok((await rows(lab, 0).locator(".order .dots").count()) > 0, "the other side has one");
  await evidence.click();
  await card(lab).getByText(/^Decisive: it began after \w+'s “.+” was confirmed/).waitFor();
  assert.match(await card(lab).innerText(), /Mail n\d.* → n\d\s+lost: what it misses/);
  await lab.assertAccessible();
  await lab.screenshot("evidence");
});

for (const [size, scheme] of [["phone", "dark"], ["narrow", "light"], ["zoomed", "light"]]) {
  labTest(`at ${size}, ${scheme}: a tap tells of an operation`, { size, scheme, touch: true }, async (lab) => {
    await pause(lab);
    await rows(lab, 0).scrollIntoViewIfNeeded();
    await rows(lab, 0).evaluate((rows) => rows.scrollIntoView({ block: "center" }));
    const box = await rows(lab, 0).boundingBox();
    for (let x = 60; x < box.width - 60 && !(await card(lab).isVisible()); x += 11) {
      await lab.page.touchscreen.tap(box.x + x, box.y + 22);
      await lab.page.waitForTimeout(150);
    }
    await card(lab).getByText(/^Carried by/).waitFor();
    await lab.assertNoSidewaysScroll();
    await lab.assertAccessible();
    await lab.screenshot("tapped");
  });
}
