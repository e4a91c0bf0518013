// The whole main job without a pointer.

import assert from "node:assert/strict";

import { cutLinks, headMs, leader, nodeAt, playButton, sheet, untilMeters } from "./act.mjs";
import { labTest } from "./lab.mjs";

/** What has the keyboard: its id, role and name, and whether that can be seen. */
function focused(lab) {
  return lab.page.evaluate(() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    return {
      id: element.id,
      tag: element.tagName,
      name: element.ariaLabel ?? element.textContent.trim().slice(0, 60),
      shown: element.matches(":focus-visible") && (style.outlineStyle !== "none" || style.boxShadow !== "none"),
      active: element.getAttribute("aria-activedescendant"),
    };
  });
}

/** Presses Tab until `wanted` is true of what has the keyboard. */
async function tabTo(lab, wanted, key = "Tab") {
  for (let press = 0; press < 300; press += 1) {
    await lab.page.keyboard.press(key);
    const now = await focused(lab);
    if (wanted(now)) return now;
  }
  return assert.fail("the keyboard never gets there");
}

/** The name of the item that the figure's cursor is on. */
function item(lab) {
  return lab.page.evaluate(() => {
    const id = document.activeElement.getAttribute("aria-activedescendant");
    return id && document.getElementById(id)?.ariaLabel;
  });
}

async function press(lab, ...keys) {
  for (const key of keys) await lab.page.keyboard.press(key);
}

/** The page shows what was done in its next frame, which a busy machine may take a while to draw. */
async function until(lab, holds) {
  for (let attempt = 0; attempt < 60; attempt += 1) {
    if (await holds()) return;
    await lab.page.waitForTimeout(50);
  }
  assert.fail(`not after three seconds: ${holds}`);
}

labTest("cut, refuse, go stale, heal, crash, recover: by keyboard only", { timeout: 90_000 }, async (lab) => {
  await press(lab, "Space");
  await playButton(lab, "Play").waitFor();
  const stop = await tabTo(lab, ({ id }) => id === "figure-0");
  assert.ok(stop.shown, "the focus can be seen");
  assert.match(await item(lab), /^n1, /);
  await press(lab, "ArrowRight");
  assert.match(await item(lab), /^n2, /);
  await press(lab, "ArrowLeft", "ArrowLeft");
  assert.match(await item(lab), /^n5, /, "the nodes go round");
  await press(lab, "ArrowDown");
  assert.equal(await item(lab), "link n1 to n2");
  for (const link of ["n1 to n3", "n1 to n4", "n1 to n5", "n2 to n3", "n2 to n4", "n2 to n5"]) {
    await press(lab, "ArrowRight");
    assert.equal(await item(lab), `link ${link}`);
    await press(lab, "Enter");
    assert.equal(await item(lab), `link ${link}, cut`);
  }
  assert.equal((await cutLinks(lab)).length, 6);
  await press(lab, "Space");
  await Promise.all([untilMeters(lab, 0, (m) => m.refused > 0), untilMeters(lab, 1, (m) => m.stale > 0)]);
  await press(lab, "h");
  await lab.page.waitForFunction(() => document.querySelectorAll("#figure-0 .wire.cut").length === 0);
  assert.deepEqual(await cutLinks(lab), []);

  const first = await leader(lab);
  await press(lab, "Space", "ArrowUp");
  for (let at = 0; at < first; at += 1) await press(lab, "ArrowRight");
  assert.match(await item(lab), new RegExp(`^n${first + 1}, leader`));
  await press(lab, "Enter");
  assert.equal((await focused(lab)).id, "sheet");
  const crash = await tabTo(lab, ({ name }) => name === "Crash");
  assert.ok(crash.shown);
  await press(lab, "Enter");
  await nodeAt(lab, first, 0, "crashed").waitFor();
  await press(lab, "Escape");
  await sheet(lab).waitFor({ state: "detached" });
  assert.equal((await focused(lab)).id, "figure-0", "the keyboard goes back to where it came from");
  await press(lab, "Enter");
  await tabTo(lab, ({ name }) => name === "Restart");
  await press(lab, "Enter");
  await nodeAt(lab, first, 0, "up").waitFor();
});

labTest("a message is reached, opened and dropped by keyboard", {}, async (lab) => {
  await lab.page.locator("#figure-0 .flight").first().waitFor();
  await press(lab, "Space");
  for (let step = 0; step < 20 && (await lab.page.locator("#figure-0 .flight").count()) === 0; step += 1) await press(lab, "ArrowRight");
  await tabTo(lab, ({ id }) => id === "figure-0");
  await press(lab, "ArrowUp");
  const name = await item(lab);
  assert.match(name, /^message /);
  await press(lab, "Enter");
  await tabTo(lab, ({ name }) => name === "Drop");
  await press(lab, "Enter");
  await sheet(lab).waitFor({ state: "detached" });
  assert.equal((await focused(lab)).id, "figure-0");
});

