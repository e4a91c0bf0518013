// A lesson is played beside the figure: predictions come before the run goes on, what happened is told from this run, a task is judged
// by it, and all of it is there after a reload. A file is opened by drop, and a bad one says where.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { cutDownTheMiddle, headMs, pause, play, playButton, setSpeed, untilHead } from "./act.mjs";
import { ARTEFACTS, labTest } from "./lab.mjs";
import { capLab } from "./native.mjs";

const FILES = join(dirname(fileURLToPath(import.meta.url)), "../../src/lesson/files");

/** The panel of the lesson. */
const panel = (lab) => lab.page.locator(".lesson");

/** Begins a lesson of the course. */
async function begin(lab, title) {
  await lab.page.getByRole("button", { name: `Begin: ${title}`, exact: true }).click();
  await panel(lab).locator(".progress", { hasText: "Step 1 of" }).waitFor();
  await lab.page.locator(".figure .node").first().waitFor();
}

/** Goes on by the button of this name, and waits for the next step. */
async function turn(lab, name = "Next") {
  const before = await panel(lab).locator(".progress").innerText();
  await panel(lab).getByRole("button", { name, exact: true }).click();
  await lab.page.waitForFunction(
    (before) => !document.querySelector(".lesson") || document.querySelector(".lesson .progress").textContent !== before,
    before,
  );
}

/** The step of the lesson, from 1. */
async function step(lab) {
  return Number((await panel(lab).locator(".progress").innerText()).match(/Step (\d+)/)[1]);
}

labTest("a lesson is played to its end, and its last task by the learner's own hands", { at: "#lessons", timeout: 120_000 }, async (lab) => {
  await lab.page.locator(".lessons-page li h3").first().waitFor();
  await lab.assertAccessible();
  await begin(lab, "What C, A and P are");
  await lab.screenshot("read");
  await lab.assertAccessible();
  await turn(lab);
  // The run waits for the prediction.
  const stands = await headMs(lab);
  await lab.page.keyboard.press("h");
  await playButton(lab, "Play").click();
  await lab.page.getByText("Predict first, or skip it").first().waitFor();
  assert.equal(await headMs(lab), stands);
  await panel(lab).getByLabel("Ana: n1 has lost a neighbour").check();
  await panel(lab).getByLabel(/^Why/).fill("It is her neighbour.");
  await lab.screenshot("predict");
  await lab.assertAccessible();
  await panel(lab).getByRole("button", { name: "Predict" }).click();
  await panel(lab).getByText("You predicted: Ana: n1 has lost a neighbour.").waitFor();
  await turn(lab);
  await setSpeed(lab, 10);
  await panel(lab).getByRole("button", { name: "Watch", exact: true }).click();
  await panel(lab).getByRole("button", { name: "Watch again" }).waitFor({ timeout: 30_000 });
  await playButton(lab, "Play").waitFor();
  const compared = await panel(lab).locator(".compared").innerText();
  assert.match(compared, /Not as you predicted/);
  assert.match(compared, /It is her neighbour\./);
  assert.match(compared, /Nobody/);
  await lab.screenshot("compared");
  await lab.assertAccessible();
  // What the explanation tells is of this run.
  await turn(lab);
  assert.match(await panel(lab).innerText(), /After the cut at 2\.000 s, CP answered Ana at 2\.\d+ s\. It refused 0 requests\./);
  // A reload finds the same step.
  const at = await step(lab);
  await lab.reload();
  await panel(lab).locator(".progress").waitFor();
  assert.equal(await step(lab), at);
  await turn(lab);
  await turn(lab, "Skip");
  await turn(lab, "Skip");
  await turn(lab, "Skip");
  assert.match(await panel(lab).innerText(), /CP refused Ana first at 3\.\d+ s, and \d+ times in all/);
  await turn(lab);
  await panel(lab).locator("#lesson-number").fill("300");
  await panel(lab).getByRole("button", { name: "Predict" }).click();
  await turn(lab);
  // The task: at first nothing is met, then the run meets it.
  await panel(lab).getByText("Not done yet").waitFor();
  await panel(lab).getByRole("button", { name: /^Hint 1/ }).click();
  await panel(lab).getByText("The key H heals all of them").waitFor();
  await lab.page.keyboard.press("h");
  await setSpeed(lab, 1);
  await play(lab);
  await panel(lab).getByText("✓ Done at").waitFor({ timeout: 30_000 });
  await lab.screenshot("done");
  await lab.assertAccessible();
  assert.match(await panel(lab).locator(".compared").innerText(), /300 ms/);
  await turn(lab);
  await turn(lab, "Finish");
  await lab.page.locator(".lessons-page li", { hasText: "✓ done" }).waitFor();
});

