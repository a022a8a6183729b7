// What a panel knows: from when it is, and why it is not newer. A panel whose
// data were not read says so: an empty one would look as if there were nothing.

import { clock, element, isUnanswered, lookAgain, lookSoon } from "./page.js";

/** Shorter waits need no word. */
export const LOADING_AFTER_MS = 150;
/** After it, what is shown may be old. */
export const SLOW_AFTER_MS = 5000;

/**
 * A line below the panel's title, and what reads the panel's data: a function
 * that is called with what reads and shows them. `data-known` of the panel is
 * "loading", "unknown", "fresh" or "stale".
 */
export function reader(panel) {
  const words = element("span", {});
  const retry = element("button", { type: "button", class: "plain" }, "Retry");
  const line = element("p", { class: "known", hidden: "" }, words, retry);
  retry.addEventListener("click", lookAgain);
  panel.firstElementChild.after(line);
  let readAt = null;

  function say(state, text = "") {
    panel.dataset.known = state;
    line.hidden = !text;
    retry.hidden = state === "loading";
    if (words.textContent !== text) words.textContent = text;
  }

  function sayWithout(reason) {
    if (readAt === null) say("unknown", `Not known: ${reason}.`);
    else say("stale", `As of ${clock(readAt)}, ${age(Date.now() - readAt)} ago: ${reason}.`);
  }

  return async (read) => {
    const timers = [setTimeout(() => sayWithout("no answer yet"), SLOW_AFTER_MS)];
    if (!panel.dataset.known) timers.push(setTimeout(() => say("loading", "Loading\u2026"), LOADING_AFTER_MS));
    try {
      const value = await read();
      readAt = Date.now();
      say("fresh");
      return value;
    } catch (error) {
      // Given up for another attempt, which says what comes of it.
      if (error.name !== "AbortError") {
        sayWithout(reasonOf(error));
        lookSoon();
      }
      throw error;
    } finally {
      timers.forEach(clearTimeout);
    }
  };
}

/** Why something is not known, to go on in a sentence. */
export const reasonOf = (error) => (isUnanswered(error) ? "the server does not answer" : error.message.replace(/\.$/, ""));

function age(ms) {
  const seconds = Math.max(1, Math.round(ms / 1000));
  return seconds < 120 ? `${seconds} s` : seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
