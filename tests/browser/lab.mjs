// What every browser test needs: the release build on a local host below a sub-path, a browser, pages of the usual sizes,
// and a check that nothing went wrong on the way.
//
//     import assert from "node:assert/strict";
//     import { labTest } from "./lab.mjs";
//
//     labTest("the minority refuses after a cut", { size: "phone", scheme: "dark" }, async (lab) => {
//       await lab.page.getByRole("button", { name: "link n1 to n3" }).click();
//       await lab.screenshot("after-the-cut");
//       await lab.assertAccessible();
//     });
//
// A test fails on any console error, uncaught exception, failed request or request to another host that it did not announce
// with `lab.expectError(pattern)`. Files that a test leaves go to `artefacts/`.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { lacks, launch } from "./browsers.mjs";
import { serve } from "./server.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

/** The release build that `cargo xtask build` leaves. */
export const DIST = join(here, "..", "..", "dist");
/** The editions that `cargo xtask package` makes of it. */
export const PACKAGE = join(here, "..", "..", "dist-package");
/** Where screenshots and other files are left. */
export const ARTEFACTS = join(here, "artefacts");
/** Whether tests may take long: `cargo xtask test --long`. */
export const LONG = process.env.CAP_LAB_LONG === "1";

/** Sizes in CSS pixels. `zoomed` is what 200 % zoom leaves of a desktop window. */
export const SIZES = {
  desktop: { width: 1440, height: 900 },
  zoomed: { width: 720, height: 450 },
  phone: { width: 390, height: 844 },
  narrow: { width: 360, height: 640 },
};

/** What the WCAG 2.2 AA rules of axe are tagged with. */
const WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** By name, what all tests of one file share: the browsers, and the host. */
const shared = new Map();

function sharedAs(name, make) {
  if (!shared.has(name)) shared.set(name, make());
  return shared.get(name);
}

function site() {
  assert.ok(existsSync(join(DIST, "index.html")), "there is no dist/: run `cargo xtask build` first");
  return sharedAs("host", () => serve(DIST));
}

after(async () => {
  for (const one of shared.values()) await (await one).close();
});

/**
 * A test with the lab open in a page of its own. On a busy machine a frame may come late and a message be elsewhere than it
 * was a moment ago, so a test that fails is tried once more, and says so. What the page itself reports is never excused.
 * @param {string} name
 * @param {object} options see `openLab`; also `timeout` in ms (60 s) for each try, `skip`, and `browsers`: in which
 * @param {(lab: Lab) => Promise<void>} body
 */
export function labTest(name, options, body) {
  const { browsers = ["Chromium"], ...rest } = options;
  for (const browser of browsers) {
    const inFull = browser === "Chromium" ? name : `${name} (${browser})`;
    labTestIn(inFull, { ...rest, browser, skip: rest.skip || lacks(browser) }, body);
  }
}

function labTestIn(name, { timeout = 60_000, skip, ...open }, body) {
  const attempt = async () => {
    const lab = await openLab({ name, ...open });
    try {
      await body(lab);
      lab.assertNoErrors();
    } catch (error) {
      await lab.screenshot("FAILED").catch(() => {});
      if (lab.errors.length > 0) {
        error.message += `\nThe page also reported:\n${lab.errors.join("\n")}`;
        error.reported = true;
      }
      throw error;
    } finally {
      await lab.close();
    }
  };
  test(name, { timeout: 2 * timeout, skip }, async () => {
    try {
      await attempt();
    } catch (error) {
      if (error.reported) throw error;
      console.log(`TRIED TWICE: ${name}: ${error.message}`);
      await attempt();
    }
  });
}

/**
 * Opens the lab in a context of its own: no storage, no cache.
 * @param {object} options
 * @param {string} options.name begins the names of screenshots
 * @param {"Chromium" | "Firefox"} options.browser
 * @param {keyof SIZES | {width: number, height: number}} options.size
 * @param {"light" | "dark"} options.scheme
 * @param {boolean} options.reducedMotion
 * @param {boolean} options.touch
 * @param {string} options.at what follows the page's address, such as "#raft"
 * @param {{latency: number, bitsPerSecond: number, cpu: number}} options.throttle ms per request, and how many times slower
 * @param {(page: import("playwright-core").Page) => Promise<void>} options.before run before the page is loaded
 * @param {RegExp} options.expect errors that match are part of the test
 * @param {boolean} options.keeps whether the browser keeps the site for visits without a network. Then requests are out of `page.route`'s sight
 * @param {() => string} options.url the address of another page than that of dist/
 * @returns {Promise<Lab>}
 */
