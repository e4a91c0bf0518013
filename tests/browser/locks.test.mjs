// Locks & clocks: a lab as any other. The accident plays from one button, fencing changes the same run, and bad input is told at its field.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { headMs, nodeAt, openPopover, pause, placeOf, playButton, seek } from "./act.mjs";
import { labTest } from "./lab.mjs";
import { capLab } from "./native.mjs";

const verdicts = (lab) => lab.page.locator("#locks-verdict");
const violated = (lab) => verdicts(lab).locator(".bad");
const fencing = (lab) => lab.page.locator("#fencing");
const aside = (lab, name) => lab.page.getByRole("group", { name: "What stands beside the figure" }).getByRole("button", { name });
const bands = (lab) => lab.page.locator(".bands").innerHTML();

/** Sets a field, and leaves it. */
async function type(lab, word, value) {
  const field = lab.page.locator(`#dial-${word}`);
  await field.fill(value);
  await field.blur();
}

/** Opens a node by a click. */
async function open(lab, index) {
  const { x, y } = await placeOf(lab, index);
  await lab.page.mouse.click(x, y);
  return lab.page.locator("#sheet");
}

labTest("the accident plays from one button, and fencing saves the same run", { at: "#locks" }, async (lab) => {
  const end = await headMs(lab);
  await lab.page.locator("#accident").click();
  // It begins before anything happened, and goes on to the end by itself.
  await verdicts(lab).and(lab.page.locator(":not(:has(.bad))")).waitFor();
  await lab.page.waitForFunction((end) => Number.parseFloat(document.querySelector("#timeline input").ariaValueText) * 1000 >= end, end, { timeout: 30_000 });
  await playButton(lab, "Play").waitFor();
  assert.equal(await headMs(lab), end);
  assert.match(await violated(lab).innerText(), /File integrity.*one of them is lost/s);
  assert.ok((await lab.page.locator(".bands .lost").count()) >= 1, "the lost update is drawn");
  await lab.screenshot("corrupted");
  await lab.assertAccessible();
  await fencing(lab).click();
  await violated(lab).waitFor({ state: "detached" });
  assert.equal(await fencing(lab).getAttribute("aria-pressed"), "true");
  assert.equal(await headMs(lab), end, "it is the same moment of the same acts");
  assert.ok((await lab.page.locator(".bands .refused").count()) >= 1, "the refusal is drawn");
  assert.equal(await lab.page.locator(".bands .lost").count(), 0);
  await lab.screenshot("fenced");
  // Taken back, the file is corrupted again.
  await lab.page.keyboard.press("Control+z");
  await violated(lab).waitFor();
});

labTest("who wants less motion sees the accident at once", { at: "#locks", reducedMotion: true }, async (lab) => {
  const end = await headMs(lab);
  await seek(lab, 500);
  await lab.page.locator("#accident").click();
  await violated(lab).waitFor();
  assert.equal(await headMs(lab), end);
  await playButton(lab, "Play").waitFor();
});

labTest("an accident by hand: a holder is paused, another gets the lock, and each act can be taken back", { at: "#locks" }, async (lab) => {
  await seek(lab, 300);
  const [c1, c2] = [3, 4];
  const sheet = await open(lab, c1);
  await sheet.getByRole("button", { name: "Take the lock" }).click();
  // What happened later in the first run is another branch.
  await lab.page.getByRole("combobox", { name: "Branch" }).waitFor();
  await lab.page.keyboard.press("Escape");
  for (let step = 0; step < 400 && !/, holds/.test(await nodeAt(lab, c1).locator("[role=option]").getAttribute("aria-label")); step += 1) {
    await lab.page.keyboard.press("ArrowRight");
  }
  assert.match(await (await open(lab, c1)).innerText(), /that it holds the lock/);
  await sheet.getByRole("button", { name: "Pause" }).click();
  await nodeAt(lab, c1, 0, "paused").waitFor();
  await (await open(lab, c2)).getByRole("button", { name: "Take the lock" }).click();
  await lab.assertAccessible();
  await lab.page.keyboard.press("Escape");
  await lab.page.keyboard.press("Control+z");
  await lab.page.keyboard.press("Control+z");
  await nodeAt(lab, c1, 0, "up").waitFor();
});

