// Bank files: what an import of them would do, statement by statement, and the
// import itself. Both are what `ledgerbell import` does.

import { sendFiles, withQuery } from "./api.js";
import { acts, confirmed } from "./dialog.js";
import { digits, element, foreign } from "./page.js";
import { accountLink, money, panel } from "./rows.js";
import { listTable } from "./table.js";

/** More mails than this are rarely meant: history is a mail for each entry. */
const MAILS_WITHOUT_QUESTION = 50;
const WHO = [["", "nobody"], ["all", "of every movement"], ["since", "of movements since"]];

/** What was imported since the page was loaded; other views come and go. */
let last = null;

export function mount(main) {
  const files = element("input", { type: "file", id: "import-files", multiple: "", "aria-describedby": "import-formats" });
  const customer = element("input", { id: "import-customer", "aria-label": "Customer of new accounts", placeholder: "the account's own id", autocomplete: "off" });
  const who = element("select", { id: "import-notify", "aria-label": "Notify customers" }, ...WHO.map(([value, words]) => element("option", { value }, words)));
  const since = element("input", { type: "date", id: "import-since", "aria-label": "Booked on this day or later", hidden: "" });
  const preview = element("button", { type: "button", class: "plain", id: "import-preview", disabled: "" }, "Preview");
  const start = element("button", { type: "button", class: "action", id: "import-start", disabled: "" }, "Import");
  const status = element("p", { class: "status", role: "status" });
  const choice = panel("import", "Import bank files",
    element("p", { class: "text", id: "import-formats" }, "MT940, camt.053 and camt.054, several at once. A preview shows what each statement would do; nothing changes before Import. What was imported before is known, and is not recorded again."),
    element("div", { class: "filter drop" }, element("label", { for: "import-files" }, "Choose files, or drop them here"), files),
    element("div", { class: "filter" },
      element("label", { for: "import-customer" }, "Customer of new accounts"), customer,
      element("label", { for: "import-notify" }, "Customers are notified"), who, since),
    status, element("p", { class: "buttons" }, preview, start));
  const result = element("div");
  main.append(choice, result);

  let chosen = [];
  /** The preview that the button would carry out. */
  let previewed = null;

  const asked = (dryRun) => withQuery("/local/imports", {
    dry_run: String(dryRun),
    notify: who.value === "all" ? "true" : null,
    notify_since: who.value === "since" ? since.value : null,
    customer: customer.value.trim(),
  });

  function show(report) {
    result.replaceChildren(reportPanel(report));
  }

  /** Another choice needs another preview. */
  function changed() {
    previewed = null;
    start.disabled = true;
    start.textContent = "Import";
    since.hidden = who.value !== "since";
    preview.disabled = chosen.length === 0 || (who.value === "since" && !since.value);
  }

  async function look() {
    changed();
    if (preview.disabled) return;
    status.textContent = "Reading\u2026";
    const report = await sendFiles(asked(true), chosen);
    status.textContent = sentence(report);
    show(report);
    const { totals } = report;
    if (totals.recorded === 0 && totals.accounts_opened === 0) return;
    previewed = report;
    start.disabled = false;
    start.textContent = totals.mails > 0 ? `Import, and send ${count(totals.mails, "mail", "mails")}` : "Import";
  }

  async function bring() {
    const { mails, people } = previewed.totals;
    if (mails > MAILS_WITHOUT_QUESTION) {
      const content = [element("p", {}, `By today's preferences, ${count(mails, "mail", "mails")} would be sent to ${count(people, "person", "people")}. A mail cannot be taken back.`)];
      if (!(await confirmed({ title: `Send ${mails} mails?`, action: "Import and send", content }))) return;
    }
    status.textContent = "Importing\u2026";
    last = await sendFiles(asked(false), chosen);
    status.textContent = last.interrupted ? `Interrupted: ${last.interrupted}. Import the files again for the rest.` : sentence(last);
    if (last.interrupted) status.dataset.state = "failed";
    show(last);
    changed();
  }

  acts(preview, status, look, () => {
    preview.disabled = chosen.length === 0;
  });
  acts(start, status, bring, () => {
    start.disabled = previewed === null;
  });
  files.addEventListener("change", () => {
    chosen = [...files.files];
    changed();
    preview.click();
  });
  for (const field of [who, since, customer]) field.addEventListener("change", () => {
    changed();
    preview.click();
  });
  choice.addEventListener("dragover", (event) => event.preventDefault());
  choice.addEventListener("drop", (event) => {
    event.preventDefault();
    files.files = event.dataTransfer.files;
    files.dispatchEvent(new Event("change"));
  });
  if (last) show(last);
  return { title: "Imports", refresh: async () => {} };
}

