// Locks & clocks: the accident plays from one button, fencing changes the same run, and bad input is told at its field.

import assert from "node:assert/strict";

import { labTest } from "./lab.mjs";

const verdict = (lab) => lab.page.locator("#locks-verdict");
const fencing = (lab) => lab.page.locator("#fencing");

/** Sets a field, and leaves it. */
async function type(lab, word, value) {
  const field = lab.page.locator(`#dial-${word}`);
  await field.fill(value);
  await field.blur();
}

labTest("the accident plays from one button, and fencing saves the same run", { at: "#locks" }, async (lab) => {
  await lab.page.locator("#accident").click();
  await verdict(lab).filter({ hasText: "File Integrity is violated" }).waitFor({ timeout: 20_000 });
  assert.match(await verdict(lab).innerText(), /one of them is lost/);
  assert.ok((await lab.page.locator(".bands .lost").count()) >= 1, "the lost update is drawn");
  await lab.page.getByRole("button", { name: "Once more" }).waitFor({ timeout: 20_000 });
  await lab.screenshot("corrupted");
  await lab.assertAccessible();
  await fencing(lab).click();
  await verdict(lab).filter({ hasText: "guarded updates" }).waitFor();
  assert.equal(await fencing(lab).getAttribute("aria-pressed"), "true");
  assert.ok((await lab.page.locator(".bands .refused").count()) >= 1, "the refusal is drawn");
  assert.equal(await lab.page.locator(".bands .lost").count(), 0);
  await lab.screenshot("fenced");
});

labTest("who wants less motion sees the accident at once", { at: "#locks", reducedMotion: true }, async (lab) => {
  await lab.page.locator("#accident").click();
  await verdict(lab).filter({ hasText: "File Integrity is violated" }).waitFor();
});

labTest("bad input is told at its field, and nothing is lost", { at: "#locks" }, async (lab) => {
  const before = await lab.page.locator(".bands").innerHTML();
  for (const [word, value] of [["lease", "0"], ["lease", "-5"], ["pause", "1e9"], ["skew", "x"], ["drift", "-1000000"]]) {
    await type(lab, word, value);
    const wrong = lab.page.locator(`#dial-${word}-wrong`);
    await wrong.waitFor();
    assert.ok((await wrong.innerText()).startsWith(`${word}=${value}:`), await wrong.innerText());
    assert.equal(await lab.page.locator(`#dial-${word}`).inputValue(), value, "what was typed stays");
    assert.equal(await lab.page.locator(".bands").innerHTML(), before, "the run is as it was");
  }
  await type(lab, "lease", "1500");
  await lab.page.locator("#dial-lease-wrong").waitFor({ state: "detached" });
});

labTest("a phone in the dark shows it all", { at: "#locks", size: "phone", scheme: "dark" }, async (lab) => {
  await lab.page.locator(".bands").waitFor();
  const wide = await lab.page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1);
  assert.ok(!wide, "the page does not scroll sideways");
  await lab.screenshot("phone");
  await lab.assertAccessible();
});
