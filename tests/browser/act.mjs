// What a person does on the pages, in the words of the page: shared by the tests, and only what several of them need.

import assert from "node:assert/strict";

/** A node, acceptor or proposer as drawn: by its place in the figure, from 0; only if it looks like `state` ("crashed"). */
export function nodeAt(lab, index, world = 0, state = "node") {
  return lab.page.locator(`#figure-${world} .node.${state}:has(> #f${world}-n${index})`);
}

/** The link between two nodes as drawn, by their places in the figure, the lower first. */
export function linkBetween(lab, a, b, world = 0) {
  return lab.page.locator(`#f${world}-l${a}-${b}`);
}

/** Where the middle of a node's body is. */
export async function placeOf(lab, index, world = 0) {
  // Where there is room for a part of the page only, a person scrolls first.
  await nodeAt(lab, index, world).evaluate((node) => {
    const { top, bottom } = node.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight - 100) node.scrollIntoView({ block: "center" });
  });
  const body = nodeAt(lab, index, world).locator(".body");
  return lab.middleOf(body);
}

/** A point on a link where no node and seldom a message is: `share` of the way along. */
export async function pointOnLink(lab, a, b, share = 0.42, world = 0) {
  const [p, q] = [await placeOf(lab, a, world), await placeOf(lab, b, world)];
  return { x: p.x + (q.x - p.x) * share, y: p.y + (q.y - p.y) * share };
}

/** Drags from top to bottom between n1, n2 and the others, as newcomers do first. */
export async function cutDownTheMiddle(lab, world = 0) {
  const figure = await lab.page.locator(`#figure-${world}`).boundingBox();
  const left = await placeOf(lab, 0, world);
  const right = await placeOf(lab, 2, world);
  const x = (left.x + right.x) / 2;
  await lab.drag({ x, y: figure.y + 4 }, { x, y: figure.y + figure.height / 2 }, { x, y: figure.y + figure.height - 4 });
}

/** The names of all links of a figure that are cut, such as "link n1 to n3, cut". */
export async function cutLinks(lab, world = 0) {
  const names = await lab.page.locator(`#figure-${world} .link`).evaluateAll((links) => links.map((link) => link.ariaLabel));
  return names.filter((name) => name.includes(", cut"));
}

/** The button that plays or pauses the run. (A node that is open can be paused as well.) */
export function playButton(lab, name) {
  return lab.page.getByRole("contentinfo").getByRole("button", { name, exact: true });
}

export async function pause(lab) {
  const button = playButton(lab, "Pause");
  if (await button.isVisible()) await button.click();
  await playButton(lab, "Play").waitFor();
}

export async function play(lab) {
  const button = playButton(lab, "Play");
  if (await button.isVisible()) await button.click();
  await playButton(lab, "Pause").waitFor();
}

/** Sets the speed, as near as the slider has it: 1 is real time. */
export async function setSpeed(lab, rate) {
  await lab.page.getByRole("slider", { name: "Speed" }).fill(String(Math.round(Math.log10(rate) * 20) * 5));
}

/** The play head, in ms of run time. */
export async function headMs(lab) {
  const text = await lab.page.getByRole("slider", { name: "Timeline" }).getAttribute("aria-valuetext");
  return Math.round(Number.parseFloat(text) * 1000);
}

export async function seek(lab, ms) {
  await lab.page.getByRole("slider", { name: "Timeline" }).fill(String(ms));
}

/** Waits until the play head has passed a moment. */
export async function untilHead(lab, ms, timeout = 30_000) {
  await lab.page.waitForFunction(
    (ms) => Number.parseFloat(document.querySelector("#timeline input").ariaValueText) * 1000 >= ms,
    ms,
    // Not with every frame: some tests count them.
    { timeout, polling: 50 },
  );
}

/** The meters of a world as numbers: answered %, stale, refused, unknown. */
export async function meters(lab, world = 0) {
  const shown = await lab.page.locator("dl.meters").nth(world).innerText();
  const rest = shown.split("\n").map((line) => line.trim());
  const after = (label) => rest[rest.indexOf(label) + 1];
  const [refused, unknown] = after("Refused · unknown").split("·").map(Number);
  return { answered: Number.parseInt(after("Answered"), 10), stale: Number(after("Stale reads")), refused, unknown };
}

/** Waits until the meters of a world are as wanted, and tells how they are. */
export async function untilMeters(lab, world, wanted, timeout = 20_000) {
  const until = Date.now() + timeout;
  for (;;) {
    const now = await meters(lab, world);
    if (wanted(now)) return now;
    assert.ok(Date.now() < until, `the meters never were as wanted: ${JSON.stringify(now)}, wanted ${wanted}`);
    await lab.page.waitForTimeout(50);
  }
}

/** The index of the node that leads the cluster now, or -1. With several, that of the highest term. */
export function leader(lab, world = 0) {
  return lab.page.locator(`#figure-${world} .node.leader.up`).evaluateAll((nodes) => {
    const named = nodes.map((node) => node.querySelector("[role=option]"));
    const term = (node) => Number(/term (\d+)/.exec(node.ariaLabel)?.[1] ?? 0);
    const best = named.sort((a, b) => term(b) - term(a))[0];
    return best ? Number(best.id.split("-n")[1]) : -1;
  });
}

/** Waits for a leader that is not `other`, and tells who. */
export async function untilLeader(lab, { other = -1, world = 0, timeout = 30_000 } = {}) {
  const until = Date.now() + timeout;
  for (;;) {
    const now = await leader(lab, world);
    if (now >= 0 && now !== other) return now;
    assert.ok(Date.now() < until, "no new leader was elected in time");
    await lab.page.waitForTimeout(50);
  }
}

/** The sheet that is open beside the figure. */
export function sheet(lab) {
  return lab.page.locator("#sheet");
}

/** Opens a popover of the page's head and returns it. */
export async function openPopover(lab, name) {
  await lab.page.getByRole("button", { name, exact: true }).click();
  const popover = lab.page.getByRole("dialog", { name });
  await popover.waitFor();
  return popover;
}

/** The run as the page exports it. */
export async function exportRun(lab) {
  await openPopover(lab, "Run file");
  return lab.download(() => lab.page.getByRole("button", { name: "Export this run" }).click());
}

/** Waits until the run that was opened is replayed to its end. */
export async function untilReplayed(lab, timeout = 60_000) {
  await lab.page.waitForFunction(() => !document.querySelector(".filling"), undefined, { timeout });
}

/** Drops a file on the page. */
export async function drop(lab, text, name = "run.json") {
  await lab.page.evaluate(
    ([text, name]) => {
      const data = new DataTransfer();
      data.items.add(new File([text], name, { type: "application/json" }));
      for (const kind of ["dragover", "drop"]) {
        document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
      }
    },
    [text, name],
  );
}

/** Gives a run file to the page by its button. */
export async function importRun(lab, file) {
  await openPopover(lab, "Run file");
  await lab.upload(() => lab.page.getByText("Import a run…").click(), file);
}
