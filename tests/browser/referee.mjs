// The page's checkers, asked directly.

/** Runs in the page: has a worker judge files one after the other; tells what the first bytes of its last answers say. */
export function judgeAll(texts) {
  const number = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...number(Math.floor(value / 128))]);
  const text = (text) => {
    const bytes = new TextEncoder().encode(text);
    return [...number(bytes.length), ...bytes];
  };
  // As src/referee has it: a file, its name and bytes, the format of Porcupine's etcd logs, a compare-and-set register; the rest by the format.
  const message = (content) => new Uint8Array([1, ...text("etcd.log"), ...text(content), 1, 0, 1, 1, 0, 0]);
  globalThis.judge ??= new Promise((resolve) => {
    const worker = new Worker(new URL("referee.js", document.querySelector("link[rel=modulepreload]").href));
    worker.onmessage = () => resolve(worker);
  });
  const findings = { 0: "bad input", 3: "linearizable", 4: "not linearizable", 5: "unknown" };
  const judged = async (worker, content) =>
    new Promise((resolve) => {
      worker.onmessage = ({ data }) => data[1] in findings && resolve(findings[data[1]]);
      worker.postMessage(content);
    });
  return (async () => {
    const worker = await globalThis.judge;
    const messages = texts.map(message);
    const all = [];
    for (const content of messages) all.push(await judged(worker, content));
    return all;
  })();
}
