// One notification, as the code in its mail finds it: whether the mail is
// ours, whose it is, what became of it, and the mail.

import { accountPath, getJson, orNone } from "./api.js";
import { reader } from "./known.js";
import { mailView, NOT_KEPT } from "./mail-view.js";
import { element, foreign, time, update } from "./page.js";
import { nameOf } from "./persons.js";
import { accountHref, customerHref, eventHref, further, panel, spoken, stateMark } from "./rows.js";
import { KIND_NAMES, PROVIDER_NAMES, explained, named } from "./words.js";

/** States in which a mail may have left. */
const HANDED_OVER = ["SENDING", "SENT", "UNKNOWN"];

export function mount(main, { id, about: { mailbox: hasMailbox } }) {
  const missing = element("p", { class: "nothing", hidden: "" }, "There is no such notification.");
  const verdict = element("p", { class: "verdict text" });
  const facts = element("dl", { class: "facts-list" });
  const mails = element("div", { class: "mails" });
  const notificationPanel = panel("notification", "Notification", missing, verdict, facts);
  const mailPanel = panel("mail", "The mail", mails);
  const [notificationRead, mailRead] = [notificationPanel, mailPanel].map(reader);
  const below = element("div", { class: "columns halves" }, notificationPanel, mailPanel);
  main.append(below);

  async function read() {
    const found = await orNone(getJson(`/v1/notifications/${encodeURIComponent(id)}`));
    missing.hidden = Boolean(found);
    mailPanel.hidden = !found;
    if (!found) return null;
    const { account_id: account, notification } = found;
    const customer = found.customer_id ?? (await getJson(accountPath(account))).customer_id;
    const person = await nameOf(customer);
    const title = found.customer_id ? "Summary" : named(KIND_NAMES, notification.kind);
    notificationPanel.querySelector("h2").textContent = title;
    const isOurs = HANDED_OVER.includes(notification.state) && notification.mail_code;
    update(verdict, [isOurs, notification.mail_code], () => [isOurs ? `The mail with the code ${notification.mail_code} is ours.` : "No mail of it has left."]);
    verdict.dataset.wrong = String(!isOurs);
    update(facts, [found, person], () => rows({ account, customer, person, notification })
      .filter(([, value]) => value !== null && value !== undefined)
      .flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
    return notification;
  }

  async function readMails(notification) {
    if (!notification) return;
    const mail = notification.mail_id ?? id;
    const found = hasMailbox ? (await getJson(`/local/mails?notification_id=${mail}`)).mails : [];
    const words = hasMailbox ? "It is not in the mailbox." : NOT_KEPT;
    update(mails, [found.map((one) => one.id), words], () => (found.length > 0 ? found.map(mailView) : [element("p", { class: "nothing" }, words)]));
  }

  return {
    title: "Notification",
    async refresh() {
      const found = notificationRead(read);
      await mailRead(async () => readMails(await found));
      await found;
    },
  };
}

function rows({ account, customer, person, notification }) {
  const { state, reason, delivery, mail_code: code, event_version: version } = notification;
  const at = (text) => text && time(text, { exact: true });
  return [
    ["Customer", element("a", { href: customerHref(customer) }, foreign(person ?? customer))],
    ["Account", account && element("a", { href: accountHref(account) }, spoken(account))],
    ["Event", account && element("a", { href: eventHref(account, version) }, `version ${version}`)],
    ["State", stateMark(state)],
    ["Reason", reason && foreign(explained(reason))],
    ["Decided", at(notification.decided_at)],
    ["Sent", at(notification.sent_at)],
    ["Delivery", delivery && named(PROVIDER_NAMES, delivery)],
    ["Goes to", further(notification)],
    ["Code in the mail", code],
    ["Template", notification.template],
  ];
}
