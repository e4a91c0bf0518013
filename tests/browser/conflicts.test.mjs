// Likes, statuses and deletions on the phones: what a person does to a post, siblings and who chooses, and who has what during a cut.

import assert from "node:assert/strict";

import { openPopover, pause, play, setSpeed, untilMeters } from "./act.mjs";
import { labTest } from "./lab.mjs";

/** The phone of a person in one of the worlds. */
function phone(lab, world, person) {
  return lab.page.locator(".world").nth(world).locator(".phone").filter({ has: lab.page.locator("h3", { hasText: person }) });
}

/** What a person does with the newest post of an author that the phone has read. */
async function act(lab, world, person, author, deed) {
  const card = phone(lab, world, person);
  const row = card.locator(".posts .row").filter({ has: lab.page.locator("b", { hasText: author }) }).first();
  await row.click();
  await card.getByRole("button", { name: deed }).click();
  await card.getByRole("button", { name: "Close", exact: true }).click();
}

/** Plays a situation from its beginning to its claim. */
async function situation(lab, title) {
  await lab.page.getByRole("button", { name: "Situations", exact: true }).click();
  await lab.page.getByRole("button", { name: `Play: ${title}`, exact: true }).click();
}

/** Plays on until something is there, as often as the run stops at a moment of the claim. */
async function playUntil(lab, wanted) {
  const pauseButton = lab.page.getByRole("button", { name: "Pause", exact: true });
  for (let tries = 0; tries < 400 && !(await wanted.isVisible()); tries += 1) {
    if (!(await pauseButton.isVisible())) await lab.page.keyboard.press("Space");
    await lab.page.waitForTimeout(50);
  }
  await wanted.waitFor({ timeout: 1_000 });
  await pause(lab);
}

labTest("a post is liked and deleted, and a status set, on both stores", {}, async (lab) => {
  await setSpeed(lab, 1);
  await play(lab);
  await untilMeters(lab, 0, (m) => m.answered > 10);
  await pause(lab);
  await act(lab, 1, "Ana", "Ana", /^Like it/);
  await act(lab, 1, "Ana", "Ana", /^Delete it/);
  const ana = phone(lab, 1, "Ana");
  await ana.getByRole("button", { name: /^Post as/ }).click();
  await ana.getByRole("textbox").fill("back at my desk");
  await ana.getByRole("button", { name: /status/ }).click();
  await play(lab);
  for (const world of [0, 1]) {
    const chen = phone(lab, world, "Chen");
    await chen.locator(".status", { hasText: "back at my desk" }).waitFor({ timeout: 10_000 });
  }
  await pause(lab);
  await lab.assertAccessible();
  await lab.screenshot("liked");
});

labTest("siblings: during the cut the page tells who has what; after it the person picks one", { timeout: 90_000 }, async (lab) => {
  await situation(lab, "Siblings");
  const sides = "Ana's status “In Lisbon” on n1 n2, “In Porto” on n3 n4 n5";
  const differs = lab.page.locator(".differs li", { hasText: sides });
  await setSpeed(lab, 1);
  await playUntil(lab, differs);
  await lab.screenshot("who-has-what");
  const siblings = phone(lab, 1, "Chen").locator(".status.several.row");
  await playUntil(lab, siblings);
  await siblings.click();
  await phone(lab, 1, "Chen").getByRole("button", { name: /^Keep “In Porto”/ }).click();
  await phone(lab, 1, "Chen").getByRole("button", { name: "Close", exact: true }).click();
  await lab.assertAccessible();
  await lab.screenshot("siblings");
});

labTest("the form has a list of policies for stores that need one", {}, async (lab) => {
  await openPopover(lab, "New run");
  const second = lab.page.getByLabel("Second store");
  await second.selectOption({ label: "Raft" });
  assert.equal(await lab.page.locator("#new-1-conflicts").isVisible(), false, "a log decides");
  await second.selectOption({ label: "Last write wins" });
  const policy = lab.page.locator("#new-1-policy");
  assert.equal(await policy.inputValue(), "last-write-wins");
  await policy.selectOption("siblings");
  await lab.screenshot("policies");
  await lab.page.getByRole("button", { name: "Start this run" }).click();
  await lab.page.locator(".world h2", { hasText: "AP: gossip" }).waitFor();
  await openPopover(lab, "New run");
  assert.equal(await lab.page.locator("#new-1-policy").inputValue(), "siblings");
});