labTest("a reload, a link and a file bring the run back, and the command line replays it", { at: "#locks" }, async (lab) => {
  await fencing(lab).click();
  await lab.page.locator(".bands .refused").waitFor();
  await seek(lab, 2_500);
  const before = await bands(lab);
  const popover = await openPopover(lab, "Link");
  const address = await popover.getByRole("textbox", { name: "The link" }).inputValue();
  assert.match(address, /#locks/);
  assert.match(capLab("replay", address).said, /as the file says/);
  await lab.page.keyboard.press("Escape");
  const files = await openPopover(lab, "Run file");
  const [download] = await Promise.all([lab.page.waitForEvent("download"), files.getByRole("button", { name: "Export this run" }).click()]);
  const file = await download.path();
  assert.match(capLab("replay", file).said, /as the file says/);
  await lab.page.waitForTimeout(400);
  await lab.page.reload();
  await lab.page.locator(".bands").waitFor();
  assert.equal(await bands(lab), before, "a reload");
  // Another run, then the file.
  await lab.page.locator("#accident").click();
  await pause(lab);
  await (await openPopover(lab, "Run file")).locator("input[type=file]").setInputFiles({ name: "run.json", mimeType: "application/json", buffer: readFileSync(file) });
  await lab.page.locator(".bands").waitFor();
  await seek(lab, 2_500);
  assert.equal(await bands(lab), before, "a file");
  const other = await lab.page.context().newPage();
  await other.goto(address);
  await other.locator(".bands").waitFor();
  assert.equal(await other.locator(".bands").innerHTML(), before, "a link");
  await other.close();
});

labTest("bad input is told at its field, and nothing is lost", { at: "#locks" }, async (lab) => {
  await aside(lab, "Dials").click();
  const before = await bands(lab);
  for (const [word, value] of [["lease", "0"], ["lease", "-5"], ["pause", "1e9"], ["skew", "x"], ["drift", "-1000000"], ["work", "99999999999999999999"]]) {
    await type(lab, word, value);
    const wrong = lab.page.locator(`#dial-${word}-wrong`);
    await wrong.waitFor();
    assert.ok((await wrong.innerText()).startsWith(`${word}=${value}:`), await wrong.innerText());
    assert.equal(await lab.page.locator(`#dial-${word}`).inputValue(), value, "what was typed stays");
    assert.equal(await bands(lab), before, "the run is as it was");
  }
  await lab.assertAccessible();
  await type(lab, "lease", "1500");
  await lab.page.locator("#dial-lease-wrong").waitFor({ state: "detached" });
  await lab.page.locator("#dial-skew-wrong").waitFor();
  // Another backend and back again: each has what goes with it.
  await lab.page.locator("#dial-backend").selectOption({ label: "Redlock: five servers, wall clocks" });
  await nodeAt(lab, 7).waitFor();
  assert.equal(await fencing(lab).isDisabled(), true);
  await lab.page.locator("#dial-backend").selectOption({ label: "One server with a timeout" });
  await nodeAt(lab, 7).waitFor({ state: "detached" });
  assert.equal(await fencing(lab).isDisabled(), false);
});

labTest("what wrong clocks do to a lease, each from one button; and the way to a leader's lease", { at: "#locks" }, async (lab) => {
  await aside(lab, "Clocks").click();
  for (const [name, overlaps] of [["Skew, and a lease as a duration", false], ["Skew, and a lease as a time of day", true], ["Drift", true], ["A pause", true]]) {
    await lab.page.getByRole("button", { name, exact: true }).click();
    await verdicts(lab).and(lab.page.locator(overlaps ? ":has(.warn)" : ":not(:has(.warn))")).waitFor();
    assert.equal(await violated(lab).count(), overlaps ? 1 : 0, name);
  }
  await lab.assertAccessible();
  await lab.page.getByRole("button", { name: "Show it on the Raft page" }).click();
  await lab.page.locator(".aid").getByText("A lease, and clocks that run apart").waitFor();
  assert.equal(await lab.page.evaluate(() => location.hash), "#raft");
});

labTest("timestamps side by side, and a mistake of the service with the way back", { at: "#locks" }, async (lab) => {
  await aside(lab, "Timestamps").click();
  await lab.page.locator(".stamps td.inverted").first().waitFor();
  await lab.assertAccessible();
  await (await openPopover(lab, "Break the protocol")).getByRole("button", { name: /^Play: / }).first().click();
  await violated(lab).waitFor({ timeout: 30_000 });
  await lab.page.getByRole("button", { name: "Same again without it" }).click();
  await violated(lab).waitFor({ state: "detached" });
});

labTest("a phone in the dark shows it all", { at: "#locks", size: "phone", scheme: "dark" }, async (lab) => {
  await lab.page.locator(".bands").waitFor();
  const wide = await lab.page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1);
  assert.ok(!wide, "the page does not scroll sideways");
  await lab.screenshot("phone");
  await lab.assertAccessible();
});
