// What failed for good, and sending it on its way again: first as a dry run,
// then in earnest.

import { ask, getJson } from "./api.js";
import { acts, confirmed } from "./dialog.js";
import { reader } from "./known.js";
import { clock, element, foreign, syncRows, time } from "./page.js";
import { accountLink, panel } from "./rows.js";

/** The API looks at no more at once. */
const MOST = 100;
/** Only a letter that is named does so. */
const MAYBE_TWICE = "This mail may or may not have been sent. It will be sent once more: the customer may get it twice.";

/** SQS's count is up to a minute old, so a letter that was just seen is not taken for gone. */
const COUNT_AGE_MS = 60_000;

export function mount(main, { about }) {
  // One machine counts exactly; a queue of AWS does not.
  const exact = !about.endpoint;
  const rows = element("ol", { class: "rows" });
  const nothing = element("p", { class: "nothing", hidden: "" }, exact ? "There are no dead letters." : "No dead letter is visible, and none was counted. The count is up to a minute old.");
  const noneThen = element("p", { class: "none-then" }, "None was waiting then.");
  const unknown = element("p", { class: "nothing", id: "dead-unknown", hidden: "" });
  const status = element("p", { class: "status", role: "status" });
  const results = element("ol", { class: "results" });
  const dryRun = element("button", { type: "button", class: "plain" }, "Dry run of all");
  const all = element("button", { type: "button", class: "action" }, "Redrive all\u2026");
  const buttons = element("p", { class: "buttons" }, dryRun, all);
  buttons.hidden = true;
  const dead = panel("dead", "Dead letters", rows, nothing, noneThen, unknown, buttons, status, results);
  const deadRead = reader(dead);
  main.append(dead);
  /** The letters that were seen, by id, and when for the last time. */
  const seen = new Map();

  const redrive = async (selection, dry) =>
    (await ask("POST", "/v1/dead-letters/redrive", { body: { ...selection, dry_run: dry } })).redriven;

  function showResults(redriven, title) {
    status.textContent = `${title}: ${redriven.length} ${redriven.length === 1 ? "letter" : "letters"}`;
    results.replaceChildren(...redriven.map(({ outcome, detail }) =>
      element("li", { "data-outcome": outcome.split(":")[0] }, element("strong", {}, foreign(outcome)), " ", foreign(detail))));
  }

  async function inEarnest(selection, kind) {
    const would = await redrive(selection, true);
    const content = [
      element("ol", { class: "results" }, ...would.map(({ detail }) => element("li", {}, foreign(detail)))),
      element("p", {}, kind === "notification" ? MAYBE_TWICE : "Each is processed again where it failed. A redrive is idempotent: finished work is not repeated."),
    ];
    if (would.length === 0) throw new Error("No letter is visible now. Those that others list or redrive become visible again within two minutes.");
    const title = would.length === 1 ? "Redrive this letter?" : `Redrive ${would.length} letters?`;
    if (!(await confirmed({ title, action: "Redrive", content }))) return;
    const done = await redrive(selection, false);
    for (const { id, outcome } of done) if (outcome === "redriven") seen.delete(id);
    showResults(done, "Redriven");
    await refresh();
  }

  acts(dryRun, status, async () => showResults(await redrive({ max: MOST }, true), "Dry run: nothing was changed"));
  acts(all, status, () => inEarnest({ max: MOST }));

  function row({ letter, before }) {
    const dry = element("button", { type: "button", class: "plain" }, "Dry run");
    const one = element("button", { type: "button", class: "plain" }, "Redrive\u2026");
    const selection = { ids: [letter.id] };
    acts(dry, status, async () => showResults(await redrive(selection, true), "Dry run: nothing was changed"));
    acts(one, status, () => inEarnest(selection, letter.kind));
    const tries = letter.attempts && (letter.attempts === 1 ? "tried once" : `tried ${letter.attempts} times`);
    const words = [letter.reason, tries].filter(Boolean).map((word) => element("span", {}, " · ", foreign(word)));
    if (before) words.push(element("span", {}, ` · seen at ${clock(before)}, not visible now`));
    return element("li", { class: "dead", "data-seen": before ? "before" : null }, letter.at ? time(letter.at) : element("span"),
      element("span", { class: "what" }, element("strong", {}, foreign(letter.what)),
        element("span", { class: "below" }, letter.account_id ? accountLink(letter.account_id) : "", ...words),
        element("span", { class: "buttons start" }, dry, one)),
      element("span", { class: "state", "data-state": "DEAD" }, letter.kind));
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
    syncRows(rows, shown, ({ letter }) => letter.id, row);
    buttons.hidden = shown.length === 0;
    nothing.hidden = !complete || shown.length > 0;
    const words = incompleteWords(letters.length, waiting, complete);
    unknown.hidden = !words;
    if (unknown.textContent !== words) unknown.textContent = words;
  }

  /** What is not known is said, and never taken for nothing. */
  function incompleteWords(visible, waiting, complete) {
    if (complete) return "";
    if (visible === MOST) return `${waiting} letters are waiting; these are ${MOST} of them.`;
    return `Not known: ${waiting} letters are waiting, and ${visible} are visible now. The others are being listed or redriven.`;
  }

  const refresh = () => deadRead(read);

  return { title: "Dead letters", refresh };
}
