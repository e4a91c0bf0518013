// The main job on the landing page: cut links, and watch one feed answer differently under CP and under AP.

import assert from "node:assert/strict";

import {
  cutDownTheMiddle, cutLinks, headMs, leader, meters, nodeAt, openPopover, pause, placeOf, play, playButton, pointOnLink,
  seek, setSpeed, sheet, untilHead, untilLeader, untilMeters,
} from "./act.mjs";
import { EVERYWHERE } from "./browsers.mjs";
import { labTest } from "./lab.mjs";

/** After the first cut, in ms of the run's time: 5 s of the learner's, since the page opens at a tenth of the speed. */
const FIRST_EFFECT_MS = 500;

labTest("is alive on landing: posts flow, nobody is refused, a line invites the first cut", {}, async (lab) => {
  await lab.page.getByText("Drag across links to cut them").waitFor();
  const before = await headMs(lab);
  await lab.page.locator("#figure-0 .flight").first().waitFor();
  await lab.page.locator("#figure-1 .flight").first().waitFor();
  await untilHead(lab, before + 300);
  for (const world of [0, 1]) {
    const shown = await meters(lab, world);
    assert.deepEqual(shown, { answered: 100, stale: 0, refused: 0, unknown: 0 }, "nothing is wrong before a cut");
    assert.ok((await lab.page.locator(".world").nth(world).locator(".posts li:not(.empty)").count()) > 0, "no post is shown");
  }
  assert.notEqual(await leader(lab), -1, "Raft has a leader");
});

labTest("the menu of a link cuts one direction", {}, async (lab) => {
  await pause(lab);
  const at = await pointOnLink(lab, 0, 1);
  await lab.page.mouse.click(at.x, at.y, { button: "right" });
  await sheet(lab).getByRole("button", { name: "Cut n1 → n2" }).click();
  assert.deepEqual(await cutLinks(lab), ["link n1 to n2, cut from n1 to n2 only"]);
  await sheet(lab).getByRole("button", { name: "Close" }).click();
  await sheet(lab).waitFor({ state: "detached" });
});

labTest("one drag after landing: the minority's CP refuses and its AP goes stale within 5 s", { browsers: EVERYWHERE }, async (lab) => {
  await cutDownTheMiddle(lab);
  const from = await headMs(lab);
  const cut = await cutLinks(lab);
  assert.deepEqual(cut.sort(), [
    "link n1 to n3, cut", "link n1 to n4, cut", "link n1 to n5, cut",
    "link n2 to n3, cut", "link n2 to n4, cut", "link n2 to n5, cut",
  ]);
  await Promise.all([untilMeters(lab, 0, (m) => m.refused > 0), untilMeters(lab, 1, (m) => m.stale > 0)]);
  await lab.screenshot("cut");
  assert.equal((await meters(lab, 0)).stale, 0, "CP never answers from old data");
  assert.equal((await meters(lab, 1)).refused, 0, "AP never refuses");
  const words = await lab.page.locator(".world").first().locator(".phone.refused .state").first().innerText();
  assert.match(words, /refused/i, "the phone says that it was refused");
  // Of the run's own time, which no busy machine changes.
  await untilHead(lab, from + FIRST_EFFECT_MS);
  await pause(lab);
  await seek(lab, from + FIRST_EFFECT_MS);
  await untilMeters(lab, 0, (m) => m.refused > 0);
  await untilMeters(lab, 1, (m) => m.stale > 0);
});

