// One event's whole story on one line of time: when it happened, its commit,
// what it did to the balance, what was decided about each notification and
// what became of it, what the provider told, and the mail.

import { accountPath, getJson, withQuery } from "./api.js";
import { reader } from "./known.js";
import { mailView, NOT_KEPT } from "./mail-view.js";
import { all, digits, element, foreign, syncRows, time, update } from "./page.js";
import { accountHref, eventHref, further, money, movedMoney, occurred, panel, spoken, stateMark } from "./rows.js";
import { EVENT_NAMES, KIND_NAMES, PROVIDER_NAMES, REASONS, STATE_NAMES, explained, named } from "./words.js";

/** Most stories are of new events, whose notifications are among the newest. */
const FIRST_NOTIFICATIONS = 25;
const NOTIFICATION_PAGE = 100;
/** Pages of notifications that are looked through: newest events come first. */
const MOST_PAGES = 20;
/** The rest of the story does not wait longer for the dead letters, which not everybody may list. */
const LETTERS_WITHIN_MS = 5000;
const FINAL = ["SENT", "SKIPPED", "REJECTED"];

export function mount(main, { id, version, about: { mailbox: hasMailbox } }) {
  const path = accountPath(id);
  const title = element("h2", { tabindex: "-1", id: "story-title" }, `Version ${version}`);
  const sum = element("p", { class: "balance" });
  const facts = element("p", { class: "facts" }, "Account ", element("a", { href: accountHref(id) }, spoken(id)), ` · version ${version}`);
  const steps = element("nav", { class: "steps-nav", "aria-label": "Neighbours" });
  const line = element("ol", { class: "timeline" });
  const data = element("dl", { class: "facts-list" });
  const mails = element("div", { class: "mails" });
  const missing = element("p", { class: "nothing", hidden: "" }, "There is no such event.");
  const story = element("section", { class: "panel", "aria-labelledby": "story-title" },
    element("div", { class: "heading" }, title, facts, sum), steps, missing, line);
  const [factsPanel, mailPanel] = [panel("facts", "Recorded data", data), panel("mail", "The mail", mails)];
  const below = element("div", { class: "columns halves" }, factsPanel, mailPanel);
  const [storyRead, factsRead, mailRead] = [story, factsPanel, mailPanel].map(reader);
  main.append(story, below);

  let event = null;
  let before = null;
  let after = null;
  let lastLetters = [];

  async function refresh() {
    const read = event ? Promise.resolve() : readEvent();
    // Asked for at the same time; of an event that there is not, nobody asks what came of it.
    const found = readOutcome();
    found.catch(() => {});
    // Each panel is read by itself: one that fails takes none of the others with it.
    const decided = read.then(() => event && found.then(ofThisEvent));
    await all([
      factsRead(() => read),
      storyRead(async () => {
        const outcome = await decided;
        if (!outcome) return;
        syncRows(line, timeline({ event, before, after, ...outcome }), (step) => step.key, stepRow);
        showSteps(outcome.account);
      }),
      mailRead(async () => {
        const outcome = await decided;
        if (outcome) showMails(outcome, await mailsOf(outcome.told));
      }),
    ]);
  }

  /** The account, what was decided about the event, and what failed of all. */
  const readOutcome = () => all([getJson(path), notificationsOf(path, version), readLetters()]);

  async function ofThisEvent([account, told, letters]) {
    const parked = (letter) => account.version < version && letter.kind === "account" && letter.account_id === id;
    // An overdrawn account has an event of its own on the bus, which is not stored.
    const ids = [event.event_id, await derivedId(event.event_id, "AccountOverdrawn")];
    const ours = letters.dead_letters.filter((letter) => (letter.event_id && ids.includes(letter.event_id)) || parked(letter));
    return { account, told, letters: ours, known: letters.complete || ours.length > 0 };
  }

  /** The dead letters; the last known ones, as incomplete, where they cannot be listed in time. */
  async function readLetters() {
    const listed = getJson("/v1/dead-letters?limit=100");
    const late = new Promise((resolve) => {
      setTimeout(resolve, LETTERS_WITHIN_MS, null);
    });
    const found = await Promise.race([listed.catch(() => null), late]);
    if (!found) return { dead_letters: lastLetters, complete: false };
    lastLetters = found.dead_letters;
    return found;
  }

  async function readEvent() {
    const balances = all([
      version > 1 ? getJson(`${path}?as_of_version=${version - 1}`) : null, getJson(`${path}?as_of_version=${version}`),
    ]);
    balances.catch(() => {});
    const page = await getJson(withQuery(`${path}/events`, { after_version: version - 1, limit: 1 }));
    const read = page.events.find((candidate) => candidate.version === version);
    missing.hidden = Boolean(read);
    below.hidden = !read;
    if (!read) return;
    [before, after] = await balances;
    event = read;
    title.textContent = named(EVENT_NAMES, event.type);
    sum.replaceChildren(movedMoney(event) ?? "");
    data.replaceChildren(...recorded(event).flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, foreign(value))]));
  }

  function showSteps(account) {
    const older = version > 1 && element("a", { href: eventHref(id, version - 1), rel: "prev" }, `\u2190 Version ${version - 1}`);
    const newer = version < account.version && element("a", { href: eventHref(id, version + 1), rel: "next" }, `Version ${version + 1} \u2192`);
    update(steps, [Boolean(older), Boolean(newer)], () => [older, newer].filter(Boolean));
  }

  /** The mails about the event, each once: what waited for a digest is in the digest's mail. */
  async function mailsOf(told) {
    if (!hasMailbox) return [];
    const ids = [...new Set(told.map(mailOf))];
    const pages = await all(ids.map((mail) => getJson(`/local/mails?notification_id=${mail}`)));
    return pages.flatMap((page) => page.mails);
  }

  function showMails(outcome, found) {
    const texts = outcomeWords(outcome, hasMailbox ? found : null);
    // A frame that is made anew loses its place, and a mail never changes.
    update(mails, [found.map((mail) => mail.id), texts], () => [
      ...texts.map(({ words, until, href }) => element("p", { class: "outcome-line" }, foreign(words), until ? time(until, { exact: true }) : "",
        ...(href ? [" ", element("a", { href }, "Failed")] : []))),
      ...found.map(mailView),
      hasMailbox ? "" : element("p", { class: "nothing" }, NOT_KEPT),
    ]);
  }

  return { title: `${id}, version ${version}`, refresh };
}

