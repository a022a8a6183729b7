import { getJson, orNone, withQuery } from "./api.js";
import { reader } from "./known.js";
import { all, announce, byId, element, foreign, poll, syncRows, time } from "./page.js";

const PAGE = 100;
/** The API gives no more at once. */
const BIGGEST_PAGE = 500;
const TABS = ["html", "text", "headers"];

const listRead = reader(byId("mails"));
const mailRead = reader(byId("mail"));

/** Those of the list that were read, newest first, without their contents. */
let mails = [];
/** Of the last look: how many there are, and whether older ones were not read yet. */
let total = 0;
let more = false;
/** The mailbox's own mark; another one means that mails may have been erased. */
let edition = null;

/** What the address names: a mail's own id, or its notification's (links from elsewhere). */
let openId = hashId();
/** The mail that is shown; null where there is none. */
let mail = null;
/** What was looked for last, in which edition, and among how many if it was not there. */
let looked = "";
let focusNext = false;
let leaving = null;

function hashId() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

const list = (parameters) => getJson(withQuery("/local/mails", { limit: PAGE, ...parameters }));

function mailRow(mail) {
  const link = element("a", { href: `#${encodeURIComponent(mail.id)}` },
    element("span", { class: "line" }, element("span", { class: "to" }, foreign(addresses(mail.to))), time(mail.sent_at)),
    element("strong", {}, foreign(mail.subject)));
  return element("li", { class: "mail" }, link);
}

const addresses = (value) => (Array.isArray(value) ? value.join(", ") : String(value));

/** Headers come as an object, or as a list of pairs where a name repeats. */
function headerPairs(headers) {
  if (!Array.isArray(headers)) return Object.entries(headers || {});
  return headers.map((header) => (Array.isArray(header) ? header : [header.name, header.value]));
}

/** Saved under its own name; the server never shows one as a page. */
function fileLink(mail, file) {
  const href = `/local/inbox/${encodeURIComponent(mail.id)}/attachments/${file.index}`;
  return element("a", { href, download: file.name }, foreign(`${file.name} (${file.size} bytes)`));
}

