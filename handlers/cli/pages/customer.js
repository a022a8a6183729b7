// A customer: who it is, what is wished, and which addresses get no mail.

import { ask, customerPath, getJson, orNone } from "./api.js";
import { acts, confirmed } from "./dialog.js";
import { reader } from "./known.js";
import { all, element, foreign, syncRows, time, update } from "./page.js";
import { panel } from "./rows.js";

export function mount(main, { id }) {
  const path = customerPath(id);
  const facts = element("dl", { class: "facts-list" });
  const wishes = element("pre", { tabindex: "0" });
  const missing = element("p", { class: "nothing", hidden: "" }, "There is no such customer, or the customer was erased.");
  const rows = element("ol", { class: "rows" });
  const status = element("p", { class: "status", role: "status" });
  const lift = element("button", { type: "button", class: "plain", hidden: "" }, "Resume mail to these\u2026");
  const customer = panel("customer", id, missing, facts);
  const preferencesPanel = panel("preferences", "Preferences", wishes);
  const addresses = panel("suppressions", "Addresses", rows, element("p", { class: "buttons" }, status, lift));
  const below = element("div", { class: "columns halves" }, preferencesPanel, addresses);
  const [customerRead, preferencesRead, addressesRead] = [customer, preferencesPanel, addresses].map(reader);
  main.append(customer, below);

  acts(lift, status, async () => {
    const content = [element("p", {}, "Mail will be sent to these addresses again. They may bounce or complain again.")];
    if (!(await confirmed({ title: "Lift the suppressions?", action: "Lift them", content }))) return;
    await ask("DELETE", `${path}/suppressions`);
    await refresh();
  });

  /** The customer; null where there is none. */
  async function readCustomer() {
    const person = await orNone(getJson(path));
    missing.hidden = Boolean(person);
    for (const part of [facts, below]) part.hidden = !person;
    if (!person) return null;
    const { preferences: _, ...others } = person;
    update(facts, others, () => Object.entries(others).flatMap(([name, value]) => [element("dt", {}, name.replace("_", " ")), element("dd", {}, foreign(value))]));
    return person;
  }

  async function readAddresses() {
    const { suppressions } = await getJson(`${path}/suppressions`);
    lift.hidden = !suppressions.some((address) => address.suppressed);
    syncRows(rows, suppressions, (address) => address.email, (address) => element("li", { class: "schedule" },
      element("span", { class: "what" }, element("strong", {}, foreign(address.email)),
        address.suppressed ? element("span", { class: "below" }, `${address.reason} since `, time(address.since)) : null),
      element("span", { class: "state", "data-state": address.suppressed ? "REJECTED" : "SENT" }, address.suppressed ? "gets no mail" : "gets mail")));
  }

  async function refresh() {
    const found = customerRead(readCustomer);
    const exists = found.then(Boolean, () => true);
    await all([
      found,
      preferencesRead(async () => {
        const person = await found;
        if (person) update(wishes, person.preferences, () => [Object.keys(person.preferences).length ? JSON.stringify(person.preferences, null, 2) : "The defaults."]);
      }),
      addressesRead(async () => {
        if (await exists) await readAddresses();
      }),
    ]);
  }

  return { title: `Customer ${id}`, refresh };
}
