// The service worker: keeps the site's files, so that the lab opens without a network.
//
// One cache holds the whole of one version. A new version is fetched into a cache of its own, file by file, and only what
// has changed; the page that is loaded next takes it. The version before it stays for the pages that are still open.
"use strict";

// `cargo xtask build` writes the version and its files here: an address each, and the hash of the content if the name has none.
// Nobody does on a page that is served while it is being changed (`cargo xtask serve`): there this worker forgets what an
// earlier one kept, and then itself.
const SITE = null;

const { scope } = registration;
const PREFIX = `cap-lab ${scope} `;

/** The names of our caches, the oldest first. Others on this host have theirs. */
async function versions() {
  return (await caches.keys()).filter((name) => name.startsWith(PREFIX));
}

async function hash(response) {
  const digest = await crypto.subtle.digest("SHA-256", await response.arrayBuffer());
  return `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
}

/** The file from another version if it is the same, else from the host. A host that is being changed may send another. */
async function file(address, integrity) {
  const known = await caches.match(address, { ignoreVary: true });
  if (known && (!integrity || (await hash(known.clone())) === integrity)) return known;
  const sent = await fetch(address, integrity ? { integrity, cache: "no-cache" } : {});
  if (!sent.ok) throw new Error(`${address}: ${sent.status}`);
  return sent;
}

/** Keeps this version: all of it or nothing. What was not kept is tried again at the next visit. */
async function keep() {
  const name = PREFIX + SITE.version;
  const cache = await caches.open(name);
  try {
    await Promise.all(SITE.files.map(async ([address, integrity]) => cache.put(address, await file(address, integrity))));
  } catch (error) {
    await caches.delete(name);
    throw error;
  }
}

/** Forgets all versions but this one and the one before it. */
async function prune() {
  const old = (await versions()).filter((name) => name !== PREFIX + SITE.version).slice(0, -1);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** Forgets everything, and loads again the pages that were answered from here. */
async function leave() {
  await Promise.all((await versions()).map((name) => caches.delete(name)));
  const pages = await clients.matchAll({ type: "window" });
  await registration.unregister();
  // Who waits for them here waits for himself.
  for (const page of pages) page.navigate(page.url).catch(() => {});
}

async function answer(address, request) {
  const cache = await caches.open(PREFIX + SITE.version);
  const found = await cache.match(address, { ignoreVary: true });
  // A page of the version before asks for its own files.
  return found ?? (await caches.match(address, { ignoreVary: true })) ?? fetch(request);
}

addEventListener("install", (event) => {
  if (SITE) event.waitUntil(keep());
  // Pages that are open have all of their version: nothing has to wait until they are closed.
  skipWaiting();
});

addEventListener("activate", (event) => {
  event.waitUntil(SITE ? prune().then(() => clients.claim()) : leave());
});

addEventListener("fetch", (event) => {
  const { request } = event;
  if (!SITE || request.method !== "GET" || !request.url.startsWith(scope)) return;
  if (request.mode !== "navigate") {
    event.respondWith(answer(request.url, request));
    return;
  }
  // The page is the same whatever it is asked to show. Other pages in the same folder are not ours.
  const [page] = request.url.slice(scope.length).split(/[?#]/);
  if (page === "" || page === "index.html") event.respondWith(answer(scope, request));
});
