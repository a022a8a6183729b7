import { getJson } from "./api.js";
import { announce, byId, element, foreign, poll, syncRows, time } from "./page.js";

// More than anybody scrolls through; the API has them all.
const MAILS = 200;
const TABS = ["html", "text", "headers"];

let mails = [];
let openId = hashId();
let shownId = "";
let seenMails = false;
let leaving = null;

function hashId() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

/** A mail is named by its own id, or by its notification's (the console's links). */
const find = (id) => mails.find((mail) => String(mail.id) === id || mail.notification_id === id);

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

function show() {
  const mail = find(openId);
  for (const row of byId("mail-rows").children) {
    const current = mail && row.dataset.key === String(mail.id);
    const link = row.querySelector("a");
    if (current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  byId("mailbox").classList.toggle("reading", Boolean(mail));
  byId("mail-open").hidden = !mail;
  byId("mail-none").hidden = Boolean(mail);
  byId("mail-none").textContent = openId && seenMails ? "This mail is not in the mailbox." : "Open a mail to read it.";
  // A mail never changes: what is shown once stays, with its scroll position.
  if (!mail || shownId === mail.id) return;
  shownId = mail.id;
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
  show();
  if (find(openId)) byId("mail-subject").focus({ preventScroll: true });
  else leaving?.focus();
  leaving = null;
});

poll(async () => {
  mails = (await getJson(`/local/inbox?limit=${MAILS}`)).slice(0, MAILS);
  const rows = byId("mail-rows");
  const fresh = syncRows(rows, mails.map(({ id, to, subject, sent_at }) => ({ id, to, subject, sent_at })), (mail) => String(mail.id), mailRow);
  byId("mails-count").textContent = mails.length === MAILS ? `newest ${MAILS}` : mails.length || "";
  byId("mails-nothing").hidden = mails.length > 0;
  if (seenMails && fresh.length > 0) {
    announce(fresh.length === 1 ? `New mail: ${fresh[0].subject}` : `${fresh.length} new mails`);
    const keys = new Set(fresh.map((mail) => String(mail.id)));
    for (const row of rows.children) row.classList.toggle("fresh", keys.has(row.dataset.key));
  }
  seenMails = true;
  show();
});
