// What events, notifications and their states are called, for a person.

import { digits } from "./page.js";

export const EVENT_NAMES = {
  AccountOpened: "Account opened",
  MoneyDeposited: "Deposit",
  MoneyWithdrawn: "Withdrawal",
  TransactionReversed: "Reversal",
  AccountClosed: "Account closed",
  OperationScheduled: "Schedule created",
  OperationCancelled: "Schedule cancelled",
  OperationSkipped: "Scheduled operation skipped",
  AccountOverdrawn: "Account overdrawn",
};
export const KIND_NAMES = {
  deposit: "Deposit",
  withdrawal: "Withdrawal",
  reversal: "Reversal",
  overdrawn: "Overdrawn",
  "large-amount": "Large amount",
  "low-balance": "Low balance",
  "schedule-run": "Scheduled operation carried out",
  "schedule-skipped": "Scheduled operation skipped",
  security: "Security",
  statement: "Statement",
};
export const STATE_NAMES = {
  PLANNED: "waiting",
  CLAIMED: "in progress",
  SENDING: "being sent",
  RETRY_AT: "will be retried",
  SENT: "sent",
  REJECTED: "refused",
  UNKNOWN: "may have been sent",
  SKIPPED: "not sent",
};
export const REASONS = {
  "no-contact": "the customer has no address",
  "preference-off": "the customer does not want this kind",
  "below-minimum": "below the customer's minimum",
  suppressed: "the address bounced or complained",
  erased: "the customer was erased",
  "not-crossed": "the threshold was not crossed",
  "already-told-today": "already notified today",
  replay: "published again by a replay",
  imported: "imported history, of which nobody is notified",
  "quiet-hours": "until the quiet hours are over",
  digest: "until the next digest",
  "end-of-month": "until the month is over",
  "insufficient-funds": "not enough money",
  "account-closed": "the account was closed",
};
/** The reasons for which a mail is not sent. */
export const SKIP_REASONS = [
  "no-contact", "preference-off", "below-minimum", "suppressed", "erased", "not-crossed", "already-told-today", "replay", "imported",
];
export const PROVIDER_NAMES = {
  sent: "Accepted by the provider",
  delayed: "Delivery delayed",
  delivered: "Delivered",
  bounced: "Bounced",
  complained: "Marked as spam",
  rejected: "Refused by the provider",
  "rendering-failed": "Not rendered by the provider",
};

/** The languages of mails. */
export const LANGUAGES = { en: "English", fr: "French" };
/** What a search finds, and by what. */
export const HIT_NAMES = { account: "Account", customer: "Customer", event: "Event", notification: "Mail" };
export const FOUND_BY = {
  account_id: "account id",
  last_four: "last four characters of an account",
  customer_id: "customer id",
  email: "e-mail address",
  name: "name",
  event_id: "event id",
  notification_id: "notification id",
  mail_code: "code of a mail",
  correlation_id: "correlation id",
};

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
