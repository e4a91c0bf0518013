// Break the protocol: every flaw plays from the page and breaks the invariant that it names; the same again without it breaks
// none. And the consistent feed's log changes under the same script.

import assert from "node:assert/strict";

import { cutDownTheMiddle, cutLinks, headMs, pause, play, playButton, seek, setSpeed, untilHead } from "./act.mjs";
import { labTest } from "./lab.mjs";

/** Opens the list of flaws. */
async function list(lab) {
  await lab.page.getByRole("button", { name: "Break the protocol" }).first().click();
  await lab.page.locator(".flaws li").first().waitFor();
}

/** The names of the invariants that the page says are broken. */
function broken(lab) {
  return lab.page.locator(".invariants li.bad b").allInnerTexts();
}

for (const [page, log, least] of [["#raft", "Raft", 13], ["#raft", "Multi-Paxos", 4], ["#paxos", "", 6]]) {
  labTest(`every flaw on ${page} ${log} plays and breaks its invariant, and only with the flaw`, { at: page }, async (lab) => {
    if (log === "Multi-Paxos") await lab.page.getByRole("button", { name: log, exact: true }).click();
    await list(lab);
    const flaws = await lab.page.locator(".flaws li").evaluateAll((rows) =>
      rows.map((row) => ({ title: row.querySelector("b").innerText, breaks: row.querySelector("i").innerText })),
    );
    assert.ok(flaws.length >= least, `${flaws.length} flaws`);
    await setSpeed(lab, 10);
    for (const { title, breaks } of flaws) {
      if (!(await lab.page.locator(".flaws li").count())) await list(lab);
      await lab.page.getByRole("button", { name: `Play: ${title}`, exact: true }).click();
      await lab.page.locator(".flaw", { hasText: title }).waitFor();
      await lab.page.locator(".invariants li.bad b", { hasText: breaks }).waitFor({ timeout: 10_000 });
      const end = await headMs(lab);
      await lab.page.getByRole("button", { name: "Same again without it" }).click();
      await lab.page.locator(".flaw").waitFor({ state: "detached" });
      await untilHead(lab, end + 1);
      await pause(lab);
      assert.deepEqual(await broken(lab), [], `${title}: nothing breaks without the flaw`);
    }
  });
}

labTest("a flaw's run slows down towards what it breaks, stops there and says what to look at", { at: "#raft" }, async (lab) => {
  await list(lab);
  const breaks = await lab.page.locator(".flaws li i").first().innerText();
  await lab.page.getByRole("button", { name: /^Play: / }).first().click();
  await lab.page.locator(".flaw").waitFor();
  const heads = [];
  for (let look = 0; look < 400 && !(await playButton(lab, "Play").isVisible()); look += 1) {
    heads.push(await headMs(lab));
    await lab.page.waitForTimeout(50);
  }
  await playButton(lab, "Play").waitFor();
  const end = await headMs(lab);
  const passed = (share) => heads.filter((head) => head < share * end).length;
  assert.ok(passed(0.5) < heads.length / 2, `half of the way took ${passed(0.5)} of ${heads.length} looks`);
  assert.ok(passed(0.95) < heads.length, "the last of the way is seen");
  const evidence = await lab.page.locator(".invariants li.bad p").first().innerText();
  const says = await lab.page.locator(".coach p").innerText();
  assert.ok(says.startsWith(`${breaks} is broken: `), says);
  assert.ok(says.includes(evidence.replace("Broken: ", "")), says);
  // The event that broke it is told, and it is the moment at which the run stands.
  await lab.page.keyboard.press("ArrowLeft");
  await lab.page.locator(".invariants li.bad").waitFor({ state: "detached" });
});

labTest("a flaw's list and its banner are clean", { at: "#raft" }, async (lab) => {
  await pause(lab);
  await list(lab);
  await lab.screenshot("list");
  await lab.assertAccessible();
  await lab.page.getByRole("button", { name: /^Play: / }).first().click();
  await lab.page.locator(".flaw").waitFor();
  await pause(lab);
  await lab.screenshot("banner");
  await lab.assertAccessible();
});

labTest("the consistent feed changes its log and keeps the script", {}, async (lab) => {
  await cutDownTheMiddle(lab);
  await untilHead(lab, (await headMs(lab)) + 300);
  await pause(lab);
  const [at, cut] = [await headMs(lab), await cutLinks(lab)];
  assert.ok(cut.length > 0, "links are cut");
  for (const log of ["Multi-Paxos", "Raft"]) {
    await lab.page.getByRole("button", { name: log, exact: true }).click();
    await lab.page.getByRole("heading", { name: `CP: ${log}` }).waitFor();
    assert.equal(await headMs(lab), at, "the play head stays");
    assert.deepEqual(await cutLinks(lab), cut, "the same links are cut");
    await lab.screenshot(log);
  }
  await seek(lab, 0);
  await play(lab);
  await untilHead(lab, 200);
});

labTest("features are switched on in a new run, and change what is drawn", { at: "#raft" }, async (lab) => {
  const start = async (names) => {
    await lab.page.getByRole("button", { name: "New run" }).first().click();
    await lab.page.locator(".switches summary").click();
    for (const name of names) await lab.page.locator(`#switch-${name}`).check();
    await lab.page.getByRole("button", { name: "Start this run" }).click();
  };
  await start(["lease", "snapshots", "spares-1"]);
  await lab.page.locator(".timer.lease").waitFor({ state: "attached" });
  await setSpeed(lab, 1);
  await play(lab);
  await untilHead(lab, 5_000);
  await lab.page.locator(".log-grid .snapshot").first().waitFor({ state: "attached" });
  await lab.page.locator(".node.novote").first().waitFor({ state: "attached" });
  await pause(lab);
  await lab.screenshot("features");
});