/** Marks the row of the mail that is shown. */
function markRow() {
  for (const row of byId("mail-rows").children) {
    const link = row.querySelector("a");
    if (mail && row.dataset.key === String(mail.id)) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

/** Reads the mail that the address names, once: a mail does not change. */
async function readMail() {
  const wanted = openId;
  const known = () => `${wanted} ${edition} ${mail ? "" : total}`;
  if (wanted && looked === known()) return;
  const found = wanted ? await mailOf(wanted) : null;
  // Another one was opened in the meantime.
  if (wanted !== openId) return;
  const shown = mail?.id;
  mail = found;
  looked = known();
  showMail(shown !== mail?.id);
}

async function mailOf(id) {
  if (/^\d+$/.test(id)) return orNone(getJson(`/local/mails/${id}`));
  const page = await orNone(list({ notification_id: id, limit: 1 }));
  return page?.mails.length ? orNone(getJson(`/local/mails/${page.mails[0].id}`)) : null;
}

function showMail(isOther) {
  markRow();
  byId("mailbox").classList.toggle("reading", Boolean(openId));
  byId("back").hidden = !openId;
  byId("mail-open").hidden = !mail;
  byId("mail-none").hidden = Boolean(mail);
  byId("mail-none").textContent = openId ? "This mail is not in the mailbox." : "Open a mail to read it.";
  if (!mail) return;
  byId("mail-subject").textContent = mail.subject;
  byId("mail-from").textContent = addresses(mail.from);
  byId("mail-to").textContent = addresses(mail.to);
  byId("mail-sent").replaceChildren(time(mail.sent_at, { whole: true }));
  const files = mail.attachments || [];
  byId("mail-files").replaceChildren(...files.flatMap((file, at) => [at ? ", " : "", fileLink(mail, file)]));
  for (const part of ["mail-files", "mail-files-title"]) byId(part).hidden = files.length === 0;
  byId("mail-text").textContent = mail.text;
  // Served with a policy of its own, into a frame with a sandbox: no script, no
  // form, no origin. A link opens in a tab of its own.
  byId("mail-html").src = `/local/inbox/${encodeURIComponent(mail.id)}/message`;
  byId("mail-headers").replaceChildren(...headerPairs(mail.headers).flatMap(([name, value]) => [
    element("dt", {}, foreign(name)),
    element("dd", {}, foreign(value)),
  ]));
  if (isOther && focusNext) byId("mail-subject").focus({ preventScroll: true });
  focusNext = false;
}

function selectTab(name, { focus = false } = {}) {
  for (const tab of TABS) {
    const button = byId(`tab-${tab}`);
    const selected = tab === name;
    button.setAttribute("aria-selected", String(selected));
    button.tabIndex = selected ? 0 : -1;
    byId(`part-${tab}`).hidden = !selected;
    if (selected && focus) button.focus();
  }
}

TABS.forEach((name, index) => {
  const button = byId(`tab-${name}`);
  button.addEventListener("click", () => selectTab(name));
  button.addEventListener("keydown", (event) => {
    const to = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: TABS.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    selectTab(TABS[(to + TABS.length) % TABS.length], { focus: true });
  });
});

byId("back").addEventListener("click", () => {
  leaving = byId("mail-rows").querySelector("[aria-current]");
  location.hash = "";
});

addEventListener("hashchange", () => {
  openId = hashId();
  focusNext = Boolean(openId);
  mail = null;
  looked = "";
  // Nothing of another mail stays while this one is read.
  showOpening();
  if (!openId) leaving?.focus();
  leaving = null;
  lookNow();
});

function showOpening() {
  markRow();
  byId("mailbox").classList.toggle("reading", Boolean(openId));
  byId("back").hidden = !openId;
  byId("mail-open").hidden = true;
  byId("mail-none").hidden = Boolean(openId);
  byId("mail-none").textContent = "Open a mail to read it.";
}

/** Reads what is new, or all anew where that does not go on from what is there. */
async function readList() {
  const first = edition === null;
  let page = await list(first ? {} : { after: mails[0]?.id ?? 0 });
  const goesOn = !first && page.edition === edition && !page.more && page.total === total + page.mails.length;
  if (goesOn) {
    mails = [...page.mails, ...mails];
  } else {
    if (!first) page = await list({ limit: Math.min(Math.max(mails.length, PAGE), BIGGEST_PAGE) });
    mails = page.mails;
    more = page.more;
  }
  const changed = !goesOn || page.mails.length > 0;
  ({ total, edition } = page);
  if (changed) showList(first);
}

function showList(first) {
  const rows = byId("mail-rows");
  const old = rows.children.length;
  const newest = Number(rows.firstElementChild?.dataset.key ?? 0);
  syncRows(rows, mails, (one) => String(one.id), mailRow);
  byId("mails-count").textContent = more ? `newest ${mails.length} of ${total}` : total;
  byId("mails-nothing").hidden = total > 0;
  byId("mails-older").hidden = !more;
  const fresh = first || (old === 0 && total > mails.length) ? [] : mails.filter((one) => one.id > newest);
  if (fresh.length > 0) announce(fresh.length === 1 ? `New mail: ${fresh[0].subject}` : `${fresh.length} new mails`);
  const keys = new Set(fresh.map((one) => String(one.id)));
  for (const row of rows.children) row.classList.toggle("fresh", keys.has(row.dataset.key));
  markRow();
}

byId("mails-older").addEventListener("click", async ({ target }) => {
  target.disabled = true;
  const before = mails.at(-1).id;
  try {
    const page = await listRead(() => list({ before }));
    // The list was read anew in the meantime, and is another one.
    if (mails.at(-1)?.id === before) {
      mails = [...mails, ...page.mails];
      more = page.more;
      showList(false);
      byId("mail-rows").children[mails.length - page.mails.length]?.querySelector("a").focus();
    }
  } catch {
    // The panel says it.
  }
  target.disabled = false;
});

if (openId) showOpening();
const lookNow = poll(() => all([listRead(readList), mailRead(readMail)]));
