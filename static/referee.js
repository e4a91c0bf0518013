// Loads the program of the web worker. What follows the ? tells builds apart: the names below do not change with them.
importScripts("./cap-lab-worker.js" + location.search);
// A text is bad news: the page shows it.
wasm_bindgen({ module_or_path: "./cap-lab-worker_bg.wasm" + location.search }).catch((error) => postMessage(String(error)));
