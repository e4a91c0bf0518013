// The site is kept for visits without a network, and a new version takes the place of the old one without a loss.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { cutDownTheMiddle, headMs, pause, play, setSpeed, untilMeters } from "./act.mjs";
import { DIST, openLab } from "./lab.mjs";
import { serve } from "./server.mjs";

const STATIC = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "static");

/** A copy of the site that can be changed, on a host that can be switched off. */
class Site {
  folder = mkdtempSync(join(tmpdir(), "cap-lab-site-"));

  static async of(look) {
    const site = new Site();
    cpSync(DIST, site.folder, { recursive: true });
    site.host = await serve(site.folder, "/lab/");
    try {
      await look(site);
    } finally {
      await site.goOffline();
      rmSync(site.folder, { recursive: true });
    }
  }

  async goOffline() {
    await this.host?.close();
    this.host = undefined;
  }

  read(name) {
    return readFileSync(join(this.folder, name), "utf8");
  }

  write(name, text) {
    writeFileSync(join(this.folder, name), text);
  }

  /** Another page under the same address. */
  setTitle(title) {
    this.write("index.html", this.read("index.html").replace(/<title>.*?<\/title>/, `<title>${title}</title>`));
  }

  /** Lists the page as it is now, as `cargo xtask build` does. */
  listAgain(version) {
    const script = this.read("offline.js");
    const [whole, json] = /^const SITE = (\{.*?\});$/ms.exec(script);
    const list = JSON.parse(json);
    list.version = version;
    list.files.find(([address]) => address === "./")[1] = `sha256-${createHash("sha256").update(this.read("index.html")).digest("base64")}`;
    this.write("offline.js", script.replace(whole, () => `const SITE = ${JSON.stringify(list)};`));
  }
}

/** A test with the lab of such a site open, as a browser that keeps it has it. */
function keptTest(name, body) {
  test(name, { timeout: 120_000 }, () =>
    Site.of(async (site) => {
      const lab = await openLab({ name, url: () => site.host.url, keeps: true });
      try {
        await lab.page.evaluate(() => navigator.serviceWorker.ready);
        await body(lab, site);
        lab.assertNoErrors();
      } finally {
        await lab.close();
      }
    }),
  );
}

/** Looks for a new version, as the browser does at each visit; what came of it. */
function lookForNews(lab) {
  return lab.page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
    const { installing } = registration;
    if (!installing) return "nothing new";
    return new Promise((resolve) => {
      installing.addEventListener("statechange", () => ["activated", "redundant"].includes(installing.state) && resolve(installing.state));
    });
  });
}

const versions = (lab) => lab.page.evaluate(async () => (await caches.keys()).map((name) => name.split(" ").pop()));
const news = (lab) => lab.page.getByRole("alert").filter({ hasText: "A new version of the lab is ready" });

keptTest("without a network the lab opens, runs, and has all its pages", async (lab, site) => {
  const { page } = lab;
  await pause(lab);
  const before = await headMs(lab);
  await site.goOffline();
  await lab.reload();
  assert.ok((await headMs(lab)) >= before, "the run goes on from where it was");
  await setSpeed(lab, 1);
  await play(lab);
  await cutDownTheMiddle(lab);
  await untilMeters(lab, 0, (m) => m.refused > 0);
  await untilMeters(lab, 1, (m) => m.stale > 0);
  await page.locator("#verdict-0").filter({ hasText: /^linearizable/ }).waitFor({ timeout: 20_000 });
  for (const [name, shows] of [
    ["Raft", "invariants hold so far"],
    ["Paxos", "Several proposers, one value."],
  ]) {
    await page.getByRole("link", { name }).click();
    await page.getByText(shows).waitFor();
  }
  // As from an icon, and as a link to a page in it.
  await page.goto("about:blank");
  await page.goto(`${lab.url}index.html?present#raft`);
  await lab.started();
  await page.locator(".present #f0-n0").waitFor();
  await lab.screenshot("without a network");
});

keptTest("a new version is told, and the next load takes it with the run", async (lab, site) => {
  const { page } = lab;
  await cutDownTheMiddle(lab);
  await pause(lab);
  const before = await headMs(lab);
  assert.equal(await lookForNews(lab), "nothing new");
  site.setTitle("CAP Lab 2");
  site.listAgain("second");
  assert.equal(await lookForNews(lab), "activated");
  await news(lab).waitFor();
  await lab.screenshot("a new version");
  // The page that is open goes on, with files of its own if it needs them.
  assert.equal(await page.title(), "CAP Lab");
  await page.getByRole("link", { name: "Paxos" }).click();
  await page.getByText("Several proposers, one value.").waitFor();
  await page.getByRole("link", { name: "Feed" }).click();
  await site.goOffline();
  await lab.reload();
  assert.equal(await page.title(), "CAP Lab 2");
  assert.ok((await headMs(lab)) >= before, "the run goes on from where it was");
  assert.ok(await page.getByRole("button", { name: "Heal all links" }).isVisible(), "the cut is in the run");
  assert.equal(await news(lab).count(), 0);
});

keptTest("a version that has not come whole is not taken", async (lab, site) => {
  const { page } = lab;
  const [first] = await versions(lab);
  // The list is there before the page that it lists, as while a host is being changed.
  site.setTitle("CAP Lab 2");
  site.listAgain("second");
  const whole = site.read("index.html");
  site.write("index.html", whole.slice(0, -10));
  lab.expectError(/integrity|digest/);
  assert.equal(await lookForNews(lab), "redundant");
  assert.deepEqual(await versions(lab), [first]);
  await lab.reload();
  assert.equal(await page.title(), "CAP Lab");
  site.write("index.html", whole);
  assert.equal(await lookForNews(lab), "activated");
  await lab.reload();
  assert.equal(await page.title(), "CAP Lab 2");
});

keptTest("of three versions the oldest is forgotten", async (lab, site) => {
  const [first] = await versions(lab);
  for (const [title, version] of [["CAP Lab 2", "second"], ["CAP Lab 3", "third"]]) {
    site.setTitle(title);
    site.listAgain(version);
    assert.equal(await lookForNews(lab), "activated");
  }
  const kept = await versions(lab);
  assert.ok(!kept.includes(first), `${first} is still among ${kept}`);
  assert.deepEqual(kept, ["second", "third"]);
});

keptTest("a page that is served while it is changed has no worker from before", async (lab, site) => {
  const { page } = lab;
  // What `cargo xtask serve` serves at an address where a site was before.
  site.setTitle("CAP Lab as it is being changed");
  site.write("offline.js", readFileSync(join(STATIC, "offline.js"), "utf8"));
  await page.reload();
  await page.waitForFunction(() => document.title === "CAP Lab as it is being changed");
  await lab.started();
  const left = () => page.evaluate(async () => [(await navigator.serviceWorker.getRegistrations()).length, (await caches.keys()).length]);
  assert.deepEqual(await left(), [0, 0]);
});

test("the lab can be installed", { timeout: 60_000 }, () =>
  Site.of(async (site) => {
    const lab = await openLab({ name: "installed", url: () => site.host.url, keeps: true });
    try {
      const session = await lab.page.context().newCDPSession(lab.page);
      const { errors } = await session.send("Page.getAppManifest");
      assert.deepEqual(errors, []);
      const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
      // Contexts of tests keep nothing for longer than they last, as private windows don't.
      assert.deepEqual(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito"), []);
    } finally {
      await lab.close();
    }
  }),
);