export async function openLab(options = {}) {
  const { name = "lab", size = "desktop", scheme = "light", reducedMotion = false, touch = false, at = "", keeps = false } = options;
  const { browser: which = "Chromium" } = options;
  const url = options.url?.() ?? (await site()).url;
  const browser = await sharedAs(which, () => launch(which));
  const context = await browser.newContext({
    viewport: typeof size === "string" ? SIZES[size] : size,
    colorScheme: scheme,
    reducedMotion: reducedMotion ? "reduce" : "no-preference",
    hasTouch: touch && which === "Chromium",
    acceptDownloads: true,
    serviceWorkers: keeps ? "allow" : "block",
  });
  const lab = new Lab(await context.newPage(), url, name);
  if (options.throttle) await lab.throttle(options.throttle);
  if (options.before) await options.before(lab.page);
  if (options.expect) lab.expectError(options.expect);
  await lab.page.goto(url + at, { waitUntil: "load" });
  await lab.started();
  return lab;
}

/** The lab in one page. `page` is Playwright's own. */
export class Lab {
  /** What went wrong in the page so far, in words. */
  errors = [];
  #expected = [];

  constructor(page, url, name) {
    this.page = page;
    this.url = url;
    this.name = name;
    const site = new URL(".", url).href;
    page.on("request", (request) => {
      const to = request.url();
      if (!to.startsWith(site) && !/^(blob|data):/.test(to)) this.#report(`a request leaves the site: ${to}`);
    });
    page.on("console", (message) => {
      if (message.type() === "error") this.#report(`console: ${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => this.#report(`uncaught: ${error.stack ?? error}`));
    page.on("requestfailed", (request) => {
      const error = request.failure()?.errorText;
      // Who leaves a page stops what is on its way to it.
      if (!["net::ERR_ABORTED", "NS_BINDING_ABORTED"].includes(error)) this.#report(`request: ${request.url()} ${error}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) this.#report(`response: ${response.url()} ${response.status()}`);
    });
  }

  #report(error) {
    if (!this.#expected.some((pattern) => pattern.test(error))) this.errors.push(error);
  }

  /** Errors that match are part of the test from now on. */
  expectError(pattern) {
    this.#expected.push(pattern);
  }

  assertNoErrors() {
    assert.deepEqual(this.errors, [], "the page reported errors");
  }

  /** Waits until the program has drawn in place of the loading text. */
  async started() {
    await this.page.waitForFunction(() => !document.getElementById("loading"), undefined, { timeout: 30_000 });
  }

  /** Loads the page again, with all that it stored, and waits until the run is replayed. */
  async reload() {
    await this.page.reload({ waitUntil: "load" });
    await this.started();
    await this.page.waitForFunction(() => !document.querySelector(".filling"));
  }

  /** Leaves a picture of the window (`fullPage`: of all of the page) and returns its path. */
  async screenshot(label, { fullPage = false } = {}) {
    const path = artefact(`${this.name} ${label}`, "png");
    await this.page.screenshot({ path, fullPage });
    return path;
  }

  /** The WCAG 2.2 AA findings of axe on the page as it is now, each with what it is about. */
  async accessibilityFindings() {
    await this.page.evaluate(axeSource());
    const found = await this.page.evaluate(
      (tags) => globalThis.axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] }),
      WCAG_22_AA,
    );
    return found.violations.flatMap((rule) =>
      rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary}`),
    );
  }

  /** Asserts that axe finds nothing, in light and in dark. Leaves the colour scheme as it is in the end: `scheme`. */
  async assertAccessible({ schemes = ["light", "dark"] } = {}) {
    const before = await this.page.evaluate(() => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
    for (const scheme of schemes) {
      await this.page.emulateMedia({ colorScheme: scheme });
      assert.deepEqual(await this.accessibilityFindings(), [], `axe finds faults (${scheme})`);
    }
    await this.page.emulateMedia({ colorScheme: before });
  }

  /** Asserts that nothing makes the page scroll sideways. */
  async assertNoSidewaysScroll() {
    const { content, window } = await this.page.evaluate(() => ({
      content: document.documentElement.scrollWidth,
      window: document.documentElement.clientWidth,
    }));
    assert.ok(content <= window, `the page is ${content} px wide in a window of ${window} px`);
  }

  /**
   * What the browser saves when `act` is done, kept among the artefacts.
   * @param {() => Promise<void>} act
   * @returns {Promise<{name: string, path: string, text: string, json: () => any}>}
   */
  async download(act) {
    const { name, text } = this.page.context().browser().browserType().name() === "firefox" ? await this.#handedOver(act) : await this.#saved(act);
    const path = join(ARTEFACTS, name);
    mkdirSync(ARTEFACTS, { recursive: true });
    writeFileSync(path, text);
    return { name, path, text, json: () => JSON.parse(text) };
  }

  async #saved(act) {
    const [download] = await Promise.all([this.page.waitForEvent("download"), act()]);
    return { name: download.suggestedFilename(), text: readFileSync(await download.path(), "utf8") };
  }

  /** Firefox under WebDriver BiDi says nothing of a file that is no request: this is what the page hands over to be saved. */
  async #handedOver(act) {
    await this.page.evaluate(() => {
      const { createObjectURL } = URL;
      const { click } = HTMLElement.prototype;
      let blob;
      URL.createObjectURL = (given) => createObjectURL.call(URL, (blob = given));
      globalThis.handedOver = new Promise((resolve) => {
        HTMLElement.prototype.click = function () {
          if (!this.download) return click.call(this);
          Object.assign(URL, { createObjectURL });
          HTMLElement.prototype.click = click;
          return blob.text().then((text) => resolve({ name: this.download, text }));
        };
      });
    });
    await act();
    return this.page.evaluate(() => globalThis.handedOver);
  }

  /**
   * Gives a file to the file chooser that `act` opens.
   * @param {() => Promise<void>} act
   * @param {{name: string, text: string} | string} file its content, or the path of an existing one
   */
  async upload(act, file) {
    const [chooser] = await Promise.all([this.page.waitForEvent("filechooser"), act()]);
    const given = typeof file === "string" ? file : { name: file.name, mimeType: "application/json", buffer: Buffer.from(file.text) };
    await chooser.setFiles(given);
  }

  /** Presses the mouse at the first point, moves it over all others, lets go at the last. Points are {x, y} in CSS pixels. */
  async drag(...points) {
    const [first, ...rest] = points;
    await this.page.mouse.move(first.x, first.y);
    await this.page.mouse.down();
    for (const point of rest) await this.page.mouse.move(point.x, point.y, { steps: 8 });
    await this.page.mouse.up();
  }

  /** The middle of an element, in CSS pixels of the window. */
  async middleOf(locator) {
    const box = await locator.boundingBox();
    assert.ok(box, "the element is not drawn");
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }

  /** Makes network and processor slower, as a phone's are. */
  async throttle({ latency = 150, bitsPerSecond = 1_600_000, cpu = 4 } = {}) {
    const session = await this.page.context().newCDPSession(this.page);
    const bytesPerSecond = bitsPerSecond / 8;
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", {
      offline: false,
      latency,
      downloadThroughput: bytesPerSecond,
      uploadThroughput: bytesPerSecond,
    });
    await session.send("Emulation.setCPUThrottlingRate", { rate: cpu });
  }

  async close() {
    await this.page.context().close();
  }
}

/** A path in `artefacts/` for what is described. */
export function artefact(description, extension) {
  mkdirSync(ARTEFACTS, { recursive: true });
  return join(ARTEFACTS, `${description.replace(/[^\p{L}\p{N}]+/gu, "-").toLowerCase()}.${extension}`);
}

/** Leaves a measurement where people and later runs find it. */
export function keepJson(description, value) {
  writeFileSync(artefact(description, "json"), `${JSON.stringify(value, null, 2)}\n`);
}

function axeSource() {
  return readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
}
