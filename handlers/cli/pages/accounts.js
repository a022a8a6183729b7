// The accounts: pages of them, and those whose id or customer holds a text.

import { getJson, withQuery } from "./api.js";
import { reader } from "./known.js";
import { element, foreign, time } from "./page.js";
import { accountHref, balanceOf, customerHref, panel, spoken } from "./rows.js";
import { listTable } from "./table.js";

const PAGE = 100;
const BIG_PAGE = 1000;
/** Accounts that one search looks through before it asks whether to go on. */
const SEARCH_AT_ONCE = 20_000;

export function mount(main, { query, keep }) {
  const search = element("input", { type: "search", id: "account-search", "aria-label": "Search accounts", placeholder: "Account or customer\u2026", value: query.q || "" });
  const found = element("span", { class: "quiet", role: "status" });
  const inEvents = element("a", { hidden: "" }, "Search in events");
  const rows = listTable({
    labelledBy: "accounts-title",
    keyOf: (account) => account.account_id,
    columns: [
      { title: "Account", order: "ascending", cell: ({ account_id: id }) => element("a", { class: "name", href: accountHref(id) }, spoken(id)) },
      { title: "Customer", cell: ({ customer_id: id }) => element("a", { href: customerHref(id), class: "account" }, foreign(id)) },
      { title: "Status", cell: (account) => account.status },
      { title: "Last movement", cell: (account) => time(account.updated_at) },
      { title: "Balance", amount: true, cell: balanceOf },
    ],
  });
  const nothing = element("p", { class: "nothing", hidden: "" });
  const more = element("button", { type: "button", class: "plain more", hidden: "" }, "More accounts");
  const accountsPanel = panel("accounts", "Accounts", element("div", { class: "filter" }, search, found, inEvents), rows.element, nothing, more);
  const accountsRead = reader(accountsPanel);
  main.append(accountsPanel);

  let accounts = [];
  let seen = 0;
  let next = null;
  let shown = PAGE;
  /** Counts the searches: what an older one finds is for nobody. */
  let round = 0;
  /** What could not be read to its end, and is read by the next look. */
  let unfinished = null;

  const text = () => search.value.trim().toLowerCase();
  const matches = (account) => `${account.account_id}\n${account.customer_id}`.toLowerCase().includes(text());

  function read(place) {
    return accountsRead(async () => {
      unfinished = { place };
      const mine = round;
      await readFrom(place);
      if (mine === round) unfinished = null;
    });
  }

  async function readFrom(place) {
    const mine = round;
    const until = seen + SEARCH_AT_ONCE;
    let at = place;
    do {
      const page = await getJson(withQuery("/v1/accounts", { limit: text() ? BIG_PAGE : PAGE, cursor: at }));
      if (mine !== round) return;
      accounts = [...accounts, ...page.accounts.filter(matches)];
      seen += page.accounts.length;
      at = page.next;
      next = at;
      unfinished = { place: at };
      show();
    } while (next && accounts.length < shown && seen < until);
  }

  function show() {
    rows.show(accounts.slice(0, shown));
    const all = next ? `the first ${seen}` : seen;
    found.textContent = text() ? `${accounts.length} of ${all}` : next ? `first ${accounts.length}` : `${accounts.length}`;
    nothing.hidden = accounts.length > 0;
    nothing.textContent = text() ? `None of ${all} accounts matches.` : "There are no accounts yet.";
    more.hidden = !next && accounts.length <= shown;
    inEvents.hidden = !text();
    inEvents.href = `#/events?${new URLSearchParams({ q: search.value.trim() })}`;
  }

  async function again() {
    round += 1;
    [accounts, seen, next, shown] = [[], 0, null, PAGE];
    await read(null);
  }

  let typing = 0;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    keep({ q: search.value.trim() });
    typing = setTimeout(() => again().catch(() => {}), 200);
  });
  more.addEventListener("click", async () => {
    shown += PAGE;
    more.disabled = true;
    if (next) await read(next).catch(() => {});
    more.disabled = false;
    show();
  });

  return {
    title: "Accounts",
    /** Balances and new accounts of the first page; what a search found stays as it was. */
    async refresh() {
      if (unfinished && seen > 0) return read(unfinished.place);
      if (seen === 0) return again();
      if (text() || shown > PAGE) return;
      await accountsRead(async () => {
        const mine = round;
        const page = await getJson(`/v1/accounts?limit=${PAGE}`);
        if (mine !== round || text() || shown > PAGE) return;
        [accounts, seen, next] = [page.accounts, page.accounts.length, page.next];
        show();
      });
    },
  };
}
