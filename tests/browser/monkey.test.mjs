// Random gestures, the same for the same seed: nothing that a person can do makes an error or gets the page stuck. A sample
// runs every day, all 24 with `--long`.

import assert from "node:assert/strict";

import { headMs, pause, play, setSpeed, untilReplayed } from "./act.mjs";
import { EVERYWHERE } from "./browsers.mjs";
import { LONG, SIZES, labTest } from "./lab.mjs";

const GESTURES = 80;
const PAGES = ["#feed", "#raft", "#paxos", "#history"];

/** Numbers below 1, from a seed (mulberry32). */
function dice(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One gesture of a person who does anything. */
async function gesture(lab, next) {
  const { page } = lab;
  const { width, height } = page.viewportSize();
  const anywhere = () => ({ x: next() * width, y: next() * height });
  const pick = (list) => list[Math.floor(next() * list.length)];
  switch (Math.floor(next() * 8)) {
    case 0:
      return lab.drag(anywhere(), anywhere(), anywhere());
    case 1: {
      const { x, y } = anywhere();
      return page.mouse.click(x, y, { button: next() < 0.2 ? "right" : "left" });
    }
    case 2:
      return page.keyboard.press(pick(["Space", "ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Enter", "Escape", "h", "m", "?", "Tab", "+", "-", "PageUp", "End"]));
    case 3: {
      const figures = await page.locator(".figure .node, .figure .link, .figure .flight, .rows").elementHandles();
      if (figures.length === 0) return undefined;
      const box = await pick(figures).boundingBox().catch(() => null);
      if (!box) return undefined;
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      // Nobody clicks outside of the window.
      return x >= 0 && y >= 0 && x < width && y < height ? page.mouse.click(x, y) : undefined;
    }
    case 4:
    case 5: {
      // Buttons wherever they are, in sight or not: as who goes by the keyboard.
      const names = page.locator("button:not(:disabled)");
      const count = await names.count();
      const one = names.nth(Math.floor(next() * count));
      return one.evaluate((button) => button.click()).catch(() => {});
    }
    case 6: {
      const fields = await page.locator("input[type=range], select").elementHandles();
      if (fields.length === 0) return undefined;
      const share = next();
      return pick(fields)
        .evaluate((field, share) => {
          if (field.tagName === "SELECT") field.selectedIndex = Math.floor(share * field.options.length);
          else field.value = String(Number(field.min) + share * (Number(field.max) - Number(field.min)));
          for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
        }, share)
        .catch(() => {});
    }
    default:
      return page.waitForTimeout(next() * 200);
  }
}

const runs = Array.from({ length: 24 }, (_, nth) => ({ seed: nth + 1, at: PAGES[nth % 4], size: Math.floor(nth / 4) % 2 === 0 ? "desktop" : "phone" }));
// Two desktops and two phones, a page each.
const sample = [runs[0], runs[5], runs[2], runs[7]];

for (const { seed, at, size } of LONG ? runs : sample) {
  labTest(`random gestures ${seed} on ${at} (${size})`, { at, browsers: EVERYWHERE, size: SIZES[size], touch: size === "phone", timeout: 240_000, expect: /ERR_ABORTED/ }, async (lab) => {
    const { page } = lab;
    const next = dice(seed);
    for (let nth = 0; nth < GESTURES; nth += 1) await gesture(lab, next);
    assert.equal(await page.locator(".stopped").count(), 0, "the program stopped");
    // Back at a page with a run, it goes on.
    await page.goto(`${lab.url}#feed`);
    for (let close = 0; close < 4; close += 1) await page.keyboard.press("Escape");
    await page.locator("#timeline input").waitFor();
    await untilReplayed(lab);
    await setSpeed(lab, 1);
    await pause(lab);
    const before = await headMs(lab);
    await play(lab);
    await page.waitForFunction((ms) => Number.parseFloat(document.querySelector("#timeline input").ariaValueText) * 1000 > ms, before);
  });
}