const count = (number, one, many) => `${digits(String(number))} ${number === 1 ? one : many}`;

/** What was done, or would be. */
function sentence({ dry_run: dryRun, totals }) {
  const { recorded, replayed, accounts_opened: opened, mismatches, failed, unreadable, mails } = totals;
  const would = dryRun ? "would be " : "";
  const parts = [
    recorded > 0 || opened > 0 ? `${count(recorded, "movement", "movements")} ${would}recorded` : `nothing ${dryRun ? "would change" : "has changed"}`,
    opened > 0 && `${count(opened, "account", "accounts")} ${would}opened`,
    replayed > 0 && `${count(replayed, "movement was", "movements were")} recorded before`,
    mismatches + failed > 0 && `${count(mismatches + failed, "statement is", "statements are")} not as the account is`,
    unreadable > 0 && `${count(unreadable, "statement", "statements")} could not be read`,
    dryRun && count(mails, "mail", "mails"),
  ];
  return `${parts.filter(Boolean).join(", ")}.`;
}

const VERDICTS = { agrees: "yes", "no-balance": "the file has none", "opening-differs": "no, at the opening", "closing-differs": "no", failed: "not imported" };

function reportPanel(report) {
  const rows = listTable({
    labelledBy: "import-report-title",
    // Two files may have one name.
    keyOf: ({ index }) => index,
    columns: [
      { title: "Statement", cell: ({ file, line, statement }) => foreign(`${file}, line ${line}${statement ? `, number ${statement}` : ""}`) },
      { title: "Account", cell: ({ account_id: id, opened }) => element("span", {}, accountLink(id), opened ? element("span", { class: "quiet" }, report.dry_run ? " would be opened" : " opened") : "") },
      { title: "New", cell: ({ recorded }) => digits(String(recorded)) },
      { title: "Known", cell: ({ replayed }) => digits(String(replayed)) },
      { title: "Closes with", amount: true, cell: ({ closing, currency }) => closing && money(digits(closing), currency) },
      { title: "Balance agrees", cell: ({ verdict, difference, currency }) => element("span", { class: "verdict", "data-wrong": String(!["agrees", "no-balance"].includes(verdict)) }, VERDICTS[verdict], difference ? `: ${digits(difference)} ${currency}` : "") },
    ],
  });
  rows.show(report.statements.map((statement, index) => ({ ...statement, index })));
  const notes = [
    ...report.unreadable.map(({ file, line, statement, reason }) => [`${file}${line ? `, line ${line}` : ""}${statement ? `, ${statement}` : ""}`, `${reason}; nothing of it ${report.dry_run ? "would be" : "is"} imported`]),
    ...report.statements.flatMap(({ file, line, problem, notes: told }) => [
      ...(problem ? [[`${file}, line ${line}`, problem]] : []),
      ...told.map((note) => [file, note]),
    ]),
  ];
  return panel("import-report", report.dry_run ? "Preview" : "Imported", rows.element,
    notes.length === 0 ? null : element("ul", { class: "notes", "aria-label": "Refused and noted" }, ...notes.map(([place, words]) => element("li", {}, element("strong", {}, foreign(place)), ": ", foreign(words)))));
}
