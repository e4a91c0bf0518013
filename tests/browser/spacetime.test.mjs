// The space-time diagram: events and arrows of the run before the play head, what happens before what, and its two files.

import assert from "node:assert/strict";

import { cutDownTheMiddle, headMs, openPopover, pause, untilHead } from "./act.mjs";
import { labTest } from "./lab.mjs";

/** Opens the diagrams; the first of them. */
async function openDiagram(lab) {
  await lab.page.getByRole("button", { name: "As diagram" }).first().click();
  const plot = lab.page.locator(".plot").first();
  await plot.locator(".event").first().waitFor();
  return plot;
}

/** What a button saves. */
async function saved(lab, name) {
  return lab.download(() => lab.page.getByRole("button", { name, exact: true }).first().click());
}

for (const at of ["#feed", "#raft", "#paxos"]) {
  labTest(`${at.slice(1)} as a diagram`, { at }, async (lab) => {
    await pause(lab);
    if (at === "#paxos") {
      for (let step = 0; step < 12; step++) await lab.page.keyboard.press("ArrowRight");
    }
    const plot = await openDiagram(lab);
    assert.ok((await plot.locator(".event").count()) > 5);
    assert.ok((await plot.locator(".arrow").first().getAttribute("d")) !== null);
    await lab.assertAccessible();
    await lab.screenshot("opened");
  });
}

labTest("an event tells its past from its future; arrow keys go from event to event", {}, async (lab) => {
  await pause(lab);
  const plot = await openDiagram(lab);
  const count = await plot.locator(".event").count();
  const middle = plot.locator(".event").nth(Math.floor(count / 2));
  const box = await middle.boundingBox();
  await lab.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await plot.locator(".event.chosen").waitFor();
  const text = await lab.page.locator(".diagram .foot p").first().innerText();
  const [, past, future, apart] = text.match(/(\d+) events happen before it ■, (\d+) after it □, (\d+) are concurrent/).map(Number);
  assert.ok(past > 0 && future > 0, text);
  assert.equal(past + future + apart + 1, count, "every event is one of these");
  assert.deepEqual(
    [await plot.locator(".event.past").count(), await plot.locator(".event.future").count()],
    [past, future],
  );
  const chosen = () => plot.locator("[aria-selected=true]").getAttribute("aria-label");
  const first = await chosen();
  const head = await headMs(lab);
  await plot.focus();
  await lab.page.keyboard.press("ArrowLeft");
  const before = await chosen();
  assert.notEqual(before, first);
  assert.equal(before.split(",")[0], first.split(",")[0], "along its line");
  await lab.page.keyboard.press("ArrowDown");
  assert.notEqual((await chosen()).split(",")[0], first.split(",")[0], "to another line");
  assert.equal(await headMs(lab), head, "the play head stays");
  await lab.assertAccessible();
  await lab.screenshot("chosen");
});

labTest("a cut is marked, its messages end in a cross, and both files have all that", {}, async (lab) => {
  await cutDownTheMiddle(lab);
  await untilHead(lab, (await headMs(lab)) + 100);
  await pause(lab);
  const plot = await openDiagram(lab);
  await plot.getByText("6 links cut").waitFor();
  assert.match(await plot.locator(".arrow.cross").getAttribute("d"), /^M.+M/s, "several were lost");
  const picture = await saved(lab, "Save this picture as SVG");
  assert.equal(picture.name, "cap-lab.svg");
  const problems = await lab.page.evaluate((text) => {
    const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
    return { wrong: parsed.querySelectorAll("parsererror").length, events: parsed.querySelectorAll(".event").length };
  }, picture.text);
  assert.equal(problems.wrong, 0);
  assert.equal(problems.events, await plot.locator(".event").count());
  const log = await saved(lab, "Save these events as ShiViz log");
  const [expression, delimiter, head, told] = log.text.split("\n");
  assert.match(expression, /\(\?<host>.*\(\?<clock>.*\(\?<event>/);
  assert.equal(delimiter, "");
  // JavaScript reads the expression as ShiViz does.
  const read = new RegExp(expression).exec(`${head}\n${told}`);
  assert.ok(JSON.parse(read.groups.clock)[read.groups.host] === 1, "a line's first event counts 1");
  await lab.screenshot("cut");
});

for (const [size, scheme] of [["phone", "light"], ["phone", "dark"], ["desktop", "dark"], ["narrow", "light"]]) {
  labTest(`at ${size}, ${scheme}`, { size, scheme }, async (lab) => {
    await pause(lab);
    await openDiagram(lab);
    await lab.assertAccessible();
    await lab.screenshot("opened");
  });
}

labTest("a new run begins without the old run's diagram and without what was marked in it", {}, async (lab) => {
  const { page } = lab;
  await pause(lab);
  const rows = page.locator("#rows-0");
  await rows.focus();
  await page.keyboard.press("ArrowRight");
  await page.locator(".card").waitFor();
  await openDiagram(lab);
  await openPopover(lab, "New run");
  await page.getByRole("button", { name: "Another seed" }).click();
  await page.locator("#f0-n0").waitFor();
  assert.equal(await page.locator(".diagram").count(), 0);
  assert.equal(await page.getByRole("button", { name: "As diagram" }).first().getAttribute("aria-pressed"), "false");
  assert.equal(await page.locator(".card").count(), 0);
});
