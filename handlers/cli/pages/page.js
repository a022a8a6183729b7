// What the console and the mailbox share: looking again and again, rows that
// stay themselves while their list changes, and how money and times are written.
// All text goes in through textContent, so whatever a bank puts into a
// reference stays text.

import { giveUpReading } from "./api.js";

const POLL_MS = 1000;
/** After slow answers the page looks more rarely, and still often enough for what it shows to be of now. */
const LONGEST_PAUSE_MS = 15_000;

export const byId = (id) => document.getElementById(id);

/** An element with text or children; attributes that are null are left out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Text of others: its writing direction must not spill into what is ours. */
export const foreign = (text) => element("bdi", {}, String(text));

/** Looks now; set by `poll`. */
let look = () => {};
/** Whether something was not read that should be there: the next look is not left out. */
let isAwaitedNext = false;

/** Does not leave out the next look. */
export function lookSoon() {
  isAwaitedNext = true;
}

/** Looks now, and gives up a look that has no answer yet. */
export function lookAgain() {
  giveUpReading();
  look();
}

/** The values of all promises, once each of them has come to its end: no look leaves a request behind. */
export async function all(promises) {
  const ends = await Promise.allSettled(promises);
  const failed = ends.find(({ status }) => status === "rejected");
  if (failed) throw failed.reason;
  return ends.map(({ value }) => value);
}

/**
 * Calls `refresh` again and again while the page can be seen, never twice at
 * once, and more rarely when the answers take long. Returns what calls it now,
 * with `true`: somebody waits for it.
 */
export function poll(refresh, pause = () => POLL_MS) {
  const lookNow = () => tick(true);
  look = lookNow;
  let timer = 0;
  let running = false;
  let again = false;
  async function tick(isAwaited) {
    clearTimeout(timer);
    if (document.hidden) return;
    if (running) {
      again ||= isAwaited;
      return;
    }
    running = true;
    again = false;
    const began = performance.now();
    const awaited = isAwaited || isAwaitedNext;
    isAwaitedNext = false;
    try {
      await refresh(awaited);
      showLive("live", "Live");
    } catch (error) {
      if (error.name !== "AbortError") showLive("lost", isUnanswered(error) ? "Not reachable, retrying" : error.message);
    }
    running = false;
    const took = performance.now() - began;
    timer = setTimeout(tick, again ? 0 : Math.max(pause(), Math.min(3 * took, LONGEST_PAUSE_MS)), again);
  }
  document.addEventListener("visibilitychange", lookNow);
  lookNow();
  return lookNow;
}

/** Whether a request got no answer at all. */
export const isUnanswered = (error) => error instanceof TypeError || error.name === "TimeoutError";

function showLive(state, text) {
  byId("live").dataset.state = state;
  if (byId("live-text").textContent !== text) byId("live-text").textContent = text;
}

/** Says something to a screen reader, once. */
export function announce(text) {
  byId("announcer").textContent = text;
}

/**
 * Makes anew what is in `parent` when what it shows has changed, and not before:
 * it may have the focus, or be read out.
 */
export function update(parent, content, make) {
  const key = JSON.stringify(content);
  if (parent.updatedContent === key) return;
  parent.updatedContent = key;
  parent.replaceChildren(...make());
}

/**
 * Makes the rows of `parent` those of `items`. A row whose item has not
 * changed, as `contentOf` tells, stays, and with it focus, selection and what
 * was unfolded.
 * Returns the items that are new.
 */
export function syncRows(parent, items, keyOf, make, contentOf = JSON.stringify) {
  const old = new Map([...parent.children].map((row) => [row.dataset.key, row]));
  const fresh = [];
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const content = contentOf(item);
    let row = old.get(key);
    if (!row || row.syncedContent !== content) {
      const made = make(item);
      made.dataset.key = key;
      made.syncedContent = content;
      if (row) {
        keepState(row, made);
        if (place === row) place = made;
        row.replaceWith(made);
        restoreFocus(made);
      } else {
        fresh.push(item);
      }
      row = made;
    }
    old.delete(key);
    if (row === place) place = place.nextElementSibling;
    else parent.insertBefore(row, place);
  }
  for (const row of old.values()) row.remove();
  return fresh;
}

