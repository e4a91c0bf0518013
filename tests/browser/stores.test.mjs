// Any two stores side by side: primary and backup splits its brain, a quorum reads new then old or refuses; each is picked in the
// form for a new run, which says what it promises, and complains at the field of a number that can't be.

import assert from "node:assert/strict";

import { cutDownTheMiddle, meters, openPopover, pause, play, setSpeed, untilMeters } from "./act.mjs";
import { labTest } from "./lab.mjs";

/** Opens the form, and picks the stores by their names in its lists. */
async function pick(lab, first, second) {
  await openPopover(lab, "New run");
  await lab.page.getByLabel("First store").selectOption({ label: first });
  await lab.page.getByLabel("Second store").selectOption({ label: second });
}

/** Starts what the form has. */
async function start(lab) {
  await lab.page.getByRole("button", { name: "Start this run" }).click();
}

/** How many crowns a cluster wears. */
function crowns(lab, world) {
  return lab.page.locator(`#figure-${world} .crown`).count();
}

labTest("primary and backup: two crowns after a cut, one after the heal, and what is lost is told", {}, async (lab) => {
  await pick(lab, "Primary–backup", "Raft");
  const says = await lab.page.locator("#new-0-says").innerText();
  assert.match(says, /Each side of a cut goes on/);
  await start(lab);
  await lab.page.locator(".world h2", { hasText: "AP: Primary–backup" }).waitFor();
  await setSpeed(lab, 1);
  await play(lab);
  await cutDownTheMiddle(lab);
  await lab.page.locator(".world .title p", { hasText: "Split brain: 2 primaries" }).waitFor({ timeout: 10_000 });
  assert.equal(await crowns(lab, 0), 2, "two believe that they lead");
  await lab.screenshot("split-brain");
  await untilMeters(lab, 1, (m) => m.refused > 0);
  await lab.page.keyboard.press("h");
  await lab.page.locator(".events li", { hasText: "confirmed post is lost" }).first().waitFor({ timeout: 10_000 });
  await pause(lab);
  assert.equal(await crowns(lab, 0), 1, "the higher view has won");
  await lab.screenshot("lost");
});

labTest("a quorum: dials that can't be are refused at their field; Dynamo answers through a cut, ABD refuses", {}, async (lab) => {
  await pick(lab, "Quorum (Dynamo)", "Quorum (ABD)");
  const dial = lab.page.getByLabel("R, of store 1");
  await dial.fill("4");
  await start(lab);
  assert.equal(await dial.evaluate((field) => field.validationMessage), "R = 4: with N = 3 1 to 3 are possible");
  await dial.fill("1");
  await start(lab);
  await lab.page.locator(".world .title p", { hasText: "N 3 · R 1 · W 2 · sloppy" }).waitFor();
  await lab.page.locator(".world .title p", { hasText: "(ABD)" }).waitFor();
  await setSpeed(lab, 1);
  await play(lab);
  await cutDownTheMiddle(lab);
  await untilMeters(lab, 1, (m) => m.refused > 0);
  await untilMeters(lab, 0, (m) => m.stale > 0);
  await pause(lab);
  assert.equal((await meters(lab, 1)).stale, 0, "ABD never answers from old data");
  await lab.screenshot("quorums");
});
