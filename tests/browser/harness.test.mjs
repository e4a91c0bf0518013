// The harness notices what it is there to notice. The faults are injected: the page itself is the lab's.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openLab } from "./lab.mjs";

async function errorsAfter(act) {
  const lab = await openLab({ name: "harness" });
  try {
    lab.assertNoErrors();
    await act(lab);
    await lab.page.waitForTimeout(200);
    return lab.errors.join("\n");
  } finally {
    await lab.close();
  }
}

test("a console error is noticed", async () => {
  assert.match(await errorsAfter((lab) => lab.page.evaluate(() => console.error("ouch"))), /console: ouch/);
});

test("an uncaught exception is noticed", async () => {
  const later = () => void setTimeout(() => { throw new Error("ouch"); });
  assert.match(await errorsAfter((lab) => lab.page.evaluate(later)), /uncaught: Error: ouch/);
});

test("a missing file is noticed", async () => {
  assert.match(await errorsAfter((lab) => lab.page.evaluate(() => fetch("no-such-file").then(() => {}))), /no-such-file 404/);
});

test("an announced error is not reported", async () => {
  const errors = await errorsAfter((lab) => {
    lab.expectError(/ouch/);
    return lab.page.evaluate(() => console.error("ouch"));
  });
  assert.equal(errors, "");
});

test("axe is told of an image without text", async () => {
  const lab = await openLab({ name: "harness" });
  try {
    await lab.page.evaluate(() => document.querySelector("main").append(document.createElement("img")));
    assert.match((await lab.accessibilityFindings()).join("\n"), /image-alt/);
  } finally {
    await lab.close();
  }
});
