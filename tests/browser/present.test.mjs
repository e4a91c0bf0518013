// Present: for the back row of a room. And on every page: how small text is, and that nothing hides in a tooltip.

import assert from "node:assert/strict";

import { cutDownTheMiddle, cutLinks, headMs, openPopover, pause, placeOf, sheet, untilHead } from "./act.mjs";
import { labTest } from "./lab.mjs";
import { misplaced } from "./layout.mjs";

const ROOM = { width: 1280, height: 720 };

/** Every text that is seen, with its size on the screen: what a drawing is scaled by counts. */
function texts(lab) {
  return lab.page.evaluate(() => {
    const seen = [];
    const walker = document.createTreeWalker(document.querySelector(".page"), NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      const parent = text.parentElement;
      const words = text.data.trim();
      if (!words || !parent.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      if (parent.closest(".said, title, option, defs")) continue;
      const { width, height } = parent.getBoundingClientRect();
      if (width < 2 || height < 2) continue;
      const scale = parent.closest("svg") && parent.getScreenCTM ? parent.getScreenCTM().a : 1;
      seen.push({ words, size: Number.parseFloat(getComputedStyle(parent).fontSize) * scale });
    }
    return seen;
  });
}

const smaller = (all, than) => all.filter(({ size }) => size < than - 0.05).map(({ words, size }) => `${size.toFixed(1)} px: ${words}`);

for (const page of ["#feed", "#raft", "#paxos", "#locks"]) {
  labTest(`${page.slice(1)} presented: large text, nothing but figure, phones and a sentence`, { at: page, size: ROOM }, async (lab) => {
    await pause(lab);
    await lab.page.keyboard.press("p");
    await lab.page.locator(".present .figure .node").first().waitFor();
    const look = async (state) => {
      await lab.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 60)))));
      assert.deepEqual(smaller(await texts(lab), 18), [], state);
      assert.deepEqual(await lab.page.evaluate(misplaced), [], state);
      await lab.screenshot(state);
    };
    await look("at rest");
    for (const panel of [".top", ".events", ".meters", ".strip", ".log-grid", ".rails", ".next", ".aside-of"]) {
      assert.equal(await lab.page.locator(panel).filter({ visible: true }).count(), 0, `${panel} is not shown`);
    }
    assert.match(await lab.page.locator(".coach p").innerText(), /\w/, "a sentence is there");
    if (page !== "#paxos") {
      await cutDownTheMiddle(lab);
      assert.equal((await cutLinks(lab)).length, page === "#locks" ? 4 : 6, "the figure takes a cut as usual");
      await look("cut");
    }
    const at = await placeOf(lab, 0);
    await lab.page.mouse.click(at.x, at.y);
    await sheet(lab).waitFor();
    assert.deepEqual(smaller(await texts(lab), 18), [], "a sheet");
    await lab.page.keyboard.press("Escape");
    await sheet(lab).waitFor({ state: "detached" });
    await lab.page.keyboard.press("Escape");
    await lab.page.locator(".present").waitFor({ state: "detached" });
  });
}

labTest("a clicker's two keys step on and back while presented, and the sentence tells the step", { at: "#paxos", size: ROOM }, async (lab) => {
  await lab.page.keyboard.press("PageDown");
  const step = () => lab.page.getByRole("slider", { name: "Timeline" }).inputValue().then(Number);
  const before = await step();
  await lab.page.getByRole("button", { name: "Present" }).click();
  await lab.page.locator(".present").waitFor();
  const told = new Set();
  for (let press = 0; press < 6; press += 1) {
    await lab.page.keyboard.press("PageDown");
    told.add(await lab.page.locator(".coach p").innerText());
  }
  assert.equal(await step(), before + 6, "outside of Present the key scrolls");
  assert.ok(told.size > 2, `said ${[...told].join(" / ")}`);
  await lab.page.keyboard.press("PageUp");
  assert.equal(await step(), before + 5);
  await lab.page.getByRole("button", { name: "Leave" }).click();
  await lab.page.locator(".present").waitFor({ state: "detached" });
});

labTest("the address can ask for it, and the run plays on", { at: "?present#feed", size: ROOM }, async (lab) => {
  await lab.page.locator(".present .figure .flight").first().waitFor();
  await untilHead(lab, (await headMs(lab)) + 100);
  await lab.assertAccessible();
});

for (const [page, ready] of [["#feed", ".figure .node"], ["#raft", ".log-grid"], ["#paxos", ".next li"], ["#history", ".samples"]]) {
  for (const size of ["desktop", "phone", ROOM]) {
    labTest(`${page.slice(1)} at ${size.width ?? size}: no text below 11 px, no sentence below 12, no tooltip`, { at: page, size }, async (lab) => {
      await lab.page.locator(ready).first().waitFor();
      const look = async (state) => {
        const all = await texts(lab);
        assert.deepEqual(smaller(all, 11), [], state);
        const sentences = all.filter(({ words }) => words.split(/\s+/).length >= 6);
        assert.deepEqual(smaller(sentences, 12), [], state);
        const tips = await lab.page.evaluate(() => [...document.querySelectorAll("[title], svg title")].map((tip) => tip.outerHTML.slice(0, 90)));
        assert.deepEqual(tips, [], state);
      };
      await look("landing");
      if (page === "#history") return;
      await pause(lab);
      if (page !== "#paxos") await cutDownTheMiddle(lab);
      const at = await placeOf(lab, 2);
      await lab.page.mouse.click(at.x, at.y);
      await sheet(lab).waitFor();
      await look("cut, a node opened up");
      if (size !== "desktop") return;
      for (const name of ["New run", "Run file", "Keys"]) {
        await openPopover(lab, name);
        await look(name);
        await lab.page.keyboard.press("Escape");
      }
      await lab.page.getByRole("button", { name: "As diagram" }).first().click();
      await lab.page.locator(".spacetime").first().waitFor();
      await look("diagram");
    });
  }
}