labTest("keys of the page: Space, arrows, ? and Esc; not while a field or a list has them", {}, async (lab) => {
  await press(lab, "Space");
  await playButton(lab, "Play").waitFor();
  const at = await headMs(lab);
  // Several events may happen within one ms.
  for (let step = 0; step < 10; step += 1) await press(lab, "ArrowRight");
  await until(lab, async () => (await headMs(lab)) > at);
  await press(lab, "?");
  const keys = lab.page.getByRole("dialog", { name: "Keys" });
  await keys.waitFor();
  await press(lab, "Escape");
  await keys.waitFor({ state: "detached" });
  const timeline = await tabTo(lab, ({ tag, name }) => tag === "INPUT" && name === "Timeline");
  assert.ok(timeline.shown);
  const before = await headMs(lab);
  await press(lab, "ArrowLeft");
  await until(lab, async () => (await headMs(lab)) !== before);
  const moved = before - (await headMs(lab));
  assert.ok(moved >= 20 && moved <= 100, `on the timeline an arrow is the slider's own: it moved ${moved} ms of 5 s`);
  await press(lab, "Home");
  await until(lab, async () => (await headMs(lab)) === 0);
});

labTest("every control is reached by Tab, shows its focus, and has a name", {}, async (lab) => {
  await press(lab, "Space");
  const seen = new Map();
  for (let press = 0; press < 300; press += 1) {
    await lab.page.keyboard.press("Tab");
    const now = await focused(lab);
    if (now.tag === "BODY") break;
    assert.ok(now.shown, `the focus on ${now.tag} “${now.name}” can't be seen`);
    assert.notEqual(now.name, "", `${now.tag} ${now.id} has no name`);
    seen.set(`${now.tag} ${now.name} ${now.id}`, true);
  }
  const all = [...seen.keys()].join("\n");
  for (const figure of ["figure-0", "figure-1"]) assert.equal(all.split(figure).length, 2, `${figure} is one stop`);
  for (const control of ["New run", "Run file", "Keys", "Compare", "As table", "Post as Ana", "Read as Ana", "Replica that Ana talks to", "Pause|Play", "Back", "Step", "Speed", "Timeline", "Events"]) {
    assert.match(all, new RegExp(control));
  }
});

labTest("the table form says the same and does the same", {}, async (lab) => {
  await press(lab, "Space");
  await tabTo(lab, ({ name }) => name === "As table");
  await press(lab, "Enter");
  const tables = lab.page.getByRole("region", { name: /as tables/ }).first();
  await tables.getByRole("row", { name: /n1.*follower|n1.*leader|n1.*candidate/ }).waitFor();
  assert.equal(await tables.getByRole("button", { name: /^Cut n/ }).count(), 10);
  await tabTo(lab, ({ name }) => name === "Cut n1 to n3");
  await press(lab, "Enter");
  await tables.getByRole("button", { name: "Heal n1 to n3", exact: true }).waitFor();
  assert.equal((await focused(lab)).name, "Heal n1 to n3", "the keyboard stays where it was");
  await tabTo(lab, ({ name }) => name === "Open n1");
  await press(lab, "Enter");
  await sheet(lab).getByRole("heading", { name: /^n1/ }).waitFor();
  await press(lab, "Escape");
  await lab.screenshot("tables");
});

labTest("the live region tells own acts, new leaders and refusals, at most one every 2 s", { timeout: 60_000 }, async (lab) => {
  await lab.page.evaluate(() => {
    globalThis.said = [];
    const region = document.querySelector('.said[aria-live="polite"]');
    new MutationObserver(() => globalThis.said.push([performance.now(), region.textContent])).observe(region, {
      childList: true, characterData: true, subtree: true,
    });
  });
  const heard = (pattern) =>
    lab.page.waitForFunction(([source, flags]) => globalThis.said.some(([, text]) => new RegExp(source, flags).test(text)), [pattern.source, pattern.flags], { timeout: 30_000 });
  await tabTo(lab, ({ id }) => id === "figure-0");
  await press(lab, "ArrowDown", "ArrowRight", "Enter");
  await heard(/^Cut the link between n1 and n3\.$/);
  for (let more = 0; more < 2; more += 1) await press(lab, "ArrowRight", "Enter");
  await heard(/^Cut the link between n1 and n5\.$/);
  // n1 still reaches n2: without that link it is alone, and must refuse.
  await press(lab, "ArrowLeft", "ArrowLeft", "ArrowLeft", "Enter");
  await heard(/refused/i);
  await press(lab, "h");
  await heard(/^Healed all links\.$/);
  await press(lab, "ArrowUp");
  const first = await leader(lab);
  for (let at = 0; at < first; at += 1) await press(lab, "ArrowRight");
  await press(lab, "Enter");
  await tabTo(lab, ({ name }) => name === "Crash");
  await press(lab, "Enter");
  await heard(/is the leader/);
  const said = await lab.page.evaluate(() => globalThis.said);
  const gaps = said.slice(1).map(([at], index) => at - said[index][0]);
  assert.ok(gaps.every((gap) => gap > 1_900), `announced ${JSON.stringify(said)}`);
});
