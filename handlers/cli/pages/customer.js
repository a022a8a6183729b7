// A customer, as a clerk works with one: who it is, the addresses and whether
// they get mail, the accounts, the latest mails of all of them, and the
// preferences.

import { ask, customerPath, getJson, getTagged, orNone, withQuery } from "./api.js";
import { customerMails } from "./customer-mails.js";
import { acts, confirmed } from "./dialog.js";
import { reader } from "./known.js";
import { all, element, foreign, syncRows, time, update } from "./page.js";
import { forgetName } from "./persons.js";
import { preferencesForm } from "./preferences-form.js";
import { accountHref, balanceOf, panel, spoken } from "./rows.js";
import { listTable } from "./table.js";
import { LANGUAGES, named } from "./words.js";

const ACCOUNTS = 100;

export function mount(main, { id }) {
  const path = customerPath(id);
  const facts = element("p", { class: "facts" });
  const status = element("p", { class: "status", role: "status" });
  const missing = element("p", { class: "nothing", hidden: "" }, "There is no such customer, or the customer was erased.");
  const addresses = element("ol", { class: "rows" });
  const allow = element("button", { type: "button", class: "action", hidden: "" }, "Allow mail again\u2026");
  const erase = element("button", { type: "button", class: "plain" }, "Erase\u2026");
  const buttons = element("p", { class: "buttons" }, status, erase, allow);
  const customerPanel = panel("customer", id, facts, missing);
  const addressesPanel = panel("addresses", "Addresses", addresses, buttons);

  const accountsPanel = panel("accounts", "Accounts");
  const accounts = listTable({
    labelledBy: "accounts-title",
    keyOf: (account) => account.account_id,
    columns: [
      { title: "Account", order: "ascending", cell: ({ account_id: account }) => element("a", { class: "name", href: accountHref(account) }, spoken(account)) },
      { title: "Status", cell: (account) => account.status },
      { title: "Last movement", cell: (account) => time(account.updated_at) },
      { title: "Balance", amount: true, cell: balanceOf },
    ],
  });
  const noAccounts = element("p", { class: "nothing", hidden: "" }, "The customer holds no account.");
  const moreAccounts = element("p", { class: "nothing", hidden: "" }, `These are ${ACCOUNTS} of the accounts. Search for another one by its id.`);
  accountsPanel.append(accounts.element, noAccounts, moreAccounts);

  const mails = customerMails();
  const preferences = preferencesForm(id, () => refresh());
  const holdings = element("div", { class: "stack" }, accountsPanel, addressesPanel);
  const below = [element("div", { class: "columns halves" }, holdings, preferences.panel), mails.panel];
  const [customerRead, addressesRead, accountsRead] = [customerPanel, addressesPanel, accountsPanel].map(reader);
  main.append(customerPanel, ...below);

  acts(allow, status, async () => {
    const content = [element("p", {}, "Mail will be sent to these addresses again. They may bounce or complain again.")];
    if (!(await confirmed({ title: "Allow mail again?", action: "Allow mail again", content }))) return;
    await ask("DELETE", `${path}/suppressions`);
    await refresh().catch(() => {});
    status.textContent = "Mail is sent to these addresses again.";
  });

  acts(erase, status, async () => {
    const typed = element("input", { autocomplete: "off", id: "erase-typed" });
    const content = [
      element("p", {}, "Name, addresses and preferences are removed for good, and no mail is sent any more. The accounts and their events stay."),
      element("label", { for: "erase-typed" }, "Type the customer's id to erase: ", element("strong", {}, foreign(id))), typed,
    ];
    if (!(await confirmed({ title: "Erase this customer?", action: "Erase for good", content, allowed: () => typed.value.trim() === id, watch: typed }))) return;
    await ask("DELETE", path);
    forgetName(id);
    await refresh().catch(() => {});
  });

  /** The customer, with the tag of the revision; null where there is none. */
  async function readCustomer() {
    const found = await orNone(getTagged(path));
    missing.hidden = Boolean(found);
    for (const part of [facts, ...below]) part.hidden = !found;
    if (!found) {
      customerPanel.querySelector("h2").replaceChildren(foreign(id));
      return null;
    }
    const { value: person } = found;
    customerPanel.querySelector("h2").replaceChildren(foreign(person.name));
    const zone = person.time_zone;
    update(facts, [person.email, person.locale, zone, minuteIn(zone)], () => [
      foreign(person.email), " · ", foreign(id), ` · ${named(LANGUAGES, person.locale)} · ${zone}`, minuteIn(zone) ? `, ${minuteIn(zone)} there now` : "",
    ]);
    return found;
  }

  async function readAddresses() {
    const { suppressions } = await getJson(`${path}/suppressions`);
    allow.hidden = !suppressions.some((address) => address.suppressed);
    syncRows(addresses, suppressions, (address) => address.email, (address) => element("li", { class: "schedule" },
      element("span", { class: "what" }, element("strong", {}, foreign(address.email)),
        address.suppressed ? element("span", { class: "below" }, `${address.reason} since `, time(address.since)) : null),
      element("span", { class: "state", "data-state": address.suppressed ? "REJECTED" : "SENT" }, address.suppressed ? "gets no mail" : "gets mail")));
  }

  async function readAccounts() {
    const page = await getJson(withQuery("/v1/accounts", { customer_id: id, limit: ACCOUNTS }));
    accounts.show(page.accounts);
    noAccounts.hidden = page.accounts.length > 0;
    moreAccounts.hidden = !page.next;
    return page.accounts.map((account) => account.account_id);
  }

  async function refresh() {
    const found = customerRead(readCustomer);
    // Each panel is read by itself: one that fails takes none of the others with it.
    const exists = found.then(Boolean, () => true);
    const holds = accountsRead(async () => ((await exists) ? readAccounts() : []));
    await all([
      found, holds,
      mails.refresh(holds),
      preferences.refresh(found),
      addressesRead(async () => {
        if (await exists) await readAddresses();
      }),
    ]);
  }

  return { title: `Customer ${id}`, refresh };
}

/** The time in a zone, to the minute; null where the browser does not know it. */
function minuteIn(zone) {
  try {
    return new Intl.DateTimeFormat("en-GB", { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }).format();
  } catch {
    return null;
  }
}
