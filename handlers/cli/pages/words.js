// What events, notifications and their states are called, for a person.

import { REASONS, SEARCH_KEYS } from "./names.js";
import { digits } from "./page.js";

export { EVENT_NAMES, KIND_NAMES, PROVIDER_NAMES, REASONS, SKIP_REASONS, STATE_NAMES } from "./names.js";

/** What a hit of a search was found by; the page itself looks for correlation ids. */
export const FOUND_BY = { ...SEARCH_KEYS, correlation_id: "correlation id" };

/** The languages of mails. */
export const LANGUAGES = { en: "English", fr: "French" };
/** What a search finds. */
export const HIT_NAMES = { account: "Account", customer: "Customer", event: "Event", notification: "Mail" };

export const named = (names, key) => names[key] || key;

/** A reason with its explanation, where it is one of the known. */
export const explained = (reason) => (REASONS[reason] ? `${reason}: ${REASONS[reason]}` : reason);

/** What an event moved, with its sign; null when it moved nothing. */
export function moved({ type, data }) {
  switch (type) {
    case "AccountOpened":
      return data.opening_balance ? { text: digits(data.opening_balance), currency: data.currency } : null;
    case "MoneyDeposited":
      return { text: `+${digits(data.amount)}`, currency: data.currency, paidIn: true };
    case "MoneyWithdrawn":
      return { text: `\u2212${digits(data.amount)}`, currency: data.currency };
    case "TransactionReversed": {
      const paidIn = data.movement === "withdrawal";
      return data.amount ? { text: `${paidIn ? "+" : "\u2212"}${digits(data.amount)}`, currency: data.currency, paidIn } : null;
    }
    default:
      return null;
  }
}

/** The bank's texts of an event but for the counterparty, as far as there are any. */
export function eventWords(event) {
  const { reference, reason, channel, schedule_id: schedule } = event.data || {};
  return [reference, reason, channel, schedule].filter((word) => typeof word === "string" && word);
}