function keepState(from, to) {
  const unfolded = from.querySelector("details");
  if (unfolded?.open && to.querySelector("details")) to.querySelector("details").open = true;
  to.hadFocus = from.contains(document.activeElement) ? document.activeElement.tagName : "";
}

function restoreFocus(row) {
  if (row.hadFocus) row.querySelector(row.hadFocus)?.focus({ preventScroll: true });
}

/**
 * "-1234567.80" as "−1 234 567.80". Works on the digits alone: an amount is
 * never made a floating-point number.
 */
export function digits(decimal) {
  const [, sign, whole, fraction] = /^(-?)(\d+)(\.\d+)?$/.exec(decimal) || [null, "", null];
  if (whole === null) return String(decimal);
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f");
  return `${sign ? "\u2212" : ""}${grouped}${fraction || ""}`;
}

const ZONE_KEPT = "ledgerbell-time-zone";
/** The reader's own time zone, unless another one was chosen. */
export const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
export const zone = keptZone();

function keptZone() {
  try {
    return localStorage.getItem(ZONE_KEPT) === "UTC" ? "UTC" : OWN_ZONE;
  } catch {
    return OWN_ZONE;
  }
}

/** Shows all times in this zone from now on, on every page. */
export function chooseZone(name) {
  try {
    localStorage.setItem(ZONE_KEPT, name);
  } catch {
    // Without storage the choice cannot be kept.
  }
  location.reload();
}

const SCHEME_KEPT = "ledgerbell-scheme";
/** Light, dark, or as the system has it: what was chosen last, on every page. */
export const SCHEMES = ["system", "light", "dark"];
export let scheme = keptScheme();
document.documentElement.dataset.scheme = scheme;

function keptScheme() {
  try {
    const kept = localStorage.getItem(SCHEME_KEPT);
    return SCHEMES.includes(kept) ? kept : "system";
  } catch {
    return "system";
  }
}

export function chooseScheme(name) {
  scheme = name;
  document.documentElement.dataset.scheme = name;
  try {
    localStorage.setItem(SCHEME_KEPT, name);
  } catch {
    // Without storage the choice cannot be kept.
  }
  // What is drawn has no style of its own.
  dispatchEvent(new Event("scheme"));
}

// In 24 hours and with the year: these are times to be compared.
const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: zone };
const DAY = { day: "numeric", month: "short", year: "numeric" };
const TIME = new Intl.DateTimeFormat("en-GB", CLOCK);
const DAY_AND_TIME = new Intl.DateTimeFormat("en-GB", { ...DAY, ...CLOCK, second: undefined });
const MOMENT = new Intl.DateTimeFormat("en-GB", { ...DAY, ...CLOCK, fractionalSecondDigits: 3 });
const WHOLE = new Intl.DateTimeFormat("en-GB", { ...DAY, ...CLOCK, weekday: "long", month: "long" });

/** The time of day, to the second, of a moment in milliseconds. */
export const clock = (ms) => TIME.format(ms);

const DATE = new Intl.DateTimeFormat("en-GB", { ...DAY, timeZone: "UTC" });

/** A date without a time: the same day in every zone. */
export const date = (text) => element("time", { datetime: text, title: text }, DATE.format(new Date(`${text}T00:00:00Z`)));

/** A time in the chosen zone, as it is stored on hover. */
export function time(text, { whole = false, exact = false } = {}) {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return element("time", {}, String(text));
  const format = whole ? WHOLE : exact ? MOMENT : DAY_AND_TIME;
  return element("time", { datetime: text, title: text }, format.format(at));
}
