// Whether all is well: what was recorded and told in the last hours, exactly,
// and what has not come through. Before the first account it says how to make one.

import { getJson, withQuery } from "./api.js";
import { eventList } from "./event-list.js";
import { reader } from "./known.js";
import { all, element } from "./page.js";
import { panel } from "./rows.js";
import { statusPanels } from "./status.js";

/** The hours that can be looked at, as the address has them. */
const WINDOWS = { 1: "the last hour", 24: "the last 24 hours", 168: "the last 7 days" };
const USUAL = "24";
/** A status reads each event and notification of its time: it is asked again after so long at most, here and of a stack. */
const STATUS_EVERY_MS = 5_000;
const STATUS_OF_A_STACK_EVERY_MS = 60_000;

export function mount(main, { about, query, keep }) {
  const lines = element("pre", { id: "first-account", tabindex: "0" });
  const copy = element("button", { type: "button", class: "action", id: "copy" }, "Copy");
  const copied = element("span", { role: "status", id: "copied" });
  const welcome = panel("welcome", "No account yet",
    element("p", {}, "Paste this into a terminal. It creates a customer, opens an account and deposits something; then look here",
      about.mailbox ? ", and in the " : "", about.mailbox ? element("a", { href: "/inbox" }, "mailbox") : "", "."),
    lines, element("p", {}, copy, " ", copied));
  welcome.classList.add("welcome");
  welcome.hidden = true;
  const hours = element("select", { id: "hours", "aria-label": "Of which time" },
    ...Object.entries(WINDOWS).map(([value, name]) => element("option", { value }, name)));
  hours.value = query.hours in WINDOWS ? query.hours : USUAL;
  const status = statusPanels(hours);
  const list = eventList({ path: "/v1/events", placeName: "cursor", labelledBy: "events-title", withAccount: true, firstPage: 50 });
  const latest = panel("events", "Latest events", list.body);
  const latestRead = reader(latest);
  list.readFor(latestRead);
  const [figuresRead, throughputRead, lagRead] = status.panels.map(reader);
  const charts = element("div", { class: "columns halves" }, ...status.panels.slice(1));
  main.append(welcome, status.panels[0], charts, latest);
  copy.addEventListener("click", () => copyText(lines, copied));
  hours.addEventListener("change", () => {
    keep({ hours: hours.value === USUAL ? "" : hours.value });
    status.clear();
    // The panel says what could not be read, and the next look reads it.
    readStatus().catch(() => {});
  });

  const statusEvery = about.endpoint ? STATUS_OF_A_STACK_EVERY_MS : STATUS_EVERY_MS;
  let statusReadAt = -Infinity;
  let owesStatus = false;
  const isStatusDue = () => performance.now() - statusReadAt >= statusEvery;

  async function readStatus() {
    [statusReadAt, owesStatus] = [performance.now(), false];
    const asked = hours.value;
    const read = getJson(withQuery("/v1/status", { hours: asked }));
    const show = (part) => async () => {
      const found = await read;
      if (asked !== hours.value) throw new DOMException("Another time is asked for by now.", "AbortError");
      part(found, WINDOWS[asked]);
    };
    await all([figuresRead(show(status.showFigures)), throughputRead(show(status.showThroughput)), lagRead(show(status.showLag))]);
  }

  async function readLatest() {
    await list.refresh();
    const none = list.events().events.length === 0 && (await getJson("/v1/accounts?limit=1")).accounts.length === 0;
    welcome.hidden = !none || Boolean(about.endpoint);
    for (const part of [status.panels[0], charts, latest]) part.hidden = !welcome.hidden;
    if (!welcome.hidden) lines.textContent ||= firstAccount();
  }

  return {
    title: "Overview",
    /** Whether the status was left out of a look. */
    owes: () => owesStatus && isStatusDue(),
    refresh({ isAwaited }) {
      owesStatus = true;
      return all([latestRead(readLatest), isAwaited || isStatusDue() ? readStatus() : null]);
    },
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
