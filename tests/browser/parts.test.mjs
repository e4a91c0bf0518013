// The program in parts: what is asked for later comes later, and when it fails to come nothing is lost.

import assert from "node:assert/strict";

import { untilHead } from "./act.mjs";
import { labTest } from "./lab.mjs";

/** The parts that the program fetches once the first node is drawn. */
const PARTS = "**/snippets/*.wasm";
/** What the browser reports of a request that is kept away. */
const GONE = /Failed to fetch|ERR_INTERNET_DISCONNECTED/;

/** Answers requests for parts only after `host.held`, and not while `host.gone`. */
function through(host) {
  return (page) =>
    page.route(PARTS, async (route) => {
      await host.held;
      await (host.gone ? route.abort("internetdisconnected") : route.continue());
    });
}

const PAXOS = "Several proposers, one value.";
const ASKED = [
  ["a page", (page) => page.getByRole("link", { name: "Paxos" }), (page) => page.getByText(PAXOS)],
  ["a popover", (page) => page.getByRole("button", { name: "New run" }), (page) => page.getByRole("dialog", { name: "New run" })],
  ["a table", (page) => page.getByRole("button", { name: "As table" }).first(), (page) => page.getByRole("region", { name: /as tables/ }).first()],
];

for (const [what, button, opened] of ASKED) {
  const host = {};
  labTest(`${what} that can't be loaded says so, the run goes on, and it opens once it can`, { before: through(host), expect: GONE }, async (lab) => {
    const { page } = lab;
    await button(page).click();
    const told = page.getByRole("alert").filter({ hasText: "could not be loaded" });
    await told.waitFor();
    await lab.assertAccessible();
    await lab.screenshot("could not be loaded");
    const seconds = await page.locator("#timeline input").evaluate((input) => Number.parseFloat(input.ariaValueText));
    await untilHead(lab, seconds * 1e3 + 100);
    host.gone = false;
    await told.getByRole("button", { name: "Try again" }).click();
    await opened(page).waitFor();
    assert.equal(await told.count(), 0);
  });
  host.gone = true;
}

const slow = {};
slow.held = new Promise((resolve) => {
  slow.release = resolve;
});
labTest("what takes its time has its place kept", { before: through(slow) }, async (lab) => {
  const { page } = lab;
  const paxos = page.getByRole("link", { name: "Paxos" });
  await paxos.click();
  await page.getByRole("status").filter({ hasText: "being loaded" }).waitFor();
  assert.equal(await paxos.getAttribute("aria-current"), "page");
  // Who does not want to wait goes back, to the run as it is.
  await page.getByRole("link", { name: /Feed/ }).click();
  await page.locator("#f0-n0").waitFor();
  await paxos.click();
  slow.release();
  await page.getByText(PAXOS).waitFor();
});

labTest("what was fetched meanwhile opens without the network", {}, async (lab) => {
  const { page } = lab;
  await page.waitForFunction(() => {
    const parts = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/snippets/"));
    return parts.length === 1 && parts.every(({ responseEnd }) => responseEnd > 0);
  });
  await page.route(PARTS, (route) => route.abort("internetdisconnected"));
  await page.getByRole("link", { name: "Paxos" }).click();
  await page.getByText(PAXOS).waitFor();
});

const offline = {};
labTest("a visit that begins at a page that can't be loaded can be tried again", { before: through(offline), expect: GONE }, async (lab) => {
  const { page } = lab;
  offline.gone = true;
  await page.goto("about:blank");
  await page.goto(`${lab.url}#raft`);
  await page.getByRole("status").filter({ hasText: "could not be loaded" }).waitFor();
  offline.gone = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("Always true so far").waitFor();
});
