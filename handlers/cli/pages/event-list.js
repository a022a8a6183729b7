// Events, newest first, as they come: with a filter, a search, and more of the
// past on request. What was read stays, so a look costs one page.

import { getJson, withQuery } from "./api.js";
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
/** New pages that are read to join what is new to what was there. */
const PAGES_TO_JOIN = 10;

/**
 * A list of the events at `path`, whose pages go on with the parameter
 * `placeName`. `firstPage` is how many are read at first, `atOnce` how many
 * are shown. `further` are columns, which show what `decorated` adds to an event.
 */
export function eventList({
  path, placeName, labelledBy, withAccount = false, firstPage = PAGE, atOnce = PAGE, query = "", type = "", onFilter = () => {},
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

  const search = element("input", { type: "search", "aria-label": "Search events", placeholder: "Search reference, id, amount\u2026", id: "event-search", value: query });
  const types = element("select", { "aria-label": "Type of event", id: "event-type" }, element("option", { value: "" }, "All types"),
    ...Object.entries(EVENT_NAMES).map(([value, name]) => element("option", { value }, name)));
  types.value = type;
  const found = element("span", { class: "quiet", role: "status" });
  const table = listTable({ labelledBy, keyOf: (event) => event.event_id, columns: [...eventColumns(withAccount), ...further] });
  const nothing = element("p", { class: "nothing", hidden: "" }, "No event matches.");
  const more = element("button", { type: "button", class: "plain more", hidden: "" }, "Older events");

  const page = (place, limit) => getJson(withQuery(path, { order: "desc", limit, [placeName]: place }));

  const matches = (event) => {
    if (types.value && event.type !== types.value) return false;
    const text = search.value.trim().toLowerCase();
    return !text || haystack(event).includes(text);
  };
  const filtered = () => Boolean(types.value || search.value.trim());

  function add(events) {
    const fresh = events.filter((event) => !known.has(event.event_id));
    for (const event of fresh) known.add(event.event_id);
    if (fresh.length > 0) seen = [...seen, ...fresh].sort(newestFirst);
    return fresh;
  }

  async function look() {
    let read = await page(null, started ? PAGE : firstPage);
    if (!started) {
      started = true;
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

  /** Reads on into the past until enough is there to show, or it has gone far. */
  async function readOn() {
    unfinished = true;
    const until = seen.length + SEARCH_AT_ONCE;
    while (next && seen.length < until && seen.filter(matches).length < shown) {
      const read = await page(next, filtered() ? BIG_PAGE : PAGE);
      add(read.events);
      next = read.next;
      show([]);
    }
    unfinished = false;
  }

  function show(fresh) {
    const wanted = seen.filter(matches);
    table.show(wanted.slice(0, shown).map(decorated));
    const keys = new Set(fresh.map((event) => event.event_id));
    for (const row of table.rows()) row.classList.toggle("fresh", keys.has(row.dataset.key));
    nothing.hidden = wanted.length > 0;
    nothing.textContent = filtered() ? `None of the ${next ? "newest " : ""}${seen.length} events matches.` : "There are no events yet.";
    found.textContent = filtered() ? `${wanted.length} of the ${next ? "newest " : ""}${seen.length}` : "";
    more.hidden = !next && wanted.length <= shown;
    more.textContent = filtered() ? "Search older events" : "Older events";
  }

  const refilter = async () => {
    shown = atOnce;
    onFilter({ q: search.value.trim(), type: types.value });
    show([]);
    await panelRead(readOn).catch(() => {});
    show([]);
  };
  let typing = 0;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(refilter, 200);
  });
  types.addEventListener("change", refilter);
  more.addEventListener("click", async () => {
    shown += atOnce;
    more.disabled = true;
    await panelRead(readOn).catch(() => {});
    more.disabled = false;
    show([]);
  });

  return {
    filter: element("div", { class: "filter" }, search, types, found),
    body: element("div", {}, table.element, nothing, more),
    /** All that was read, newest first, and whether there is more. */
    events: () => ({ events: seen, more: Boolean(next) }),
    /** Shows once more what was read: what is added to it has changed. */
    showAgain: () => show([]),
    /** Reads for a panel from now on, also where a button or the search asks for it. */
    readFor(read) {
      panelRead = read;
    },
    async refresh() {
      const first = !started;
      const fresh = await look();
      show(fresh);
      if ((first && filtered()) || unfinished) {
        await readOn();
        show(fresh);
      }
      if (fresh.length > 0) announce(told(fresh));
      return fresh;
    },
  };
}

const haystack = (event) =>
  `${event.event_id} ${event.account_id} ${event.type} ${named(EVENT_NAMES, event.type)} ${Object.values(event.data || {}).filter((value) => typeof value === "string").join(" ")}`.toLowerCase();

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
