// Every lesson and challenge, played to its end on the page by the acts beside tests/lessons: by those that meet its goals, and by those that
// miss one. What the files say is done by gestures; the run decides.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { headMs, nodeAt, pause, placeOf, play, playButton, pointOnLink, setSpeed, sheet, untilHead } from "./act.mjs";
import { labTest } from "./lab.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** The names in a list of src/lesson/mod.rs. */
function names(list) {
  const source = readFileSync(join(ROOT, "src/lesson/mod.rs"), "utf8");
  return [...source.split(`pub static ${list}:`)[1].split("files![")[1].split("]")[0].matchAll(/"([^"]+)"/g)].map(([, name]) => name);
}

/** The acts of each task in a file. */
function tasks(name, how) {
  const text = readFileSync(join(ROOT, "tests/lessons", `${name}.${how}`), "utf8");
  return text.split("# do").slice(1).map((section) => section.split("\n").map((line) => line.trim()).filter(Boolean));
}

const panel = (lab) => lab.page.locator(".lesson");

async function step(lab) {
  const [, number, all, kind] = (await panel(lab).locator(".progress").innerText()).match(/Step (\d+) of (\d+) · (\w+)/);
  return { number: Number(number), all: Number(all), kind };
}

/** On to the next step, by the button that leads there. */
async function turn(lab) {
  const { number } = await step(lab);
  const skip = panel(lab).getByRole("button", { name: "Skip", exact: true });
  await ((await skip.count()) > 0 ? skip : panel(lab).locator("footer button:last-child")).first().click();
  await panel(lab).locator(".progress", { hasText: `Step ${number + 1} of` }).waitFor();
}

/** The shortest time that is played; what is shorter is stepped through. */
const PLAYED_MS = 45;

/** Lets so much time pass. */
async function run(lab, ms) {
  const to = (await headMs(lab)) + ms;
  if (ms < PLAYED_MS) {
    for (let left = 60; left > 0 && (await headMs(lab)) < to; left -= 1) await playerButton(lab, "Step").click();
    return;
  }
  // Some tenths of a second for each: where it stops a little late, a goal must not mind.
  await setSpeed(lab, Math.min(10, Math.max(0.1, ms / 400)));
  await play(lab);
  await untilHead(lab, to);
  await pause(lab);
}

function playerButton(lab, name) {
  return lab.page.getByRole("contentinfo").getByRole("button", { name, exact: true });
}

/** The place in the figure of "n3" or "a1". */
async function place(lab, name) {
  const captions = await lab.page.locator("#figure-0 .node [role=option]").evaluateAll((items) => items.map((item) => item.ariaLabel));
  const found = captions.findIndex((label) => new RegExp(`(^|[ ,])${name}\\b`).test(label));
  assert.ok(found >= 0, `${name}: ${captions.join("; ")}`);
  return found;
}

/** Opens a node and presses one of its buttons. */
async function at(lab, name, button) {
  const point = await placeOf(lab, await place(lab, name));
  await lab.page.mouse.click(point.x, point.y);
  await sheet(lab).getByRole("button", typeof button === "string" ? { name: button, exact: true } : { name: button }).click();
  await lab.page.keyboard.press("Escape");
}

/** Cuts a group off from all others by one stroke between the two. */
async function split(lab, group) {
  if (group.length === 1) return at(lab, group[0], "Isolate");
  const count = await lab.page.locator("#figure-0 .node").count();
  const inside = [];
  for (const name of group) inside.push(await place(lab, name));
  const points = [];
  for (let index = 0; index < count; index += 1) points.push(await placeOf(lab, index));
  const middle = (all) => ({ x: all.reduce((sum, p) => sum + p.x, 0) / all.length, y: all.reduce((sum, p) => sum + p.y, 0) / all.length });
  const [ours, theirs] = [middle(points.filter((_, index) => inside.includes(index))), middle(points.filter((_, index) => !inside.includes(index)))];
  const length = Math.hypot(theirs.x - ours.x, theirs.y - ours.y);
  const way = { x: (theirs.x - ours.x) / length, y: (theirs.y - ours.y) / length };
  const along = (p) => p.x * way.x + p.y * way.y;
  const near = Math.max(...points.filter((_, index) => inside.includes(index)).map(along));
  const far = Math.min(...points.filter((_, index) => !inside.includes(index)).map(along));
  assert.ok(near < far, `${group} can be cut off by one stroke`);
  const shift = (near + far) / 2 - along(ours);
  const through = { x: ours.x + way.x * shift, y: ours.y + way.y * shift };
  const figure = await lab.page.locator("#figure-0").boundingBox();
  const reach = (sign) => {
    const ends = [
      (sign * -way.y > 0 ? figure.x + figure.width - 4 - through.x : figure.x + 4 - through.x) / (sign * -way.y || Number.EPSILON),
      (sign * way.x > 0 ? figure.y + figure.height - 4 - through.y : figure.y + 4 - through.y) / (sign * way.x || Number.EPSILON),
    ];
    const far = Math.min(...ends.filter((end) => end > 0));
    return { x: through.x - sign * way.y * far, y: through.y + sign * way.x * far };
  };
  return lab.drag(reach(1), through, reach(-1));
}

const person = (name) => name[0].toUpperCase() + name.slice(1);

