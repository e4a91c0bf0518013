// Starts the program, and says so where it would have drawn if it could not be loaded or does not run in this browser.
"use strict";
{
  const again = document.getElementById("again");
  again.addEventListener("click", () => location.reload());
  const notStarted = (event) => {
    const state = document.getElementById("loading-state");
    if (!state || event.target.tagName === "LINK") return;
    const reason = event.reason || event.message || "a file could not be loaded";
    again.hidden = false;
    state.textContent = "The lab could not start: " + reason + ". Is this an up-to-date browser with WebAssembly?";
  };
  // Errors of files that cannot be fetched do not bubble, hence the capture.
  addEventListener("error", notStarted, true);
  addEventListener("unhandledrejection", notStarted);
  // The page's links say what the program's files are called: the names follow their content.
  const [script, wasm] = ["modulepreload", "preload"].map((kind) => document.querySelector(`link[rel=${kind}]`).href);
  import(script).then((program) => program.default({ module_or_path: wasm }));
}
