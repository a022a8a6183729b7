// The latest notifications of a customer's accounts, with the codes in their
// mails.

import { accountPath, getJson } from "./api.js";
import { reader } from "./known.js";
import { all, element } from "./page.js";
import { notificationColumns, panel } from "./rows.js";
import { listTable } from "./table.js";

/** Accounts that are looked at, and of each how many notifications. */
const ACCOUNTS = 20;
const OF_EACH = 20;
const SHOWN = 30;
/** They are read once for all accounts, so less often than the rest. */
const EVERY_MS = 5000;

export function customerMails() {
  const mailsPanel = panel("mails", "Latest notifications");
  const rows = listTable({
    labelledBy: "mails-title",
    keyOf: ({ item }) => item.notification_id,
    columns: notificationColumns(true),
  });
  const nothing = element("p", { class: "nothing", hidden: "" }, "The customer has no notifications.");
  const others = element("p", { class: "nothing", hidden: "" }, `Only the first ${ACCOUNTS} accounts were looked at.`);
  mailsPanel.append(rows.element, nothing, others);
  const mailsRead = reader(mailsPanel);
  let readAt = -Infinity;

  async function read(accounts) {
    const pages = await all(accounts.slice(0, ACCOUNTS).map(async (account) => {
      const { notifications } = await getJson(`${accountPath(account)}/notifications?limit=${OF_EACH}`);
      return notifications.map((item) => ({ account, item }));
    }));
    const newest = pages.flat().sort((a, b) => (a.item.decided_at < b.item.decided_at ? 1 : -1)).slice(0, SHOWN);
    rows.show(newest);
    nothing.hidden = newest.length > 0 || accounts.length > ACCOUNTS;
    others.hidden = accounts.length <= ACCOUNTS;
    readAt = performance.now();
  }

  return {
    panel: mailsPanel,
    /** `holds` are the customer's accounts, once they are known. */
    async refresh(holds) {
      if (performance.now() - readAt < EVERY_MS) return;
      await mailsRead(async () => read(await holds));
    },
  };
}
