// axe finds nothing: on every page, light and dark, with whatever can be open, and after things went wrong.

import assert from "node:assert/strict";

import { cutDownTheMiddle, openPopover, pause, placeOf, setSpeed, sheet, untilMeters } from "./act.mjs";
import { labTest } from "./lab.mjs";

/** Everything that can be open over a page, each looked at. */
async function lookAtEverything(lab) {
  await lab.assertAccessible();
  for (const name of ["New run", "Run file", "Keys"]) {
    await openPopover(lab, name);
    await lab.assertAccessible();
    await lab.page.keyboard.press("Escape");
  }
  for (const button of ["left", "right"]) {
    const at = await placeOf(lab, 0);
    await lab.page.mouse.click(at.x, at.y, { button });
    await sheet(lab).waitFor();
    await lab.assertAccessible();
    await sheet(lab).getByRole("button", { name: "Close" }).click();
  }
  await lab.page.getByRole("button", { name: "As table" }).first().click();
  await lab.page.locator(".tables").first().waitFor();
  await lab.assertAccessible();
  await lab.page.getByRole("button", { name: "As table" }).first().click();
  await lab.page.getByRole("button", { name: "Every step" }).click();
  await lab.assertAccessible();
}

for (const page of ["#feed", "#raft", "#paxos"]) {
  labTest(`${page.slice(1)}: every state`, { at: page, timeout: 180_000 }, async (lab) => {
    await pause(lab);
    await lookAtEverything(lab);
  });

  for (const size of ["phone", "zoomed"]) {
    labTest(`${page.slice(1)} at ${size}`, { at: page, size }, async (lab) => {
      await pause(lab);
      await lab.assertAccessible();
    });
  }
}

labTest("after a cut, a refusal, stale reads, a crash and a fork", { timeout: 120_000 }, async (lab) => {
  await cutDownTheMiddle(lab);
  await setSpeed(lab, 1);
  await Promise.all([untilMeters(lab, 0, (m) => m.refused > 0), untilMeters(lab, 1, (m) => m.stale > 0)]);
  await pause(lab);
  const at = await placeOf(lab, 2);
  await lab.page.mouse.click(at.x, at.y);
  await sheet(lab).getByRole("button", { name: "Crash", exact: true }).click();
  await lab.assertAccessible();
  await lab.page.getByRole("slider", { name: "Timeline" }).fill("1500");
  await sheet(lab).getByRole("button", { name: "Isolate" }).click();
  await lab.page.getByLabel("Branch").waitFor();
  await lab.assertAccessible();
  await lab.page.locator(".phone").first().getByRole("button", { name: "Post as Ana" }).click();
  await lab.assertAccessible();
});

labTest("a notice", {}, async (lab) => {
  await pause(lab);
  await lab.page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File(["no run"], "run.json"));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  });
  await lab.page.getByRole("alert").waitFor();
  await lab.assertAccessible();
});

labTest("landmarks, one main heading, a language and a title", {}, async (lab) => {
  const facts = await lab.page.evaluate(() => ({
    mains: document.querySelectorAll("main").length,
    headings: [...document.querySelectorAll("h1")].map((heading) => heading.textContent),
    language: document.documentElement.lang,
  }));
  assert.deepEqual(facts, { mains: 1, headings: ["CAP Lab"], language: "en" });
});
