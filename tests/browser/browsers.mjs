// The browsers in which the lab is tested. Most tests run in Chromium; those that are to hold everywhere, in Firefox as well.
//
// Firefox is the one that people have, by WebDriver BiDi. That lacks a finger, dark and forced colours, a slower network and a
// slower processor, and tells nothing of files that a page saves: there what the page hands over is looked at, and a mouse in
// a small window stands for a finger. Visits without a network are tested in Chromium only.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";

import { chromium, firefox } from "playwright-core";

const CHROMIUMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FIREFOXES = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];

/** The Firefox that `cargo xtask test` found, or one in a usual place. */
const FIREFOX = process.env.CAP_LAB_FIREFOX ?? FIREFOXES.find(existsSync);

/** For tests that are to hold in every browser. */
export const EVERYWHERE = ["Chromium", "Firefox"];

/** Why there are no tests in that browser here; false if there are. A missing Chromium is a failure. */
export function lacks(browser) {
  return browser === "Firefox" && !FIREFOX && "no Firefox: `cargo xtask test` finds or installs one, or CAP_LAB_FIREFOX names it";
}

/** Starts Chromium with a fresh profile that talks to nobody but the page under test. */
export function launchBrowser(extraArguments = []) {
  const path = process.env.CAP_LAB_CHROMIUM ?? CHROMIUMS.find(existsSync);
  assert.ok(path, "no Chromium: `cargo xtask test` finds or installs one, or CAP_LAB_CHROMIUM names it");
  return chromium.launch({
    executablePath: path,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...extraArguments,
    ],
  });
}

/** Starts a browser of that name with a fresh profile. */
export function launch(browser) {
  if (browser !== "Firefox") return launchBrowser();
  // Playwright's own channel for a Firefox that is not Playwright's. 1.65 asks it for more than an ESR of 2026 knows.
  return firefox.launch({ channel: "moz-firefox", executablePath: FIREFOX, headless: true });
}
