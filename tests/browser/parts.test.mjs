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
/** What is asked for, where it would be shown, and what shows that it is there. */
const ASKED = [
  ["a page", (page) => page.getByRole("link", { name: "Paxos" }).click(), (page) => page.locator(".coming"), (page) => page.getByText(PAXOS)],
  ["the list of events", () => {}, (page) => page.locator(".events"), (page) => page.locator(".events li").first()],
  ["a diagram", (page) => page.getByRole("button", { name: "As diagram" }).first().click(), (page) => page.locator(".world").first(), (page) => page.locator(".spacetime").first()],
  [
    "what a node knows",
    async (page) => {
      await page.locator("#figure-0").focus();
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("Enter");
    },
    (page) => page.locator("#sheet"),
    (page) => page.locator("#sheet").getByText(/Durable/),
  ],
];

for (const [what, ask, place, opened] of ASKED) {
  const host = {};
  labTest(`${what} that can't be loaded says so, the run goes on, and it is there once it can`, { before: through(host), expect: GONE }, async (lab) => {
    const { page } = lab;
    await ask(page);
    const told = place(page).getByText("could not be loaded");
    await told.waitFor();
    await lab.assertAccessible();
    await lab.screenshot("could not be loaded");
    const seconds = await page.locator("#timeline input").evaluate((input) => Number.parseFloat(input.ariaValueText));
    await untilHead(lab, seconds * 1e3 + 100);
    host.gone = false;
    await place(page).getByRole("button", { name: "Try again" }).click();
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
  await page.locator(".coming").getByText("being loaded").waitFor();
  assert.equal(await paxos.getAttribute("aria-current"), "page");
  // Who does not want to wait goes back, to the run as it is.
  await page.getByRole("link", { name: /Feed/ }).click();
  await page.locator("#f0-n0").waitFor();
  await paxos.click();
  slow.release();
  await page.getByText(PAXOS).waitFor();
});

const meanwhile = {};
meanwhile.held = new Promise((resolve) => {
  meanwhile.release = resolve;
});
labTest("what is asked for while a page is on its way does not keep the page away", { before: through(meanwhile) }, async (lab) => {
  const { page } = lab;
  await page.getByRole("link", { name: "Raft" }).click();
  await page.getByRole("status").filter({ hasText: "being loaded" }).first().waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  meanwhile.release();
  await page.getByText("invariants hold so far").waitFor();
  assert.equal(await page.getByRole("link", { name: "Raft" }).getAttribute("aria-current"), "page");
});

labTest("what was fetched meanwhile opens without the network", {}, async (lab) => {
  const { page } = lab;
  await page.waitForFunction(() => {
    const parts = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/snippets/split_"));
    return parts.length === 8 && parts.every(({ responseEnd }) => responseEnd > 0);
  });
  await page.waitForTimeout(500);
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
  await page.getByText("invariants hold so far").waitFor();
});
