// Rows of lists: an event, a notification, an account, an amount.

import { date, digits, element, foreign, time } from "./page.js";
import { EVENT_NAMES, KIND_NAMES, STATE_NAMES, eventWords, explained, moved, named } from "./words.js";

export const accountHref = (id) => `#/accounts/${encodeURIComponent(id)}`;
export const eventHref = (id, version) => `${accountHref(id)}/events/${version}`;
export const notificationHref = (id) => `#/notifications/${encodeURIComponent(id)}`;
export const customerHref = (id) => `#/customers/${encodeURIComponent(id)}`;

/** An account's id as it is read aloud: an IBAN (ISO 13616) in fours. The search takes it so too. */
export const spoken = (id) => (/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(id) ? id.replace(/.{4}(?=.)/g, "$&\u00a0") : id);

export const accountLink = (id) => element("a", { href: accountHref(id), class: "account" }, spoken(id));

export function money(text, currency, className = "") {
  return element("span", { class: `money ${className}`.trim() }, text, " ", element("abbr", {}, currency));
}

export const balanceOf = (account) =>
  money(digits(account.balance), account.currency, account.balance.startsWith("-") ? "under" : "");

export function movedMoney(event) {
  const sum = moved(event);
  return sum ? money(sum.text, sum.currency, sum.paidIn ? "in" : "") : null;
}

/** Less than this between happening and recording is no news. */
const SAME_TIME_MS = 60_000;

const happenedBefore = ({ occurred_at: occurred, recorded_at: recorded }) => Math.abs(Date.parse(recorded) - Date.parse(occurred)) > SAME_TIME_MS;

/** When the bank says that it happened: a date that it gave without a time is in no zone. */
export const occurred = (event, options) => (event.occurred_on ? date(event.occurred_on) : time(event.occurred_at, options));

/** The columns of events; an event's name leads to its story. */
export function eventColumns(withAccount) {
  return [
    { title: "Event", cell: (event) => element("a", { class: "name", href: eventHref(event.account_id, event.version) }, named(EVENT_NAMES, event.type)) },
    withAccount
      ? { title: "Account", cell: (event) => accountLink(event.account_id) }
      : { title: "Version", cell: (event) => String(event.version) },
    { title: "Recorded", order: "descending", cell: (event) => time(event.recorded_at) },
    { title: "Occurred", cell: (event) => (event.occurred_on || happenedBefore(event) ? occurred(event) : "") },
    { title: "From or to", cell: ({ data }) => (data?.counterparty ? foreign(data.counterparty) : "") },
    { title: "Reference", cell: (event) => foreign(eventWords(event).join(" · ")) },
    { title: "Amount", amount: true, cell: movedMoney },
  ];
}

/** What matters most of several notifications of one event. */
const WEIGHT = ["REJECTED", "UNKNOWN", "RETRY_AT", "SENDING", "CLAIMED", "SENT", "PLANNED", "SKIPPED"];

/** What became of the mail about an event, in a cell. */
export function mailMark(states) {
  const [first] = [...states].sort((a, b) => WEIGHT.indexOf(a.state) - WEIGHT.indexOf(b.state));
  if (!first) return "";
  const mark = stateMark(first.state);
  return first.state === "SKIPPED" ? element("span", {}, mark, " ", element("span", { class: "quiet" }, first.reason ?? "")) : mark;
}

/** Another address than the customer's own, of which only a hash is known. */
export const further = ({ recipient }) => (recipient && recipient !== "customer" ? "to a further address" : null);

export function stateMark(state) {
  return element("span", { class: "state", "data-state": state }, named(STATE_NAMES, state));
}

/** The columns of notifications, each with its account; the name leads to the story of its event. */
export function notificationColumns(withAccount) {
  return [
    { title: "Notification", cell: ({ account, item }) => element("a", { class: "name", href: eventHref(account, item.event_version) }, named(KIND_NAMES, item.kind)) },
    withAccount
      ? { title: "Account", cell: ({ account }) => accountLink(account) }
      : { title: "Version", cell: ({ item }) => String(item.event_version) },
    { title: "Decided", order: withAccount ? "descending" : null, cell: ({ item }) => time(item.decided_at) },
    { title: "State", cell: ({ item }) => stateMark(item.state) },
    { title: "Why", cell: ({ item }) => foreign([item.reason && explained(item.reason), further(item), item.delivery].filter(Boolean).join(" · ")) },
    { title: "Code in the mail", cell: ({ item }) => (item.mail_code ? element("a", { href: notificationHref(item.mail_id), class: "code" }, item.mail_code) : "") },
  ];
}

/** A titled panel; what it is called labels it. */
export function panel(id, title, ...children) {
  const heading = element("h2", { id: `${id}-title` }, title);
  return element("section", { class: "panel", id, "aria-labelledby": `${id}-title` }, heading, ...children);
}
