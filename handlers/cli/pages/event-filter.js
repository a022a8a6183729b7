// What is asked of a list of events. Of all accounts the API filters by type,
// currency, amount and day; a text is compared here, with what was read.

import { element } from "./page.js";
import { period } from "./period.js";
import { EVENT_NAMES, named } from "./words.js";

const IN = "MoneyDeposited";
const OUT = "MoneyWithdrawn";
const CURRENCIES = new Set(Intl.supportedValuesOf("currency"));
const AMOUNT = /^\d{1,15}(\.\d{1,3})?$/;
const NUMBER = String.raw`(\d{1,3}(?:,\d{3})+|\d+)(\.\d{1,3})?`;
const plain = ([, whole, fraction = ""]) => `${whole.replaceAll(",", "")}${fraction}`;
/** Words of the search that have a field of their own. */
const WORDS = [
  [/^in$/i, () => ({ type: IN })],
  [/^out$/i, () => ({ type: OUT })],
  [new RegExp(`^(?:>=|≥)${NUMBER}$`), (match) => ({ min_amount: plain(match) })],
  [new RegExp(`^(?:<=|≤)${NUMBER}$`), (match) => ({ max_amount: plain(match) })],
  [/^[A-Z]{3}$/, ([currency]) => (CURRENCIES.has(currency) ? { currency } : null)],
  [/^\d{4}-(?:0[1-9]|1[0-2])$/, ([month]) => ({ from: `${month}-01`, to: lastOf(month) })],
  [/^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/, ([day]) => ({ from: day, to: day })],
];

function lastOf(month) {
  const [year, number] = month.split("-").map(Number);
  return `${month}-${String(new Date(Date.UTC(year, number, 0)).getUTCDate()).padStart(2, "0")}`;
}

/**
 * What a search asks of the fields; null unless each of its words does:
 * "paid in" and "SOS" are also what banks write.
 */
function read(text) {
  const words = text.split(/\s+/).filter(Boolean);
  const found = words.map((word) => {
    const known = WORDS.map(([pattern, of]) => [pattern.exec(word), of]).find(([match]) => match);
    return known ? known[1](known[0]) : null;
  });
  return words.length > 0 && found.every(Boolean) ? Object.assign({}, ...found) : null;
}

/** `isOfAll`: the list has the events of all accounts. `onChange` is called when something else is asked. */
export function eventFilter({ query, isOfAll, onChange }) {
  const search = element("input", { type: "search", "aria-label": "Search events", placeholder: isOfAll ? "Search, or: out ≥1000 EUR 2026-11" : "Search reference, id, amount…", id: "event-search", value: query.q || "" });
  const types = element("select", { "aria-label": "Type of event", id: "event-type" }, element("option", { value: "" }, "All types"),
    ...Object.entries(EVENT_NAMES).map(([value, name]) => element("option", { value }, name)));
  types.value = query.type || "";
  const amount = (name, label) => element("input", { type: "text", inputmode: "decimal", size: "8", id: `filter-${name}`, "aria-label": label, placeholder: label, value: query[name] || "" });
  const [least, most] = [amount("min_amount", "Least amount"), amount("max_amount", "Most")];
  const currency = element("input", { type: "text", size: "4", maxlength: "3", id: "filter-currency", "aria-label": "Currency", placeholder: "EUR", value: query.currency || "" });
  const days = period(query, "Recorded");
  const fault = element("span", { class: "status", role: "status", "data-state": "failed" });
  const found = element("span", { class: "quiet", role: "status" });
  const fields = { type: types, min_amount: least, max_amount: most, currency };
  const ofAll = isOfAll ? [least, most, currency, ...days.elements] : [];
  const value = (control) => control.value.trim();

  /** What the API filters by. */
  function asked() {
    if (!isOfAll) return {};
    const of = value(currency).toUpperCase();
    return { type: types.value, min_amount: value(least), max_amount: value(most), currency: of, ...days.asked() };
  }

  /** Why it cannot be asked. */
  function faultOf() {
    const amounts = [value(least), value(most)].filter(Boolean);
    if (!amounts.every((text) => AMOUNT.test(text))) return "An amount is a number like 1000 or 18.40.";
    if (amounts.length > 0 && !value(currency)) return "An amount needs its currency.";
    return "";
  }

  function changed() {
    fault.textContent = faultOf();
    if (!fault.textContent) onChange();
  }

  /** A search that asks the fields goes there. */
  function distribute() {
    const apart = isOfAll && read(search.value);
    if (!apart) return;
    for (const [name, control] of Object.entries(fields)) if (apart[name] !== undefined) control.value = apart[name];
    days.take(apart);
    search.value = "";
  }

  distribute();
  fault.textContent = faultOf();
  let typing = 0;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(changed, 200);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    clearTimeout(typing);
    distribute();
    changed();
  });
  for (const control of [types, least, most, currency, ...days.inputs]) control.addEventListener("change", changed);

  return {
    element: element("div", { class: "filter" }, search, types, ...ofAll, found, fault),
    found,
    asked,
    isPossible: () => !faultOf(),
    /** As the address has it. */
    kept: () => ({ q: value(search), type: types.value, ...(isOfAll ? { min_amount: value(least), max_amount: value(most), currency: value(currency).toUpperCase(), ...days.kept() } : {}) }),
    matches(event) {
      if (types.value && event.type !== types.value) return false;
      const text = value(search).toLowerCase();
      return !text || haystack(event).includes(text);
    },
    isActive: () => Boolean(types.value || value(search) || (isOfAll && Object.values(asked()).some(Boolean))),
  };
}

const haystack = (event) =>
  `${event.event_id} ${event.account_id} ${event.type} ${named(EVENT_NAMES, event.type)} ${Object.values(event.data || {}).filter((one) => typeof one === "string").join(" ")}`.toLowerCase();
