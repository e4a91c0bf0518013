// Time: scrub, step, fork, switch branches; a run as a file, between the page and the command line; a reload; Back.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import {
  cutDownTheMiddle, cutLinks, drop, exportRun, headMs, importRun, leader, nodeAt, pause, placeOf, play, playButton, seek, setSpeed, sheet,
  untilHead, untilMeters, untilReplayed,
} from "./act.mjs";
import { EVERYWHERE } from "./browsers.mjs";
import { ARTEFACTS, labTest } from "./lab.mjs";
import { capLab } from "./native.mjs";

/** What everybody can see of a run: what the phones show and how the nodes stand. */
async function picture(lab) {
  return lab.page.evaluate(() => ({
    head: document.querySelector("#timeline input").ariaValueText,
    nodes: [...document.querySelectorAll(".figure .node > [role=option]")].map((node) => node.ariaLabel),
    links: [...document.querySelectorAll(".figure .link")].map((link) => link.ariaLabel),
    messages: [...document.querySelectorAll(".figure .flight")].map((flight) => `${flight.ariaLabel} ${flight.getAttribute("transform")}`),
    phones: [...document.querySelectorAll(".phone")].map((phone) => phone.innerText),
    // But for the verdict: that comes when the checker is done.
    meters: [...document.querySelectorAll("dl.meters")].map((meters) => meters.innerText.split("Verdict")[0]),
  }));
}

labTest("the picture is a function of the run and the time: scrub away and back", {}, async (lab) => {
  await setSpeed(lab, 1);
  await untilHead(lab, 3_500);
  await pause(lab);
  await seek(lab, 2_750);
  const before = await picture(lab);
  for (const elsewhere of [0, 3_100, 400]) await seek(lab, elsewhere);
  assert.notDeepEqual(await picture(lab), before);
  await seek(lab, 2_750);
  assert.deepEqual(await picture(lab), before);
});

labTest("step and back are one event each, by button and by key", {}, async (lab) => {
  await pause(lab);
  const start = await picture(lab);
  await lab.page.getByRole("button", { name: "Step", exact: true }).click();
  const after = await picture(lab);
  assert.notDeepEqual(after, start, "something happened");
  await lab.page.getByRole("button", { name: "Back", exact: true }).click();
  await lab.page.getByRole("button", { name: "Step", exact: true }).click();
  assert.deepEqual(await picture(lab), after, "back and step again come to the same");
  await lab.page.locator("h1").click();
  await lab.page.keyboard.press("ArrowRight");
  const further = await headMs(lab);
  await lab.page.keyboard.press("ArrowLeft");
  await lab.page.keyboard.press("ArrowRight");
  assert.equal(await headMs(lab), further);
  await seek(lab, 0);
  await lab.page.getByRole("button", { name: "Back", exact: true }).click();
  await lab.page.getByRole("status").getByText("The run starts here, so there is no earlier event.").waitFor({ state: "attached" });
});

labTest("an act in the past forks; the old future stays as a branch and can be gone back to", {}, async (lab) => {
  await setSpeed(lab, 1);
  await untilHead(lab, 4_000);
  await pause(lab);
  const first = await leader(lab);
  await seek(lab, 3_900);
  const old = await picture(lab);
  assert.equal(await lab.page.getByLabel("Branch").count(), 0, "there is one future so far");
  await seek(lab, 2_500);
  const at = await placeOf(lab, first);
  await lab.page.mouse.click(at.x, at.y);
  await sheet(lab).getByRole("button", { name: "Crash", exact: true }).click();
  await nodeAt(lab, first, 0, "crashed").waitFor();
  const branches = lab.page.getByLabel("Branch");
  assert.equal(await branches.locator("option").count(), 2);
  await lab.screenshot("forked");
  await play(lab);
  await untilHead(lab, 3_900);
  await pause(lab);
  assert.notDeepEqual((await picture(lab)).nodes, old.nodes, "this future is another one");
  const forked = await headMs(lab);
  await branches.selectOption("0");
  await nodeAt(lab, first, 0, "up").waitFor();
  await seek(lab, 3_900);
  assert.deepEqual(await picture(lab), old, "the old future is as it was");
  await branches.selectOption("1");
  await seek(lab, forked);
  await nodeAt(lab, first, 0, "crashed").waitFor();
});

