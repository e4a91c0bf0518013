// Starts the program, and says so where it would have drawn if it could not be loaded or does not run in this browser. Then
// has the site kept for visits without a network.
"use strict";
{
  const again = document.getElementById("again");
  again.addEventListener("click", () => location.reload());
  // The edition in one file has what the site loads from its host: see one-file.js.
  const { oneFile } = globalThis;
  // A page without an origin of its own may not load programs, unless their host allows that to everybody.
  const cause = () => {
    if (oneFile) return undefined;
    if (location.protocol === "file:") return "it was opened as a file, and browsers load programs from a web server only. Serve it, then open its address. The edition in one file, cap-lab.html, opens without.";
    if (origin === "null") return "it is in a sandboxed frame, where the browser refuses to load its program. Whoever embeds it should add allow-same-origin to the frame's sandbox, or embed the edition in one file; in a tab of its own it runs.";
    return undefined;
  };
  const notStarted = (event) => {
    const state = document.getElementById("loading-state");
    if (!state || event.target.tagName === "LINK") return;
    const reason = event.reason || event.message || "a file could not be loaded";
    const known = cause();
    again.hidden = Boolean(known);
    state.textContent = "The lab could not start: " + (known || reason + ". Is this an up-to-date browser with WebAssembly?");
  };
  // Errors of files that cannot be fetched do not bubble, hence the capture.
  addEventListener("error", notStarted, true);
  addEventListener("unhandledrejection", notStarted);
  const fromTheHost = () => {
    // The page's links say what the program's files are called: the names follow their content.
    const [script, wasm] = ["modulepreload", "preload"].map((kind) => document.querySelector(`link[rel=${kind}]`).href);
    // The worker's files have the same names in each build. What follows the ? tells builds apart, so no cache mixes two.
    return { script, wasm, referee: `./referee.js?${script.split("/").pop()}` };
  };
  const start = async () => {
    const { script, wasm, referee } = oneFile ? await oneFile.program() : fromTheHost();
    document.querySelector("meta[name=referee]").content = referee;
    const program = await import(script);
    await program.default({ module_or_path: wasm });
  };
  const keepForLater = () => {
    const { serviceWorker } = navigator;
    // The first worker of all keeps what is shown; one that takes the place of another has something new.
    let before = serviceWorker.controller;
    serviceWorker.addEventListener("controllerchange", () => {
      if (before) dispatchEvent(new Event("newversion"));
      before = serviceWorker.controller;
    });
    // By then this visit has all that it needs.
    setTimeout(() => serviceWorker.register("./offline.js").catch(() => {}), 5_000);
  };
  start().then(() => {
    try {
      if (!oneFile) keepForLater();
    } catch {
      // A browser that keeps nothing runs the lab as long as there is a network.
    }
  });
}
