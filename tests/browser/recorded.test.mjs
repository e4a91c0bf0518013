// Histories from files: by button and by drop, judged, drawn, with the run untouched.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { headMs, openPopover, pause } from "./act.mjs";
import { labTest, openLab } from "./lab.mjs";
import { capLab } from "./native.mjs";

const CORPUS = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "shared", "corpus");

const told = (lab) => lab.page.locator(".finding");

/** Gives a file by the button, and waits for what it comes to. */
async function choose(lab, name, text) {
  await lab.upload(() => lab.page.getByText("Choose a file…").click(), { name, text });
  return settled(lab, name);
}

/** Drops a file on the page. */
async function drop(lab, name, text) {
  await lab.page.evaluate(([name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  }, [name, text]);
}

async function settled(lab, name) {
  await lab.page.locator(".recorded-page b", { hasText: name }).waitFor();
  await told(lab).filter({ hasNotText: /reading …|checking …/ }).waitFor({ timeout: 60_000 });
  return told(lab).innerText();
}

const etcd = (...lines) => lines.map((line) => `INFO  jepsen.util - ${line}\n`).join("");
const STALE = etcd("0 :invoke :write 1", "0 :ok :write 1", "1 :invoke :read nil", "1 :ok :read nil");
const EDN = `[{:process 0, :type :invoke, :f :write, :value 3}
 {:process 1, :type :invoke, :f :read, :value nil}
 {:process 1, :type :ok, :f :read, :value 3}
 {:process 0, :type :ok, :f :write, :value 3}]`;
const KV = `{:process 0, :type :invoke, :f :put, :key "a", :value "x"}
{:process 0, :type :ok, :f :put, :key "a", :value "x"}
{:process 0, :type :invoke, :f :get, :key "a", :value nil}
{:process 0, :type :ok, :f :get, :key "a", :value "y"}
`;
const json = (events) => JSON.stringify(events.map(([process, type, f, value]) => ({ process, type, f, value })));

labTest("by button: formats and models are guessed, verdicts are right", { at: "#history" }, async (lab) => {
  assert.match(await choose(lab, "good.edn", EDN), /^✓ linearizable/);
  assert.ok((await lab.page.locator(".recorded .order circle").count()) === 2, "the order is drawn");
  assert.match(await choose(lab, "stale.log", STALE), /^✕ not linearizable[^]*began after write 1/);
  assert.equal(await lab.page.locator(".recorded .evidence").count(), 2, "the evidence is marked");
  assert.equal(await lab.page.locator(".recorded-page .proof li").count(), 2);
  await lab.screenshot("not-linearizable");
  await lab.assertAccessible();
  assert.match(await choose(lab, "bad.kv", KV), /^✕ not linearizable/);
  const twice = json([[0, "invoke", "acquire"], [0, "ok", "acquire"], [1, "invoke", "acquire"], [1, "ok", "acquire"]]);
  assert.match(await choose(lab, "lock.json", twice), /^✕ not linearizable/);
  const chosen = await lab.page.locator(".recorded-page select").evaluateAll((lists) => lists.map((list) => list.selectedOptions[0].text));
  assert.deepEqual(chosen, ["Jepsen as JSON", "mutex"]);
});

labTest("who has no file begins with an example", { at: "#history" }, async (lab) => {
  await lab.screenshot("nothing-yet");
  await lab.assertAccessible();
  for (const [label, name, verdict] of [
    ["A read that is out of date", "stale-read.edn", /^✕ not linearizable/],
    ["A write that takes effect while it is slow", "slow-write.edn", /^✓ linearizable/],
    ["A lock that two hold", "lock.edn", /^✕ not linearizable/],
  ]) {
    // Parts that are on their way would be told as requests that failed.
    await lab.page.waitForLoadState("networkidle");
    await lab.page.goto(lab.page.url());
    await lab.page.reload();
    await lab.page.getByRole("button", { name: label }).click();
    assert.match(await settled(lab, name), verdict);
  }
});

labTest("another format or model can be chosen", { at: "#history" }, async (lab) => {
  assert.match(await choose(lab, "stale.log", STALE), /^✕ not linearizable/);
  await lab.page.getByLabel("Model").selectOption("mutex");
  await told(lab).filter({ hasText: "can't be read" }).waitFor();
  assert.match(await told(lab).innerText(), /Line 1: expected acquire or release \(lock or unlock\) of this model, found write\./);
  await lab.page.getByLabel("Model").selectOption("register with compare-and-set");
  await told(lab).filter({ hasText: "not linearizable" }).waitFor();
  await lab.page.getByLabel("Format").selectOption("Jepsen as JSON");
  await told(lab).filter({ hasText: "can't be read" }).waitFor();
});

labTest("what a register holds at first can be chosen, and goes back to nil", { at: "#history" }, async (lab) => {
  const seven = "{:process 0, :type :invoke, :f :read, :value nil}{:process 0, :type :ok, :f :read, :value 7}";
  assert.match(await choose(lab, "seven.edn", seven), /^✕ not linearizable/);
  const field = lab.page.getByLabel("Holds at first");
  assert.equal(await field.inputValue(), "nil");
  await field.fill("7");
  await field.press("Enter");
  await told(lab).filter({ hasText: /^✓ linearizable/ }).waitFor();
  await lab.screenshot("initial-value");
  await lab.assertAccessible();
  await field.fill("");
  await field.press("Tab");
  await told(lab).filter({ hasText: "not linearizable" }).waitFor();
  assert.equal(await field.inputValue(), "nil");
  await lab.page.getByLabel("Model").selectOption("mutex");
  await field.waitFor({ state: "detached" });
});

labTest("what a read of nil says can be chosen", { at: "#history" }, async (lab) => {
  const lost = json([[0, "invoke", "write", 1], [0, "ok", "write", 1], [1, "invoke", "read", null], [1, "ok", "read", null]]);
  assert.match(await choose(lab, "lost.json", lost), /^✓ linearizable/);
  await lab.page.getByLabel("A read of nil").selectOption("saw what was there at first");
  await told(lab).filter({ hasText: "not linearizable" }).waitFor();
  await lab.assertAccessible();
  await lab.page.getByLabel("Model").selectOption("mutex");
  await lab.page.getByLabel("A read of nil").waitFor({ state: "detached" });
});

labTest("every history that the tests of the checkers read has the same verdict and warnings here", { at: "#history", timeout: 240_000 }, async (lab) => {
  const folder = join(dirname(fileURLToPath(import.meta.url)), "..", "checkers", "histories");
  const names = readdirSync(folder).filter((name) => !/README/.test(name)).sort();
  const { said } = capLab("check", "--quiet", "--json", ...names.map((name) => join(folder, name)));
  const judged = said.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  assert.ok(names.length > 50 && judged.length === names.length, `${judged.length} of ${names.length} files were judged natively`);
  const verdicts = { "bad input": /^✕ can't be read/, linearizable: /^✓ linearizable/, "not linearizable": /^✕ not linearizable/, unknown: /^\? unknown/ };
  for (const native of judged) {
    const name = basename(native.file);
    await lab.upload(() => lab.page.getByText("Choose a file…").click(), join(folder, name));
    const here = await settled(lab, name);
    assert.match(here, verdicts[native.verdict], name);
    if (native.error) assert.ok(here.includes(`Line ${native.line}: ${native.error}`), `${name}: ${here}`);
    const warnings = await lab.page.locator(".recorded-page .warning").allInnerTexts();
    assert.deepEqual(warnings, (native.warnings ?? []).map((warning) => `⚠ Warning: ${warning}.`), name);
  }
});

labTest("a file with a mistake names its line, and the next one is read", { at: "#history" }, async (lab) => {
  assert.match(await choose(lab, "torn.edn", EDN.replace(":value 3}]", ":value")), /^✕ can't be read[^]*Line \d+: expected /);
  assert.match(await choose(lab, "letter.txt", "Dear all,\n"), /can't be read[^]*Line 1: expected a history/);
  await lab.assertAccessible();
  assert.match(await choose(lab, "twice.log", STALE + etcd("1 :ok :read 1")), /Line 5: expected process 1 to begin something first/);
  assert.match(await choose(lab, "good.edn", EDN), /^✓ linearizable/);
});

labTest("a drop tells runs from histories, and the run is there again", {}, async (lab) => {
  await pause(lab);
  await openPopover(lab, "Run file");
  const run = await lab.download(() => lab.page.getByRole("button", { name: "Export this run" }).click());
  const at = await headMs(lab);
  await drop(lab, "stale.log", STALE);
  assert.match(await settled(lab, "stale.log"), /^✕ not linearizable/);
  await lab.page.getByRole("link", { name: "Back to the run" }).click();
  await lab.page.locator("#figure-0 .node").first().waitFor();
  assert.equal(await headMs(lab), at, "the run stands where it stood");
  await lab.page.goBack();
  assert.match(await told(lab).innerText(), /^✕ not linearizable/);
  await drop(lab, "run.json", run.text);
  await lab.page.locator("#figure-0 .node").first().waitFor();
  assert.equal(await lab.page.getByRole("alert").count(), 0, "the run was taken");
});

/** Register operations of ten clients, one after the other within each, all linearizable but the last read if `stale`. */
function long(operations, stale) {
  const lines = [];
  for (let nth = 0; nth < operations; nth += 1) {
    const process = nth % 10;
    const value = nth - (nth % 2);
    if (nth % 2 === 0) lines.push(`${process} :invoke :write ${value}`, `${process} :ok :write ${value}`);
    else lines.push(`${process} :invoke :read nil`, `${process} :ok :read ${stale && nth === operations - 1 ? 0 : value}`);
  }
  return etcd(...lines);
}

labTest("ten thousand operations: only what is in sight is drawn, and the evidence is gone to", { at: "#history", timeout: 120_000 }, async (lab) => {
  assert.match(await choose(lab, "long.log", long(10_000, true)), /^✕ not linearizable/);
  await lab.page.locator(".recorded .evidence").first().waitFor();
  const bars = () => lab.page.locator(".recorded .bar").count();
  assert.ok((await bars()) > 10 && (await bars()) < 600, `${await bars()} bars are drawn`);
  await lab.page.locator("#recorded").evaluate((scroller) => (scroller.scrollLeft = scroller.scrollWidth / 2));
  await lab.page.locator(".recorded .tick text", { hasText: /^10\d\d\d$/ }).first().waitFor();
  assert.ok((await bars()) < 600, `${await bars()} bars are drawn`);
  await lab.page.getByRole("button", { name: "Show in the picture" }).click();
  await lab.page.locator(".recorded .evidence").first().waitFor();
  await lab.page.getByRole("button", { name: "Wider" }).click();
  await lab.assertNoSidewaysScroll();
});

labTest("packed with gzip, with names for clients and a warning", { at: "#history", size: "phone", touch: true }, async (lab) => {
  const named = [["w1", "write", 1], ["w1", "write", 2], ["r1", "read", 1]];
  const line = ([process, f, value], type) => JSON.stringify({ process, type, f, value: type === "invoke" && f === "read" ? null : value });
  const lines = named.flatMap((operation) => [line(operation, "invoke"), line(operation, "ok")]);
  assert.match(await choose(lab, "named.jsonl.gz", gzipSync(`${lines.join("\n")}\n`)), /^✕ not linearizable[^]*by process "r1"/);
  const proof = await lab.page.locator(".recorded-page .proof").boundingBox();
  assert.ok(proof.x >= 0 && proof.x + proof.width <= 390.5, "a phone shows the evidence");
  assert.match(await choose(lab, "silent.jsonl", `${lines.slice(0, 2).join("\n")}\n`), /^✓ linearizable/);
  await lab.page.getByText("Warning: no read says anything").waitFor();
  await lab.assertNoSidewaysScroll();
  await lab.assertAccessible();
});

for (const size of ["phone", "narrow"]) {
  labTest(`histories at ${size}`, { at: "#history", size, touch: true, scheme: "dark" }, async (lab) => {
    await choose(lab, "stale.log", STALE);
    await lab.assertNoSidewaysScroll();
    await lab.screenshot("recorded");
    await lab.assertAccessible();
  });
}

test("the shared corpus has the verdicts that it says", { skip: existsSync(CORPUS) ? false : "there is no ../shared/corpus", timeout: 180_000 }, async () => {
  const lab = await openLab({ name: "corpus", at: "#history" });
  const good = new Set(["002", "005", "007", "018", "025", "031", "102"]);
  const files = [];
  for (const name of readdirSync(join(CORPUS, "porcupine-etcd"))) files.push(["porcupine-etcd", name, good.has(name.slice(5, 8))]);
  for (const name of readdirSync(join(CORPUS, "porcupine-kv"))) files.push(["porcupine-kv", name, name.includes("-ok")]);
  for (const verdict of ["good", "bad"]) {
    for (const name of readdirSync(join(CORPUS, "knossos-cas-register", verdict))) files.push([`knossos-cas-register/${verdict}`, name, verdict === "good"]);
  }
  for (const [folder, name, linearizable] of files) {
    let said = await choose(lab, name, readFileSync(join(CORPUS, folder, name)));
    if (folder.startsWith("knossos")) {
      // They were recorded against registers that start at 0.
      await lab.page.getByLabel("Holds at first").fill("0");
      await lab.page.getByLabel("Holds at first").press("Enter");
      said = await settled(lab, name);
    }
    assert.match(said, linearizable ? /^✓ linearizable/ : /^✕ not linearizable/, `${folder}/${name}: ${said}`);
  }
  console.log(`${files.length} files of the corpus were judged on the page`);
  lab.assertNoErrors();
  await lab.close();
});

labTest("a check that takes long is cancelled, and done once more", { at: "#history", timeout: 120_000 }, async (lab) => {
  // Many appends at once, whose order no read tells until the last, which is impossible.
  const text = (n) => `<${n}>`;
  const appends = Array.from({ length: 40 }, (_, n) => n);
  const line = (process, type, f, value) => `{:process ${process}, :type :${type}, :f :${f}, :key "a", :value "${value}"}\n`;
  const hard = [
    ...appends.map((n) => line(n, "invoke", "append", text(n))),
    // It may wipe out whatever was before, so that no order is hopeless at first sight.
    line(98, "invoke", "put", "<"),
    ...appends.map((n) => line(n, "ok", "append", text(n))),
    line(99, "invoke", "get", ""),
    line(99, "ok", "get", `${appends.map(text).join("")}!`),
    line(98, "ok", "put", "<"),
  ].join("");
  await lab.upload(() => lab.page.getByText("Choose a file…").click(), { name: "hard.kv", text: hard });
  await told(lab).filter({ hasText: /checking …/ }).waitFor();
  await told(lab).getByRole("button", { name: "Cancel" }).click();
  await told(lab).filter({ hasText: /not decided[^]*The check was cancelled/ }).waitFor();
  await lab.assertAccessible();
  // The next file is judged as if nothing had been.
  await told(lab).getByRole("button", { name: "Check it again" }).click();
  await told(lab).filter({ hasText: /checking …/ }).waitFor();
  assert.match(await choose(lab, "good.edn", EDN), /^✓ linearizable/);
});
