// Rows of lists: an event, a notification, an account, an amount.

import { digits, element, foreign, time } from "./page.js";
import { EVENT_NAMES, KIND_NAMES, STATE_NAMES, eventWords, explained, moved, named } from "./words.js";

export const accountHref = (id) => `#/accounts/${encodeURIComponent(id)}`;
export const eventHref = (id, version) => `${accountHref(id)}/events/${version}`;
export const customerHref = (id) => `#/customers/${encodeURIComponent(id)}`;

export const accountLink = (id) => element("a", { href: accountHref(id), class: "account" }, id);

export function money(text, currency, className = "") {
  return element("span", { class: `money ${className}`.trim() }, text, " ", element("abbr", {}, currency));
}

export const balanceOf = (account) =>
  money(digits(account.balance), account.currency, account.balance.startsWith("-") ? "under" : "");

export function movedMoney(event) {
  const sum = moved(event);
  return sum ? money(sum.text, sum.currency, sum.paidIn ? "in" : "") : null;
}

const words = (texts) => texts.map((text) => element("span", {}, " · ", foreign(text)));

/** An event; its name leads to its story. */
export function eventRow(event, { withAccount = false } = {}) {
  const story = element("a", { class: "name", href: eventHref(event.account_id, event.version) }, named(EVENT_NAMES, event.type));
  const place = withAccount ? accountLink(event.account_id) : element("span", {}, `version ${event.version}`);
  return element(
    "li",
    { class: "event" },
    time(event.recorded_at),
    element("span", { class: "what" }, story, element("span", { class: "below" }, place, ...words(eventWords(event)))),
    movedMoney(event),
  );
}

/** Another address than the customer's own, of which only a hash is known. */
export const further = ({ recipient }) => (recipient && recipient !== "customer" ? "to a further address" : null);

export function stateMark(state) {
  return element("span", { class: "state", "data-state": state }, named(STATE_NAMES, state));
}

/** A notification; its name leads to the story of its event. */
export function notificationRow(accountId, notification) {
  const last = (notification.history || []).at(-1);
  const version = notification.event_version;
  const texts = [notification.reason && explained(notification.reason), further(notification), notification.delivery].filter(Boolean);
  return element(
    "li",
    { class: "notification" },
    last ? time(last.last_at ?? last.at) : element("span"),
    element("span", { class: "what" },
      element("a", { class: "name", href: eventHref(accountId, version) }, named(KIND_NAMES, notification.kind)),
      element("span", { class: "below" }, element("span", {}, `version ${version}`), ...words(texts))),
    stateMark(notification.state),
  );
}

export function accountRow(account) {
  const below = [foreign(account.customer_id), account.status === "open" ? "" : ` · ${account.status}`];
  return element("li", { class: "holding" },
    element("span", { class: "what" },
      element("a", { class: "name", href: accountHref(account.account_id) }, account.account_id),
      element("span", { class: "below" }, ...below)),
    balanceOf(account));
}

/** A titled panel; what it is called labels it. */
export function panel(id, title, ...children) {
  const heading = element("h2", { id: `${id}-title` }, title);
  return element("section", { class: "panel", id, "aria-labelledby": `${id}-title` }, heading, ...children);
}
