// Where the page finds itself: in frames of others, in a browser that translates, under the reader's own colours.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";

import { cutDownTheMiddle, headMs, openPopover, pause, play, setSpeed, sheet, untilHead, untilMeters } from "./act.mjs";
import { launchBrowser } from "./browsers.mjs";
import { DIST, labTest } from "./lab.mjs";
import { NO_POLICY, serve } from "./server.mjs";

/** Opens a page of another host with the lab in a frame, and gives the frame to `look`. */
async function embedded(sandbox, headers, look) {
  const host = await serve(DIST, "/lab/", headers);
  const outside = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end(`<!doctype html><iframe ${sandbox} src="${host.url}" style="width: 1200px; height: 700px"></iframe>`);
  });
  await new Promise((resolve) => outside.listen(0, "127.0.0.1", resolve));
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${outside.address().port}/`);
    await look(page.frameLocator("iframe"), page);
  } finally {
    await browser.close();
    await host.close();
    await new Promise((resolve) => outside.close(resolve));
  }
}

test("a frame that lets the lab keep its origin runs it", () =>
  embedded('sandbox="allow-scripts allow-same-origin"', {}, (frame) => frame.locator("#f0-n0").waitFor({ timeout: 20_000 })));

test("a sandboxed frame without allow-same-origin says what is the matter", () =>
  embedded('sandbox="allow-scripts"', {}, async (frame) => {
    await frame.getByRole("status").filter({ hasText: "sandboxed frame" }).waitFor({ timeout: 20_000 });
    assert.match(await frame.getByRole("status").innerText(), /add allow-same-origin/);
    assert.equal(await frame.getByRole("button", { name: "Try again" }).count(), 0, "trying again would not help");
  }));

test("a host that lets everybody load its files runs the lab in a sandboxed frame, which keeps nothing and says so", () =>
  embedded('sandbox="allow-scripts"', { "access-control-allow-origin": "*" }, async (frame) => {
    await frame.locator("#f0-n0").waitFor({ timeout: 20_000 });
    await frame.getByRole("alert").filter({ hasText: "a reload loses the run" }).waitFor({ timeout: 20_000 });
  }));

labTest("once the lab is loaded nothing is asked of any host", {}, async (lab) => {
  const { page } = lab;
  await page.locator("#verdict-0").filter({ hasText: /^linearizable/ }).waitFor({ timeout: 20_000 });
  await page.waitForLoadState("networkidle");
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await cutDownTheMiddle(lab);
  for (const name of ["Situations", "Glossary", "New run", "Run file", "Keys"]) {
    await openPopover(lab, name);
    await page.keyboard.press("Escape");
  }
  for (const name of await page.getByRole("navigation", { name: "Pages" }).getByRole("link").allInnerTexts()) {
    await page.getByRole("link", { name, exact: true }).click();
    await page.locator(".coming").waitFor({ state: "detached" });
  }
  await page.waitForTimeout(500);
  // The browser looks at the page's icon with each change of the address.
  assert.deepEqual(asked.filter((url) => !/^blob:|\/icon-/.test(url)), []);
});

test("the page itself forbids requests to other hosts, whatever its host allows", async () => {
  const [host, other] = [await serve(DIST, "/", NO_POLICY), await serve(DIST, "/")];
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(host.url);
    await page.locator("#f0-n0").waitFor({ timeout: 20_000 });
    const refused = (url) =>
      page.evaluate(async (url) => {
        const told = new Promise((resolve) => {
          addEventListener("securitypolicyviolation", ({ effectiveDirective }) => resolve(effectiveDirective), { once: true });
        });
        const sent = await fetch(url, { mode: "no-cors" }).then(() => "sent", () => told);
        return sent;
      }, url);
    assert.equal(await refused(other.url), "connect-src");
    assert.equal(await refused(host.url), "sent", "its own host is another matter");
  } finally {
    await browser.close();
    await Promise.all([host.close(), other.close()]);
  }
});

/** Puts other text nodes in the place of the page's own, as browsers that translate do, wherever they may. */
function translateAll() {
  const may = (node) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement).closest("[translate]")?.translate !== false;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const all = [];
  while (texts.nextNode()) if (texts.currentNode.data.trim() && may(texts.currentNode)) all.push(texts.currentNode);
  for (const text of all) {
    const font = document.createElement("font");
    font.textContent = `«${text.data}»`;
    text.replaceWith(font);
  }
  return all.length;
}

labTest("a page that the browser translates goes on", {}, async (lab) => {
  const { page } = lab;
  await setSpeed(lab, 1);
  await page.locator(".events li").first().waitFor();
  assert.ok((await page.evaluate(translateAll)) > 5, "what is explained can be translated");
  await cutDownTheMiddle(lab);
  await untilMeters(lab, 1, (m) => m.stale > 0);
  await page.evaluate(translateAll);
  await openPopover(lab, "Keys");
  await page.evaluate(translateAll);
  await openPopover(lab, "Run file");
  await page.evaluate(translateAll);
  await page.keyboard.press("Escape");
  await page.locator("#f0-n0").dispatchEvent("pointerdown");
  const before = await headMs(lab);
  await untilHead(lab, before + 500);
  await page.getByRole("button", { name: "Heal all links" }).click();
  await pause(lab);
});

/** Of each control in sight, the share of its pixels that stand out from the commonest. */
async function standingOut(lab) {
  const picture = (await lab.page.screenshot()).toString("base64");
  return lab.page.evaluate(async (picture) => {
    const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const light = ([r, g, b]) => [r, g, b].map((part) => (part / 255) ** 2.2).reduce((sum, part, nth) => sum + part * [0.2126, 0.7152, 0.0722][nth], 0);
    const contrast = (one, other) => (Math.max(light(one), light(other)) + 0.05) / (Math.min(light(one), light(other)) + 0.05);
    const seen = [];
    for (const control of document.querySelectorAll("button, select, input, nav a")) {
      const { x, y, width, height } = control.getBoundingClientRect();
      const inSight = width > 4 && height > 4 && x >= 0 && y >= 0 && x + width <= innerWidth && y + height <= innerHeight;
      const above = document.elementFromPoint(x + width / 2, y + height / 2);
      if (!inSight || !control.contains(above)) continue;
      const { data } = canvas.getImageData(x, y, width, height);
      const counts = new Map();
      for (let at = 0; at < data.length; at += 4) {
        const key = data.slice(at, at + 3).join();
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      const colours = [...counts].sort((a, b) => b[1] - a[1]).map(([key, count]) => [key.split(",").map(Number), count]);
      const out = colours.filter(([colour]) => contrast(colour, colours[0][0]) >= 3).reduce((sum, [, count]) => sum + count, 0);
      seen.push([control.ariaLabel || control.innerText || control.id, out / (data.length / 4)]);
    }
    return seen;
  }, picture);
}

for (const [at, scheme] of [["#feed", "light"], ["#feed", "dark"], ["#raft", "light"], ["#paxos", "light"], ["#history", "light"]]) {
  labTest(`under the reader's own colours every control of ${at} is seen (${scheme})`, { at, scheme }, async (lab) => {
    await lab.page.emulateMedia({ forcedColors: "active" });
    if (at !== "#history") await pause(lab);
    let [seen, faint] = [[], [true]];
    // The browser paints in the new colours when it comes to it.
    for (let look = 0; look < 10 && faint.length > 0; look += 1) {
      await lab.page.waitForTimeout(200);
      seen = await standingOut(lab);
      faint = seen.filter(([, share]) => share < 0.01);
    }
    await lab.screenshot("forced colours");
    assert.ok(seen.length > 5, `${seen.length} controls`);
    assert.deepEqual(faint, [], "these can't be told from what is behind them");
  });
}

/** The worker starts, and then never hears anything. Who waits for it waits a fortieth of the time. */
function hangWorkers(page) {
  return page.addInitScript(() => {
    const later = globalThis.setTimeout;
    globalThis.setTimeout = (act, ms, ...given) => later(act, ms === 20_000 ? 500 : ms, ...given);
    globalThis.hung = true;
    const Real = globalThis.Worker;
    globalThis.Worker = class extends Real {
      postMessage(...given) {
        if (!globalThis.hung) super.postMessage(...given);
      }
    };
  });
}

labTest("a checker that hangs is told, and called again on request", { before: hangWorkers }, async (lab) => {
  const { page } = lab;
  const verdict = page.locator("#verdict-0");
  await setSpeed(lab, 1);
  await verdict.filter({ hasText: "not checked" }).waitFor({ timeout: 20_000 });
  await verdict.click();
  assert.match(await sheet(lab).innerText(), /it does not answer/);
  await lab.screenshot("the checker hangs");
  await page.evaluate(() => {
    globalThis.hung = false;
  });
  await sheet(lab).getByRole("button", { name: "Try again" }).click();
  await play(lab);
  await verdict.filter({ hasText: /^linearizable/ }).waitFor({ timeout: 20_000 });
});
