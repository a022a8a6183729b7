// The dead letters by their reason: one table a reason, with what a person
// recognises a letter by.

import { all, clock, element, foreign, syncRows, time } from "./page.js";
import { nameOf } from "./persons.js";
import { accountLink, customerHref, eventHref, movedMoney } from "./rows.js";
import { listTable } from "./table.js";
import { EVENT_NAMES, moved, named } from "./words.js";

/** Names that are read for one dialog. */
const MOST_NAMES = 20;

/** A mail that may have been sent is sent again only where it is named. */
export const isDoubtful = (letter) => letter.kind === "notification";

/**
 * The groups of letters. `row` makes what can be done with one letter, `group`
 * with all of a reason.
 */
export function letterGroups({ row, group }) {
  const whole = element("div");
  const tables = new Map();
  let made = 0;

  function make({ reason }) {
    made += 1;
    const id = `reason-${made}`;
    const heading = element("h3", { id }, foreign(reason));
    const table = listTable({
      labelledBy: id,
      keyOf: ({ letter }) => letter.id,
      columns: [
        { title: "What", cell: ({ letter }) => element("span", { class: "what" }, whatFailed(letter), element("span", { class: "below" }, foreign(letter.what))) },
        { title: "Customer", cell: ({ letter: { event } }) => (event?.customer_id ? element("a", { href: customerHref(event.customer_id) }, foreign(event.customer_id)) : "") },
        { title: "Account", cell: ({ letter }) => (letter.account_id ? accountLink(letter.account_id) : "") },
        { title: "Since", cell: ({ letter, before }) => element("span", {}, letter.at ? time(letter.at) : "", before ? ` seen at ${clock(before)}, not visible now` : "") },
        { title: "Tries", cell: ({ letter }) => (letter.attempts ? String(letter.attempts) : "") },
        { title: "Amount", amount: true, cell: ({ letter: { event } }) => (event?.amount ? movedMoney({ type: event.type, data: event }) : "") },
        { title: "Actions", cell: ({ letter }) => row(letter) },
      ],
    });
    const button = group(reason);
    tables.set(reason, { table, button });
    return element("section", { class: "group" }, element("div", { class: "group-title" }, heading, button), table.element);
  }

  return {
    element: whole,
    /** Shows these letters, each with when it was seen before if it cannot be seen now. */
    show(shown) {
      const byReason = [...Map.groupBy(shown, ({ letter }) => letter.reason)].map(([reason, letters]) => ({ reason, letters }));
      // The groups stay; their tables follow what is in them.
      syncRows(whole, byReason, ({ reason }) => reason, make, ({ reason }) => reason);
      for (const { reason, letters } of byReason) {
        const { table, button } = tables.get(reason);
        button.hidden = letters.every(({ letter }) => isDoubtful(letter));
        table.show(letters);
        for (const [index, row] of table.rows().entries()) row.toggleAttribute("data-before", Boolean(letters[index].before));
      }
    },
  };
}

/** What a letter is about: its event, which leads to the story. */
function whatFailed({ event, account_id: account, kind }) {
  if (!event) return element("strong", {}, kind);
  const name = named(EVENT_NAMES, event.type);
  return event.version && account ? element("a", { class: "name", href: eventHref(account, event.version) }, name) : element("strong", {}, name);
}

/** A line that names each letter: "Withdrawal −18.40 EUR, Ana Lind, ••••0100". */
export async function linesOf(letters) {
  const customers = new Set(letters.map(({ event }) => event?.customer_id).filter(Boolean));
  const read = [...customers].slice(0, MOST_NAMES).map(async (id) => [id, await nameOf(id).catch(() => null)]);
  const names = new Map(await all(read));
  return letters.map((letter) => {
    const { event, account_id: account, what } = letter;
    if (!event) return [what, account && masked(account)].filter(Boolean).join(", ");
    const sum = event.amount ? moved({ type: event.type, data: event }) : null;
    const person = event.customer_id && (names.get(event.customer_id) ?? event.customer_id);
    const first = sum ? `${named(EVENT_NAMES, event.type)} ${sum.text} ${sum.currency}` : named(EVENT_NAMES, event.type);
    return [first, person, account && masked(account)].filter(Boolean).join(", ");
  });
}

const masked = (account) => `\u2022\u2022\u2022\u2022${account.slice(-4)}`;