labTest("after healing both recover: CP answers again and AP converges", {}, async (lab) => {
  await cutDownTheMiddle(lab);
  await setSpeed(lab, 1);
  await untilMeters(lab, 1, (m) => m.stale > 0);
  await untilMeters(lab, 0, (m) => m.refused > 0);
  await lab.page.getByRole("button", { name: "Heal all links" }).click();
  assert.deepEqual(await cutLinks(lab), []);
  // People turn to their replicas again; what is counted must stop growing once the replicas have exchanged their posts.
  await untilHead(lab, (await headMs(lab)) + 3_000);
  const settled = [await meters(lab, 0), await meters(lab, 1)];
  await untilHead(lab, (await headMs(lab)) + 3_000);
  const later = [await meters(lab, 0), await meters(lab, 1)];
  assert.equal(later[0].refused, settled[0].refused, "CP refuses no more");
  assert.equal(later[0].unknown, settled[0].unknown, "CP leaves nothing open any more");
  assert.equal(later[1].stale, settled[1].stale, "AP is up to date again");
  const posts = await lab.page.locator("#figure-1 .node .caption").allInnerTexts();
  assert.equal(posts.length, 5);
  assert.equal(await lab.page.getByRole("button", { name: "Heal all links" }).count(), 0, "nothing is left to heal");
});

labTest("the leader crashes and another is elected; it restarts as a follower", {}, async (lab) => {
  const first = await leader(lab);
  await pause(lab);
  const at = await placeOf(lab, first);
  await lab.page.mouse.click(at.x, at.y);
  await sheet(lab).getByText("Durable (on its disk)").waitFor();
  await sheet(lab).getByText("Volatile", { exact: false }).first().waitFor();
  await sheet(lab).getByRole("button", { name: "Crash", exact: true }).click();
  await nodeAt(lab, first, 0, "crashed").waitFor();
  await play(lab);
  await setSpeed(lab, 1);
  const second = await untilLeader(lab, { other: first });
  assert.notEqual(second, first);
  await lab.screenshot("crashed");
  await sheet(lab).getByRole("button", { name: "Restart" }).click();
  await nodeAt(lab, first, 0, "up.follower").waitFor();
});

labTest("a phone moves to another replica: by its list and by a drag onto it", {}, async (lab) => {
  await pause(lab);
  const via = (world) => lab.page.locator(".world").nth(world).getByLabel("Replica that Ana talks to");
  assert.equal(await via(0).inputValue(), "0");
  await via(0).selectOption("3");
  assert.equal(await via(1).inputValue(), "3", "she moves in both worlds");
  await nodeAt(lab, 3).locator(".person").getByText("Ana").waitFor();
  const grip = await lab.middleOf(lab.page.locator(".world").first().locator(".grip").first());
  await lab.drag(grip, { x: grip.x + 20, y: grip.y - 30 }, await placeOf(lab, 1));
  assert.equal(await via(0).inputValue(), "1");
  await nodeAt(lab, 1).locator(".person").getByText("Ana").waitFor();
  // A drop outside of all replicas changes nothing.
  await lab.drag(grip, { x: grip.x + 60, y: grip.y + 10 });
  assert.equal(await via(0).inputValue(), "1");
});

labTest("a person posts what is typed, and another reads it in both worlds", {}, async (lab) => {
  await openPopover(lab, "New run").then((popover) => popover.getByLabel("Traffic").selectOption({ label: "off" }));
  await lab.page.keyboard.press("Escape");
  const side = (world) => lab.page.locator(".world").nth(world);
  // Whose last answer has not come yet can't ask for more.
  await lab.page.locator(".phone .state").filter({ hasText: /Posting|Reading/ }).first().waitFor({ state: "detached" });
  await side(0).getByRole("button", { name: "Post as Ana" }).click();
  const field = side(0).getByLabel("Post as Ana");
  assert.ok(await field.evaluate((element) => element === document.activeElement), "the field has the keyboard");
  // Keys of the page must not act while a person types.
  await lab.page.keyboard.type("a ? h B");
  assert.deepEqual([await field.inputValue(), await cutLinks(lab)], ["a ? h B", []]);
  await field.fill("Hello from the test");
  await lab.page.keyboard.press("Enter");
  for (const world of [0, 1]) await side(world).locator(".phone").nth(0).getByText("Hello from the test").waitFor();
  await setSpeed(lab, 1);
  await untilHead(lab, (await headMs(lab)) + 1_500);
  await side(1).getByRole("button", { name: "Read as Bo" }).click();
  for (const world of [0, 1]) {
    await side(world).locator(".phone").nth(1).getByText("Hello from the test").waitFor();
    await side(world).locator(".phone.good").nth(1).waitFor();
  }
});

