// The search of the API, and where its hits lead.

import { getJson, withQuery } from "./api.js";
import { accountHref, customerHref, eventHref, notificationHref } from "./rows.js";
import { EVENT_NAMES, named } from "./words.js";

/** Longer texts are refused by the API. */
const MOST_CHARACTERS = 200;
/** The form of correlation ids; others are refused by the API. */
const CORRELATION = /^[!-~]{1,128}$/;
/** How far back they are looked for, in days, and how many pages and events at most. */
export const DAYS = 7;
const MOST_PAGES = 10;
const MOST_EVENTS = 100;

/** The hits for a text. `persons` is whether customers were searched, which not every role may. */
export async function search(text) {
  const question = { q: text.slice(0, MOST_CHARACTERS), limit: 100 };
  try {
    return { ...await getJson(withQuery("/v1/search", question)), persons: true };
  } catch (error) {
    if (error.status !== 403) throw error;
    return { ...await getJson(withQuery("/v1/search/ledger", question)), persons: false };
  }
}

/**
 * The events of requests with this correlation id, as hits. No index has it, so
 * the newest days are looked through; `isWhole` is whether that came to its end.
 */
export async function byCorrelation(text) {
  if (!CORRELATION.test(text)) return { hits: [], isWhole: true };
  try {
    return await lookThrough(text);
  } catch (error) {
    // Not every role reads all events.
    if (error.status === 403) return { hits: [], isWhole: false };
    throw error;
  }
}

async function lookThrough(text) {
  const from = new Date(Date.now() - DAYS * 86_400_000).toISOString();
  const events = [];
  let place = null;
  for (let pages = 0; pages < MOST_PAGES && events.length < MOST_EVENTS; pages += 1) {
    const page = await getJson(withQuery("/v1/events", { order: "desc", correlation_id: text, from, limit: MOST_EVENTS, cursor: place }));
    events.push(...page.events);
    place = page.next;
    if (!place) break;
  }
  const hits = events.map((event) => ({
    type: "event", id: event.event_id, label: `${named(EVENT_NAMES, event.type)}, ${event.account_id}`,
    matched: "correlation_id", account_id: event.account_id, version: event.version,
  }));
  return { hits, isWhole: !place };
}

export function hrefOf({ type, id, account_id: account, version }) {
  switch (type) {
    case "account":
      return accountHref(id);
    case "customer":
      return customerHref(id);
    case "event":
      return eventHref(account, version);
    default:
      return notificationHref(id);
  }
}

/** The hit to open at once: the only one, unless it was found by the beginning of a name. */
export function onlyHit({ hits, more }, text) {
  const [hit] = hits;
  if (hits.length !== 1 || more) return null;
  return hit.matched !== "name" || folded(hit.label) === folded(text) ? hit : null;
}

const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
