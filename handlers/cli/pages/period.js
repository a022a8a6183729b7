// From one day to another, in the chosen time zone. The address may have whole
// times instead, as the overview's links do: they are kept until a day is chosen.

import { element, zone } from "./page.js";

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** The beginning of a day in the chosen zone, or of the one `later` days after it. */
function startOf(day, later = 0) {
  const [year, month, date] = day.split("-").map(Number);
  const at = zone === "UTC" ? new Date(Date.UTC(year, month - 1, date + later)) : new Date(year, month - 1, date + later);
  return at.toISOString();
}

/** The last nanosecond of a day: the API's `as_of` includes what was recorded at it. */
export const endOf = (day) => new Date(Date.parse(startOf(day, 1)) - 1).toISOString().replace("Z", "999999Z");

/** The day of a time in the chosen zone, as a field for days has it. */
function dayOf(text) {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return "";
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone }).format(at);
}

/** Two fields, and what is asked with them. */
export function period(query, what) {
  const field = (name, label) => {
    const input = element("input", { type: "date", id: `filter-${name}`, "aria-label": `${what} ${label}`, title: `${what} ${label}`, min: "1900-01-01", max: "9999-12-30" });
    let given = "";
    const take = (text = "") => {
      given = text;
      input.value = DAY.test(text) ? text : dayOf(text);
    };
    take(query[name]);
    input.addEventListener("input", () => {
      given = input.value;
    });
    return { input, take, given: () => given };
  };
  const [from, to] = [field("from", "from"), field("to", "to")];
  return {
    elements: [from.input, element("span", { class: "quiet", "aria-hidden": "true" }, "to"), to.input],
    inputs: [from.input, to.input],
    take(given) {
      if (given.from !== undefined) from.take(given.from);
      if (given.to !== undefined) to.take(given.to);
    },
    /** As the address has it. */
    kept: () => ({ from: from.given(), to: to.given() }),
    /** As the API takes it: times, of which the last is not included. */
    asked: () => ({
      from: DAY.test(from.given()) ? startOf(from.given()) : from.given(),
      to: DAY.test(to.given()) ? startOf(to.given(), 1) : to.given(),
    }),
  };
}