for (const [page, name] of [["#feed", "feed"], ["#raft", "Raft"], ["#paxos", "Paxos"]]) {
  labTest(`a run of the ${name} page travels as a file: by button, by drop, and natively`, { at: page, browsers: EVERYWHERE, timeout: 600_000 }, async (lab) => {
    if (page === "#paxos") {
      for (let step = 0; step < 25; step += 1) await lab.page.keyboard.press("ArrowRight");
    } else {
      await cutDownTheMiddle(lab);
      await setSpeed(lab, 3);
      await untilHead(lab, 4_500);
      await lab.page.getByRole("button", { name: "Heal all links" }).click();
      await untilHead(lab, 6_500);
      await pause(lab);
    }
    // A moment that the slider can name.
    const slider = lab.page.getByRole("slider", { name: "Timeline" });
    const place = page === "#paxos" ? "20" : "6400";
    await slider.fill(place);
    const before = await picture(lab);
    const file = await exportRun(lab);
    assert.equal(file.json().format, "cap-lab run");

    // Something else takes its place, then the file brings it back.
    await lab.page.getByRole("button", { name: "New run", exact: true }).click();
    await lab.page.getByRole("button", { name: "Another seed" }).click();
    await pause(lab);
    assert.notDeepEqual(await picture(lab), before);
    await importRun(lab, file.path);
    await untilReplayed(lab);
    assert.equal(await headMs(lab), 0, "it is shown from its start");
    await playButton(lab, "Play").waitFor();
    await slider.fill(place);
    assert.deepEqual(await picture(lab), before, "by button");
    assert.equal((await exportRun(lab)).text, file.text, "exported again it is the same file");

    await seek(lab, 10);
    await drop(lab, file.text);
    await untilReplayed(lab);
    await slider.fill(place);
    assert.deepEqual(await picture(lab), before, "by drop");

    const { status, said } = capLab("replay", file.path);
    assert.equal(status, 0, `replayed natively it should come to the same digests: ${said}`);
    for (const world of file.json().worlds) assert.ok(said.includes(world.digest), `${said} tells ${world.digest}`);
    const digest = file.json().worlds[0].digest;
    const forged = join(ARTEFACTS, `forged-${name}.json`);
    writeFileSync(forged, file.text.replaceAll(digest, digest.replace(/./, (d) => (d === "0" ? "1" : "0"))));
    assert.notEqual(capLab("replay", forged).status, 0, "a digest that differs is told by the exit status");
  });
}

labTest("a run that was computed natively opens in the page, which comes to the same digests", { timeout: 600_000 }, async (lab) => {
  const { status, said } = capLab("record", "feed", "replicas=5 people=3 traffic=100 stores=raft/gossip", "--seed", "77", "--seconds", "20");
  assert.equal(status, 0, said);
  await pause(lab);
  await drop(lab, said);
  await untilReplayed(lab);
  await seek(lab, 20_000);
  assert.equal(await lab.page.getByRole("alert").count(), 0, "the file was taken: its digests are those that the page came to");
  assert.equal((await exportRun(lab)).text, said, "exported again it is the same file");
});

labTest("a file that is no good gives a clear message and leaves the run alone", {}, async (lab) => {
  await setSpeed(lab, 1);
  await untilHead(lab, 3_000);
  await pause(lab);
  const before = await picture(lab);
  const file = await exportRun(lab);
  const notice = lab.page.getByRole("alert");
  const bad = {
    "cut short": [file.text.slice(0, file.text.length / 2), /damaged/],
    "not JSON": ["hello", /not a run|damaged/],
    empty: ["", /not a run|damaged/],
    "another format": ['{"format":"a song","version":1,"experiment":"feed"}', /not a run/],
    "a later version": [file.text.replace(/"version":\d+/, '"version":99'), /version/],
    "another page's": [file.text.replace('"experiment":"feed"', '"experiment":"paxos"'), /Paxos|paxos|another|damaged|impossible/],
    "another seed": [file.text.replace(/"seed":"[^"]*"/, '"seed":"0000000000000005"'), /another way|differs/],
    "hostile numbers": [file.text.replace(/"end":\d+/, '"end":99999999999999'), /./],
    huge: [" ".repeat(5 << 20) + file.text, /large/],
  };
  for (const [what, [text, message]] of Object.entries(bad)) {
    assert.notEqual(text, file.text, what);
    await drop(lab, text);
    await notice.waitFor();
    assert.match(await notice.innerText(), message, what);
    await notice.getByRole("button", { name: "Dismiss" }).click();
    assert.deepEqual(await picture(lab), before, `${what}: the run is as it was`);
  }
  // Larger than the page even looks at.
  await lab.page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(64 << 20)], "huge.json"));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  });
  await notice.waitFor();
  assert.match(await notice.innerText(), /At most \d+ are read/);
  assert.deepEqual(await picture(lab), before);
  assert.equal((await exportRun(lab)).text, file.text);
});

