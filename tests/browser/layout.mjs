// What lies where on a page, for `layout.test.mjs`: runs in the page, in one piece.

/**
 * What is laid out wrongly, in words; an empty list if nothing is.
 * - nodes: no node, log or person of a figure touches those of another node;
 * - texts: no text is cut off by a box that does not scroll, or lies over another text;
 * - frame: the lab ends where the transport begins.
 */
export function misplaced() {
  const found = [];
  const box = (element) => element.getBoundingClientRect();
  const touch = (a, b, slack) => a.left < b.right - slack && b.left < a.right - slack && a.top < b.bottom - slack && b.top < a.bottom - slack;
  const place = ({ left, top, right, bottom }) => [left, top, right, bottom].map(Math.round).join(",");

  for (const figure of document.querySelectorAll(".figure")) {
    const outline = box(figure);
    const parts = [];
    for (const node of figure.querySelectorAll(".node")) {
      const name = node.querySelector("[role=option]").id;
      for (const part of node.querySelectorAll(".body, .chip rect, .before, .person rect")) {
        const at = box(part);
        parts.push({ name, at, what: `${name} ${part.className.baseVal || part.parentElement.className.baseVal}` });
        if (at.left < outline.left - 12 || at.right > outline.right + 12 || at.top < outline.top - 1 || at.bottom > outline.bottom + 1) {
          found.push(`${name}: a part of it is outside its figure (${place(at)} of ${place(outline)})`);
        }
      }
    }
    for (const [index, one] of parts.entries()) {
      for (const other of parts.slice(index + 1)) {
        if (one.name !== other.name && touch(one.at, other.at, 1)) found.push(`${one.what} touches ${other.what}`);
      }
    }
  }

  // Texts as they are seen: cut by every box around them that clips. Messages move, and the ruler of a history slides.
  const texts = [];
  const walker = document.createTreeWalker(document.querySelector(".page"), NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const parent = text.parentElement;
    if (!text.data.trim() || !parent.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (parent.closest(".said, title, option, defs, .popover, .sheet, .notice, .ghost, .flight, .death, .tick")) continue;
    range.selectNodeContents(text);
    // A text that wraps is as many boxes as it has lines.
    for (const whole of range.getClientRects()) {
    if (whole.width < 1 || whole.height < 1) continue;
    let seen = { left: whole.left, right: whole.right, top: whole.top, bottom: whole.bottom };
    let scrolls = false;
    let shortened = false;
    let forReaders = false;
    for (let around = parent; around !== document.body; around = around.parentElement) {
      const style = getComputedStyle(around);
      if (style.clipPath !== "none") forReaders = true;
      if (style.textOverflow === "ellipsis") shortened = true;
      // Advice that is clamped to so many lines says so with an ellipsis as well.
      if (style.webkitLineClamp !== "none") scrolls = true;
      // A phone keeps the newest posts that fit whole; the others are in a column out of sight.
      if (around.classList.contains("posts")) scrolls = true;
      if (style.overflowX === "visible" && style.overflowY === "visible") continue;
      if (/auto|scroll/.test(style.overflowX + style.overflowY)) scrolls = true;
      const edge = box(around);
      seen = { left: Math.max(seen.left, edge.left), right: Math.min(seen.right, edge.right), top: Math.max(seen.top, edge.top), bottom: Math.min(seen.bottom, edge.bottom) };
    }
    if (forReaders) continue;
    const hidden = seen.right - seen.left < 1 || seen.bottom - seen.top < 1;
    const cut = seen.right - seen.left < whole.width - 1.5 || seen.bottom - seen.top < whole.height - 3;
    const what = `“${text.data.trim().slice(0, 30)}” in ${parent.closest("[class]")?.getAttribute("class") ?? parent.tagName}`;
    if ((cut || hidden) && !scrolls && !(shortened && !hidden)) found.push(`${what} is cut off (${place(whole)}, seen ${place(seen)})`);
    if (!hidden) texts.push({ what, at: seen, parent });
    const size = Number.parseFloat(getComputedStyle(parent).fontSize);
    if (size < 11) found.push(`${what} has ${size} px`);
    }
  }
  const foot = document.querySelector(".transport");
  const sticky = foot && getComputedStyle(foot).position === "sticky";
  for (const [index, one] of texts.entries()) {
    for (const other of texts.slice(index + 1)) {
      if (one.parent.contains(other.parent) || other.parent.contains(one.parent)) continue;
      // What scrolls below a transport that stays at the foot is not laid over it.
      if (sticky && foot.contains(one.parent) !== foot.contains(other.parent)) continue;
      if (touch(one.at, other.at, 2)) found.push(`${one.what} (${place(one.at)}) lies over ${other.what} (${place(other.at)})`);
    }
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push(`the page is ${document.documentElement.scrollWidth} px wide`);
  return found;
}

/** How much of the main act is in the window above the transport, 0 to 1: the figures, and the state of every phone in sight. */
export function mainAct() {
  const foot = document.querySelector(".transport").getBoundingClientRect().top;
  const share = (element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return Math.max(0, Math.min(bottom, foot) - Math.max(top, 0)) / (bottom - top);
  };
  return Math.min(...[...document.querySelectorAll(".figure, .phone:first-child .state")].map(share));
}
