// A mail as the customer has it, in a frame.

import { element, foreign, time } from "./page.js";

export function mailView(mail) {
  return element("article", { class: "preview" },
    element("h3", {}, foreign(mail.subject)),
    element("p", { class: "quiet" }, "To ", foreign(mail.to), " · ", time(mail.sent_at, { exact: true }), " · ",
      element("a", { href: `/inbox#${encodeURIComponent(mail.id)}` }, "in the mailbox")),
    // Served with a policy of its own, into a frame that may do nothing.
    element("iframe", { sandbox: "", referrerpolicy: "no-referrer", title: `The mail: ${mail.subject}`, src: `/local/inbox/${encodeURIComponent(mail.id)}/message` }));
}

/** Where a stack keeps no mails. */
export const NOT_KEPT = "Mails are not kept after sending, but their template, version and hash are; `ledgerbell preview` shows a similar one.";
