// How much comes in and how far the mails are behind: the last quarter of an
// hour, from the events themselves and from what was decided about them.

import { accountPath, getJson, withQuery } from "./api.js";
import { fitted, frame, scale, scales, svg } from "./chart.js";
import { reader } from "./known.js";
import { all, element } from "./page.js";
import { panel } from "./rows.js";

const WINDOW_MS = 15 * 60_000;
const BUCKET_MS = 15_000;
const HEIGHT = 150;
const PAGE = 1000;
/** Beyond it the chart says that it shows the newest only. */
const MOST_PAGES = 5;
/** An event can be stored a moment after a later one. */
const OVERLAP_MS = 20_000;
/** Accounts whose notifications are looked at in one look, and of each how many. */
const ACCOUNTS_AT_ONCE = 3;
const NOTIFICATIONS = 50;
/** What was not looked at by then is left out: the lag is a sample. */
const SAMPLE_WITHIN_MS = 30_000;
const FINAL = ["SENT", "SKIPPED", "REJECTED"];
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export function pulse() {
  const bars = element("div", { class: "chart-holder unread" });
  const dots = element("div", { class: "chart-holder unread" });
  const rateText = element("p", { class: "reading" });
  const lagText = element("p", { class: "reading" });
  /** When each event of the window was recorded. */
  const recorded = new Map();
  /** From recorded to sent, by notification, in milliseconds. */
  const lags = new Map();
  const toSample = new Map();
  /** Accounts whose notifications were looked at, and when. */
  const sampled = new Map();
  let complete = true;
  let now = Date.now();

  async function readEvents() {
    now = Date.now();
    let newest = 0;
    for (const at of recorded.values()) newest = Math.max(newest, at);
    const from = new Date(Math.max(now - WINDOW_MS, newest - OVERLAP_MS)).toISOString();
    let place = null;
    // Kept once all pages are there: the next look goes on from the newest, and would not fill a gap.
    const read = [];
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const page = await getJson(withQuery("/v1/events", { order: "desc", limit: PAGE, from, cursor: place }));
      read.push(...page.events);
      place = page.next;
      if (!place) break;
    }
    for (const event of read) {
      if (recorded.has(event.event_id)) continue;
      recorded.set(event.event_id, Date.parse(event.recorded_at));
      toSample.set(event.account_id, now);
    }
    complete &&= !place;
    for (const [id, at] of recorded) if (at < now - WINDOW_MS) recorded.delete(id);
    for (const [id, lag] of lags) if (lag.at < now - WINDOW_MS) lags.delete(id);
    for (const [id, at] of sampled) if (at < now - WINDOW_MS) sampled.delete(id);
    for (const [id, since] of toSample) if (since < now - SAMPLE_WITHIN_MS) toSample.delete(id);
  }

  async function sampleLags() {
    const accounts = [...toSample.keys()].slice(-ACCOUNTS_AT_ONCE);
    await all(accounts.map(async (id) => {
      const page = await getJson(`${accountPath(id)}/notifications?limit=${NOTIFICATIONS}`);
      sampled.set(id, now);
      const recent = page.notifications.filter((item) => recorded.has(item.event_id));
      for (const item of recent) {
        // What waits for the morning or for a digest is not late.
        if (!item.sent_at || item.waited) continue;
        const at = recorded.get(item.event_id);
        lags.set(item.notification_id, { at, ms: Math.max(1, Date.parse(item.sent_at) - at) });
      }
      // Looked at again until all of it has come to its end.
      const open = recent.length === 0 || recent.some((item) => !FINAL.includes(item.state));
      if (!open) toSample.delete(id);
    }));
  }

  function drawBars(width) {
    // An empty chart would say that nothing was recorded.
    if (!rateText.textContent) return [];
    const last = Math.floor(now / BUCKET_MS);
    const count = WINDOW_MS / BUCKET_MS;
    const buckets = new Array(count).fill(0);
    for (const at of recorded.values()) {
      const index = count - 1 - (last - Math.floor(at / BUCKET_MS));
      if (index >= 0 && index < count) buckets[index] += 1;
    }
    const most = Math.max(...buckets, 1);
    const { x, y, floor } = scales(width, HEIGHT, [0, count], [0, most]);
    const root = frame({
      width, height: HEIGHT, x, y, xTicks: timeTicks(0, count), yTicks: [{ value: most, text: `${rateOf(most)} / s` }],
      label: `Events recorded in the last 15 minutes, at most ${rateOf(most)} a second`,
    });
    buckets.forEach((size, index) => {
      if (size > 0) root.append(svg("rect", { class: "bar-mark", x: x(index) + 0.5, width: Math.max(1, x(index + 1) - x(index) - 1), y: y(size), height: floor - y(size) }));
    });
    return root;
  }

  function drawDots(width) {
    if (!lagText.textContent) return [];
    const values = [...lags.values()];
    const slowest = values.reduce((most, lag) => Math.max(most, lag.ms), 1000);
    const { x, floor } = scales(width, HEIGHT, [now - WINDOW_MS, now], [0, 1]);
    const log = scale([1, Math.log10(slowest) + 0.15], [floor, 12]);
    const y = (ms) => log(Math.log10(Math.max(10, ms)));
    const yTicks = [[100, "0.1 s"], [1000, "1 s"], [10_000, "10 s"], [60_000, "1 min"], [600_000, "10 min"]]
      .filter(([value]) => value <= slowest * 1.2).map(([value, text]) => ({ value, text }));
    const root = frame({ width, height: HEIGHT, x, y, xTicks: timeTicks(now - WINDOW_MS, now), yTicks, label: lagText.textContent });
    for (const { at, ms } of values) root.append(svg("circle", { class: "dot-mark", cx: x(at), cy: y(ms), r: 2.5 }));
    return root;
  }

  const timeTicks = (from, to) => [{ value: from, text: CLOCK.format(now - WINDOW_MS) }, { value: to, text: CLOCK.format(now) }];
  const redrawBars = fitted(bars, drawBars);
  const redrawDots = fitted(dots, drawDots);

  function showRate() {
    const minute = [...recorded.values()].filter((at) => at > now - 60_000).length;
    const least = complete ? "" : "more than ";
    rateText.textContent = `${minute === recorded.size ? least : ""}${minute} in the last minute, ${least}${recorded.size} in 15 minutes`;
    redrawBars();
  }

  function showLag() {
    const sorted = [...lags.values()].map((lag) => lag.ms).sort((a, b) => a - b);
    if (sorted.length > 0) {
      lagText.textContent = `median ${seconds(sorted[Math.floor(sorted.length / 2)])}, longest ${seconds(sorted.at(-1))}, of ${sorted.length} sampled mails`;
    } else if (recorded.size === 0) {
      lagText.textContent = "No event was recorded in the last 15 minutes.";
    } else if (sampled.size === 0) {
      lagText.textContent = "Not known: no account with new events was sampled.";
    } else {
      lagText.textContent = `${sampled.size === 1 ? "1 account" : `${sampled.size} accounts`} sampled: no mail was sent for new events.`;
    }
    redrawDots();
  }

  const throughput = panel("throughput", "Events recorded", rateText, bars);
  const lag = panel("lag", "From recording to mail", lagText, dots);
  const [throughputRead, lagRead] = [reader(throughput), reader(lag)];

  return {
    element: element("div", { class: "columns halves" }, throughput, lag),
    async refresh() {
      const events = readEvents();
      await all([
        throughputRead(async () => {
          await events;
          showRate();
        }),
        lagRead(async () => {
          await events;
          await sampleLags();
          showLag();
        }),
      ]);
    },
  };
}

const rateOf = (count) => (count / (BUCKET_MS / 1000)).toFixed(count < BUCKET_MS / 100 ? 1 : 0);
const seconds = (ms) => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 0)} s`;