/** The id of an event that follows from another and is not stored: a UUID of version 5 in the namespace of the other's id. */
async function derivedId(id, type) {
  // Away from loopback and HTTPS a page may compute no hash.
  if (!crypto.subtle) return null;
  const namespace = id.replaceAll("-", "").match(/../g).map((hex) => Number.parseInt(hex, 16));
  const hashed = await crypto.subtle.digest("SHA-1", new Uint8Array([...namespace, ...new TextEncoder().encode(type)]));
  const bytes = new Uint8Array(hashed).slice(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x50;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** The notification whose mail tells it. */
const mailOf = (item) => item.mail_id ?? item.notification_id;

const times = (count) => (count === 1 ? "1 try" : `${count} tries`);
const because = (reason) => (reason ? `: ${REASONS[reason] ?? reason}` : "");

/** What became of each mail about the event that cannot be shown, in words. `found` is null where no mails are kept. */
function outcomeWords({ told, letters, known }, found) {
  // The letter of a mail of unknown outcome says what its notification says.
  const waiting = letters.filter(({ kind }) => kind !== "notification");
  const lines = told.flatMap((item) => {
    const kind = `${named(KIND_NAMES, item.kind)}${further(item) ? `, ${further(item)}` : ""}`;
    const { reason, attempts } = item;
    switch (item.state) {
      case "SENT":
        if (found?.some((mail) => mail.notification_id === mailOf(item))) return [];
        return [{ words: `${kind}: sent${found ? ", and not in the mailbox any more" : ""}. `, until: item.sent_at }];
      case "PLANNED":
        return [{ words: `${kind}: not sent yet, waits ${REASONS[reason] ?? reason ?? ""} `, until: item.due_at }];
      case "RETRY_AT": {
        const words = `${kind}: not sent yet, failed after ${times(attempts)}${because(reason)}.`;
        if (item.due_at) return [{ words: `${words} The next try is at `, until: item.due_at }];
        return [waiting.length ? { words: `${words} It waits for a redrive:`, href: "#/dead-letters" } : { words: known ? `${words} It is tried again.` : words }];
      }
      case "SKIPPED":
        return [{ words: `${kind}: not sent${because(reason)}.` }];
      case "UNKNOWN":
        return [{ words: `${kind}: may have been sent${because(reason)}.`, href: "#/dead-letters" }];
      case "REJECTED":
        return [{ words: `${kind}: refused${because(reason)}.` }];
      default:
        return [{ words: `${kind}: ${named(STATE_NAMES, item.state)}.` }];
    }
  });
  const said = told.some(({ state, due_at: due }) => state === "RETRY_AT" && !due);
  for (const letter of said ? [] : waiting) {
    const tries = letter.attempts ? ` after ${times(letter.attempts)}` : "";
    lines.push({ words: `${told.length ? "Failed" : "Not sent yet: failed"}${tries}: ${letter.reason}`, href: "#/dead-letters" });
  }
  const allDone = told.length > 0 && told.every((item) => FINAL.includes(item.state));
  if (!known && !allDone) lines.push({ words: "Not known: a mail may have failed, and not all dead letters can be seen now.", href: "#/dead-letters" });
  else if (lines.length === 0 && told.length === 0) lines.push({ words: "No mail so far: the event needs none, or no notification was decided yet." });
  return lines;
}

async function notificationsOf(path, version) {
  const found = [];
  let place = null;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await getJson(withQuery(`${path}/notifications`, { limit: place ? NOTIFICATION_PAGE : FIRST_NOTIFICATIONS, cursor: place }));
    found.push(...page.notifications.filter((item) => item.event_version === version));
    const last = page.notifications.at(-1);
    place = page.next;
    if (!place || (last && last.event_version < version)) break;
  }
  return found;
}

/** The steps in the order of their times; what has no time of its own stays behind its cause. */
function timeline({ event, before, after, account, told, letters, known }) {
  const steps = [
    { key: "occurred", at: event.occurred_at, event, what: "Happened", detail: "as the bank says" },
    { key: "commit", at: event.recorded_at, what: `Recorded as version ${event.version}`, detail: `commit ${event.hash}` },
    { key: "projection", after: event.recorded_at, what: account.version >= event.version ? "Projected" : "Not projected yet",
      balance: { from: before && [before.balance, before.currency], to: [after.balance, after.currency] } },
  ];
  for (const notification of told) steps.push(...notificationSteps(notification, event));
  if (told.length === 0) steps.push({ key: "no-decision", after: event.recorded_at, what: "No notification", detail: "this event deserves none, or none was decided yet" });
  for (const letter of letters) {
    steps.push({ key: letter.id, at: letter.at, what: "Failed (dead letter)", detail: `${letter.what}: ${letter.reason}`, state: "DEAD", href: "#/dead-letters" });
  }
  if (!known) steps.push({ key: "no-letters", after: event.recorded_at, what: "Failed (dead letters)", detail: "not known: not all of them can be seen now", href: "#/dead-letters" });
  const order = (step) => Date.parse(step.at ?? step.after ?? event.recorded_at);
  const sorted = steps.map((step, index) => ({ step, index })).sort((a, b) => order(a.step) - order(b.step) || a.index - b.index);
  const start = Date.parse(event.recorded_at);
  return sorted.map(({ step }) => ({ ...step, since: step.at && !step.event?.occurred_on ? Date.parse(step.at) - start : null }));
}

function notificationSteps(notification, event) {
  const kind = named(KIND_NAMES, notification.kind);
  const id = notification.notification_id;
  const history = notification.history || [];
  const steps = history.map((step, index) => ({
    key: `${id} ${index}`,
    at: step.at,
    what: index === 0 ? `Decided: ${kind}` : kind,
    state: step.state,
    repeated: step.last_at ? { times: step.times, until: step.last_at } : null,
    detail: [
      step.detail && explained(step.detail),
      index === history.length - 1 && notification.reason && notification.reason !== step.detail ? explained(notification.reason) : null,
      index === 0 ? further(notification) : null,
      index === 0 && notification.template ? `template ${notification.template}` : null,
    ].filter(Boolean).join(" · "),
  }));
  if (steps.length === 0) steps.push({ key: id, after: event.recorded_at, what: `Decided: ${kind}`, state: notification.state, detail: notification.reason ?? "" });
  if (notification.due_at) steps.push({ key: `${id} due`, at: notification.due_at, what: `${kind} is resumed`, detail: "waits until then" });
  (notification.provider_events || []).forEach((told, index) => steps.push({
    key: `${id} provider ${index}`, at: told.at, what: named(PROVIDER_NAMES, told.kind), provider: told.kind, detail: told.detail ?? kind,
  }));
  return steps;
}

/** The time of a step; that of what happened may be a date alone. */
function when(step) {
  if (step.event) return occurred(step.event, { exact: true });
  return step.at ? time(step.at, { exact: true }) : "";
}

function stepRow(step) {
  const { balance } = step;
  const shown = balance && element("span", { class: "below" },
    ...(balance.from ? ["balance ", money(digits(balance.from[0]), balance.from[1]), " \u2192 "] : ["balance "]), money(digits(balance.to[0]), balance.to[1]));
  // One entry for a step that repeats itself, as attempts do while the mailer is out.
  const repeated = step.repeated && element("span", { class: "below" }, `${step.repeated.times} times, the last `, time(step.repeated.until, { exact: true }));
  const name = step.href ? element("a", { href: step.href }, step.what) : step.what;
  return element("li", { "data-state": step.state ?? step.provider ?? null, class: "step" },
    element("span", { class: "when" }, when(step), step.since ? element("span", { class: "since" }, distance(step.since)) : null),
    element("span", { class: "what" }, element("strong", {}, name), " ", step.state && STATE_NAMES[step.state] ? stateMark(step.state) : "",
      step.detail ? element("span", { class: "below" }, foreign(step.detail)) : null, repeated || null, shown || null));
}

/** "+1.25 s" from when it was recorded. */
function distance(ms) {
  const sign = ms < 0 ? "\u2212" : "+";
  const size = Math.abs(ms);
  const units = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1_000, "s"]];
  const [unit, name] = units.find(([least]) => size >= least) || [1, "ms"];
  return `${sign}${(size / unit).toFixed(unit === 1 ? 0 : 1)}\u202f${name}`;
}

function recorded(event) {
  const flat = (value) => (typeof value === "object" && value !== null ? JSON.stringify(value) : String(value));
  return [
    ["Event", event.event_id], ["Type", event.type], event.occurred_on ? ["Occurred on", event.occurred_on] : ["Occurred at", event.occurred_at], ["Recorded at", event.recorded_at], ["Hash of the commit", event.hash],
    ...Object.entries(event.data || {}).map(([name, value]) => [name, flat(value)]),
  ];
}
