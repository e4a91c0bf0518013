// Between the lab, in the frame of this page, and a learning platform that speaks SCORM 1.2 (ADL, SCORM 1.2 Run-Time Environment).
// The lab says how far a learner is; this tells the platform, and gives back what the platform kept.
"use strict";
{
  /** CMIString4096, the longest that a platform keeps. */
  const KEPT_MAX = 4096;
  /** The platform's page is that many frames above this one at most. */
  const FRAMES_MAX = 10;

  /** The platform, as its page offers it to this frame or to this window. */
  function platform() {
    for (const start of [window, window.opener]) {
      for (let at = start, frames = 0; at && frames < FRAMES_MAX; at = at === at.parent ? null : at.parent, frames += 1) {
        try {
          if (at.API) return at.API;
        } catch {
          // A page of another host: what is above it may be the platform's.
        }
      }
    }
    return null;
  }

  /** The answers as a text that the platform can keep: long words are cut, the longest first. */
  function fitting(answers) {
    const shortened = (most) =>
      JSON.stringify(answers, (key, value) => (["reason", "words"].includes(key) && typeof value === "string" ? value.slice(0, most) : value));
    for (let most = KEPT_MAX; most >= 1; most = Math.floor(most / 2)) {
      const text = shortened(most);
      if (text.length <= KEPT_MAX) return text;
    }
    return "";
  }

  /** Puts the answers that the platform kept where the lab finds them, unless this browser has some of its own. */
  function restore(kept) {
    try {
      const { lesson } = JSON.parse(kept);
      const key = `cap-lab.attempt.${lesson}`;
      if (lesson && localStorage.getItem(key) === null) localStorage.setItem(key, kept);
    } catch {
      // Nothing was kept, or this browser keeps nothing: the lesson begins at its start.
    }
  }

  const two = (number) => String(number).padStart(2, "0");
  /** CMITimespan: HHHH:MM:SS. */
  const timespan = (seconds) => `${String(Math.floor(seconds / 3600)).padStart(4, "0")}:${two(Math.floor(seconds / 60) % 60)}:${two(Math.floor(seconds) % 60)}`;

  const api = platform();
  const began = Date.now();
  const frame = document.getElementById("lab");
  const get = (name) => api?.LMSGetValue(name) ?? "";
  const set = (name, value) => api?.LMSSetValue(name, String(value));
  let hash;
  let finished = false;

  function report({ step, done, points, of, answers }) {
    if (of > 0) {
      // A score is a share of 100 (§3.4.4, cmi.core.score).
      set("cmi.core.score.min", 0);
      set("cmi.core.score.max", 100);
      set("cmi.core.score.raw", Math.round((100 * points) / of));
    }
    // What was completed once stays so.
    if (done) set("cmi.core.lesson_status", "completed");
    set("cmi.core.lesson_location", step);
    set("cmi.suspend_data", fitting(answers));
    api?.LMSCommit("");
  }

  function finish() {
    if (finished) return;
    finished = true;
    set("cmi.core.session_time", timespan((Date.now() - began) / 1000));
    set("cmi.core.exit", "suspend");
    api?.LMSCommit("");
    api?.LMSFinish("");
  }

  document.getElementById("alone").hidden = api !== null;
  api?.LMSInitialize("");
  restore(get("cmi.suspend_data"));
  if (["", "not attempted"].includes(get("cmi.core.lesson_status"))) set("cmi.core.lesson_status", "incomplete");
  addEventListener("message", ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== location.origin || data?.subject !== "cap-lab.progress") return;
    // Who goes on to another lesson from the list does that for oneself.
    hash ??= data.lesson;
    if (data.lesson === hash) report(data);
  });
  addEventListener("pagehide", finish);
  const lesson = new URLSearchParams(location.search).get("lesson") ?? "";
  frame.src = `index.html#lessons?lesson=${encodeURIComponent(lesson)}`;
}
