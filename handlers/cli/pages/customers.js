// The customers by name, page by page.

import { getJson, withQuery } from "./api.js";
import { reader } from "./known.js";
import { element, foreign } from "./page.js";
import { customerHref, panel } from "./rows.js";
import { listTable } from "./table.js";

const PAGE = 100;

export function mount(main) {
  const customersPanel = panel("customers", "Customers");
  const rows = listTable({
    labelledBy: "customers-title",
    keyOf: (customer) => customer.customer_id,
    columns: [
      { title: "Name", order: "ascending", cell: ({ customer_id: id, name }) => element("a", { class: "name", href: customerHref(id) }, foreign(name ?? id)) },
      { title: "Id", cell: ({ customer_id: id }) => foreign(id) },
      { title: "E-mail", cell: ({ email }) => (email ? foreign(email) : element("span", { class: "quiet" }, "not known: the entry cannot be read")) },
    ],
  });
  const found = element("span", { class: "quiet", role: "status" });
  const nothing = element("p", { class: "nothing", hidden: "" }, "There are no customers yet. Create one with PUT /v1/customers/{customer_id} or ",
    element("code", {}, "ledgerbell customers put"), ".");
  const more = element("button", { type: "button", class: "plain more", hidden: "" }, "More customers");
  customersPanel.append(element("p", { class: "filter" }, found), rows.element, nothing, more);
  const customersRead = reader(customersPanel);
  main.append(customersPanel);

  let customers = [];
  let next = null;
  let isRead = false;

  async function readFrom(place) {
    // A page can be short and not be the last.
    let page = { customers: [], next: place };
    do {
      page = await getJson(withQuery("/v1/customers", { limit: PAGE, cursor: page.next }));
    } while (page.customers.length === 0 && page.next);
    customers = [...customers, ...page.customers];
    next = page.next;
    isRead = true;
    rows.show(customers);
    found.textContent = next ? `first ${customers.length} by name` : `${customers.length} by name`;
    nothing.hidden = customers.length > 0;
    more.hidden = !next;
  }

  more.addEventListener("click", async () => {
    more.disabled = true;
    await customersRead(() => readFrom(next)).catch(() => {});
    more.disabled = false;
  });

  return {
    title: "Customers",
    /** Read once: each person of the list is a read of its own. */
    async refresh() {
      if (!isRead) await customersRead(() => readFrom(null));
    },
  };
}
