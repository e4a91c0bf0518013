// Every window: no node over another, no text cut off or over another, and the main act without scrolling.

import assert from "node:assert/strict";

import { openPopover, pause, untilHead } from "./act.mjs";
import { labTest, LONG } from "./lab.mjs";
import { mainAct, misplaced } from "./layout.mjs";

const WINDOWS = [[1280, 720], [1366, 768], [1366, 650], [1440, 760], [1440, 900], [1536, 730], [1024, 768], [1920, 1080]];
const PHONES = [[360, 640], [390, 844], [412, 915], [430, 932]];
/** The windows and phones, each at the zooms that people use: a zoomed window is a smaller one. */
const ZOOMS = LONG ? [1, 1.25, 1.5] : [1];
const SIZES = [...WINDOWS, ...PHONES].flatMap(([width, height]) =>
  ZOOMS.map((zoom) => ({ width: Math.round(width / zoom), height: Math.round(height / zoom) })),
);

/** Replicas and people, acceptors and proposers, or lock servers and clients. */
const SETUPS = {
  feed: [3, 5, 7].flatMap((replicas) => [1, 3, 6].map((people) => [replicas, people])),
  raft: [3, 5, 7].flatMap((replicas) => [1, 3, 6].map((people) => [replicas, people])),
  paxos: [3, 5, 7].flatMap((acceptors) => [1, 2, 3].map((proposers) => [acceptors, proposers])),
  locks: [[3, 1], [3, 2], [3, 4], [5, 2], [5, 6], [7, 3]],
};
/** Of every day: what is most used. */
const DAILY = { feed: [[5, 3]], raft: [[5, 3]], paxos: [[5, 2]], locks: [[3, 2]] };

for (const [page, setups] of Object.entries(LONG ? SETUPS : DAILY)) {
  for (const [nodes, people] of setups) {
    labTest(`${page} with ${nodes} and ${people} has room in every window`, { at: `#${page}`, timeout: 240_000 }, async (lab) => {
      const popover = await openPopover(lab, "New run");
      await popover.locator("#new-nodes").selectOption(String(nodes));
      await popover.locator("#new-people").selectOption(String(people));
      await popover.getByRole("button", { name: "Start this run" }).click();
      if (page !== "paxos" && page !== "locks") await untilHead(lab, 2_300);
      await pause(lab);
      const wrong = [];
      for (const scheme of ["light", "dark"]) {
        await lab.page.emulateMedia({ colorScheme: scheme });
        for (const size of scheme === "dark" && !LONG ? SIZES.slice(0, 1) : SIZES) {
          await lab.page.setViewportSize(size);
          // The figures are laid out anew in the frame after the one that finds out their size.
          await lab.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 60)))));
          const name = `${size.width}x${size.height}`;
          wrong.push(...(await lab.page.evaluate(misplaced)).map((what) => `${name}: ${what}`));
          const seen = await lab.page.evaluate(mainAct);
          if (seen < 0.98 && size.height >= 430) wrong.push(`${name}: ${Math.round(seen * 100)} % of the main act is in sight`);
        }
      }
      assert.deepEqual(wrong, []);
    });
  }
}