/** Five minutes of the feed, or more, recorded natively. */
function longRun(seconds = 300) {
  const { status, said } = capLab("record", "feed", "replicas=5 people=3 traffic=100 stores=raft/gossip", "--seed", "7", "--seconds", String(seconds));
  assert.equal(status, 0, said);
  return said;
}

/** A run file without its play head. */
const headless = (text) => text.replace(/"head":\d+/, "");

labTest("a long run is shown at once, replayed meanwhile, and left again on request", { timeout: 300_000, expect: /ERR_ABORTED/ }, async (lab) => {
  const { page } = lab;
  const file = longRun();
  await cutDownTheMiddle(lab);
  await pause(lab);
  const before = await picture(lab);
  await drop(lab, file);
  await page.getByRole("progressbar", { name: "Replaying the run" }).waitFor();
  assert.equal(await headMs(lab), 0);
  assert.deepEqual(await cutLinks(lab), []);
  await lab.screenshot("replaying");
  await page.getByRole("button", { name: "Cancel" }).click();
  assert.deepEqual(await picture(lab), before, "the earlier run is as it was");
  await lab.reload();
  await pause(lab);
  assert.notDeepEqual(await cutLinks(lab), [], "and was kept");

  await drop(lab, file);
  await page.locator(".filling").waitFor();
  // What is replayed can be looked at: no need to wait.
  await play(lab);
  await untilHead(lab, 500);
  await pause(lab);
  await untilReplayed(lab, 200_000);
  assert.equal(headless((await exportRun(lab)).text), headless(file), "nothing is lost");
  // What is far from the start is there as well, and a reload goes there.
  await seek(lab, 250_000);
  // But for the very places: what is written beside the figures may push them by a pixel.
  const seen = async () => JSON.stringify(await picture(lab)).replace(/translate\([^)]*\)/g, "");
  const there = await seen();
  await lab.reload();
  await untilReplayed(lab, 200_000);
  await pause(lab);
  await seek(lab, 250_000);
  assert.equal(await seen(), there);
});

labTest("a file that turns out to differ leaves the earlier run as it was", { timeout: 300_000 }, async (lab) => {
  const { page } = lab;
  await pause(lab);
  await seek(lab, 1_200);
  const before = await picture(lab);
  const file = longRun();
  // The last of its digests.
  const forged = file.replace(/"([0-9a-f])([0-9a-f]{15})"\](?=\}\])/, (_, first, rest) => `"${first === "0" ? "1" : "0"}${rest}"]`);
  assert.notEqual(forged, file);
  await drop(lab, forged);
  const notice = page.getByRole("alert");
  await notice.waitFor({ timeout: 200_000 });
  assert.match(await notice.innerText(), /was not opened; the run is as it was.*another way/);
  assert.deepEqual(await picture(lab), before);
});

