// One account: its balance now and at any version, its events, what its
// customer was told, and its schedules.

import { accountPath, getJson, orNone, withQuery } from "./api.js";
import { balanceChart } from "./balance-chart.js";
import { eventList } from "./event-list.js";
import { reader } from "./known.js";
import { balances } from "./money.js";
import { all, digits, element, foreign, time, update } from "./page.js";
import { endOf } from "./period.js";
import { balanceOf, customerHref, eventHref, mailMark, money, movedMoney, notificationColumns, panel, spoken } from "./rows.js";
import { schedulesPanel } from "./schedules.js";
import { listTable } from "./table.js";
import { EVENT_NAMES, named } from "./words.js";

/** The chart's events; older ones are read with the list's. */
const HISTORY = 1000;
/** Those of the first view, and the rows that are shown before more are asked for. */
const FIRST_EVENTS = 50;
const EVENTS = 25;
/** Notifications of the first view, and of the next ones. */
const FIRST_NOTIFICATIONS = 30;
const NOTIFICATIONS = 100;

export function mount(main, { id, query }) {
  const path = accountPath(id);
  const balance = element("p", { class: "balance" });
  const facts = element("p", { class: "facts" });
  const heading = element("div", { class: "heading" }, element("h2", { tabindex: "-1", id: "account-title" }, spoken(id)), facts, balance);

  const slider = element("input", { type: "range", min: "1", max: "1", value: "1", id: "as-of", "aria-describedby": "as-of-balance" });
  const day = element("input", { type: "date", id: "as-of-day", "aria-label": "As of the end of a day", title: "As of the end of a day", min: "1900-01-01", max: "9999-12-30" });
  const now = element("button", { type: "button", class: "plain", id: "as-of-now" }, "Now");
  const then = element("p", { class: "then", id: "as-of-balance", "aria-live": "polite" });
  const chart = balanceChart((version) => slideTo(version));
  const asOf = element("div", { class: "as-of unread" },
    element("div", { class: "slide" }, element("label", { for: "as-of" }, "As of version"), slider, element("label", { for: "as-of-day" }, "or the end of"), day, now), then);
  const history = element("section", { class: "panel", "aria-labelledby": "account-title" }, heading,
    element("div", { class: "chart-bar unread" }, element("h3", {}, "Balance"), chart.whole, chart.basis), chart.holder, asOf);
  const missing = element("p", { class: "panel nothing", hidden: "" }, "There is no such account.");

  const list = eventList({
    path: `${path}/events`, placeName: "after_version", labelledBy: "history-title", firstPage: FIRST_EVENTS, atOnce: EVENTS, query,
    further: [
      { title: "Balance after", amount: true, cell: ({ after }) => (after ? money(digits(after), account.currency, after.startsWith("-") ? "under" : "") : "") },
      { title: "Mail", cell: ({ mails }) => (mails ? mailMark(mails) : element("span", { class: "quiet" }, "not read")) },
    ],
    decorated: (event) => ({ ...event, after: afterVersion.get(event.version) ?? null, mails: event.version < toldFrom ? null : mailsOfVersion.get(event.version) ?? [] }),
  });
  const events = panel("history", "Events", list.filter, list.body);
  const told = listTable({ labelledBy: "notifications-title", columns: notificationColumns(false), keyOf: ({ item }) => item.notification_id });
  const toldNothing = element("p", { class: "nothing", hidden: "" }, "The customer has no notifications.");
  const notifications = panel("notifications", "Notifications", told.element, toldNothing);
  const schedules = schedulesPanel(id, () => account?.currency);
  const below = element("div", { class: "stack" }, events, schedules.panel, notifications);
  main.append(missing, history, below);
  const [accountRead, thenRead, eventsRead, toldRead] = [history, asOf, events, notifications].map(reader);
  list.readFor(eventsRead);

  let account = null;
  /** The balance after each version, and the notifications of each, as far as they were read. */
  let afterVersion = new Map();
  let mailsOfVersion = new Map();
  /** The oldest version whose notifications were read. */
  let toldFrom = Infinity;
  /** The version that is looked at; null follows the newest. */
  let looked = null;
  /** The day at whose end it is looked at, with all that was recorded by then. */
  let lookedDay = "";
  let asked = 0;
  /** Whether the first view is there, and the rest of the chart is being read. */
  let isWhole = false;

  async function slideTo(version) {
    looked = version >= account.version ? null : version;
    lookedDay = "";
    day.value = "";
    slider.value = version;
    // The panel says what could not be read.
    await thenRead(showThen).catch(() => {});
  }
  slider.addEventListener("input", () => account && slideTo(Number(slider.value)));
  now.addEventListener("click", () => account && slideTo(account.version));
  day.addEventListener("change", () => {
    lookedDay = day.value;
    if (!lookedDay) looked = null;
    if (account) thenRead(showThen).catch(() => {});
  });

  async function showThen() {
    // The slider moves faster than answers come: only the last one counts.
    asked += 1;
    const mine = asked;
    const shown = await readThen();
    if (mine !== asked) return;
    if (!shown) return showNotOpen();
    const { version } = shown;
    slider.value = version;
    showChart(version);
    const event = list.events().events.find((candidate) => candidate.version === version);
    const name = event ? element("a", { href: eventHref(id, version) }, named(EVENT_NAMES, event.type)) : null;
    slider.setAttribute("aria-valuetext", `version ${version}, balance ${shown.balance} ${shown.currency}`);
    update(then, [version, account.version, shown, event?.event_id, lookedDay], () => [
      element("span", { class: "at" }, `Version ${version} of ${account.version}${lookedDay ? ", at the end of that day" : ""}`),
      balanceOf(shown),
      element("span", { class: "quiet" }, time(shown.updated_at, { exact: true }), ` · ${shown.status}`),
      element("span", {}, name ?? "", " ", (event && movedMoney(event)) ?? ""),
    ]);
    then.dataset.version = version;
  }

  async function readThen() {
    if (lookedDay) {
      return getJson(withQuery(path, { as_of: endOf(lookedDay) })).catch((error) => {
        if (error.status === 404) return null;
        throw error;
      });
    }
    return looked === null ? account : getJson(`${path}?as_of_version=${looked}`);
  }

  function showNotOpen() {
    showChart(0);
    slider.setAttribute("aria-valuetext", "nothing recorded yet");
    update(then, [lookedDay], () => [element("span", { class: "at" }, "Nothing of it had been recorded by then.")]);
    then.dataset.version = 0;
  }

  function showChart(version) {
    const { events: seen } = list.events();
    const steps = balances([...seen].reverse(), account.version, account.balance);
    chart.show(steps, account.currency, version);
    if (afterVersion.size === steps.length) return;
    afterVersion = new Map(steps.map(({ event, text }) => [event.version, text]));
    list.showAgain();
  }

  /** Whether there is such an account. */
  async function readAccount() {
    const found = await orNone(getJson(path));
    missing.hidden = Boolean(found);
    for (const part of [history, below]) part.hidden = !found;
    if (!found) return false;
    account = found;
    update(balance, account, () => [balanceOf(account)]);
    update(facts, account, () => ["Customer ", element("a", { href: customerHref(account.customer_id) }, foreign(account.customer_id)),
      ` · version ${account.version} · ${account.status}`]);
    slider.max = account.version;
    if (looked === null && !lookedDay) slider.value = account.version;
    return true;
  }

  async function readTold() {
    const page = await getJson(`${path}/notifications?limit=${isWhole ? NOTIFICATIONS : FIRST_NOTIFICATIONS}`);
    told.show(page.notifications.map((item) => ({ account: id, item })));
    toldNothing.hidden = page.notifications.length > 0;
    mailsOfVersion = Map.groupBy(page.notifications.map(({ event_version: version, state, reason }) => ({ version, state, reason })), ({ version }) => version);
    toldFrom = page.next ? (page.notifications.at(-1)?.event_version ?? 0) + 1 : 0;
    list.showAgain();
  }

  async function refresh() {
    const found = accountRead(readAccount);
    // Each panel is read by itself: one that fails takes none of the others with it.
    const exists = found.catch(() => true);
    const ifExists = (read) => async () => {
      if (await exists) await read();
    };
    const listed = eventsRead(ifExists(list.refresh));
    await all([found, listed, toldRead(ifExists(readTold)), schedules.refresh(exists), thenRead(async () => {
      // The account's own panel says what is not known of it.
      const shown = await found.catch(() => false);
      await listed.catch(() => {});
      if (shown) await showThen();
    })]);
    if (isWhole || !account) return;
    isWhole = true;
    // The first view does not wait for it.
    setTimeout(fill);
  }

  async function fill() {
    try {
      await eventsRead(() => list.fill(HISTORY));
      await all([toldRead(readTold), thenRead(showThen)]);
    } catch {
      isWhole = false;
    }
  }

  return { title: id, refresh };
}
