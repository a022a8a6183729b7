// A customer's preferences as sentences with switches. What a change would
// have meant for the last 30 days is shown before it is saved.

import { ask, customerPath } from "./api.js";
import { acts, confirmed } from "./dialog.js";
import { reader, reasonOf } from "./known.js";
import { element, foreign, update } from "./page.js";
import { panel } from "./rows.js";
import { KIND_NAMES, named } from "./words.js";

/** Kind, when a mail of it is sent, whether it is on by default, and the amounts that it takes. */
const KINDS = [
  ["deposit", "Money is paid in", true, "min_amount"],
  ["withdrawal", "Money is paid out", true, "min_amount"],
  ["reversal", "A movement is reversed", true, "min_amount"],
  ["overdrawn", "The account is overdrawn", true],
  ["large-amount", "A large amount moves", false, "min_amount"],
  ["low-balance", "The balance falls below a threshold", false, "threshold"],
  ["schedule-run", "A scheduled operation is carried out", false],
  ["schedule-skipped", "A scheduled operation is not carried out", true],
  ["statement", "A month is over: the statement", false],
  ["security", "Security: the account is closed, for example", true],
];
const DELIVERIES = [["immediate", "at once"], ["daily", "together, every morning at 8"], ["weekly", "together, on Mondays at 8"]];
const DAYS = 30;
const MOST_PAGES = 20;

export function preferencesForm(id, saved) {
  const whole = panel("preferences", "Preferences");
  const kinds = element("div", { class: "switches" });
  const delivery = element("select", { id: "delivery" }, ...DELIVERIES.map(([value, words]) => element("option", { value }, words)));
  const hidden = element("input", { type: "checkbox", id: "hide-amounts" });
  const others = element("div", { class: "text" });
  const status = element("span", { class: "status", role: "status" });
  const save = element("button", { type: "button", class: "action", disabled: "" }, "Save\u2026");
  const undo = element("button", { type: "button", class: "plain", hidden: "" }, "Undo");
  whole.append(element("p", { class: "text" }, "A mail is sent when"), kinds,
    element("p", { class: "text" }, element("label", { for: "delivery" }, "Mails are sent\u00a0"), delivery),
    element("p", { class: "text" }, element("label", {}, hidden, "Mails hide amounts, payers and references")),
    others, element("p", { class: "buttons" }, status, undo, save));
  const preferencesRead = reader(whole);

  const switches = new Map(KINDS.map(([kind, sentence, , amounts]) => {
    const on = element("input", { type: "checkbox", name: kind });
    if (kind === "security") on.disabled = true;
    const from = amounts && element("input", { name: `${kind} ${amounts}`, placeholder: amounts === "threshold" ? "100.00 EUR" : "any amount",
      "aria-label": amounts === "threshold" ? `${sentence}: the threshold` : `${sentence}: from which amount`, autocomplete: "off" });
    kinds.append(element("p", {}, element("label", {}, on, sentence), from ? element("span", { class: "from" }, amounts === "threshold" ? " of " : " from ", from) : ""));
    return [kind, { on, from, amounts }];
  }));

  /** What was read last, with its tag; what is shown until something is changed. */
  let shown = null;
  const changed = () => shown !== null && JSON.stringify(entered()) !== JSON.stringify(shown.entered);

  function showChanged() {
    save.disabled = !changed();
    undo.hidden = save.disabled;
  }

  function fill(preferences) {
    for (const [kind, , isDefault] of KINDS) {
      const { on, from, amounts } = switches.get(kind);
      const stored = preferences.kinds?.[kind] ?? {};
      on.checked = stored.enabled ?? isDefault;
      if (from) from.value = Object.entries(stored[amounts] ?? {}).map(([currency, amount]) => `${amount} ${currency}`).join(", ");
    }
    delivery.value = preferences.delivery ?? "immediate";
    hidden.checked = preferences.hide_amounts ?? false;
  }

  /** What the form says, in the form of the API. */
  function entered() {
    const stored = shown?.person.preferences ?? {};
    const wanted = { ...stored.kinds };
    for (const [kind, , isDefault] of KINDS) {
      const { on, from, amounts } = switches.get(kind);
      const before = wanted[kind] ?? {};
      const after = { ...before };
      if (on.checked !== (before.enabled ?? isDefault)) after.enabled = on.checked;
      if (from) {
        const given = amountsOf(from.value);
        if (Object.keys(given).length > 0) after[amounts] = given;
        else delete after[amounts];
      }
      if (Object.keys(after).length > 0) wanted[kind] = after;
      else delete wanted[kind];
    }
    const preferences = { ...stored, kinds: wanted };
    if (delivery.value !== (stored.delivery ?? "immediate")) preferences.delivery = delivery.value;
    if (hidden.checked !== (stored.hide_amounts ?? false)) preferences.hide_amounts = hidden.checked;
    if (Object.keys(wanted).length === 0 && !stored.kinds) delete preferences.kinds;
    return preferences;
  }

  whole.addEventListener("input", showChanged);
  undo.addEventListener("click", () => {
    if (shown) fill(shown.person.preferences);
    showChanged();
    kinds.querySelector("input").focus();
    saved().catch(() => {});
  });

  acts(save, status, async () => {
    const { person, tag } = shown;
    const preferences = entered();
    status.textContent = "Computing what it would have meant\u2026";
    const content = await all(preferences);
    status.textContent = "";
    if (!(await confirmed({ title: "Save these preferences?", action: "Save", content }))) return;
    // Of this revision, and not over what somebody else has saved since.
    try {
      await ask("PUT", customerPath(id), { body: { ...person, preferences }, headers: { "If-Match": tag } });
    } catch (error) {
      if (error.status === 412) throw new Error("Not saved: somebody else has changed this customer meanwhile. Undo shows what holds now.");
      throw error;
    }
    shown = null;
    // What the panels cannot read they say themselves.
    await saved().catch(() => {});
    status.textContent = "Saved. It holds for what is recorded from now on.";
  }, showChanged);

  /** What it would have meant, in sentences. */
  async function all(preferences) {
    const later = element("p", {}, "It holds for what is recorded from now on.");
    try {
      const { before, after, kinds: byKind } = await whatIf(id, preferences);
      const lines = byKind.map(([kind, was, will]) => element("li", {}, `${named(KIND_NAMES, kind)}: ${was} \u2192 ${will}`));
      return [element("p", { id: "what-if" }, `Of the last ${DAYS} days: ${before} \u2192 ${after} notifications`), element("ul", {}, ...lines), later];
    } catch (error) {
      return [element("p", { id: "what-if" }, `What it would have meant is not known: ${reasonOf(error)}.`), later];
    }
  }

  return {
    panel: whole,
    /** `found` is the customer with the tag of the revision, once it is known. */
    refresh: (found) => preferencesRead(async () => {
      const read = await found;
      // Nothing moves under the hand.
      if (!read || changed()) return;
      const { value: person, tag } = read;
      if (shown?.tag === tag) return;
      fill(person.preferences);
      shown = { person, tag };
      shown.entered = entered();
      showChanged();
      update(others, person.preferences, () => sentences(person.preferences));
    }),
  };
}

