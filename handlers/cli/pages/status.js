// How things stand, as the server counted it: figures that lead to what they
// count, and charts of the same time.

import { fitted, frame, scale, scales, svg } from "./chart.js";
import { clock, digits, element, time, update } from "./page.js";
import { accountHref, eventHref, panel, spoken, stateMark } from "./rows.js";
import { REASONS } from "./words.js";

const HEIGHT = 150;

export function statusPanels(hours) {
  const verdict = element("p", { class: "verdict", role: "status", id: "verdict" });
  const figures = element("dl", { class: "figures" });
  const rateText = element("p", { class: "reading" });
  const lagText = element("p", { class: "reading" });
  const bars = element("div", { class: "chart-holder unread" });
  const dots = element("div", { class: "chart-holder unread" });
  const well = panel("status", "Is all well?", element("div", { class: "filter" }, hours, verdict), figures);
  const throughput = panel("throughput", "Events recorded", rateText, bars);
  const lag = panel("lag", "From recording to mail", lagText, dots);
  let status = null;

  function drawBars(width) {
    if (!status) return [];
    const { periods } = status;
    const most = Math.max(...periods.map(({ events }) => events), 1);
    const { x, y, floor } = scales(width, HEIGHT, [0, periods.length], [0, most]);
    const root = frame({
      width, height: HEIGHT, x, y, xTicks: timeTicks(0, periods.length), yTicks: [{ value: most, text: String(most) }],
      label: `${rateText.textContent}, at most ${most} in ${minutes(status)}`,
    });
    periods.forEach(({ events }, index) => {
      if (events > 0) root.append(svg("rect", { class: "bar-mark", x: x(index) + 0.5, width: Math.max(1, x(index + 1) - x(index) - 1), y: y(events), height: floor - y(events) }));
    });
    return root;
  }

  function drawDots(width) {
    if (!status) return [];
    const { periods } = status;
    const slowest = periods.reduce((most, period) => Math.max(most, period.longest_lag_ms ?? 0), 1000);
    const { x, floor } = scales(width, HEIGHT, [0, periods.length], [0, 1]);
    const log = scale([1, Math.log10(slowest) + 0.15], [floor, 12]);
    const y = (ms) => log(Math.log10(Math.max(10, ms)));
    const yTicks = [[100, "0.1 s"], [1000, "1 s"], [10_000, "10 s"], [60_000, "1 min"], [600_000, "10 min"]]
      .filter(([value]) => value <= slowest * 1.2).map(([value, text]) => ({ value, text }));
    const root = frame({ width, height: HEIGHT, x, y, xTicks: timeTicks(0, periods.length), yTicks, label: lagText.textContent });
    periods.forEach((period, index) => {
      if (period.longest_lag_ms === null) return;
      const middle = x(index + 0.5);
      root.append(
        svg("line", { class: "grid", x1: middle, x2: middle, y1: y(period.median_lag_ms), y2: y(period.longest_lag_ms) }),
        svg("circle", { class: "dot-mark", cx: middle, cy: y(period.longest_lag_ms), r: 2.5 }),
      );
    });
    return root;
  }

  const timeTicks = (from, to) => [{ value: from, text: moment(status.from) }, { value: to, text: moment(status.as_of) }];
  const redrawBars = fitted(bars, drawBars);
  const redrawDots = fitted(dots, drawDots);

  return {
    panels: [well, throughput, lag],
    /** Shows nothing of another time. */
    clear() {
      status = null;
      update(figures, null, () => []);
      for (const text of [verdict, rateText, lagText]) text.textContent = "";
      redrawBars();
      redrawDots();
    },
    showFigures(read, window) {
      const faults = faultsOf(read);
      verdict.dataset.state = faults.length ? "failed" : "well";
      const said = faults.length ? `Not all is well: ${faults.join(", ")}.` : "All is well.";
      if (verdict.textContent !== said) verdict.textContent = said;
      // The time of the status alone is no news.
      update(figures, { ...read, as_of: null, periods: null, window }, () => figuresOf(read));
    },
    showThroughput(read, window) {
      status = read;
      rateText.textContent = counted(read.events, read, window);
      redrawBars();
    },
    showLag(read) {
      status = read;
      const { lag: found } = read.notifications;
      lagText.textContent = found
        ? `median ${seconds(found.median_ms)}, longest ${seconds(found.longest_ms)}, of ${found.mails === 1 ? "1 mail" : `${digits(String(found.mails))} mails`}`
        : "No mail was sent at once in this time.";
      redrawDots();
    },
  };
}

/** What is wrong, to go on in a sentence. */
function faultsOf(status) {
  const faults = [];
  if (status.dead_letters > 0) faults.push(`${status.dead_letters} failed`);
  if (status.is_projection_late) faults.push("a balance is behind its events");
  return faults;
}

function figuresOf(status) {
  const { notifications: told, oldest_unprojected: late, next_run: next } = status;
  const since = told.since;
  const mails = told.by_state.map(({ state, reason, count }) => {
    const query = new URLSearchParams({ state, ...(reason ? { reason } : {}), from: since });
    return figure(stateMark(state), element("a", { href: `#/notifications?${query}` }, digits(String(count))), reason && (REASONS[reason] ?? reason));
  });
  return [
    figure("Events recorded", element("a", { href: `#/events?${new URLSearchParams({ from: status.events.since })}` }, digits(String(status.events.count))), limited(status.events, status)),
    figure("Notifications", element("a", { href: `#/notifications?${new URLSearchParams({ from: since })}` }, digits(String(told.count))), limited(told, status)),
    ...mails,
    figure("Failed", element("a", { href: "#/dead-letters" }, String(status.dead_letters))),
    figure("Not in a balance yet", late ? element("a", { href: eventHref(late.account_id, late.version) }, spoken(late.account_id)) : "none", late && time(late.recorded_at)),
    figure("Next schedule", next ? element("a", { href: accountHref(next.account_id) }, time(next.next_at)) : "none", next && `${next.schedule_id}, ${spoken(next.account_id)}`),
  ];
}

const figure = (name, value, below) =>
  element("div", {}, element("dt", {}, name), element("dd", {}, value, below ? element("span", { class: "below" }, below) : null));

const limited = (count, status) => (count.since === status.from ? null : element("span", {}, "the newest, since ", time(count.since)));

const counted = (count, status, window) =>
  (count.since === status.from ? `${digits(String(count.count))} in ${window}` : `the newest ${digits(String(count.count))}, since ${moment(count.since)}`);

/** A day has another clock than a week: the date is said where it is another one. */
function moment(text) {
  const at = new Date(text);
  return Date.now() - at < 22 * 3_600_000 ? clock(at).slice(0, 5) : time(text).textContent;
}

function minutes({ from, as_of: to, periods }) {
  const length = Math.round((Date.parse(to) - Date.parse(from)) / periods.length / 60_000);
  return length === 1 ? "a minute" : `${length} minutes`;
}

const seconds = (ms) => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 0)} s`;
