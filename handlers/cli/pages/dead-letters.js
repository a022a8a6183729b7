// What failed for good, and sending it on its way again: first as a dry run,
// then in earnest.

import { ask, getJson } from "./api.js";
import { acts, confirmed } from "./dialog.js";
import { element, foreign, syncRows, time } from "./page.js";
import { accountLink, panel } from "./rows.js";

/** The API looks at no more at once. */
const MOST = 100;
/** Only a letter that is named does so. */
const MAYBE_TWICE = "This mail may or may not have been sent. It will be sent once more: the customer may get it twice.";

export function mount(main) {
  const rows = element("ol", { class: "rows" });
  const nothing = element("p", { class: "nothing", hidden: "" }, "There are no dead letters.");
  const unknown = element("p", { class: "nothing", id: "dead-unknown", hidden: "" });
  const status = element("p", { class: "status", role: "status" });
  const results = element("ol", { class: "results" });
  const dryRun = element("button", { type: "button", class: "plain" }, "Dry run of all");
  const all = element("button", { type: "button", class: "action" }, "Redrive all\u2026");
  const buttons = element("p", { class: "buttons" }, dryRun, all);
  main.append(panel("dead", "Dead letters", rows, nothing, unknown, buttons, status, results));

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
    if (would.length === 0) throw new Error("There is nothing to redrive.");
    const title = would.length === 1 ? "Redrive this letter?" : `Redrive ${would.length} letters?`;
    if (!(await confirmed({ title, action: "Redrive", content }))) return;
    showResults(await redrive(selection, false), "Redriven");
    await refresh();
  }

  acts(dryRun, status, async () => showResults(await redrive({ max: MOST }, true), "Dry run: nothing was changed"));
  acts(all, status, () => inEarnest({ max: MOST }));

  function row(letter) {
    const dry = element("button", { type: "button", class: "plain" }, "Dry run");
    const one = element("button", { type: "button", class: "plain" }, "Redrive\u2026");
    const selection = { ids: [letter.id] };
    acts(dry, status, async () => showResults(await redrive(selection, true), "Dry run: nothing was changed"));
    acts(one, status, () => inEarnest(selection, letter.kind));
    const tries = letter.attempts && (letter.attempts === 1 ? "tried once" : `tried ${letter.attempts} times`);
    const words = [letter.reason, tries].filter(Boolean).map((word) => element("span", {}, " · ", foreign(word)));
    return element("li", { class: "dead" }, letter.at ? time(letter.at) : element("span"),
      element("span", { class: "what" }, element("strong", {}, foreign(letter.what)),
        element("span", { class: "below" }, letter.account_id ? accountLink(letter.account_id) : "", ...words),
        element("span", { class: "buttons start" }, dry, one)),
      element("span", { class: "state", "data-state": "DEAD" }, letter.kind));
  }

  /** What is not known is said, and never taken for nothing. */
  function sayUnknown(text) {
    nothing.hidden = true;
    unknown.hidden = false;
    if (unknown.textContent !== text) unknown.textContent = text;
  }

  async function refresh() {
    let listing;
    try {
      listing = await getJson(`/v1/dead-letters?limit=${MOST}`);
    } catch (error) {
      sayUnknown("Not known: the dead letters cannot be listed at the moment. This is the previous list.");
      throw error;
    }
    const { dead_letters: letters, waiting, complete } = listing;
    syncRows(rows, letters, (letter) => letter.id, row);
    buttons.hidden = letters.length === 0;
    if (complete) {
      unknown.hidden = true;
      nothing.hidden = letters.length > 0;
    } else if (letters.length === MOST) {
      sayUnknown(`${waiting} letters are waiting; these are ${MOST} of them.`);
    } else {
      sayUnknown(`Not known: ${waiting} letters are waiting, and ${letters.length} are visible now. The others are being listed or redriven.`);
    }
  }

  return { title: "Dead letters", refresh };
}
