// Loads the program of the web worker, which lies beside this file.
importScripts("./cap-lab-worker.js");
// A text is bad news: the page shows it.
wasm_bindgen({ module_or_path: "./cap-lab-worker_bg.wasm" }).catch((error) => postMessage(String(error)));
