// The Raft page: logs, what the leader knows of each server, invariants, and the leader's death.

import assert from "node:assert/strict";

import {
  cutDownTheMiddle, headMs, leader, nodeAt, pause, placeOf, play, setSpeed, sheet, untilHead, untilLeader,
} from "./act.mjs";
import { labTest } from "./lab.mjs";

/** A row of the log table: what it says about one server. */
async function row(lab, name) {
  const cells = lab.page.locator(".log-grid tbody tr").filter({ has: lab.page.locator("th b", { hasText: name }) });
  const [head, ...rest] = await cells.locator("th, td").allInnerTexts();
  const log = await cells.locator("svg").getAttribute("aria-label");
  return { role: head.split("\n")[1], term: Number(rest[0]), vote: rest[1], next: rest[3], match: rest[4], log };
}

labTest("shows every server's log and what the leader knows of it", { at: "#raft" }, async (lab) => {
  await pause(lab);
  const first = await leader(lab);
  const name = `n${first + 1}`;
  const own = await row(lab, name);
  assert.match(own.role, /leader/);
  assert.equal(own.vote, name, "it voted for itself");
  for (const other of ["n1", "n2", "n3", "n4", "n5"].filter((other) => other !== name)) {
    const shown = await row(lab, other);
    assert.match(shown.role, new RegExp(`follower of ${name}`));
    assert.equal(shown.term, own.term);
    assert.ok(Number(shown.next) > Number(shown.match), `nextIndex ${shown.next} is beyond matchIndex ${shown.match}`);
    assert.match(shown.log, /committed up to \d+, on disk up to \d+/);
  }
  for (const invariant of ["Election Safety", "Leader Append-Only", "Log Matching", "Leader Completeness", "State Machine Safety"]) {
    await lab.page.locator(".invariants li.good").getByText(invariant, { exact: true }).waitFor();
  }
  await lab.screenshot("page");
});

labTest("the leader crashes: another is elected in a higher term; the old one restarts and catches up", { at: "#raft" }, async (lab) => {
  const first = await leader(lab);
  const name = `n${first + 1}`;
  await pause(lab);
  const before = await row(lab, name);
  const at = await placeOf(lab, first);
  await lab.page.mouse.click(at.x, at.y);
  await sheet(lab).getByRole("button", { name: "Crash", exact: true }).click();
  await nodeAt(lab, first, 0, "crashed").waitFor();
  assert.match((await row(lab, name)).role, /crashed/);
  await setSpeed(lab, 1);
  await play(lab);
  const second = await untilLeader(lab, { other: first });
  const newTerm = (await row(lab, `n${second + 1}`)).term;
  assert.ok(newTerm > before.term, `term ${newTerm} after ${before.term}`);
  await sheet(lab).getByRole("button", { name: "Restart" }).click();
  await nodeAt(lab, first, 0, "up").waitFor();
  await untilHead(lab, (await headMs(lab)) + 2_000);
  await pause(lab);
  const now = await leader(lab);
  const [old, fresh] = [await row(lab, name), await row(lab, `n${now + 1}`)];
  assert.equal(old.term, fresh.term, "it has learned of the new term");
  assert.ok(Number(old.match) > 0, "the new leader knows that its log matches");
});

labTest("a leader on the smaller side loses its lead to one on the larger, and steps down when healed", { at: "#raft" }, async (lab) => {
  // Wherever the leader is, the two on the left are made its side: it is cut off together with one other.
  await setSpeed(lab, 1);
  const first = await leader(lab);
  await pause(lab);
  const at = await placeOf(lab, first);
  await lab.page.mouse.click(at.x, at.y);
  await sheet(lab).getByRole("button", { name: "Isolate" }).click();
  await play(lab);
  const second = await untilLeader(lab, { other: first });
  await lab.page.getByRole("button", { name: "Heal all links" }).click();
  await nodeAt(lab, first, 0, "follower").waitFor();
  assert.notEqual(second, first);
  await lab.page.locator(".invariants li.good").nth(4).waitFor();
  assert.equal(await lab.page.locator(".invariants li.bad").count(), 0);
});

labTest("the minority elects nobody, however long it tries", { at: "#raft" }, async (lab) => {
  await cutDownTheMiddle(lab);
  await setSpeed(lab, 3);
  await untilHead(lab, (await headMs(lab)) + 5_000);
  await pause(lab);
  const lead = await leader(lab);
  assert.ok(lead >= 2, `n${lead + 1} leads: the newest term's leader is on the side of three`);
  await nodeAt(lab, 0).waitFor();
  const terms = [(await row(lab, "n1")).term, (await row(lab, `n${lead + 1}`)).term];
  assert.ok(terms[0] > terms[1], `n1 keeps starting elections: its term ${terms[0]} is beyond the leader's ${terms[1]}`);
  await lab.screenshot("cut");
});
