// The console: which view the address names, and looking again and again.

import { getJson, giveUpReading } from "./api.js";
import { LOADING_AFTER_MS, reasonOf, SLOW_AFTER_MS } from "./known.js";
import { newsOf } from "./news.js";
import { all, byId, chooseScheme, chooseZone, clock, element, OWN_ZONE, poll, scheme, SCHEMES, zone } from "./page.js";
import "./shortcuts.js";

/** How often the count of dead letters is looked at from other views. */
const COUNT_EVERY_MS = 10_000;
const START_AGAIN_AFTER_MS = 2_000;

/** Path, the module of the view, and the entry of the navigation that it is below. */
const VIEWS = [
  [/^$/, () => import("./overview.js"), "overview"],
  [/^accounts$/, () => import("./accounts.js"), "accounts"],
  [/^accounts\/(?<id>[^/]+)$/, () => import("./account.js"), "accounts"],
  [/^accounts\/(?<id>[^/]+)\/events\/(?<version>[1-9]\d*)$/, () => import("./story.js"), "accounts"],
  [/^events$/, () => import("./events.js"), "events"],
  [/^dead-letters$/, () => import("./dead-letters.js"), "dead-letters"],
  [/^replays$/, () => import("./replays.js"), "replays"],
  [/^imports$/, () => import("./imports.js"), "imports"],
  [/^customers$/, () => import("./customers.js"), "customers"],
  [/^customers\/(?<id>[^/]+)$/, () => import("./customer.js"), "customers"],
  [/^notifications$/, () => import("./notifications.js"), "notifications"],
  [/^notifications\/(?<id>[^/]+)$/, () => import("./notification.js"), "notifications"],
  [/^find$/, () => import("./find.js"), null],
];

/** The views' modules that were loaded. */
const modules = new Map();

async function loaded(load) {
  const module = await load();
  modules.set(load, module);
  return module;
}

const about = await aboutServer();
let current = null;
let shownPath = null;
let counted = -Infinity;
/** Whether the dead letters may be others than those that were counted. */
let isCountOld = true;
/** The last count of dead letters, and when it was made. */
let lastCount = null;
/** Looks now, once the first view is there. */
let lookNow = () => {};
/** Whether the module of a view could not be loaded. */
let isLost = false;
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
    // The other views open at once then, also while the server is gone.
    for (const [, load] of VIEWS) loaded(load).catch(() => {});
  };
  slow = setTimeout(appear, SLOW_AFTER_MS);
  view.appear = appear;
}

/** Shows the view that the address names. */
async function show() {
  const { path, query } = address();
  const whole = location.hash;
  if (whole === shownPath) return;
  const first = current === null;
  shownPath = whole;
  const match = VIEWS.map(([pattern, load, entry]) => ({ found: pattern.exec(path), load, entry })).find(({ found }) => found);
  let mount = (place) => {
    place.append(element("p", { class: "panel nothing" }, "There is nothing at this address."));
    return { title: "Not found", refresh: async () => {} };
  };
  let isGone = false;
  if (modules.has(match?.load)) {
    // At once: a key that is pressed next is for the new view.
    ({ mount } = modules.get(match.load));
  } else if (match) {
    try {
      ({ mount } = await loaded(match.load));
    } catch {
      // The server is gone, and comes back. The next look tries again.
      isGone = true;
      mount = (place) => {
        place.append(element("p", { class: "panel nothing" }, "Not known: no connection. Trying again."));
        return { title: "Not known", refresh: async () => {} };
      };
    }
    // Another view was asked for meanwhile.
    if (shownPath !== whole) return;
  }
  isLost = isGone;
  const main = byId("main");
  main.replaceChildren();
  const groups = match?.found.groups || {};
  current = mount(main, { id: groups.id && decoded(groups.id), version: groups.version && Number(groups.version), query, keep, about });
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
byId("scheme").append(...SCHEMES.map((name) => element("option", { value: name }, name)));
byId("scheme").value = scheme;
byId("scheme").addEventListener("change", (event) => chooseScheme(event.target.value));
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
  show().then(lookNow);
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
  show().then(lookNow);
});

await show();
const news = newsOf();
lookNow = poll(async (isAwaited) => {
  if (isLost) {
    isLost = false;
    shownPath = null;
    await show();
  }
  const view = current;
  // The module of the first view is on its way.
  if (!view) return;
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
