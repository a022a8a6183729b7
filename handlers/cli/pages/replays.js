// Rebuilding the balances beside the live ones: started, followed while it
// runs, its differences, and the switch.

import { ask, getJson, orNone, withQuery } from "./api.js";
import { acts, confirmed } from "./dialog.js";
import { reader } from "./known.js";
import { all, digits, element, foreign, syncRows, time } from "./page.js";
import { accountLink, panel } from "./rows.js";

const PAGE = 20;
/** Rows of the table of differences; all are counted. */
const MOST_LISTED = 100;
const ENDED = ["done", "failed", "stopped"];
const STATES = { requested: "PLANNED", running: "SENDING", done: "SENT", failed: "REJECTED", stopped: "SKIPPED" };

export function mount(main) {
  const accounts = element("input", { id: "replay-accounts", placeholder: "all accounts", autocomplete: "off" });
  const start = element("button", { type: "button", class: "action", id: "replay-start" }, "Rebuild");
  const status = element("p", { class: "status", role: "status" });
  const rows = element("ol", { class: "rows" });
  const nothing = element("p", { class: "nothing", hidden: "" }, "No replay was started yet.");
  const more = element("button", { type: "button", class: "plain more", hidden: "" }, "Older replays");
  const replaysPanel = panel("replays", "Replays", rows, nothing, more);
  const replaysRead = reader(replaysPanel);
  main.append(
    panel("new-replay", "Rebuild the balances",
      element("p", { class: "text" }, "From the events alone, beside the live balances, which do not change. No mail is sent and nothing is published."),
      element("div", { class: "filter" }, element("label", { for: "replay-accounts" }, "Accounts"), accounts, start), status),
    replaysPanel,
  );

  async function begin(request) {
    const { replay_id: id } = await ask("POST", "/v1/replays", { body: { kind: "projections", ...request } });
    // The list has it a moment later.
    begun.add(id);
    await refresh();
  }

  const named = () => accounts.value.split(/[\s,]+/).filter(Boolean);
  acts(start, status, () => begin(named().length ? { accounts: named() } : {}));

  /** Those that were started here, and those that have ended, whole: they change no more. */
  const begun = new Set();
  const ended = new Map();
  const rates = new Map();
  let shown = PAGE;

  const refresh = () => replaysRead(read);

  /** A replay with its differences, which the list leaves out. */
  async function whole(id) {
    const replay = ended.get(id) ?? await orNone(getJson(`/v1/replays/${encodeURIComponent(id)}`));
    if (replay && ENDED.includes(replay.state)) ended.set(id, replay);
    return replay;
  }

  async function read() {
    const page = await getJson(withQuery("/v1/replays", { limit: shown }));
    const listed = page.replays.map((replay) => replay.replay_id);
    for (const id of listed) begun.delete(id);
    const replays = (await all([...begun, ...listed].map(whole))).filter(Boolean);
    for (const replay of replays) if (!ENDED.includes(replay.state)) replay.rate = rate(rates, replay);
    syncRows(rows, replays, (replay) => replay.replay_id, (replay) => replayRow(replay, begin, status));
    nothing.hidden = replays.length > 0;
    more.hidden = !page.next;
  }

  more.addEventListener("click", () => {
    shown += PAGE;
    refresh().catch(() => {});
  });

  return { title: "Replays", refresh };
}

/** Events a second since the last look. */
function rate(rates, { replay_id: id, progress }) {
  const now = performance.now();
  const last = rates.get(id);
  rates.set(id, { now, events: progress.events });
  return last ? Math.round(((progress.events - last.events) * 1000) / (now - last.now)) : null;
}

function replayRow(replay, begin, status) {
  const { progress, result, request } = replay;
  const which = request.accounts ? request.accounts.join(", ") : "all accounts";
  const counts = `${progress.accounts} accounts, ${progress.commits} commits, ${progress.events} events${replay.rate === null || replay.rate === undefined ? "" : `, ${replay.rate} a second`}`;
  return element("li", { class: "replay", "data-replay": replay.state }, time(replay.requested_at),
    element("span", { class: "what" },
      element("strong", {}, request.switch ? "Rebuild and switch" : replay.kind === "events" ? "Events published again" : "Rebuild"),
      element("span", { class: "below" }, foreign(which), ` · ${counts}`),
      replay.reason ? element("span", { class: "below" }, foreign(replay.reason)) : null,
      replay.state === "running" || replay.state === "requested" ? element("progress", { "aria-label": "Running" }) : null,
      result && replay.kind === "projections" ? outcome(replay, begin, status) : null),
    element("span", { class: "state", "data-state": STATES[replay.state] }, replay.state));
}

function outcome({ result, request }, begin, status) {
  const wrong = result.differing_count + result.missing_count;
  const totals = Object.entries(result.control_totals).map(([currency, total]) =>
    element("tr", {}, element("th", { scope: "row" }, currency), element("td", {}, String(total.accounts)), element("td", { class: "money" }, digits(total.balance))));
  const differing = result.differing.slice(0, MOST_LISTED).map(({ account_id: id, live, replayed }) =>
    element("tr", {}, element("th", { scope: "row" }, accountLink(id)),
      element("td", { class: "money" }, `${digits(live.balance)} (version ${live.version})`),
      element("td", { class: "money" }, `${digits(replayed.balance)} (version ${replayed.version})`)));
  const children = [
    element("p", { class: "verdict", "data-wrong": String(wrong > 0) },
      `${result.equal} equal, ${result.differing_count} differing, ${result.missing_count} missing${result.switched ? "; the rebuilt ones are live now" : ""}`),
    table(["Currency", "Accounts", "Rebuilt total"], totals),
  ];
  if (differing.length > 0) children.push(table(["Account", result.switched ? "Was live" : "Live", "Rebuilt"], differing));
  if (result.missing.length > 0) children.push(element("p", {}, "Missing: ", ...result.missing.slice(0, MOST_LISTED).flatMap((id) => [accountLink(id), " "])));
  if (wrong > 0 && !result.switched) {
    const button = element("button", { type: "button", class: "plain" }, "Switch\u2026");
    acts(button, status, async () => {
      const content = [element("p", {}, `They are rebuilt once more, and the ${wrong} that are wrong are replaced by the rebuilt ones. The events do not change.`)];
      if (await confirmed({ title: "Switch to the rebuilt balances?", action: "Rebuild and switch", content })) {
        await begin({ switch: true, ...(request.accounts ? { accounts: request.accounts } : {}) });
      }
    });
    children.push(element("p", { class: "buttons start" }, button));
  }
  return element("div", { class: "outcome" }, ...children);
}

const table = (heads, rows) => element("table", {},
  element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
  element("tbody", {}, ...rows));
