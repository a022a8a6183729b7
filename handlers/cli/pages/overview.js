// What goes on: throughput, lag, and the newest events. Before the first
// account it says how to make one.

import { getJson } from "./api.js";
import { eventList } from "./event-list.js";
import { reader } from "./known.js";
import { all, element } from "./page.js";
import { pulse } from "./pulse.js";
import { panel } from "./rows.js";

export function mount(main, { about }) {
  const lines = element("pre", { id: "first-account", tabindex: "0" });
  const copy = element("button", { type: "button", class: "action", id: "copy" }, "Copy");
  const copied = element("span", { role: "status", id: "copied" });
  const welcome = panel("welcome", "No account yet",
    element("p", {}, "Paste this into a terminal. It creates a customer, opens an account and deposits something; then look here",
      about.mailbox ? ", and in the " : "", about.mailbox ? element("a", { href: "/inbox" }, "mailbox") : "", "."),
    lines, element("p", {}, copy, " ", copied));
  welcome.classList.add("welcome");
  welcome.hidden = true;
  const charts = pulse();
  const list = eventList({ path: "/v1/events", placeName: "cursor", labelledBy: "events-title", withAccount: true, firstPage: 50 });
  const latest = panel("events", "Latest events", list.body);
  const latestRead = reader(latest);
  list.readFor(latestRead);
  main.append(welcome, charts.element, latest);
  copy.addEventListener("click", () => copyText(lines, copied));

  async function readLatest() {
    await list.refresh();
    const none = list.events().events.length === 0 && (await getJson("/v1/accounts?limit=1")).accounts.length === 0;
    welcome.hidden = !none || Boolean(about.endpoint);
    for (const part of [charts.element, latest]) part.hidden = !welcome.hidden;
    if (!welcome.hidden) lines.textContent ||= firstAccount();
  }

  return {
    title: "Overview",
    refresh: () => all([latestRead(readLatest), welcome.hidden ? charts.refresh() : null]),
  };
}

async function copyText(block, status) {
  try {
    await navigator.clipboard.writeText(`${block.textContent}\n`);
    status.textContent = "Copied.";
  } catch {
    // No clipboard away from loopback and HTTPS: select it instead.
    getSelection().selectAllChildren(block);
    status.textContent = "Selected: copy it with your keyboard.";
  }
}

/** The commands of the empty page, for the address the page itself came from. */
function firstAccount() {
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  const customer = { email: "alex@example.com", name: "Alex", locale: "en", time_zone: "Europe/Paris", preferences: {} };
  const events = [
    { type: "AccountOpened", occurred_at: now, data: { customer_id: "CUST-1", currency: "EUR" } },
    { type: "MoneyDeposited", occurred_at: now, data: { amount: "125.50", currency: "EUR", reference: "hello" } },
  ];
  const json = "-H 'Content-Type: application/json'";
  return [
    `curl -X PUT ${location.origin}/v1/customers/CUST-1 ${json} -d '${JSON.stringify(customer)}'`,
    `curl ${location.origin}/v1/accounts/ACC-1/events ${json} -H 'Idempotency-Key: first-account' -d '${JSON.stringify({ events })}'`,
  ].join("\n");
}
