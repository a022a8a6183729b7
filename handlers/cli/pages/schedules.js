// An account's scheduled operations: which there are, a new one, an end to one.

import { accountPath, ask, getJson } from "./api.js";
import { acts, confirmed } from "./dialog.js";
import { reader } from "./known.js";
import { digits, element, foreign, syncRows, time } from "./page.js";
import { eventHref, money, panel } from "./rows.js";
import { EVENT_NAMES, explained, named } from "./words.js";

const MOST = 100;
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
/** How often, with the fields that it needs and the expression that they make. */
const OFTEN = {
  once: { name: "Once", fields: ["day", "hour"], when: ({ day, hour }) => ({ at: `${day}T${hour}` }) },
  days: { name: "Every so many days", fields: ["number"], when: ({ number }) => ({ rate: `rate(${number} ${number === "1" ? "day" : "days"})` }) },
  weekly: { name: "Every week", fields: ["weekday", "hour"], when: ({ weekday, hour }) => ({ cron: `cron(${clockOf(hour)} ? * ${Number(weekday) + 1} *)` }) },
  monthly: { name: "Every month", fields: ["monthday", "hour"], when: ({ monthday, hour }) => ({ cron: `cron(${clockOf(hour)} ${monthday} * ? *)` }) },
  pattern: { name: "By a pattern", fields: ["pattern"], when: ({ pattern }) => ({ cron: pattern.trim() }) },
};

/** "09:30" as the minutes and hours of a pattern. */
function clockOf(hour) {
  const [hours, minutes] = hour.split(":");
  return `${Number(minutes)} ${Number(hours)}`;
}

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
    const { operation, last } = schedule;
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
        element("span", { class: "below" }, `${named(EVENT_NAMES, operation.type)} · ${schedule.when_text}`,
          operation.data.reference ? element("span", {}, " · ", foreign(operation.data.reference)) : null, lastRun),
        element("span", { class: "below" }, schedule.next_at ? "next " : schedule.state, schedule.next_at ? time(schedule.next_at) : null, nextRuns(schedule))),
      money(digits(operation.data.amount), operation.data.currency), cancel);
  }

  const refresh = (exists = true) => listRead(async () => {
    if (await exists) await read();
  });
  const whole = panel("schedules", "Schedules", rows, nothing, newSchedule(pathOf, currencyOf, refresh), status);
  const listRead = reader(whole);
  return { panel: whole, refresh };
}

/** The runs after the next one, unfolded on request. */
function nextRuns({ next_runs: runs }) {
  const later = runs.slice(1);
  if (later.length === 0) return null;
  return element("details", {}, element("summary", {}, "then"), ...later.map((run) => element("span", { class: "run" }, time(run))));
}

function field(label, control) {
  return element("label", {}, element("span", {}, label), control);
}

function newSchedule(pathOf, currencyOf, refresh) {
  const id = element("input", { name: "id", required: "", maxlength: "64", autocomplete: "off" });
  const type = element("select", { name: "type" }, element("option", { value: "MoneyWithdrawn" }, "Withdrawal"), element("option", { value: "MoneyDeposited" }, "Deposit"));
  const amount = element("input", { name: "amount", required: "", inputmode: "decimal", autocomplete: "off" });
  const reference = element("input", { name: "reference", autocomplete: "off" });
  const often = element("select", { name: "often" }, ...Object.entries(OFTEN).map(([value, { name }]) => element("option", { value }, name)));
  const controls = {
    day: ["Day", element("input", { name: "day", type: "date", required: "" })],
    weekday: ["On", element("select", { name: "weekday" }, ...DAYS.map((name, value) => element("option", { value }, name)))],
    monthday: ["On", element("select", { name: "monthday" }, ...Array.from({ length: 31 }, (_, day) => element("option", { value: day + 1 }, `day ${day + 1}`)),
      element("option", { value: "L" }, "the last day"))],
    number: ["Days", element("input", { name: "number", type: "number", min: "1", max: "3650", value: "7" })],
    hour: ["Time", element("input", { name: "hour", type: "time", value: "09:00", required: "" })],
    pattern: ["Pattern", element("input", { name: "pattern", autocomplete: "off", placeholder: "cron(0 9 1 * ? *)" })],
  };
  const details = Object.fromEntries(Object.entries(controls).map(([name, [label, control]]) => [name, field(label, control)]));
  const zone = element("input", { name: "zone", required: "", value: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC" });
  const make = element("button", { type: "button", class: "action" }, "Schedule it");
  const status = element("span", { class: "status", role: "status" });
  function showFields() {
    for (const [name, part] of Object.entries(details)) part.hidden = !OFTEN[often.value].fields.includes(name);
  }
  often.addEventListener("change", showFields);
  showFields();
  const entered = () => Object.fromEntries(Object.entries(controls).map(([name, [, control]]) => [name, control.value]));
  acts(make, status, async () => {
    const currency = currencyOf();
    if (!currency) throw new Error("The account's currency is not known yet.");
    const data = { amount: amount.value.trim(), currency, ...(reference.value.trim() ? { reference: reference.value.trim() } : {}) };
    const body = { operation: { type: type.value, data }, when: OFTEN[often.value].when(entered()), time_zone: zone.value.trim() };
    if (!id.value.trim()) throw new Error("A schedule needs a name.");
    // One that there is already is not to be replaced from here.
    await ask("PUT", pathOf(id.value.trim()), { body, headers: { "If-Match": '"0"' } });
    status.textContent = "Scheduled.";
    for (const control of [id, amount, reference]) control.value = "";
    await refresh();
  });
  return element("details", { class: "new" }, element("summary", {}, "New schedule"),
    element("div", { class: "fields" }, field("Name", id), field("Operation", type), field("Amount", amount), field("Reference", reference),
      field("How often", often), ...Object.values(details), field("Time zone", zone)),
    element("p", { class: "buttons" }, status, make));
}
