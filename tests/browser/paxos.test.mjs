// The Paxos page: the learner picks every step.

import assert from "node:assert/strict";

import { nodeAt, openPopover, placeOf, playButton, setSpeed, sheet } from "./act.mjs";
import { EVERYWHERE } from "./browsers.mjs";
import { labTest } from "./lab.mjs";

/** The rows of "What can happen next", in order. */
function rows(lab) {
  return lab.page.locator(".next li");
}

/** Does the first possible step whose title matches. */
async function next(lab, title) {
  const row = rows(lab).filter({ hasText: title }).first();
  await row.waitFor();
  const said = await row.locator("b").innerText();
  await row.getByRole("button", { name: said }).first().click();
  return said;
}

async function titles(lab) {
  return rows(lab).locator("b").allInnerTexts();
}

async function startWith(lab, proposers, acceptors) {
  const popover = await openPopover(lab, "New run");
  await popover.getByLabel("Acceptors").selectOption(String(acceptors));
  await popover.getByLabel("Proposers").selectOption(String(proposers));
  await popover.getByRole("button", { name: "Start this run" }).click();
  await lab.page.locator(".rail h2").nth(proposers - 1).waitFor();
  assert.equal(await lab.page.locator(".rail h2").count(), proposers);
}

labTest("one proposer gets its value chosen, step by step", { at: "#paxos", browsers: EVERYWHERE }, async (lab) => {
  await startWith(lab, 1, 3);
  for (const acceptor of ["a1", "a2"]) await next(lab, new RegExp(`Deliver Prepare.*to ${acceptor}`));
  for (const acceptor of ["a1", "a2"]) await next(lab, new RegExp(`Deliver Promise.*from ${acceptor}|Deliver Promise.*${acceptor}`));
  await lab.page.locator(".rail li.done").filter({ hasText: "1b Promise" }).waitFor();
  for (const acceptor of ["a1", "a2"]) await next(lab, new RegExp(`Deliver Accept\\(.*to ${acceptor}`));
  await lab.page.locator(".chosen").getByText("“blue” is chosen").waitFor();
  await lab.screenshot("chosen");
  // Two of three have accepted: it is chosen, though nobody has learned it yet.
  await next(lab, /Deliver Accepted/);
  await next(lab, /Deliver Accepted/);
  await lab.page.locator(".rail li.done").filter({ hasText: "Chosen" }).waitFor();
  assert.equal(await lab.page.locator(".invariants li.bad").count(), 0);
});

labTest("steps with the arrow key lead to a chosen value, too", { at: "#paxos" }, async (lab) => {
  for (let step = 0; step < 120 && !(await lab.page.locator(".chosen").isVisible()); step += 1) {
    await lab.page.keyboard.press("ArrowRight");
  }
  await lab.page.locator(".chosen").waitFor();
  await lab.page.keyboard.press("ArrowLeft");
});

labTest("two proposers duel: each Prepare undoes the other's ballot, and nothing is chosen", { at: "#paxos" }, async (lab) => {
  const ballots = [];
  for (let round = 0; round < 3; round += 1) {
    for (const proposer of ["p1", "p2"]) {
      // The rival's Prepare reaches all before this one's Accept does.
      for (let step = 0; step < 30; step += 1) {
        const open = await titles(lab);
        const mine = open.find((title) => new RegExp(`Deliver Prepare\\(?.*${proposer}`).test(title));
        const promise = open.find((title) => new RegExp(`Deliver Promise.*${proposer}`).test(title));
        if (mine) await next(lab, mine);
        else if (promise) await next(lab, promise);
        else break;
      }
      ballots.push(await nodeAt(lab, proposer === "p1" ? 0 : 1).locator(".caption").textContent());
      // The other one's Accepts come too late: they are refused, and it tries again with a higher ballot.
      const rival = proposer === "p1" ? "p2" : "p1";
      for (let step = 0; step < 40; step += 1) {
        const open = await titles(lab);
        const late = open.find((title) => new RegExp(`Deliver Accept\\(.*${rival}`).test(title));
        const refused = open.find((title) => /Deliver (Reject|Refus|Nack)/.test(title) && title.includes(rival));
        const again = open.find((title) => title.startsWith(`${rival} has backed off`));
        if (late) await next(lab, late);
        else if (refused) await next(lab, refused);
        else if (again) { await next(lab, again); break; } else break;
      }
    }
  }
  await lab.screenshot("duel");
  assert.equal(await lab.page.locator(".chosen").count(), 0, "nothing is chosen");
  const rounds = ballots.map((ballot) => Number.parseInt(ballot, 10));
  assert.ok(Math.max(...rounds) >= 4, `the ballots climb: ${ballots.join(" ")}`);
  // A pause of one is all that the other needs.
  for (let step = 0; step < 200 && !(await lab.page.locator(".chosen").isVisible()); step += 1) await lab.page.keyboard.press("ArrowRight");
  await lab.page.locator(".chosen").waitFor();
});

labTest("a dropped Prepare never arrives; a majority without it goes on", { at: "#paxos" }, async (lab) => {
  await startWith(lab, 1, 3);
  const row = rows(lab).filter({ hasText: /Deliver Prepare.*to a3/ });
  await row.getByRole("button", { name: /^Drop/ }).click();
  await row.waitFor({ state: "detached" });
  assert.equal((await titles(lab)).filter((title) => /Deliver Prepare/.test(title)).length, 2);
  await next(lab, /Deliver Prepare.*to a1/);
  await next(lab, /Deliver Prepare.*to a2/);
  await next(lab, /Deliver Promise/);
  await next(lab, /Deliver Promise/);
  await rows(lab).filter({ hasText: /Deliver Accept\(.*to a1/ }).waitFor();
});

labTest("an acceptor crashes and restarts with its promise", { at: "#paxos" }, async (lab) => {
  await startWith(lab, 1, 3);
  await next(lab, /Deliver Prepare.*to a1/);
  const a1 = nodeAt(lab, 1);
  const promised = await a1.locator(".value").first().textContent();
  assert.match(promised, /p1/);
  const at = await placeOf(lab, 1);
  await lab.page.mouse.click(at.x, at.y);
  await sheet(lab).getByRole("button", { name: "Crash", exact: true }).click();
  await nodeAt(lab, 1, 0, "crashed").waitFor();
  await next(lab, /Restart a1/);
  await nodeAt(lab, 1, 0, "up").waitFor();
  assert.equal(await a1.locator(".value").first().textContent(), promised, "the promise was on its disk");
});

labTest("a proposer that is free takes a value that is typed, and plays by itself", { at: "#paxos" }, async (lab) => {
  await startWith(lab, 3, 7);
  assert.equal(await lab.page.locator("#figure-0 .node.acceptor").count(), 7);
  await setSpeed(lab, 10);
  await playButton(lab, "Play").click();
  await lab.page.locator(".chosen").waitFor();
  await lab.screenshot("three-proposers-seven-acceptors");
});
