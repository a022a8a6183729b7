// The console: which view the address names, and looking again and again.

import { getJson, giveUpReading } from "./api.js";
import { LOADING_AFTER_MS, reasonOf, SLOW_AFTER_MS } from "./known.js";
import { newsOf } from "./news.js";
import { all, byId, chooseZone, clock, element, OWN_ZONE, poll, zone } from "./page.js";
import * as account from "./account.js";
import * as accounts from "./accounts.js";
import * as customer from "./customer.js";
import * as customers from "./customers.js";
import * as deadLetters from "./dead-letters.js";
import * as events from "./events.js";
import * as find from "./find.js";
import * as imports from "./imports.js";
import * as notification from "./notification.js";
import * as notifications from "./notifications.js";
import * as overview from "./overview.js";
import * as replays from "./replays.js";
import "./shortcuts.js";
import * as story from "./story.js";

/** How often the count of dead letters is looked at from other views. */
const COUNT_EVERY_MS = 10_000;
const START_AGAIN_AFTER_MS = 2_000;

/** Path, view, and the entry of the navigation that it is below. */
const VIEWS = [
  [/^$/, overview, "overview"],
  [/^accounts$/, accounts, "accounts"],
  [/^accounts\/(?<id>[^/]+)$/, account, "accounts"],
  [/^accounts\/(?<id>[^/]+)\/events\/(?<version>[1-9]\d*)$/, story, "accounts"],
  [/^events$/, events, "events"],
  [/^dead-letters$/, deadLetters, "dead-letters"],
  [/^replays$/, replays, "replays"],
  [/^imports$/, imports, "imports"],
  [/^customers$/, customers, "customers"],
  [/^customers\/(?<id>[^/]+)$/, customer, "customers"],
  [/^notifications$/, notifications, "notifications"],
  [/^notifications\/(?<id>[^/]+)$/, notification, "notifications"],
  [/^find$/, find, null],
];

const about = await aboutServer();
let current = null;
let shownPath = null;
let counted = -Infinity;
/** Whether the dead letters may be others than those that were counted. */
let isCountOld = true;
/** The last count of dead letters, and when it was made. */
let lastCount = null;
/** Shows a view although not all of it was read. */
let slow = 0;

/** What the page needs to know of its server before it can show anything. */
async function aboutServer() {
  const say = (words) => byId("main").replaceChildren(element("p", { class: "panel nothing" }, words));
  for (;;) {
    const slow = setTimeout(say, SLOW_AFTER_MS, "Not known: no answer yet.");
    try {
      return await getJson("/local/about");
    } catch (error) {
      say(`Not known: ${reasonOf(error)}. Trying again.`);
      await new Promise((resolve) => {
        setTimeout(resolve, START_AGAIN_AFTER_MS);
      });
    } finally {
      clearTimeout(slow);
    }
  }
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** "#/accounts/A-1?q=rent" as its path and its query. */
function address() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { path, query: Object.fromEntries(new URLSearchParams(query)) };
}

/** Keeps what a view is asked in the address, so that it can be passed on. */
function keep(query) {
  const known = Object.entries(query).filter(([, value]) => value);
  const { path } = address();
  history.replaceState(null, "", `#/${path}${known.length ? `?${new URLSearchParams(known)}` : ""}`);
  shownPath = location.hash;
}

/** A view appears once it is whole, or after a while with what is known: nothing jumps while its parts come. */
function hideUntilRead(view) {
  const main = byId("main");
  main.dataset.reading = "";
  const say = setTimeout(() => {
    byId("loading").hidden = false;
  }, LOADING_AFTER_MS);
  clearTimeout(slow);
  const appear = () => {
    clearTimeout(say);
    if (view !== current) return;
    clearTimeout(slow);
    byId("loading").hidden = true;
    delete main.dataset.reading;
    performance.mark("whole");
  };
  slow = setTimeout(appear, SLOW_AFTER_MS);
  view.appear = appear;
}