labTest("a task that is done another way than the goal asks stays open", { at: "#lessons" }, async (lab) => {
  await begin(lab, "What C, A and P are");
  for (let left = 30; left > 0; left -= 1) {
    const name = (await panel(lab).locator(".progress").innerText()).split(" · ")[1];
    if (name === "Do") break;
    await turn(lab, { Predict: "Skip", Observe: "Skip" }[name] ?? "Next");
  }
  // One act too many: the links were to be healed and nothing else done.
  await lab.page.locator(".phone footer button", { hasText: "Read" }).nth(1).click();
  await lab.page.keyboard.press("h");
  await setSpeed(lab, 1);
  const from = await headMs(lab);
  await play(lab);
  await untilHead(lab, from + 2_500);
  await pause(lab);
  await panel(lab).getByText("Not done yet").waitFor();
  await panel(lab).getByRole("button", { name: "Begin the task again" }).click();
  await turn(lab, "Go on without it");
});

labTest("a lesson from a file is opened, and a bad one says where", { at: "#lessons" }, async (lab) => {
  await lab.page.locator(".lessons-page li h3").first().waitFor();
  const text = readFileSync(join(FILES, "one-cut.txt"), "utf8").replace("title: One cut", "title: My own");
  const pick = (name, text) =>
    lab.page.locator(".lessons-page input[type=file]").setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
  await pick("bad.txt", text.replace("split n2 n3", "splt n2 n3"));
  const faults = lab.page.locator(".faults");
  await faults.waitFor();
  const line = text.split("\n").indexOf("split n2 n3") + 1;
  assert.match(await faults.innerText(), new RegExp(`Line ${line}: not a command: splt`));
  await lab.screenshot("bad");
  await lab.assertAccessible();
  await pick("mine.txt", text);
  await panel(lab).locator("h2", { hasText: "My own" }).waitFor();
  await panel(lab).getByRole("button", { name: /^Leave the lesson/ }).click();
  await lab.page.locator(".lessons-page li", { hasText: "My own" }).waitFor();
});

labTest("a lesson on a phone, in the dark, by keyboard", { at: "#lessons", size: "phone", scheme: "dark" }, async (lab) => {
  await begin(lab, "Raft elects");
  await lab.screenshot("phone");
  await lab.assertAccessible();
  // The heading has the keyboard, and Tab leads to the way on.
  await lab.page.waitForFunction(() => document.activeElement?.id === "lesson-step");
  for (let tabs = 0; tabs < 12; tabs += 1) {
    await lab.page.keyboard.press("Tab");
    if ((await lab.page.evaluate(() => document.activeElement.textContent)) === "Next") break;
  }
  await lab.page.keyboard.press("Enter");
  await panel(lab).locator("form").waitFor();
  await lab.screenshot("phone-predict");
});

