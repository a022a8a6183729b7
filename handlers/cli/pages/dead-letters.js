// What failed for good, and sending it on its way again: first as a dry run,
// then in earnest.

import { accountPath, ask, getJson } from "./api.js";
import { isDoubtful, letterGroups, linesOf } from "./dead-letter-groups.js";
import { acts, confirmed } from "./dialog.js";
import { reader } from "./known.js";
import { element, foreign, syncRows } from "./page.js";
import { eventHref, mailMark, panel } from "./rows.js";

/** The API looks at no more at once. */
const MOST = 100;
/** Redriven letters that are followed, and the notifications of each account that are looked through. */
const FOLLOWED = 10;
const NOTIFICATIONS = 50;
const FOLLOWED_MS = 5 * 60_000;
/** Only a letter that is named does so. */
const MAYBE_TWICE = "This mail may or may not have been sent. It will be sent once more: the customer may get it twice.";

/** SQS's count is up to a minute old, so a letter that was just seen is not taken for gone. */
const COUNT_AGE_MS = 60_000;

export function mount(main, { about }) {
  // One machine counts exactly; a queue of AWS does not.
  const exact = !about.endpoint;
  const nothing = element("p", { class: "nothing", hidden: "" }, exact ? "There are no dead letters." : "No dead letter is visible, and none was counted. The count is up to a minute old.");
  const noneThen = element("p", { class: "none-then" }, "None was waiting then.");
  const unknown = element("p", { class: "nothing", id: "dead-unknown", hidden: "" });
  const groups = letterGroups({ row: (letter) => actions(letter), group: (reason) => groupButton(reason) });
  const status = element("p", { class: "status", role: "status" });
  const results = element("ol", { class: "results" });
  const outcome = element("ol", { class: "results", id: "redriven", "aria-label": "What became of them" });
  const dryRun = element("button", { type: "button", class: "plain" }, "Dry run of all");
  const all = element("button", { type: "button", class: "action" }, "Redrive all\u2026");
  const buttons = element("p", { class: "buttons" }, dryRun, all);
  buttons.hidden = true;
  const dead = panel("dead", "Failed (dead letters)", groups.element, nothing, noneThen, unknown, buttons, status, results, outcome);
  const deadRead = reader(dead);
  main.append(dead);
  /** The letters that were seen, by id, and when for the last time. */
  const seen = new Map();

  /** The letters that were redriven here last, to follow what comes of them. */
  let redriven = [];

  const redrive = async (selection, dry) =>
    (await ask("POST", "/v1/dead-letters/redrive", { body: { ...selection, dry_run: dry } })).redriven;

  function showResults(done, title) {
    status.textContent = `${title}: ${done.length} ${done.length === 1 ? "letter" : "letters"}`;
    results.replaceChildren(...done.map(({ outcome, detail }) =>
      element("li", { "data-outcome": outcome.split(":")[0] }, element("strong", {}, foreign(outcome)), " ", foreign(detail))));
  }

  async function inEarnest(selection, kind) {
    const would = await redrive(selection, true);
    const letters = would.map(({ id }) => seen.get(id)?.letter).filter(Boolean);
    const lines = letters.length === would.length ? await linesOf(letters) : would.map(({ detail }) => detail);
    const content = [
      element("ol", { class: "results" }, ...lines.map((line) => element("li", {}, foreign(line)))),
      element("p", {}, kind === "notification" ? MAYBE_TWICE : "Each is processed again where it failed. A redrive is idempotent: finished work is not repeated."),
    ];
    if (would.length === 0) throw new Error("No letter is visible now. Those that others list or redrive become visible again within two minutes.");
    const title = would.length === 1 ? "Redrive this letter?" : `Redrive ${would.length} letters?`;
    if (!(await confirmed({ title, action: "Redrive", content }))) return;
    const done = await redrive(selection, false);
    redriven = done.map(({ id }) => letters.find((letter) => letter.id === id)).filter((letter) => letter?.event?.version && letter.account_id)
      .map((letter) => ({ ...letter, at: performance.now() }));
    for (const { id, outcome } of done) if (outcome === "redriven") seen.delete(id);
    showResults(done, "Redriven");
    await refresh();
  }

  acts(dryRun, status, async () => showResults(await redrive({ max: MOST }, true), "Dry run: nothing was changed"));
  acts(all, status, () => inEarnest({ max: MOST }));

  /** What can be done with one letter. */
  function actions(letter) {
    const dry = element("button", { type: "button", class: "plain" }, "Dry run");
    const one = element("button", { type: "button", class: "plain" }, "Redrive\u2026");
    const selection = { ids: [letter.id] };
    acts(dry, status, async () => showResults(await redrive(selection, true), "Dry run: nothing was changed"));
    acts(one, status, () => inEarnest(selection, letter.kind));
    return element("span", { class: "buttons start" }, dry, one);
  }

  /** Redrives all letters of one reason that are there when it is clicked. */
  function groupButton(reason) {
    const button = element("button", { type: "button", class: "plain" }, "Redrive these\u2026");
    const ofReason = () => [...seen.values()].filter(({ letter }) => letter.reason === reason && !isDoubtful(letter));
    acts(button, status, () => inEarnest({ ids: ofReason().slice(0, MOST).map(({ letter }) => letter.id) }));
    return button;
  }

  async function read() {
    const { dead_letters: letters, waiting, complete } = await getJson(`/v1/dead-letters?limit=${MOST}`);
    const now = Date.now();
    const visible = new Set(letters.map(({ id }) => id));
    for (const [id, { at }] of seen) {
      const mayWait = !complete || (!exact && now - at < COUNT_AGE_MS);
      if (!visible.has(id) && !mayWait) seen.delete(id);
    }
    for (const letter of letters) seen.set(letter.id, { letter, at: now });
    const shown = [...seen.values()].map(({ letter, at }) => ({ letter, before: visible.has(letter.id) ? null : at }));
    groups.show(shown);
    await followRedriven().catch(() => {});
    buttons.hidden = shown.length === 0;
    nothing.hidden = !complete || shown.length > 0;
    const words = incompleteWords(letters.length, waiting, complete);
    unknown.hidden = !words;
    if (unknown.textContent !== words) unknown.textContent = words;
  }

  /** What became of the mails of what was redriven: sent, or failed again. */
  async function followRedriven() {
    const isOpen = ({ at }) => performance.now() - at < FOLLOWED_MS;
    const followed = redriven.filter(isOpen).slice(0, FOLLOWED);
    if (followed.length === 0) return;
    const lines = await linesOf(followed);
    const outcomes = await Promise.all(followed.map(async (letter, index) => {
      const page = await getJson(`${accountPath(letter.account_id)}/notifications?limit=${NOTIFICATIONS}`);
      const states = page.notifications.filter((item) => item.event_version === letter.event.version);
      const isBack = [...seen.values()].some((other) => other.letter.id === letter.id || other.letter.event_id === letter.event_id);
      return { letter, line: lines[index], states: states.map(({ state, reason }) => ({ state, reason })), isBack };
    }));
    syncRows(outcome, outcomes, ({ letter }) => letter.id, ({ letter, line, states, isBack }) => element("li", {},
      element("a", { href: eventHref(letter.account_id, letter.event.version) }, foreign(line)), " ", isBack ? element("strong", {}, "failed again") : mailMark(states)));
  }

  /** What is not known is said, and never taken for nothing. */
  function incompleteWords(visible, waiting, complete) {
    if (complete) return "";
    if (visible === MOST) return `${waiting} letters are waiting; these are ${MOST} of them.`;
    return `Not known: ${waiting} letters are waiting, and ${visible} are visible now. The others are being listed or redriven.`;
  }

  const refresh = () => deadRead(read);

  return { title: "Failed", refresh };
}
