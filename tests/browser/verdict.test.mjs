// The verdict: it is there from the start, follows the play head, and shows what proves it.

import assert from "node:assert/strict";

import { cutDownTheMiddle, headMs, pause, sheet, untilMeters } from "./act.mjs";
import { labTest } from "./lab.mjs";

const verdict = (lab, world) => lab.page.locator(`#verdict-${world}`);

/** Waits until a world's verdict says this. */
const untilVerdict = (lab, world, words) => verdict(lab, world).filter({ hasText: words }).waitFor({ timeout: 20_000 });

async function breakAp(lab) {
  await cutDownTheMiddle(lab);
  await untilMeters(lab, 1, (m) => m.stale > 0);
  await untilVerdict(lab, 1, "not linearizable");
}

labTest("both sides are linearizable at first; a cut turns AP, never CP", {}, async (lab) => {
  for (const world of [0, 1]) await untilVerdict(lab, world, /^linearizable/);
  await breakAp(lab);
  await pause(lab);
  await untilVerdict(lab, 0, /^linearizable/);
  await lab.screenshot("verdicts");
  const marked = (world) => lab.page.locator(`#rows-${world} .evidence .decisive`).evaluate((path) => path.getAttribute("d"));
  assert.equal(await marked(0), "");
  assert.notEqual(await marked(1), "", "the evidence is marked");
});

labTest("the verdict opens: operations, fault, guarantees; it leads to just before", {}, async (lab) => {
  await breakAp(lab);
  await verdict(lab, 1).focus();
  await lab.page.keyboard.press("Enter");
  await sheet(lab).getByRole("heading", { name: "Not linearizable" }).waitFor();
  const words = await sheet(lab).innerText();
  assert.match(words, /reads, \d+\.\d{3}–\d+\.\d{3} s: misses \w+'s “/);
  assert.match(words, /posts “/);
  assert.match(words, /links cut, /);
  assert.match(words, /Monotonic reads/);
  await lab.screenshot("verdict-open");
  await lab.assertAccessible();
  const at = await headMs(lab);
  await sheet(lab).getByRole("button", { name: "Go to just before" }).click();
  assert.ok((await headMs(lab)) < at, "the play head went back");
  await untilVerdict(lab, 1, /^linearizable/);
  await lab.page.keyboard.press("Escape");
  await sheet(lab).waitFor({ state: "detached" });
});

labTest("the verdict tells how stale reads are on both sides, in a picture, in words and in numbers", {}, async (lab) => {
  await breakAp(lab);
  await verdict(lab, 1).click();
  const figure = sheet(lab).getByRole("figure");
  await figure.getByText("Chance that a read misses a post").scrollIntoViewIfNeeded();
  const [cp, ap] = await figure.locator("li").allInnerTexts();
  assert.match(cp, /CP\s+never, in \d+ reads/);
  assert.match(ap, /AP\s+up to .+ %.*; \d+ reads/);
  await lab.screenshot("staleness");
  await figure.getByText("In numbers").click();
  const rows = await figure.locator("tbody tr").allInnerTexts();
  const cells = rows.map((row) => row.split("\t").slice(1).map((cell) => /^(\d+) of \d+$/.exec(cell)?.[1]));
  assert.equal(cells.length, 8);
  assert.ok(cells.every(([cp]) => cp === undefined || cp === "0"), rows.join("\n"));
  assert.ok(cells.some(([, ap]) => Number(ap) > 0), rows.join("\n"));
  // A dot for each number that is there.
  const dots = await figure.locator(".first > circle, .second > path:not(.curve)").count();
  assert.equal(dots, cells.flat().filter(Boolean).length + 2, "and one for each side in the key");
  await lab.assertAccessible();
});

labTest("on a phone the score shows both verdicts", { size: "phone", scheme: "dark" }, async (lab) => {
  for (const world of [0, 1]) await untilVerdict(lab, world, "✓");
  await verdict(lab, 0).click();
  await sheet(lab).getByText("Linearizable", { exact: true }).waitFor();
  await lab.screenshot("verdict-on-a-phone");
  await lab.assertAccessible();
});
