// What was found for a text. The only exact hit opens at once; where nothing
// is found, the newest events are looked through.

import { eventList } from "./event-list.js";
import { reader } from "./known.js";
import { all, element, foreign } from "./page.js";
import { panel } from "./rows.js";
import { byCorrelation, DAYS, hrefOf, onlyHit, search } from "./search.js";
import { listTable } from "./table.js";
import { FOUND_BY, HIT_NAMES, named } from "./words.js";

export function mount(main, { query }) {
  const text = (query.q ?? "").trim();
  const title = text ? `Search: ${text}` : "Search";
  const nothing = element("p", { class: "nothing", hidden: "" });
  const note = element("p", { class: "text", role: "status" });
  const onward = element("button", { type: "button", class: "plain more", hidden: "" }, "Search in events");
  const found = panel("found", title);
  const hits = listTable({
    labelledBy: "found-title",
    keyOf: ({ type, id }) => `${type} ${id}`,
    columns: [
      { title: "Found", cell: (hit) => element("a", { class: "name", href: hrefOf(hit) }, foreign(hit.label)) },
      { title: "What", cell: ({ type }) => named(HIT_NAMES, type) },
      { title: "Id", cell: ({ type, id, label }) => (type === "account" || id === label ? "" : foreign(id)) },
      { title: "Found by", cell: ({ matched }) => named(FOUND_BY, matched) },
    ],
  });
  found.append(hits.element, nothing, note, onward);
  const foundRead = reader(found);
  const list = eventList({ path: "/v1/events", placeName: "cursor", labelledBy: "events-title", withAccount: true, query: { q: text } });
  const events = panel("events", "Events with this text", list.filter, list.body);
  const eventsRead = reader(events);
  list.readFor(eventsRead);
  events.hidden = true;
  main.append(found, events);

  let isRead = false;

  async function read() {
    const answer = await search(text);
    let isWhole = true;
    if (answer.hits.length === 0 && !answer.more) {
      const correlated = await byCorrelation(text);
      answer.hits = correlated.hits;
      isWhole = correlated.isWhole;
    }
    // Another page was opened meanwhile.
    if (!found.isConnected) return;
    isRead = true;
    const only = isWhole ? onlyHit(answer, text) : null;
    // In the place of the search: going back leads to where the search began.
    if (only) return location.replace(hrefOf(only));
    hits.show(answer.hits);
    nothing.hidden = answer.hits.length > 0;
    const keys = answer.looked_at.map((key) => named(FOUND_BY, key));
    nothing.textContent = keys.length > 0 ? `Nothing has this ${listed(keys)}.` : "Nothing can be found by this.";
    note.textContent = [
      answer.more && "There may be more: write more of it.",
      isWhole ? answer.hits.length === 0 && `No event of the last ${DAYS} days has it as its correlation id.`
        : "Not known: whether older events have it as their correlation id; not all of them could be looked through.",
      !answer.persons && "Customers were not searched: your role may not read them.",
    ].filter(Boolean).join(" ");
    onward.hidden = answer.hits.length === 0;
    if (answer.hits.length === 0) events.hidden = false;
  }

  onward.addEventListener("click", () => {
    onward.hidden = true;
    events.hidden = false;
    events.querySelector("input").focus();
    eventsRead(list.refresh).catch(() => {});
  });

  return {
    title,
    async refresh() {
      if (!text) {
        nothing.hidden = false;
        nothing.textContent = "Type an account, a name, an e-mail address, an id or the code of a mail into the field above.";
        return;
      }
      if (!isRead) await foundRead(read);
      if (!events.hidden) await all([eventsRead(list.refresh)]);
    },
  };
}

/** "a, b or c". */
const listed = (words) => new Intl.ListFormat("en", { type: "disjunction" }).format(words);
