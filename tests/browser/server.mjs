// A static host as the lab may meet one: some sub-path, gzip, the right types, no script but the site's own, nothing else.

import { createReadStream, promises as files } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { createGzip } from "node:zlib";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

/** What a strict host lets a page do. */
export const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'none'";
/** What one sends that forbids nothing. */
export const NO_POLICY = { "content-security-policy": "frame-ancestors *" };

/**
 * Serves `directory` on a free port of this machine.
 * @param {string} directory
 * @param {string} subPath where it is mounted: begins and ends with a slash
 * @param {Record<string, string>} headers more of them
 * @returns {Promise<{url: string, close: () => Promise<void>}>}
 */
export async function serve(directory, subPath = "/some/sub/path/", headers = {}) {
  const server = createServer((request, response) => {
    answer(directory, subPath, headers, request, response).catch((error) => response.destroy(error));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}${subPath}`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

async function answer(directory, subPath, headers, request, response) {
  const path = decodeURIComponent(new URL(request.url, "http://host").pathname);
  const file = path.startsWith(subPath) && fileFor(directory, path.slice(subPath.length) || "index.html");
  const isFile = file && (await files.stat(file).then((found) => found.isFile(), () => false));
  if (!isFile) {
    response.writeHead(404, { "content-type": "text/plain" }).end("not found");
    return;
  }
  const zipped = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "") && extname(file) !== ".png";
  response.writeHead(200, {
    "content-type": TYPES[extname(file)] ?? "application/octet-stream",
    "content-security-policy": POLICY,
    // File names carry a hash of their content, except the page's own.
    "cache-control": extname(file) === ".html" ? "no-cache" : "public, max-age=31536000, immutable",
    ...headers,
    ...(zipped ? { "content-encoding": "gzip", vary: "accept-encoding" } : {}),
  });
  const content = createReadStream(file);
  (zipped ? content.pipe(createGzip({ level: 9 })) : content).pipe(response);
}

/** The file of that name inside `directory`, or null if the name leads out of it. */
function fileFor(directory, name) {
  const file = normalize(join(directory, name));
  return file.startsWith(directory + sep) ? file : null;
}