function show() {
  const { path, query } = address();
  const whole = location.hash;
  if (whole === shownPath) return;
  const first = current === null;
  shownPath = whole;
  const main = byId("main");
  main.replaceChildren();
  const match = VIEWS.map(([pattern, view, entry]) => ({ found: pattern.exec(path), view, entry })).find(({ found }) => found);
  if (match) {
    const groups = match.found.groups || {};
    const parameters = { id: groups.id && decoded(groups.id), version: groups.version && Number(groups.version), query, keep, about };
    current = match.view.mount(main, parameters);
  } else {
    main.append(element("p", { class: "panel nothing" }, "There is nothing at this address."));
    current = { title: "Not found", refresh: async () => {} };
  }
  hideUntilRead(current);
  document.title = `${current.title} · Ledgerbell`;
  for (const link of document.querySelectorAll("nav.pages a")) {
    if (match && link.dataset.entry === match.entry) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (first) return;
  // As a page that is loaded would: to its top, and a screen reader to its title.
  scrollTo(0, 0);
  const title = main.querySelector("h2");
  title?.setAttribute("tabindex", "-1");
  title?.focus({ preventScroll: true });
}

async function countLetters() {
  if (!isCountOld || performance.now() - counted < COUNT_EVERY_MS) return;
  isCountOld = false;
  counted = performance.now();
  const slow = setTimeout(() => showCount(null, "no answer yet"), SLOW_AFTER_MS);
  try {
    const { waiting } = await getJson("/v1/dead-letters?limit=1");
    showCount(waiting);
  } catch (error) {
    // The view may still be read: not everybody may list dead letters.
    showCount(null, reasonOf(error));
    isCountOld = true;
  } finally {
    clearTimeout(slow);
  }
}

/** An empty badge would say that there are none. */
function showCount(waiting, reason = "") {
  if (waiting !== null) lastCount = { waiting, at: Date.now() };
  const badge = byId("dead-count");
  badge.dataset.known = waiting === null ? "unknown" : "fresh";
  badge.textContent = waiting ?? `${lastCount?.waiting || ""}?`;
  if (waiting === 0) badge.textContent = "";
  // On a phone the pages are behind a button, which has the number too.
  byId("dead-mark").textContent = badge.textContent;
  byId("menu").setAttribute("aria-label", badge.textContent ? `Pages; ${badge.textContent} failed` : "Pages");
  const before = lastCount ? `; ${lastCount.waiting} at ${clock(lastCount.at)}` : "";
  badge.title = waiting === null ? `Not known: ${reason}${before}` : "";
}

byId("zone").append(...[...new Set([OWN_ZONE, "UTC"])].map((name) => element("option", { value: name }, name)));
byId("zone").value = zone;
byId("zone").addEventListener("change", (event) => chooseZone(event.target.value));
byId("mailbox-link").hidden = !about.mailbox;
byId("looking-at").textContent = about.endpoint ? `Connected to ${about.endpoint}` : "";

// The text of the last search is there to be mended or replaced.
byId("find").addEventListener("focus", (event) => event.target.select());
byId("find").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  const text = event.target.value.trim();
  if (!text) return;
  const before = location.hash;
  location.hash = `#/find?${new URLSearchParams({ q: text })}`;
  if (location.hash !== before) return;
  // The same search once more: an index may know it by now.
  shownPath = null;
  show();
  lookNow();
});

// The hash is the view's address: the link moves the focus itself.
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});

/** On a phone the pages are behind a button. */
function openMenu(isOpen) {
  byId("pages").classList.toggle("open", isOpen);
  byId("menu").setAttribute("aria-expanded", String(isOpen));
}
byId("menu").addEventListener("click", () => openMenu(byId("menu").getAttribute("aria-expanded") !== "true"));
byId("pages").addEventListener("click", () => openMenu(false));

addEventListener("hashchange", () => {
  // What the view before was reading is for nobody.
  giveUpReading();
  show();
  lookNow();
});

show();
const news = newsOf();
const lookNow = poll(async (isAwaited) => {
  const view = current;
  const isNews = await news.has(isAwaited, view);
  // Another view was opened meanwhile, and is looked at next.
  if (view !== current) return;
  isCountOld ||= isNews;
  try {
    await all([isNews ? view.refresh({ isAwaited }) : null, countLetters()]);
  } finally {
    view.appear();
  }
}, () => about.poll_ms);
