// The notifications of all accounts, newest decided first, by what the address
// asks for.

import { getJson, withQuery } from "./api.js";
import { reader } from "./known.js";
import { element } from "./page.js";
import { period } from "./period.js";
import { notificationColumns, panel } from "./rows.js";
import { listTable } from "./table.js";
import { KIND_NAMES, REASONS, SKIP_REASONS, STATE_NAMES } from "./words.js";

const PAGE = 50;
/** Pages that one look reads until it has something to show; a page may be short and not be the last. */
const MOST_PAGES = 5;

export function mount(main, { query, keep }) {
  const choice = (name, label, names) => {
    const select = element("select", { id: `filter-${name}`, "aria-label": label }, element("option", { value: "" }, label),
      ...Object.entries(names).map(([value, words]) => element("option", { value }, words)));
    // A link may ask for what is not offered, such as a reason to wait.
    if (query[name] && !(query[name] in names)) select.append(element("option", { value: query[name] }, REASONS[query[name]] ?? query[name]));
    select.value = query[name] ?? "";
    return [name, select];
  };
  const customer = element("input", { type: "search", id: "filter-customer_id", "aria-label": "Customer's id", placeholder: "Customer's id", value: query.customer_id ?? "" });
  const filters = new Map([
    choice("state", "All states", STATE_NAMES),
    choice("kind", "All kinds", KIND_NAMES),
    choice("reason", "All reasons", SKIP_REASONS),
    ["customer_id", customer],
  ]);
  const days = period(query, "Decided");
  const rows = listTable({ labelledBy: "notifications-title", columns: notificationColumns(true), keyOf: ({ item }) => item.notification_id });
  const nothing = element("p", { class: "nothing", hidden: "" });
  const more = element("button", { type: "button", class: "plain more", hidden: "" }, "Older notifications");
  const notificationsPanel = panel("notifications", "Notifications", element("div", { class: "filter" }, ...filters.values(), ...days.elements), rows.element, nothing, more);
  const notificationsRead = reader(notificationsPanel);
  main.append(notificationsPanel);

  let shown = [];
  let next = null;
  /** Counts the questions: the answer to an older one is not shown. */
  let round = 0;
  let isExtended = false;
  let isRead = false;

  const chosen = () => Object.fromEntries([...filters].map(([name, control]) => [name, control.value.trim()]));
  const asked = () => ({ ...chosen(), ...days.asked() });
  const isFiltered = () => Object.values(asked()).some(Boolean);

  async function readFrom(place, before) {
    const mine = round;
    const found = [];
    let at = place;
    let pages = 0;
    do {
      const page = await getJson(withQuery("/v1/notifications", { ...asked(), limit: PAGE, cursor: at }));
      if (mine !== round) return;
      found.push(...page.notifications.map(({ account_id: account, notification: item }) => ({ account, item })));
      at = page.next;
      pages += 1;
    } while (at && found.length === 0 && pages < MOST_PAGES);
    [shown, next] = [[...before, ...found], at];
    rows.show(shown);
    nothing.hidden = shown.length > 0;
    const looked = at ? "None of those that were looked at. Go on with the older ones." : "There is none.";
    nothing.textContent = isFiltered() || at ? looked : "There are none. Those that an older version wrote last are in the lists of their accounts only.";
    more.hidden = !at;
    isRead = true;
  }

  const again = () => {
    round += 1;
    isExtended = false;
    isRead = false;
    rows.show([]);
    more.hidden = true;
    return notificationsRead(() => readFrom(null, []));
  };
  for (const control of [...filters.values(), ...days.inputs]) {
    control.addEventListener("change", () => {
      keep({ ...chosen(), ...days.kept() });
      again().catch(() => {});
    });
  }
  more.addEventListener("click", async () => {
    more.disabled = true;
    isExtended = true;
    round += 1;
    await notificationsRead(() => readFrom(next, shown)).catch(() => {});
    more.disabled = false;
  });

  return {
    title: "Notifications",
    async refresh() {
      // What was read on into the past stays under the reader, and a rare filter reads too much for every look.
      if (isExtended || (isRead && isFiltered())) return;
      await notificationsRead(() => readFrom(null, []));
    },
  };
}
