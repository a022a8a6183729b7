// The events of all accounts, newest first, as they come.

import { eventList } from "./event-list.js";
import { reader } from "./known.js";
import { panel } from "./rows.js";

export function mount(main, { query, keep }) {
  const list = eventList({ path: "/v1/events", placeName: "cursor", labelledBy: "events-title", withAccount: true, onFilter: keep, query });
  const events = panel("events", "Events", list.filter, list.body);
  const eventsRead = reader(events);
  list.readFor(eventsRead);
  main.append(events);
  return { title: "Events", refresh: () => eventsRead(list.refresh) };
}