labTest("a new run: other seed, replicas, people; traffic at once", {}, async (lab) => {
  const popover = await openPopover(lab, "New run");
  await popover.getByLabel("Seed").fill("42");
  await popover.locator("#new-nodes").selectOption("7");
  await popover.locator("#new-people").selectOption("6");
  await popover.getByRole("button", { name: "Start this run" }).click();
  await nodeAt(lab, 6, 1).waitFor();
  assert.equal(await lab.page.locator("#figure-0 .node").count(), 7);
  assert.equal(await lab.page.locator(".world").first().locator(".phone").count(), 6);
  await lab.page.getByText("seed 42", { exact: false }).waitFor();
  assert.equal(await lab.page.getByRole("dialog").count(), 0, "the popover is closed");
  await lab.screenshot("seven-replicas");
  await openPopover(lab, "New run").then((again) => again.getByRole("button", { name: "Another seed" }).click());
  await lab.page.getByText("seed 42", { exact: false }).waitFor({ state: "detached" });
  assert.equal(await lab.page.locator("#figure-0 .node").count(), 7, "all but the seed stays");
  const small = await openPopover(lab, "New run");
  await small.locator("#new-nodes").selectOption("3");
  await small.locator("#new-people").selectOption("1");
  await small.getByRole("button", { name: "Start this run" }).click();
  await nodeAt(lab, 3).waitFor({ state: "detached" });
  assert.equal(await lab.page.locator("#figure-0 .node").count(), 3);
});

labTest("one side only: CP, AP, and both again", {}, async (lab) => {
  for (const [name, title] of [["CP only", "CP: Raft"], ["AP only", "AP: Gossip"]]) {
    await lab.page.getByRole("button", { name, exact: true }).click();
    assert.deepEqual(await lab.page.locator(".world h2").allInnerTexts().then((all) => all.map((one) => one.toLowerCase())), [title.toLowerCase()]);
    await lab.page.locator(".figure .node").first().waitFor();
    await lab.screenshot(name);
  }
  await lab.page.getByRole("button", { name: "Compare" }).click();
  assert.equal(await lab.page.locator(".world").count(), 2);
});

/** Clicks the message that is farthest from all nodes, where nothing else is in the way. It moves: a few tries may be needed. */
async function clickFlight(lab) {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const at = await lab.page.evaluate(() => {
      const middle = (element) => {
        const { x, y, width, height } = element.getBoundingClientRect();
        return { x: x + width / 2, y: y + height / 2 };
      };
      const all = (selector) => [...document.querySelectorAll(selector)].map(middle);
      const nodes = all("#figure-0 .node");
      const clearance = ({ x, y }) => Math.min(...nodes.map((node) => Math.hypot(x - node.x, y - node.y)));
      return all("#figure-0 .flight > :first-child").sort((a, b) => clearance(b) - clearance(a)).find((flight) => clearance(flight) > 60);
    });
    if (at) {
      await lab.page.mouse.click(at.x, at.y);
      const opened = await sheet(lab).getByRole("button", { name: "Hold" }).waitFor({ timeout: 1_000 }).then(() => true, () => false);
      if (opened) return;
      await lab.page.keyboard.press("Escape");
    }
    await lab.page.waitForTimeout(200);
  }
  throw new Error("no message could be clicked");
}

labTest("a click on a message stops the run and opens it; drop loses it; closing plays on", {}, async (lab) => {
  await setSpeed(lab, 0.01);
  await clickFlight(lab);
  await sheet(lab).getByRole("button", { name: "Hold" }).click();
  await lab.page.locator("#figure-0 .flight.marked, #figure-0 .flight.held").first().waitFor();
  await sheet(lab).getByRole("button", { name: "Release" }).click();
  await playButton(lab, "Play").waitFor();
  await sheet(lab).getByRole("button", { name: "Drop" }).click();
  await sheet(lab).waitFor({ state: "detached" });
  await lab.page.locator("#figure-0 .death").first().waitFor();
  await playButton(lab, "Pause").waitFor();
});
