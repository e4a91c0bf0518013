// What helps a learner along: every example situation plays from the page and its claim comes true, the glossary opens from
// anywhere, a healed partition has a conclusion, and the first visit is greeted once.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { cutDownTheMiddle, exportRun, headMs, pause, play, playButton, setSpeed, untilHead } from "./act.mjs";
import { labTest } from "./lab.mjs";
import { capLab } from "./native.mjs";

const FILES = join(dirname(fileURLToPath(import.meta.url)), "../../src/situation/files");

/** What each situation claims, by its title. */
const CLAIMS = new Map(
  readdirSync(FILES).map((name) => {
    const text = readFileSync(join(FILES, name), "utf8");
    return ["title", "claim"].map((key) => text.match(new RegExp(`^${key}: (.*)$`, "m"))[1]);
  }),
);

/** Opens the list of situations. */
async function situations(lab) {
  await lab.page.getByRole("button", { name: "Situations", exact: true }).click();
  await lab.page.locator(".situations li").first().waitFor();
}

/** Whether the run goes on by itself. */
async function plays(lab) {
  return playButton(lab, "Pause").isVisible();
}

/** The seconds on the buttons of a card, in ms. */
async function moments(lab, card) {
  const times = await lab.page.locator(`${card} .moment`).allInnerTexts();
  return times.map((time) => Math.round(parseFloat(time) * 1000));
}

labTest("every situation plays from the page until its claim has come true", { timeout: 220_000 }, async (lab) => {
  await setSpeed(lab, 10);
  await situations(lab);
  const titles = await lab.page.locator(".situations h3").evaluateAll((all) => all.map((one) => one.firstChild.data));
  assert.equal(titles.length, 17);
  for (const title of titles) {
    if (!(await lab.page.locator(".situations").count())) await situations(lab);
    await lab.page.getByRole("button", { name: `Play: ${title}`, exact: true }).click();
    const card = lab.page.locator(".aid", { hasText: title });
    await card.waitFor();
    // The question is asked once all that the claim is about has happened; then the run stops to be looked at.
    await card.locator(".question").waitFor({ timeout: 20_000 });
    await playButton(lab, "Play").waitFor();
    const told = await moments(lab, ".aid ol");
    assert.ok(told.length >= 1, `${title}: ${told}`);
    assert.ok((await headMs(lab)) >= told.at(-1), `${title} stands at its last moment`);
    assert.deepEqual([...told].sort((a, b) => a - b), told, title);
    const { status, said } = capLab("judge", (await exportRun(lab)).path, CLAIMS.get(title));
    assert.equal(status, 0, `${title}: ${said}`);
  }
});

labTest("a situation's script can be read, and what the learner does makes it another run", { at: "#raft" }, async (lab) => {
  await lab.page.locator(".node").first().waitFor();
  await lab.page.keyboard.press("e");
  await lab.page.locator(".situations li", { hasText: "The leader is on the smaller side" }).locator("summary").click();
  await lab.page.locator(".situations pre", { hasText: "split n2 n3" }).waitFor();
  await lab.screenshot("list");
  await lab.assertAccessible();
  await lab.page.getByRole("button", { name: "Play: A flapping link", exact: true }).click();
  await lab.page.locator(".aid", { hasText: "A flapping link" }).waitFor();
  await pause(lab);
  await lab.screenshot("card");
  await lab.assertAccessible();
  await lab.page.getByRole("button", { name: "Play again" }).waitFor({ state: "detached" });
  await cutDownTheMiddle(lab);
  await lab.page.getByText("You changed the run").waitFor();
  await lab.page.getByRole("button", { name: /^Play again: / }).waitFor();
});

labTest("the glossary opens from anywhere and shows a word in a run", { at: "#paxos" }, async (lab) => {
  await lab.page.locator(".rail").first().waitFor();
  await lab.page.keyboard.press("g");
  await lab.page.locator(".glossary section").first().waitFor();
  assert.ok((await lab.page.locator(".glossary section").count()) >= 20 + 1);
  await lab.screenshot("glossary");
  await lab.assertAccessible();
  await lab.page.getByRole("button", { name: "Show it in a run: split brain" }).click();
  await lab.page.locator(".aid", { hasText: "Split brain" }).waitFor();
  assert.equal(await plays(lab), false, "the moment stands still");
  // The cut is at 1 s; a backup takes over after its timeout.
  assert.ok((await headMs(lab)) > 1_000);
});

labTest("a word in the log leads to its entry", {}, async (lab) => {
  await cutDownTheMiddle(lab);
  await lab.page.locator(".events .term").first().waitFor({ timeout: 20_000 });
  await pause(lab);
  const word = lab.page.locator(".events .term").first();
  await word.click();
  await lab.page.locator(".glossary .asked").waitFor();
  await lab.page.keyboard.press("Escape");
  await lab.page.locator(".glossary").waitFor({ state: "detached" });
});

labTest("a healed partition has a conclusion, whose moments stop the run", {}, async (lab) => {
  await setSpeed(lab, 1);
  await cutDownTheMiddle(lab);
  await untilHead(lab, (await headMs(lab)) + 1_500);
  await lab.page.keyboard.press("h");
  await play(lab);
  const card = lab.page.locator(".aid", { hasText: "What this partition cost" });
  await card.waitFor({ timeout: 20_000 });
  await pause(lab);
  const text = await card.innerText();
  assert.match(text, /Links were cut for 1\.\d s\./);
  assert.match(text, /CP refused \d+ requests? of/);
  assert.match(text, /AP gave .+ stale reads?, up to/);
  assert.match(text, /CP's replicas agreed \d+ ms after the heal/);
  assert.match(text, /\?$/m);
  await lab.screenshot("conclusion");
  await lab.assertAccessible();
  const [cut] = await moments(lab, ".aid ul");
  await play(lab);
  await card.locator(".moment").first().click();
  assert.equal(await plays(lab), false);
  assert.equal(await headMs(lab), cut);
  await card.waitFor({ state: "detached" });
  // Then it has not happened yet. At the end it is there again, until it is put away.
  await play(lab);
  await card.waitFor({ timeout: 20_000 });
  await card.getByRole("button", { name: /^Put away/ }).click();
  await card.waitFor({ state: "detached" });
});

labTest("the first visit says in three sentences what is at stake, once and for all", {}, async (lab) => {
  const card = lab.page.locator(".aid", { hasText: "What is at stake" });
  await card.waitFor();
  const sentences = (await card.locator("p").first().innerText()).split(/(?<=\.) /);
  assert.equal(sentences.length, 3);
  await lab.screenshot("welcome");
  await lab.assertAccessible();
  await card.getByRole("button", { name: /^Put away/ }).click();
  await card.waitFor({ state: "detached" });
  await lab.page.reload();
  await lab.page.locator(".node").first().waitFor();
  await lab.page.locator(".events").waitFor();
  await lab.page.keyboard.press("g");
  await lab.page.locator(".glossary section").first().waitFor();
  assert.equal(await card.count(), 0);
});

for (const at of ["", "#raft"]) {
  labTest(`a healthy cluster opens without red and amber ${at}`, { at }, async (lab) => {
    await lab.page.locator(".events li").first().waitFor();
    await pause(lab);
    assert.equal(await lab.page.locator(".events li.bad, .events li.warn").count(), 0);
  });
}