labTest("a reload keeps play head, branches and speed", {}, async (lab) => {
  await cutDownTheMiddle(lab);
  await setSpeed(lab, 1);
  await untilMeters(lab, 1, (m) => m.stale > 0);
  await pause(lab);
  const cut = await cutLinks(lab);
  await seek(lab, 1_000);
  const at = await placeOf(lab, 0);
  await lab.page.mouse.click(at.x, at.y);
  await sheet(lab).getByRole("button", { name: "Isolate" }).click();
  await sheet(lab).getByRole("button", { name: "Close" }).click();
  await play(lab);
  await untilHead(lab, 1_500);
  const [head, isolated] = [await headMs(lab), await cutLinks(lab)];
  await lab.reload();
  assert.ok((await headMs(lab)) >= head, "it plays on from where it was");
  await pause(lab);
  assert.deepEqual(await cutLinks(lab), isolated);
  assert.equal(await lab.page.getByRole("slider", { name: "Speed" }).inputValue(), "0");
  const branches = lab.page.getByLabel("Branch");
  assert.equal(await branches.locator("option").count(), 2);
  await branches.selectOption("0");
  await untilReplayed(lab);
  await seek(lab, await lab.page.getByRole("slider", { name: "Timeline" }).getAttribute("max"));
  assert.deepEqual(await cutLinks(lab), cut, "the other future is there as well");
  await seek(lab, 500);
  assert.deepEqual(await cutLinks(lab), [], "and their past");
});

labTest("a run that stands still stands at the same moment after a reload", {}, async (lab) => {
  await cutDownTheMiddle(lab);
  await pause(lab);
  const before = await picture(lab);
  await lab.reload();
  await playButton(lab, "Play").waitFor();
  assert.deepEqual(await picture(lab), before);
  // What is open stops the run, and is not there any more.
  await play(lab);
  await lab.page.locator("#verdict-0").click();
  await playButton(lab, "Play").waitFor();
  await lab.reload();
  await playButton(lab, "Pause").waitFor();
});

labTest("after a reload a long run is seen as it was left, and comes to that", { timeout: 200_000 }, async (lab) => {
  const { page } = lab;
  await pause(lab);
  await drop(lab, longRun(900));
  await page.locator(".filling").waitFor();
  await untilReplayed(lab, 200_000);
  await seek(lab, 850_000);
  const before = await picture(lab);
  // Twice: the second time before it is computed.
  for (let time = 0; time < 2; time += 1) {
    await page.reload({ waitUntil: "commit" });
    await page.locator("main[inert]").waitFor();
    assert.deepEqual(await picture(lab), before);
    await playButton(lab, "Play").waitFor();
  }
  await page.locator("main:not([inert])").waitFor({ timeout: 100_000 });
  // But for the very places: what is written beside the figures may push them by a pixel.
  const seen = (picture) => JSON.stringify(picture).replace(/translate\([^)]*\)/g, "");
  assert.equal(seen(await picture(lab)), seen(before));
  const at = await placeOf(lab, 0);
  await page.mouse.click(at.x, at.y);
  await sheet(lab).waitFor();
});

labTest("two tabs keep a run each, and a new one goes on from the latest", {}, async (lab) => {
  const isolate = async (page, node) => {
    const tab = { page, middleOf: lab.middleOf };
    await pause(tab);
    const at = await placeOf(tab, node);
    await page.mouse.click(at.x, at.y);
    await sheet(tab).getByRole("button", { name: "Isolate" }).click();
    await page.waitForTimeout(500);
    return cutLinks(tab);
  };
  const first = await isolate(lab.page, 0);
  const other = new lab.constructor(await lab.page.context().newPage(), lab.url, "the other tab");
  await other.page.goto(lab.url);
  await other.started();
  await untilReplayed(other);
  assert.deepEqual(await cutLinks(other), first, "a copy of the latest run");
  const second = await isolate(other.page, 3);
  assert.notDeepEqual(second, first);
  await lab.reload();
  assert.deepEqual(await cutLinks(lab), first);
  await other.reload();
  assert.deepEqual(await cutLinks(other), second);
  other.assertNoErrors();
});

const refused = {
  "is refused": () => Object.defineProperty(globalThis, "localStorage", { get: () => { throw new DOMException("no", "SecurityError"); } }),
  "is full": () => { Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); }; },
};
for (const [how, refuse] of Object.entries(refused)) {
  labTest(`storage that ${how} is told once, and all works`, { before: (page) => page.addInitScript(refuse) }, async (lab) => {
    const notice = lab.page.getByRole("alert").filter({ hasText: "a reload loses the run" });
    await cutDownTheMiddle(lab);
    await notice.waitFor();
    await notice.getByRole("button", { name: "Dismiss" }).click();
    await lab.page.getByRole("button", { name: "Heal all links" }).click();
    await lab.page.waitForTimeout(600);
    assert.equal(await notice.count(), 0, "once");
    assert.deepEqual(await cutLinks(lab), []);
  });
}