/** What is shown, and changed with the API. */
function sentences({ quiet_hours: quiet, addresses = [] }) {
  const lines = [];
  if (quiet) lines.push(element("p", {}, `No mails between ${quiet.from} and ${quiet.to}.`));
  for (const { email, kinds } of addresses) {
    lines.push(element("p", {}, "Also to ", foreign(email), `: ${kinds.map((kind) => named(KIND_NAMES, kind)).join(", ")}.`));
  }
  return lines;
}

/** "10.00 EUR, 1000 JPY" by currency; what is wrong with it is for the API to say. */
function amountsOf(text) {
  const given = text.split(",").map((part) => part.trim()).filter(Boolean);
  return Object.fromEntries(given.map((part) => {
    const [amount, currency = ""] = part.split(/\s+/);
    return [currency.toUpperCase(), amount];
  }));
}

/** The counts of the last days by the preferences of the time, and by these. */
async function whatIf(customer, preferences) {
  const to = new Date();
  const from = new Date(to - DAYS * 86_400_000);
  const body = { from: from.toISOString(), to: to.toISOString(), customer_id: customer, preferences };
  const sums = new Map();
  const sum = ({ told, waiting }) => told + Object.values(waiting).reduce((total, count) => total + count, 0);
  let place = "";
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await ask("POST", `/v1/what-if${place}`, { body });
    for (const [kind, { before, after }] of Object.entries(page.kinds)) {
      const [was, will] = sums.get(kind) ?? [0, 0];
      sums.set(kind, [was + sum(before), will + sum(after)]);
    }
    if (!page.next) {
      const all = [...sums.values()];
      const total = (index) => all.reduce((so, counts) => so + counts[index], 0);
      const kinds = [...sums].filter(([, [was, will]]) => was !== will).map(([kind, [was, will]]) => [kind, was, will]);
      return { before: total(0), after: total(1), kinds };
    }
    place = `?cursor=${encodeURIComponent(page.next)}`;
  }
  throw new Error(`there are more than ${MOST_PAGES} pages of events`);
}
