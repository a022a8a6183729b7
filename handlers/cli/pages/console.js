import { announce, byId, digits, element, foreign, getJson, poll, syncRows, time } from "./page.js";

// A page that is looked at, not an archive: what is older is behind the API.
const ACCOUNTS = 100;
const EVENTS = 50;
const HISTORY = 20;

const EVENT_NAMES = {
  AccountOpened: "Account opened",
  MoneyDeposited: "Deposit",
  MoneyWithdrawn: "Withdrawal",
  TransactionReversed: "Reversal",
  AccountClosed: "Account closed",
};
const KIND_NAMES = {
  deposit: "Deposit",
  withdrawal: "Withdrawal",
  reversal: "Reversal",
  overdrawn: "Overdrawn",
  "large-amount": "Large amount",
  "low-balance": "Low balance",
};
const STATE_NAMES = {
  PLANNED: "planned",
  CLAIMED: "in work",
  SENDING: "being sent",
  RETRY_AT: "will be retried",
  SENT: "sent",
  REJECTED: "rejected",
  UNKNOWN: "unknown",
  SKIPPED: "not sent",
};

let chosen = decodeHash();
let seenEvents = false;

function decodeHash() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

const accountPath = (id) => `/v1/accounts/${encodeURIComponent(id)}`;

function choose(id) {
  chosen = id;
  history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  markChosen();
  refreshNow();
}

function markChosen() {
  for (const button of document.querySelectorAll("#account-rows button")) {
    button.setAttribute("aria-pressed", String(button.dataset.account === chosen));
  }
}

function accountButton(id) {
  const button = element("button", { type: "button", class: "account", "data-account": id, title: id }, id);
  button.addEventListener("click", () => choose(id));
  return button;
}

