// The events of all accounts, newest first, as they come.

import { eventList } from "./event-list.js";
import { panel } from "./rows.js";

export function mount(main, { query, keep }) {
  const list = eventList({ path: "/v1/events", placeName: "cursor", withAccount: true, onFilter: keep, query: query.q, type: query.type });
  main.append(panel("events", "Events", list.filter, list.body));
  return { title: "Events", refresh: list.refresh };
}
