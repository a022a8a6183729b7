// An account's scheduled operations: which there are, a new one, an end to one.

import { accountPath, ask, getJson } from "./api.js";
import { acts, confirmed } from "./dialog.js";
import { reader } from "./known.js";
import { digits, element, foreign, syncRows, time } from "./page.js";
import { eventHref, money, panel } from "./rows.js";
import { EVENT_NAMES, explained, named } from "./words.js";

const MOST = 100;
const WHEN = [
  ["at", "once, at", "2026-12-24T18:00"],
  ["rate", "at a rate of", "rate(7 days)"],
  ["cron", "by a pattern", "cron(0 9 1 * ? *)"],
];

export function schedulesPanel(accountId, currencyOf) {
  const path = `${accountPath(accountId)}/schedules`;
  const pathOf = (id) => `${path}/${encodeURIComponent(id)}`;
  const rows = element("ol", { class: "rows" });
  const nothing = element("p", { class: "nothing", hidden: "" }, "Nothing is scheduled.");
  const status = element("p", { class: "status", role: "status" });

  async function read() {
    const { schedules } = await getJson(`${path}?limit=${MOST}`);
    syncRows(rows, schedules, (schedule) => schedule.schedule_id, row);
    nothing.hidden = schedules.length > 0;
  }

  function row(schedule) {
    const { operation, when, last } = schedule;
    const cancel = element("button", { type: "button", class: "plain" }, "Cancel\u2026");
    acts(cancel, status, async () => {
      const content = [element("p", {}, foreign(schedule.schedule_id), " will not run any more. What it has done stays.")];
      if (!(await confirmed({ title: "Cancel this schedule?", action: "Cancel it", content }))) return;
      // Of this version, and not of one that somebody made in the meantime.
      await ask("DELETE", pathOf(schedule.schedule_id), { headers: { "If-Match": `"${schedule.version}"` } });
      await refresh();
    });
    const lastRun = last && element("span", {}, " · last ",
      element("a", { href: eventHref(accountId, last.version) }, last.outcome === "skipped" ? `skipped (${explained(last.reason)})` : "done"));
    return element("li", { class: "schedule" },
      element("span", { class: "what" }, element("strong", {}, foreign(schedule.schedule_id)),
        element("span", { class: "below" }, `${named(EVENT_NAMES, operation.type)} ${Object.values(when)[0]} ${schedule.time_zone}`,
          operation.data.reference ? element("span", {}, " · ", foreign(operation.data.reference)) : null, lastRun),
        element("span", { class: "below" }, schedule.next_at ? "next " : schedule.state, schedule.next_at ? time(schedule.next_at) : null)),
      money(digits(operation.data.amount), operation.data.currency), cancel);
  }

  const refresh = (exists = true) => listRead(async () => {
    if (await exists) await read();
  });
  const whole = panel("schedules", "Schedules", rows, nothing, newSchedule(pathOf, currencyOf, refresh), status);
  const listRead = reader(whole);
  return { panel: whole, refresh };
}

function field(label, control) {
  return element("label", {}, element("span", {}, label), control);
}

function newSchedule(pathOf, currencyOf, refresh) {
  const id = element("input", { name: "id", required: "", maxlength: "64", autocomplete: "off" });
  const type = element("select", { name: "type" }, element("option", { value: "MoneyWithdrawn" }, "Withdrawal"), element("option", { value: "MoneyDeposited" }, "Deposit"));
  const amount = element("input", { name: "amount", required: "", inputmode: "decimal", autocomplete: "off" });
  const reference = element("input", { name: "reference", autocomplete: "off" });
  const kind = element("select", { name: "when" }, ...WHEN.map(([value, name]) => element("option", { value }, name)));
  const when = element("input", { name: "expression", required: "", autocomplete: "off", placeholder: WHEN[0][2] });
  const zone = element("input", { name: "zone", required: "", value: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC" });
  const make = element("button", { type: "button", class: "action" }, "Schedule it");
  const status = element("span", { class: "status", role: "status" });
  kind.addEventListener("change", () => {
    when.placeholder = WHEN.find(([value]) => value === kind.value)[2];
  });
  acts(make, status, async () => {
    const currency = currencyOf();
    if (!currency) throw new Error("The account's currency is not known yet.");
    const data = { amount: amount.value.trim(), currency, ...(reference.value.trim() ? { reference: reference.value.trim() } : {}) };
    const body = { operation: { type: type.value, data }, when: { [kind.value]: when.value.trim() }, time_zone: zone.value.trim() };
    if (!id.value.trim()) throw new Error("A schedule needs a name.");
    // One that there is already is not to be replaced from here.
    await ask("PUT", pathOf(id.value.trim()), { body, headers: { "If-Match": '"0"' } });
    status.textContent = "Scheduled.";
    for (const control of [id, amount, reference, when]) control.value = "";
    await refresh();
  });
  return element("details", { class: "new" }, element("summary", {}, "New schedule"),
    element("div", { class: "fields" }, field("Name", id), field("Operation", type), field("Amount", amount), field("Reference", reference),
      field("When", kind), field("Time or pattern", when), field("Time zone", zone)),
    element("p", { class: "buttons" }, status, make));
}
