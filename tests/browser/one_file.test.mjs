// The edition in one file: from a disk, and in frames of others, however little these allow.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { pathToFileURL } from "node:url";

import { cutDownTheMiddle, setSpeed, untilMeters } from "./act.mjs";
import { EVERYWHERE } from "./browsers.mjs";
import { PACKAGE, labTest } from "./lab.mjs";
import { NO_POLICY, serve } from "./server.mjs";

const FILE = join(PACKAGE, "cap-lab.html");
const SIZE = 'style="width: 1400px; height: 860px; border: 0"';

let folder;
let host;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "cap-lab-one-file-"));
  cpSync(FILE, join(folder, "cap-lab.html"));
  const text = readFileSync(FILE, "utf8").replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  for (const [name, frame] of [
    ["plain", `<iframe src="cap-lab.html" ${SIZE}></iframe>`],
    ["sandboxed", `<iframe sandbox="allow-scripts" src="cap-lab.html" ${SIZE}></iframe>`],
    ["given", `<iframe sandbox="allow-scripts" srcdoc="${text}" ${SIZE}></iframe>`],
  ]) {
    writeFileSync(join(folder, `${name}.html`), `<!doctype html><title>Another page</title><link rel="icon" href="data:,">${frame}`);
  }
  host = await serve(folder, "/", NO_POLICY);
});

after(async () => {
  await host?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The lab in the first frame of its page; the mouse is the page's. */
function framed(lab) {
  const [, frame] = lab.page.frames();
  const { mouse } = lab.page;
  const page = new Proxy(frame, {
    get: (target, name) => (name === "mouse" ? mouse : typeof target[name] === "function" ? target[name].bind(target) : target[name]),
  });
  return Object.create(lab, { page: { value: page } });
}

/** What there is to learn on the first page, a page whose program is a part, and its way back. */
async function isTheLab(lab, keeps) {
  const { page } = lab;
  await page.locator("#f0-n0").waitFor({ timeout: 30_000 });
  // That is said with the first save.
  if (!keeps) await page.getByRole("alert").filter({ hasText: "a reload loses the run" }).waitFor();
  await setSpeed(lab, 1);
  await page.locator(".events li").first().waitFor();
  await cutDownTheMiddle(lab);
  await untilMeters(lab, 0, (m) => m.refused > 0);
  await untilMeters(lab, 1, (m) => m.stale > 0);
  await page.locator("#verdict-0").filter({ hasText: /^linearizable/ }).waitFor({ timeout: 20_000 });
  assert.equal(await page.getByText("a reload loses the run").count(), keeps ? 0 : 1);
  await page.getByRole("link", { name: "Paxos" }).click();
  await page.getByText("Several proposers, one value.").waitFor();
  await page.getByRole("link", { name: "Feed" }).click();
  // However little is kept, the run is there as it was left.
  await page.getByRole("button", { name: "Heal all links" }).waitFor();
}

labTest("from a disk the one file is the lab, and keeps the run", { url: () => pathToFileURL(FILE).href, browsers: EVERYWHERE }, async (lab) => {
  await isTheLab(lab, true);
  await lab.screenshot("from a disk");
  await lab.reload();
  assert.ok(await lab.page.getByRole("button", { name: "Heal all links" }).isVisible(), "the cut is in the run");
});

for (const [name, what] of [
  ["plain", "in a frame"],
  ["sandboxed", "in a frame that allows scripts only"],
  ["given", "in a frame that is given its text and allows scripts only"],
]) {
  labTest(`${what} the one file is the lab`, { url: () => `${host.url}${name}.html`, browsers: EVERYWHERE }, async (outer) => {
    await isTheLab(framed(outer), name === "plain");
    await outer.screenshot(what);
  });
}
