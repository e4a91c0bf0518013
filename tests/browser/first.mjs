// Finds out what the program does not run in its first moments, for split/later.txt:
//
//     CAP_LAB_WATCH=1 cargo xtask build; node tests/browser/first.mjs && cargo xtask build
//
// (The first build says that it is too big, which it is.) What is listed is fetched later. Nothing breaks if the list is old, but somebody may wait for what is fetched at once.

import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { cutDownTheMiddle, nodeAt, play, pointOnLink, setSpeed } from "./act.mjs";
import { openLab } from "./lab.mjs";

const LIST = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "split", "later.txt");

const sizes = new Map();
const ran = new Set();

/** Adds what ran in `lab` so far. */
async function gather(lab, moment) {
  const functions = await lab.page.evaluate(() => globalThis.functions.map(([number, bytes, name]) => [globalThis.ran.has(number), bytes, name]));
  for (const [did, bytes, name] of functions) {
    sizes.set(name, Math.max(bytes, sizes.get(name) ?? 0));
    // Whether a list grows depends on how much there is, not on what is done.
    if (did || /::(grow|reserve)/.test(name)) ran.add(name);
  }
  const bytes = [...ran].reduce((sum, name) => sum + sizes.get(name), 0);
  console.log(`${moment}: ${ran.size} of ${sizes.size} names, ${bytes} bytes`);
}

/** What somebody may do before the rest has come, and what goes on when it does not come. */
async function firstMoments(options) {
  // The rest takes its time, and then does not come.
  const away = (route) => setTimeout(() => route.abort().catch(() => {}), 1_000);
  const lab = await openLab({ ...options, before: (page) => page.route("**/snippets/*.wasm", away) });
  const { page } = lab;
  await nodeAt(lab, 0).waitFor();
  await gather(lab, "drawn");
  await page.waitForTimeout(3_000);
  await gather(lab, "runs");
  const node = await lab.middleOf(nodeAt(lab, 1).locator(".body"));
  await page.mouse.click(node.x, node.y);
  await page.locator("#sheet").waitFor();
  await gather(lab, "a node is open");
  await page.keyboard.press("Escape");
  const link = await pointOnLink(lab, 0, 2);
  await page.mouse.click(link.x, link.y);
  await cutDownTheMiddle(lab);
  await play(lab);
  await page.waitForTimeout(8_000);
  await gather(lab, "cut");
  await page.getByRole("button", { name: "As table" }).first().click();
  await page.getByRole("alert").waitFor();
  for (const colorScheme of ["dark", "light"]) await page.emulateMedia({ colorScheme });
  await gather(lab, "can't be loaded");
  if (options.size === "desktop") {
    await page.getByRole("link", { name: "Paxos" }).click();
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("status").filter({ hasText: "being loaded" }).waitFor();
    await page.getByRole("link", { name: /Feed/ }).click();
    await nodeAt(lab, 0).waitFor();
    await page.getByRole("button", { name: "New run" }).click();
  }
  await play(lab);
  await page.waitForTimeout(3_000);
  await page.getByRole("button", { name: "Heal all links" }).first().click();
  // Long enough for what a run seldom does.
  await setSpeed(lab, 10);
  await page.waitForTimeout(10_000);
  await gather(lab, "healed");
  await lab.close();
}

/** The shortest beginnings of names that none of the functions that ran has, and all others have. `$` is where a name ends. */
function beginnings() {
  const first = [...ran].map((name) => `${name}$`);
  const found = [];
  for (const name of [...sizes.keys()].filter((name) => !ran.has(name)).map((name) => `${name}$`).sort()) {
    if (found.some((beginning) => name.startsWith(beginning))) continue;
    const ends = [...name.matchAll(/::|[<$]/g)].map(({ index, 0: end }) => index + end.length);
    const free = ends.find((end) => !first.some((other) => other.startsWith(name.slice(0, end))));
    found.push(name.slice(0, free));
  }
  return found;
}

for (const size of ["phone", "desktop"]) await firstMoments({ size });
writeFileSync(LIST, `${beginnings().join("\n")}\n`);
process.exit(0);
