// Events, newest first, as they come: with a filter, a search, and more of the
// past on request. What was read stays, so a look costs one page.

import { getJson, withQuery } from "./api.js";
import { eventFilter } from "./event-filter.js";
import { announce, element } from "./page.js";
import { eventColumns } from "./rows.js";
import { listTable } from "./table.js";
import { EVENT_NAMES, moved, named } from "./words.js";

const PAGE = 100;
const BIG_PAGE = 1000;
/** How far back one search goes before it asks whether to go on. */
const SEARCH_AT_ONCE = 5000;
/** More than anybody scrolls through: a page that is open for days begins anew then. */
const MOST_KEPT = 50_000;
/** Pages that one search reads before it asks whether to go on. */
const MOST_PAGES = 25;
/** New pages that are read to join what is new to what was there. */
const PAGES_TO_JOIN = 10;
/** How far the clock of this machine may be ahead of the server's. */
const CLOCKS_DIFFER_MS = 5 * 60_000;

/**
 * A list of the events at `path`, whose pages go on with the parameter
 * `placeName`. `firstPage` is how many are read at first, `atOnce` how many
 * are shown. `further` are columns, which show what `decorated` adds to an event.
 */
export function eventList({
  path, placeName, labelledBy, withAccount = false, firstPage = PAGE, atOnce = PAGE, query = {}, onFilter = () => {},
  further = [], decorated = (event) => event,
}) {
  let seen = [];
  let known = new Set();
  let next = null;
  let started = false;
  let shown = atOnce;
  /** Reads for the panel that the list is in, which says what is not known. */
  let panelRead = (read) => read();
  /** A search that could not go as far as it should; the next look goes on with it. */
  let unfinished = false;
  /** When the newest were read last. */
  let lookedAt = 0;
  /** Counts the questions: the answer to an older one is for nobody. */
  let round = 0;

  const filter = eventFilter({ query, isOfAll: withAccount, onChange: refilter });
  /** What the API is asked: what the fields say is not asked before it is chosen. */
  let question = filter.asked();
  const table = listTable({ labelledBy, keyOf: (event) => event.event_id, columns: [...eventColumns(withAccount), ...further] });
  const nothing = element("p", { class: "nothing", hidden: "" }, "No event matches.");
  const more = element("button", { type: "button", class: "plain more", hidden: "" }, "Older events");

  async function page(place, limit, further = {}) {
    const mine = round;
    const read = await getJson(withQuery(path, { order: "desc", ...question, limit, [placeName]: place, ...further }));
    if (mine !== round) throw new DOMException("Something else is asked by now.", "AbortError");
    return read;
  }

  function add(events) {
    const fresh = events.filter((event) => !known.has(event.event_id));
    for (const event of fresh) known.add(event.event_id);
    if (fresh.length > 0) seen = [...seen, ...fresh].sort(newestFirst);
    return fresh;
  }

  async function look() {
    const now = Date.now();
    if (started && isAskedOfApi()) {
      const fresh = await lookSince(new Date(lookedAt - CLOCKS_DIFFER_MS).toISOString());
      lookedAt = now;
      return fresh;
    }
    let read = await page(null, started ? PAGE : firstPage);
    if (!started) {
      started = true;
      lookedAt = now;
      add(read.events);
      next = read.next;
      return [];
    }
    if (seen.length > MOST_KEPT) {
      [seen, known, next] = [[], new Set(), read.next];
      add(read.events);
      return [];
    }
    // All of a page new: there may be more between it and what was known. Nothing is
    // kept before that is read too: the next look would take it for joined.
    const found = [...read.events];
    for (let pages = 1; read.next && !read.events.some((event) => known.has(event.event_id)); pages += 1) {
      if (pages === PAGES_TO_JOIN) {
        [seen, known, next] = [[], new Set(), read.next];
        break;
      }
      read = await page(read.next, BIG_PAGE);
      found.push(...read.events);
    }
    return add(found);
  }

  const isAskedOfApi = () => Object.values(question).some(Boolean);

  /** What a filter of the API lets through may be long ago: what is new is found by its time. */
  async function lookSince(since) {
    const from = question.from && question.from > since ? question.from : since;
    const found = [];
    let place = null;
    for (let pages = 0; pages < PAGES_TO_JOIN; pages += 1) {
      const read = await page(place, BIG_PAGE, { from });
      found.push(...read.events);
      place = read.next;
      if (!place) return add(found);
    }
    // Too much came to be joined, or too long ago: the list begins anew.
    [seen, known, next, started] = [[], new Set(), null, false];
    return look();
  }

  /** Reads on into the past until enough is there to show, or it has gone far. */
  async function readOn() {
    unfinished = true;
    const until = seen.length + SEARCH_AT_ONCE;
    // A page of the API's filter may be short, and even empty, and not be the last.
    for (let pages = 0; next && seen.length < until && pages < MOST_PAGES && seen.filter(filter.matches).length < shown; pages += 1) {
      const read = await page(next, filter.isActive() ? BIG_PAGE : PAGE);
      add(read.events);
      next = read.next;
      show([]);
    }
    unfinished = false;
  }

  function show(fresh) {
    const wanted = seen.filter(filter.matches);
    table.show(wanted.slice(0, shown).map(decorated));
    const keys = new Set(fresh.map((event) => event.event_id));
    for (const row of table.rows()) row.classList.toggle("fresh", keys.has(row.dataset.key));
    const isActive = filter.isActive();
    const among = isAskedOfApi() ? "" : ` of the ${next ? "newest " : ""}${seen.length}`;
    nothing.hidden = wanted.length > 0;
    nothing.textContent = isActive ? `None${among ? `${among} events` : next ? " of those that were looked through" : ""} matches.` : "There are no events yet.";
    filter.found.textContent = isActive ? `${among || !next ? "" : "the newest "}${wanted.length}${among}` : "";
    more.hidden = !next && wanted.length <= shown;
    more.textContent = isActive ? "Search older events" : "Older events";
  }

  async function refilter() {
    shown = atOnce;
    onFilter(filter.kept());
    const asked = filter.asked();
    if (JSON.stringify(asked) !== JSON.stringify(question)) {
      question = asked;
      round += 1;
      [seen, known, next, started, unfinished] = [[], new Set(), null, false, false];
    }
    show([]);
    await panelRead(async () => {
      if (!started) await look();
      await readOn();
    }).catch(() => {});
    show([]);
  }

  more.addEventListener("click", async () => {
    shown += atOnce;
    more.disabled = true;
    await panelRead(readOn).catch(() => {});
    more.disabled = false;
    show([]);
  });

  return {
    filter: filter.element,
    body: element("div", {}, table.element, nothing, more),
    /** All that was read, newest first, and whether there is more. */
    events: () => ({ events: seen, more: Boolean(next) }),
    /** Shows once more what was read: what is added to it has changed. */
    showAgain: () => show([]),
    /** Reads for a panel from now on, also where a button or the search asks for it. */
    readFor(read) {
      panelRead = read;
    },
    /** Reads on until so many are known, for what is drawn of them. */
    async fill(count) {
      while (next && seen.length < count) {
        const read = await page(next, Math.min(BIG_PAGE, count - seen.length));
        add(read.events);
        next = read.next;
        show([]);
      }
    },
    async refresh() {
      if (!filter.isPossible()) return [];
      const first = !started;
      const fresh = await look();
      show(fresh);
      if ((first && filter.isActive()) || unfinished) {
        await readOn();
        show(fresh);
      }
      if (fresh.length > 0) announce(told(fresh));
      return fresh;
    },
  };
}

/** In recorded order, and events of one commit by version. */
function newestFirst(a, b) {
  if (a.recorded_at !== b.recorded_at) return a.recorded_at < b.recorded_at ? 1 : -1;
  if (a.account_id !== b.account_id) return a.account_id < b.account_id ? 1 : -1;
  return b.version - a.version;
}

function told(fresh) {
  const [first] = fresh;
  const sum = moved(first);
  const more = fresh.length > 1 ? `, and ${fresh.length - 1} more events` : "";
  return `${named(EVENT_NAMES, first.type)}${sum ? ` ${sum.text} ${sum.currency}` : ""}, account ${first.account_id}${more}`;
}