/** Does what a line says. */
async function perform(lab, line) {
  const [verb, ...words] = line.split(" ");
  const side = lab.page.locator(".world").first();
  switch (verb) {
    case "run": return run(lab, words[0].endsWith("ms") ? Number.parseFloat(words[0]) : Number.parseFloat(words[0]) * 1_000);
    case "heal": return words.length ? link(lab, words, "Heal both ways") : lab.page.getByRole("button", { name: "Heal all links" }).click();
    case "cut": return link(lab, words, "Cut both ways");
    case "split": return split(lab, words);
    case "crash": return at(lab, words[0], "Crash");
    case "restart": return at(lab, words[0], "Restart");
    case "drift": return at(lab, words[0], /10 % fast$/);
    case "read": return side.getByRole("button", { name: `Read as ${person(words[0])}` }).click();
    case "move": return side.getByLabel(`Replica that ${person(words[0])} talks to`).selectOption({ label: words[1].slice("to=".length) });
    case "post": {
      await side.getByRole("button", { name: `Post as ${person(words[0])}` }).click();
      await side.getByLabel(`Post as ${person(words[0])}`).fill(/"(.*)"/.exec(line)[1]);
      return lab.page.keyboard.press("Enter");
    }
    case "propose": {
      const field = lab.page.getByLabel(`Value for ${words[0]}`);
      await field.fill(words[1]);
      return field.press("Enter");
    }
    default: throw new Error(`no gesture for: ${line}`);
  }
}

async function link(lab, [one, other], button) {
  const point = await pointOnLink(lab, await place(lab, one), await place(lab, other));
  await lab.page.mouse.click(point.x, point.y);
  await sheet(lab).getByRole("button", { name: button }).click();
  await lab.page.keyboard.press("Escape");
}

/** Lets all happen that is possible and matches, in "What can happen next". */
async function let_(lab, title) {
  for (let left = 12; left > 0; left -= 1) {
    const row = lab.page.locator(".next li").filter({ hasText: title }).first();
    if ((await row.count()) === 0) return;
    const said = await row.locator("b").innerText();
    await row.getByRole("button", { name: said }).first().click();
    await lab.page.waitForTimeout(30);
  }
}

/** How a learner does with the list of what can happen next what a file does by holding messages back. */
const BY_LIST = {
  "paxos-in-two-phases": async (lab) => {
    await perform(lab, "propose p1 blue");
    for (const title of [/Deliver Prepare.*p1/, /Deliver Promise.*p1/]) await let_(lab, title);
    await perform(lab, "propose p2 red");
    for (const title of [/Deliver Prepare.*p2/, /Deliver Promise.*p2/, /Deliver Accept\(.*p1/, /Deliver (Reject|Refus|Nack).*p1/]) await let_(lab, title);
    for (const title of [/Deliver Accept\(.*p2/, /Deliver Accepted.*p2/]) await let_(lab, title);
  },
  "duelling-proposers": async (lab) => {
    await perform(lab, "propose p1 blue");
    for (const title of [/Deliver Prepare.*p1/, /Deliver Promise.*p1/]) await let_(lab, title);
    await perform(lab, "propose p2 red");
    for (const title of [/Deliver Prepare.*p2/, /Deliver Promise.*p2/, /Deliver Accept\(.*p1/, /Deliver (Reject|Refus|Nack).*p1/]) await let_(lab, title);
    for (const title of [/^p1 has backed off/, /Deliver Prepare.*p1/, /Deliver Promise.*p1/, /Deliver Accept\(.*p2/, /Deliver (Reject|Refus|Nack).*p2/]) await let_(lab, title);
    for (const title of [/Deliver Accept\(.*p1/, /Deliver Accepted.*p1/]) await let_(lab, title);
  },
};

/** Plays a lesson to its end; tells for each task whether it was done. */
async function played(lab, name, how) {
  const acts = tasks(name, how);
  const done = [];
  const row = lab.page.locator(`.lessons-page li:has(a[href$="lesson=${name}"])`);
  await row.getByRole("button", { name: /^(Begin|From the start):/ }).click();
  await panel(lab).locator(".progress", { hasText: "Step 1 of" }).waitFor();
  for (;;) {
    const { number, all, kind } = await step(lab);
    if (kind === "Do") {
      await panel(lab).getByText("Not done yet").waitFor();
      await doTask(lab, name, how, acts.shift() ?? []);
      const met = panel(lab).getByText("✓ Done at");
      if (how === "right") await met.waitFor({ timeout: 10_000 });
      else await lab.page.waitForTimeout(700);
      done.push((await met.count()) > 0);
    }
    if (number === all) break;
    await turn(lab);
  }
  await panel(lab).getByRole("button", { name: "Finish" }).click();
  await lab.page.locator(".lessons-page").waitFor();
  return done;
}

async function doTask(lab, name, how, lines) {
  await playButton(lab, "Play").waitFor();
  if (how === "right" && BY_LIST[name]) return BY_LIST[name](lab);
  for (const line of lines) await perform(lab, line);
}

/** The challenge whose best known solution holds a message back in flight. */
const HELD = ["new-then-old"];

for (const name of [...names("COURSE"), ...names("CHALLENGES")].filter((name) => !HELD.includes(name))) {
  labTest(`${name}: right acts meet every goal, wrong ones miss one`, { at: "#lessons", timeout: 60_000 }, async (lab) => {
    await lab.page.locator(".lessons-page li h3").first().waitFor();
    const right = await played(lab, name, "right");
    assert.ok(right.every(Boolean), `right: ${right}`);
    const wrong = await played(lab, name, "wrong");
    assert.ok(wrong.includes(false), `wrong: ${wrong}`);
  });
}
