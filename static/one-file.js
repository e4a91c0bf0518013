// The edition in one file: has what the site loads from its host, packed. start.js does the rest, as it does on the site.
"use strict";
{
  // In a frame that was given its text instead of an address, links within the page lead out of it.
  if (location.protocol === "about:") {
    const base = document.createElement("base");
    base.href = location.href;
    document.head.append(base);
  }

  /** What is packed (gzip) in base64, as a host would send it. */
  const opened = async (packed, type) => {
    const { body } = await fetch(`data:;base64,${packed}`);
    return new Response(body.pipeThrough(new DecompressionStream("gzip")), { headers: { "content-type": type } });
  };
  const packed = (name) => document.querySelector(`script[data-file="${name}"]`).textContent;
  const file = (name, type) => opened(packed(name), type);
  const address = async (...parts) => URL.createObjectURL(new Blob(await Promise.all(parts), { type: "text/javascript" }));

  /** The web worker has no page to look its program up in. */
  const referee = () =>
    address(
      file("worker.js").then((sent) => sent.blob()),
      `const opened = ${opened}; const packed = "${packed("worker.wasm")}";
      opened(packed, "application/wasm")
        .then((program) => wasm_bindgen({ module_or_path: program }))
        .catch((error) => postMessage(String(error)));`,
    );

  globalThis.oneFile = {
    /** Where the program is, and what it consists of. */
    async program() {
      const script = await address(file("program.js").then((sent) => sent.blob()));
      return { script, wasm: file("program.wasm", "application/wasm"), referee: await referee() };
    },
    /** A part of the program. */
    part: (name) => file(name, "application/wasm"),
  };
}