labTest("the learner is told before a run is full, and at its end it stands still", { at: "#paxos" }, async (lab) => {
  const { status, said } = capLab("record", "paxos", "proposers=1 acceptors=3", "--seconds", "7198");
  assert.equal(status, 0, said);
  await drop(lab, said);
  await untilReplayed(lab);
  const notice = lab.page.getByRole("alert");
  await notice.filter({ hasText: /nearly full: 99 % of 2 hours of simulated time/ }).waitFor();
  await notice.getByRole("button", { name: "Dismiss" }).click();
  await lab.page.getByRole("slider", { name: "Timeline" }).fill("20");
  await setSpeed(lab, 10);
  await play(lab);
  await notice.filter({ hasText: /This run is full: it holds 2 hours/ }).waitFor();
  await playButton(lab, "Play").waitFor();
  assert.equal(await headMs(lab), 7_200_000);
});

labTest("marks that would overlap are one, and are listed on request", {}, async (lab) => {
  const { page } = lab;
  await cutDownTheMiddle(lab);
  await setSpeed(lab, 10);
  await untilHead(lab, 60_000);
  await pause(lab);
  const [width, marks] = [(await page.locator("#timeline").boundingBox()).width, await page.locator(".track .mark").count()];
  assert.ok(marks > 3 && marks <= width / 8 + 1, `${marks} marks on ${width} px`);
  const several = page.locator("button.mark-label").last();
  await several.click();
  const list = page.getByRole("dialog", { name: "Marks" });
  await lab.screenshot("marks listed");
  await lab.assertAccessible();
  const entry = list.getByRole("listitem").nth(1).getByRole("button");
  const at = Number.parseFloat(/[\d.]+/.exec(await entry.innerText())[0]);
  await entry.click();
  assert.ok(Math.abs((await headMs(lab)) / 1e3 - at) < 0.01, `${await headMs(lab)} ms for ${at} s`);
  await page.keyboard.press("Escape");
  assert.equal(await list.count(), 0);
});

labTest("what waits at a paused server is counted, not drawn", { at: "#raft" }, async (lab) => {
  const { page } = lab;
  await pause(lab);
  const at = await placeOf(lab, (await leader(lab)) === 0 ? 1 : 0);
  await page.mouse.click(at.x, at.y);
  await sheet(lab).getByRole("button", { name: "Pause", exact: true }).click();
  await page.keyboard.press("Escape");
  await setSpeed(lab, 10);
  await play(lab);
  await untilHead(lab, 30_000);
  await pause(lab);
  assert.ok(Number.parseInt(await page.locator(".crowd").textContent(), 10) > 100);
  assert.ok((await page.locator(".flight").count()) < 60, "only those in the air and the first that wait");
  await lab.screenshot("waiting");
});

labTest("Back and Forward go between the pages, and each keeps its run", {}, async (lab) => {
  await pause(lab);
  const at = await placeOf(lab, 0);
  await lab.page.mouse.click(at.x, at.y);
  await sheet(lab).getByRole("button", { name: "Isolate" }).click();
  const cut = await cutLinks(lab);
  assert.equal(cut.length, 4);
  await lab.page.getByRole("link", { name: "Raft" }).click();
  await lab.page.locator(".log-grid").waitFor();
  assert.deepEqual(await cutLinks(lab), []);
  await lab.page.getByRole("link", { name: "Paxos" }).click();
  await lab.page.getByRole("heading", { name: "What can happen next" }).waitFor();
  await lab.page.goBack();
  await lab.page.locator(".log-grid").waitFor();
  await lab.page.goBack();
  await lab.page.locator("#figure-1 .node").first().waitFor();
  assert.deepEqual(await cutLinks(lab), cut);
  await lab.page.goForward();
  await lab.page.locator(".log-grid").waitFor();
  assert.equal(await lab.page.getByRole("link", { name: "Raft" }).getAttribute("aria-current"), "page");
});