/** What an event moved, with its sign; null when it moved nothing. */
function moved(event) {
  const { data } = event;
  switch (event.type) {
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

function money(text, currency, className) {
  return element("span", { class: `money ${className || ""}`.trim() }, text, element("abbr", {}, currency));
}

/** What stands below an event's name: the bank's texts, as far as there are any. */
function eventWords(event) {
  const { counterparty, reference, reason, channel } = event.data || {};
  return [counterparty, reference, reason, channel].filter(Boolean);
}

function eventRow(event, withAccount) {
  const sum = moved(event);
  const words = eventWords(event);
  const below = element("span", { class: "below" });
  if (withAccount) below.append(accountButton(event.account_id));
  else below.append(element("span", { class: "quiet" }, `version ${event.version}`));
  for (const word of words) below.append(element("span", { class: "word" }, foreign(word)));
  return element(
    "li",
    { class: "event" },
    time(event.recorded_at),
    element("span", { class: "what" }, element("strong", {}, EVENT_NAMES[event.type] || event.type), below),
    sum ? money(sum.text, sum.currency, sum.paidIn ? "in" : "") : null,
  );
}

function accountRow(account) {
  const below = [foreign(account.customer_id), account.status === "closed" ? " · closed" : ""];
  const button = accountButton(account.account_id);
  button.setAttribute("aria-pressed", String(account.account_id === chosen));
  const row = element(
    "li",
    { class: "holding" },
    element("span", { class: "what" }, button, element("span", { class: "below" }, ...below)),
    balance(account),
  );
  // The whole row can be clicked; the button is its way for the keyboard.
  row.addEventListener("click", (click) => {
    if (!click.target.closest("button")) choose(account.account_id);
  });
  return row;
}

function balance(account) {
  return money(digits(account.balance), account.currency, account.balance.startsWith("-") ? "under" : "");
}

function notificationRow(notification) {
  const { history = [] } = notification;
  const last = history.at(-1);
  const steps = element("ol", { class: "steps" });
  for (const step of history) {
    steps.append(element("li", {}, time(step.at), " ", element("span", {}, STATE_NAMES[step.state] || step.state),
      step.detail ? element("span", { class: "quiet" }, ` ${step.detail}`) : null));
  }
  const what = element("span", { class: "what" },
    element("strong", {}, KIND_NAMES[notification.kind] || notification.kind),
    element("details", {}, element("summary", {}, notification.reason || "timeline"), steps,
      notification.template ? element("p", { class: "quiet" }, `template ${notification.template}`) : null));
  const state = element("span", { class: "state", "data-state": notification.state }, STATE_NAMES[notification.state] || notification.state);
  const shown = notification.state === "SENT"
    ? element("a", { href: `/inbox#${encodeURIComponent(notification.notification_id)}`, class: "state-link", title: "Open the mail" }, state)
    : state;
  return element("li", { class: "notification" }, last ? time(last.at) : element("span"), what, shown);
}

function deadRow(letter) {
  const below = element("span", { class: "below" });
  if (letter.account_id) below.append(accountButton(letter.account_id));
  const tries = letter.attempts === 1 ? "tried once" : `tried ${letter.attempts} times`;
  for (const word of [letter.reason, tries]) below.append(element("span", { class: "word" }, foreign(word)));
  return element("li", { class: "dead" }, time(letter.at),
    element("span", { class: "what" }, element("strong", {}, foreign(letter.what)), below),
    element("span", { class: "state", "data-state": "DEAD" }, letter.kind));
}

function showAccounts(page, newest) {
  const accounts = [...page.accounts].sort((a, b) => a.account_id.localeCompare(b.account_id, "en", { numeric: true }));
  const none = accounts.length === 0;
  byId("welcome").hidden = !none;
  byId("overview").hidden = none;
  if (none) return showFirstLine();
  syncRows(byId("account-rows"), accounts, (account) => account.account_id, accountRow);
  byId("accounts-count").textContent = page.next ? `first ${accounts.length}` : accounts.length;
  // Nobody has chosen yet: the account where something happened last.
  if (!chosen) {
    chosen = newest?.account_id || accounts[0].account_id;
    markChosen();
  }
}

function showEvents(page) {
  const key = (event) => event.event_id;
  const rows = byId("event-rows");
  const fresh = syncRows(rows, page.events, key, (event) => eventRow(event, true));
  byId("events-nothing").hidden = page.events.length > 0;
  if (seenEvents && fresh.length > 0) {
    const keys = new Set(fresh.map(key));
    for (const row of rows.children) row.classList.toggle("fresh", keys.has(row.dataset.key));
    const [first] = fresh;
    const sum = moved(first);
    const more = fresh.length > 1 ? `, and ${fresh.length - 1} more events` : "";
    announce(`${EVENT_NAMES[first.type] || first.type}${sum ? ` ${sum.text} ${sum.currency}` : ""}, account ${first.account_id}${more}`);
  }
  seenEvents = true;
}

function showSelected(account, events, notifications) {
  byId("selected").hidden = !account;
  if (!account) return;
  byId("selected-title").textContent = account.account_id;
  byId("selected-facts").textContent = `Customer ${account.customer_id} · version ${account.version} · ${account.status}`;
  byId("selected-balance").replaceChildren(balance(account));
  syncRows(byId("history-rows"), events, (event) => event.event_id, (event) => eventRow(event, false));
  syncRows(byId("notification-rows"), notifications, (item) => item.notification_id, notificationRow);
  byId("notifications-nothing").hidden = notifications.length > 0;
}

function showDead(letters) {
  byId("dead").hidden = byId("overview").hidden && letters.length === 0;
  byId("dead-count").textContent = letters.length || "";
  byId("dead").classList.toggle("some", letters.length > 0);
  byId("dead-nothing").hidden = letters.length > 0;
  syncRows(byId("dead-rows"), letters, (letter) => letter.id, deadRow);
}

/** An account can be chosen by the address before it exists. */
const orNone = (path) => getJson(path).catch((error) => {
  if (error.status === 400 || error.status === 404) return null;
  throw error;
});

async function refresh() {
  const [accounts, events, dead] = await Promise.all([
    getJson(`/v1/accounts?limit=${ACCOUNTS}`),
    getJson(`/v1/events?limit=${EVENTS}&order=desc`),
    getJson("/v1/dead-letters?limit=100"),
  ]);
  showAccounts(accounts, events.events[0]);
  showEvents(events);
  showDead(dead.dead_letters);
  const id = chosen;
  if (!id) return;
  const [account, past, told] = await Promise.all([
    orNone(accountPath(id)),
    orNone(`${accountPath(id)}/events?limit=${HISTORY}&order=desc`),
    orNone(`${accountPath(id)}/notifications?limit=${HISTORY}`),
  ]);
  // Another account may have been chosen while these were on their way.
  if (id === chosen) showSelected(account, past?.events || [], told?.notifications || []);
}

/** The commands of the empty page, for the address the page itself came from. */
function showFirstLine() {
  const block = byId("first-account");
  if (block.textContent) return;
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  const customer = { email: "alex@example.com", name: "Alex", locale: "en", time_zone: "Europe/Paris", preferences: {} };
  const events = [
    { type: "AccountOpened", occurred_at: now, data: { customer_id: "CUST-1", currency: "EUR" } },
    { type: "MoneyDeposited", occurred_at: now, data: { amount: "125.50", currency: "EUR", reference: "hello" } },
  ];
  const json = "-H 'Content-Type: application/json'";
  block.textContent = [
    `curl -X PUT ${location.origin}/v1/customers/CUST-1 ${json} -d '${JSON.stringify(customer)}'`,
    `curl ${location.origin}/v1/accounts/ACC-1/events ${json} -H 'Idempotency-Key: first-account' -d '${JSON.stringify({ events })}'`,
  ].join("\n");
}

byId("copy").addEventListener("click", async () => {
  const block = byId("first-account");
  try {
    await navigator.clipboard.writeText(`${block.textContent}\n`);
    byId("copied").textContent = "Copied.";
  } catch {
    // No clipboard away from loopback and HTTPS: select it instead.
    getSelection().selectAllChildren(block);
    byId("copied").textContent = "Selected: copy it with your keyboard.";
  }
});

addEventListener("hashchange", () => {
  chosen = decodeHash();
  markChosen();
  refreshNow();
});

const refreshNow = poll(refresh);