labTest("a lesson is opened by its link, handed in, and graded from the file alone", { at: "#lessons?lesson=what-c-a-and-p-are", timeout: 90_000 }, async (lab) => {
  await panel(lab).locator(".progress", { hasText: "Step 1 of" }).waitFor();
  await turn(lab);
  await panel(lab).getByLabel("Ana: n1 has lost a neighbour").check();
  await panel(lab).getByLabel(/^Why/).fill("It is her neighbour.");
  await panel(lab).getByRole("button", { name: "Predict" }).click();
  await panel(lab).getByRole("button", { name: /^Leave the lesson/ }).click();
  await lab.page.getByRole("button", { name: "Hand in: What C, A and P are" }).click();
  // Without a name nothing is written.
  await lab.page.getByRole("button", { name: "Save the file" }).click();
  await lab.page.getByRole("alert").filter({ hasText: "Your name is missing" }).waitFor();
  await lab.page.getByLabel("Your name").fill("Ada Lovelace");
  await lab.assertAccessible();
  await lab.screenshot("hand-in");
  const { text: file } = await lab.download(() => lab.page.getByRole("button", { name: "Save the file" }).click());
  const path = join(ARTEFACTS, "hand-in.json");
  writeFileSync(path, file);
  const { status, said } = capLab("grade", "what-c-a-and-p-are", path);
  assert.equal(status, 0, said);
  assert.match(said, /Ada Lovelace: 0 of 1/);
  writeFileSync(path, file.replace("her neighbour", "my neighbour"));
  const edited = capLab("grade", "what-c-a-and-p-are", path);
  assert.equal(edited.status, 1);
  assert.match(edited.said, /the file was edited/);
  const { text: report } = await lab.download(() => lab.page.getByRole("button", { name: "Save a report" }).click());
  assert.match(report, /# What C, A and P are\n\nAda Lovelace: 0 of 1 points/);
  assert.match(report, /> It is her neighbour\./);
});

labTest("a link to a lesson that is not there says so", { at: "#lessons?lesson=chess" }, async (lab) => {
  await lab.page.getByRole("alert").filter({ hasText: "There is no lesson “chess” here" }).waitFor();
});

labTest("a challenge is judged by the run, and then tells how few acts are known to do", { at: "#lessons?lesson=confirmed-and-gone", timeout: 90_000 }, async (lab) => {
  await panel(lab).locator(".progress", { hasText: "Step 1 of" }).waitFor();
  await turn(lab);
  await panel(lab).getByText("Not done yet").waitFor();
  await cutDownTheMiddle(lab);
  await setSpeed(lab, 1);
  await play(lab);
  await untilHead(lab, (await headMs(lab)) + 600);
  await lab.page.keyboard.press("h");
  await panel(lab).getByText("✓ Done at").waitFor({ timeout: 30_000 });
  assert.match(await panel(lab).innerText(), /by 2 acts, as few as the best known way takes\./);
  await lab.screenshot("challenge");
  await lab.assertAccessible();
});

labTest("a platform is designed, measured, argued for, handed in and graded", { at: "#lessons?lesson=a-global-platform", timeout: 180_000 }, async (lab) => {
  await panel(lab).locator(".progress", { hasText: "Step 1 of" }).waitFor();
  for (let left = 10; left > 0; left -= 1) {
    const name = (await panel(lab).locator(".progress").innerText()).split(" · ")[1];
    if (name === "Design") break;
    await turn(lab, { Predict: "Skip", Observe: "Skip" }[name] ?? "Next");
  }
  await lab.assertAccessible();
  await panel(lab).getByLabel("Replicas and people").selectOption("In three regions");
  await panel(lab).getByLabel("Outage").selectOption("n3 is cut off for 4 s");
  await panel(lab).getByLabel(/^Likes/).selectOption("Gossip");
  await panel(lab).getByLabel(/^User names/).selectOption("Gossip");
  const batch = panel(lab).getByRole("button", { name: "Run the batch" });
  await batch.click();
  await panel(lab).locator(".design .needs .good").first().waitFor({ timeout: 90_000 });
  const part = (name) => panel(lab).locator(".design li", { has: lab.page.locator("b", { hasText: name }) });
  // Each gave something up: Raft answers, gossip the one order.
  assert.match(await part("Posts").innerText(), /✗ 99 of 100 are answered: 0 of 6 runs/);
  assert.match(await part("Likes").innerText(), /✓ 99 of 100 are answered/);
  assert.match(await part("User names").innerText(), /✗ linearizable, and the first stays first: 0 of 6 runs/);
  await lab.screenshot("designed", { fullPage: true });
  await lab.assertAccessible();
  await turn(lab);
  await panel(lab).getByLabel("Your argument").fill("Posts are refused to Chen during the outage.");
  await panel(lab).getByRole("button", { name: "Keep" }).click();
  await panel(lab).getByText("✓ Kept").waitFor();
  await lab.screenshot("argued");
  await lab.assertAccessible();
  await panel(lab).getByRole("button", { name: /^Leave the lesson/ }).click();
  await lab.page.getByRole("button", { name: "Hand in: A global platform" }).click();
  await lab.page.getByLabel("Your name").fill("Ada Lovelace");
  const { text: file } = await lab.download(() => lab.page.getByRole("button", { name: "Save the file" }).click());
  const path = join(ARTEFACTS, "design.json");
  writeFileSync(path, file);
  const { status, said } = capLab("grade", "a-global-platform", path);
  assert.equal(status, 0, said);
  assert.match(said, /Ada Lovelace: 5 of 5/);
});
