// A list as a table: its columns, and rows that stay themselves while it
// changes. On a phone a row is a card, whose cells carry their column's title;
// the roles are named, because a card's layout takes them from the elements.

import { element, syncRows } from "./page.js";

/**
 * `columns` are `{ title, cell, order, amount }`: what a cell shows of an item,
 * "ascending" or "descending" where the list is in this column's order, and
 * whether it is an amount. The first column names the row.
 */
export function listTable({ labelledBy, columns, keyOf }) {
  const head = columns.map(({ title, order, amount }) =>
    element("th", { scope: "col", role: "columnheader", "aria-sort": order, class: amount ? "amount" : null }, title));
  const body = element("tbody", { role: "rowgroup" });
  const whole = element("table", { class: "list", role: "table", "aria-labelledby": labelledBy, hidden: "" }, element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...head)), body);

  const row = (item) => element("tr", { role: "row" }, ...columns.map(({ title, cell, amount }, index) =>
    element(index === 0 ? "th" : "td", { scope: index === 0 ? "row" : null, role: index === 0 ? "rowheader" : "cell", "data-title": title, class: amount ? "amount" : null }, cell(item) ?? "")));

  return {
    element: whole,
    rows: () => [...body.children],
    /** Shows these items; returns those that are new. */
    show(items) {
      whole.hidden = items.length === 0;
      return syncRows(body, items, keyOf, row);
    },
  };
}
