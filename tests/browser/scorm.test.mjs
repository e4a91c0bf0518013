// The SCORM 1.2 package in a learning platform that others wrote (scorm-again): it is told completion and score, and what it kept
// comes back in another browser.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";

import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";

import { unzipSync } from "fflate";

import { play, setSpeed } from "./act.mjs";
import { PACKAGE, labTest, openLab } from "./lab.mjs";
import { NO_POLICY, serve } from "./server.mjs";

/** The platform: it keeps what it is told, and notes what it refuses. */
const PLATFORM = `<!doctype html><title>A learning platform</title><link rel="icon" href="data:,">
<script src="scorm12.min.js"></script>
<iframe id="sco" style="width: 1400px; height: 880px; border: 0"></iframe>
<script>
  const platform = new Scorm12API({ autocommit: false, logLevel: 5 });
  window.refused = [];
  const set = platform.LMSSetValue;
  platform.LMSSetValue = (name, value) => {
    const taken = set.call(platform, name, value);
    if (String(taken) !== "true") refused.push([name, value, platform.LMSGetLastError()]);
    return taken;
  };
  if (window.kept) platform.loadFromJSON(window.kept, "cmi");
  window.API = platform;
  document.getElementById("sco").src = "package/launch.html?lesson=what-c-a-and-p-are";
</script>`;

let folder;
let host;
let files;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "cap-lab-scorm-"));
  files = unzipSync(readFileSync(join(PACKAGE, "cap-lab-scorm-1.2.zip")));
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, "package", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  cpSync(fileURLToPath(new URL("node_modules/scorm-again/dist/scorm12.min.js", import.meta.url)), join(folder, "scorm12.min.js"));
  writeFileSync(join(folder, "platform.html"), PLATFORM);
  host = await serve(folder, "/", NO_POLICY);
});

after(async () => {
  await host?.close();
  rmSync(folder, { recursive: true, force: true });
});

const url = () => `${host.url}platform.html`;

/** What the platform knows of the learner. */
const known = (lab, name) => lab.page.evaluate((name) => String(API.LMSGetValue(name)), name);

/** Waits until the platform knows that. */
const untilKnown = (lab, name, value) =>
  lab.page.waitForFunction(([name, value]) => String(API.LMSGetValue(name)) === value, [name, value], { timeout: 20_000 });

/** The lab in its frame, which is in the frame of the package. */
async function inside(lab) {
  await lab.page.frameLocator("#sco").frameLocator("#lab").locator(".lesson .progress", { hasText: "Step" }).waitFor({ timeout: 45_000 });
  const frame = lab.page.frames().find((frame) => frame.url().includes("/package/index.html"));
  return Object.create(lab, { page: { value: frame } });
}

const panel = (inner) => inner.page.locator(".lesson");

async function step(inner) {
  const [, number, kind] = (await panel(inner).locator(".progress").innerText()).match(/Step (\d+) of \d+ · (\w+)/);
  return { number: Number(number), kind };
}

/** On to the next step. */
async function turn(inner) {
  const { number } = await step(inner);
  await panel(inner).locator("footer button:last-child").click();
  await panel(inner).locator(".progress", { hasText: `Step ${number + 1} of` }).waitFor();
}

labTest("a platform is told how far a learner is, and gives it back in another browser", { url, timeout: 120_000 }, async (lab) => {
  const first = await inside(lab);
  await untilKnown(lab, "cmi.core.lesson_status", "incomplete");
  await turn(first);
  await panel(first).getByLabel("Ana: n1 has lost a neighbour").check();
  await panel(first).getByLabel(/^Why/).fill("x".repeat(2_000));
  await panel(first).getByRole("button", { name: "Predict" }).click();
  await panel(first).getByText("You predicted: Ana").waitFor();
  assert.equal(await known(lab, "cmi.core.score.raw"), "0");
  const kept = await known(lab, "cmi.suspend_data");
  assert.ok(kept.includes("xxx") && kept.length <= 4096, `${kept.length} characters`);
  assert.deepEqual(await lab.page.evaluate(() => refused), []);
  // Another browser, which knows nothing but what the platform kept.
  const stored = await lab.page.evaluate(() => API.cmi.toJSON());
  const later = await openLab({
    name: "a platform later",
    url,
    before: (page) => page.addInitScript((kept) => Object.assign(window, { kept }), JSON.parse(JSON.stringify(stored))),
  });
  try {
    await finished(later);
    later.assertNoErrors();
  } finally {
    await later.close();
  }
});

/** Goes on where the learner was, does the task, and leaves. */
async function finished(lab) {
  const inner = await inside(lab);
  assert.equal((await step(inner)).number, 2);
  await panel(inner).getByText("You predicted: Ana").waitFor();
  for (let left = 30; left > 0; left -= 1) {
    const { kind } = await step(inner);
    if (kind === "Do") break;
    if (kind === "Predict" && (await panel(inner).getByRole("button", { name: "Skip" }).isVisible())) {
      const { number } = await step(inner);
      await panel(inner).getByRole("button", { name: "Skip" }).click();
      await panel(inner).locator(".progress", { hasText: `Step ${number + 1} of` }).waitFor();
    } else {
      await turn(inner);
    }
  }
  await inner.page.getByRole("button", { name: "Heal all links" }).click();
  await setSpeed(inner, 1);
  await play(inner);
  await panel(inner).getByText("✓ Done at").waitFor({ timeout: 30_000 });
  await untilKnown(lab, "cmi.core.score.raw", "100");
  await lab.screenshot("done");
  assert.equal(await known(lab, "cmi.core.lesson_status"), "incomplete");
  await turn(inner);
  await panel(inner).getByRole("button", { name: "Finish" }).click();
  await untilKnown(lab, "cmi.core.lesson_status", "completed");
  await lab.page.evaluate(() => document.getElementById("sco").remove());
  await lab.page.waitForFunction(() => API.isTerminated());
  assert.deepEqual(await lab.page.evaluate(() => refused), []);
}

labTest("every lesson is in the manifest, and every file", { url, timeout: 60_000 }, async (lab) => {
  await inside(lab);
  const manifest = new TextDecoder().decode(files["imsmanifest.xml"]);
  const [names, titles] = await lab.page.evaluate((text) => {
    const xml = new DOMParser().parseFromString(text, "application/xml");
    if (xml.querySelector("parsererror")) throw new Error(xml.querySelector("parsererror").textContent);
    return [
      [...xml.querySelectorAll("file")].map((file) => file.getAttribute("href")),
      [...xml.querySelectorAll("item > title")].map((title) => title.textContent),
    ];
  }, manifest);
  assert.deepEqual(names.sort(), Object.keys(files).filter((name) => name !== "imsmanifest.xml").sort());
  const inner = await inside(lab);
  await panel(inner).getByRole("button", { name: /^Leave the lesson/ }).click();
  const listed = await inner.page.locator(".lessons-page li h3").allInnerTexts();
  assert.deepEqual(titles, listed);
});
