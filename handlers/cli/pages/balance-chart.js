// An account's balance over time: steps, with a mark at the version that the
// slider is at. What is pointed at is said beside it; what is dragged over is
// zoomed into.

import { balances, scaleOf } from "./money.js";
import { digits, element, zone } from "./page.js";
import { plot } from "./plot.js";
import { movedMoney, occurred } from "./rows.js";
import { EVENT_NAMES, named } from "./words.js";

const HEIGHT = 220;
const BASES = [
  ["occurred_at", "by time occurred"],
  ["recorded_at", "by time recorded"],
  ["version", "by version"],
];
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: zone });
const MINUTE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });
const SECOND = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: zone });
const A_DAY = 86_400;

/** Room for the longest value of an axis: a yen account's have more digits than a euro account's. */
function roomFor(self, values, axisIndex, cycle) {
  const axis = self.axes[axisIndex];
  // Its own room changes which values there are: after the first time it would not come to rest.
  if (cycle > 1) return axis._size;
  self.ctx.font = axis.font[0];
  const widest = Math.max(0, ...(values ?? []).map((value) => self.ctx.measureText(value).width / devicePixelRatio));
  return Math.ceil(widest) + 2 * axis.gap;
}

/** `onChoose` is told the version that was clicked. */
export function balanceChart(onChoose) {
  const basis = element("select", { "aria-label": "Scale of the chart", id: "chart-basis" },
    ...BASES.map(([value, name]) => element("option", { value, selected: value === "recorded_at" ? "" : null }, name)));
  const whole = element("button", { type: "button", class: "plain", id: "chart-whole", hidden: "" }, "Show all");
  const told = element("div", { class: "chart-told", hidden: "", "aria-hidden": "true" });
  const chart = plot(HEIGHT, options);
  const holder = element("div", { class: "chart-holder tall unread" }, chart.holder);
  chart.holder.append(told);
  /** By version. */
  let inOrder = [];
  /** As they are drawn. */
  let steps = [];
  let currency = "";
  let chosen = 0;
  let drawn = "";

  const isVersions = () => basis.value === "version";
  /** In seconds, as uPlot counts. */
  const place = ({ event }) => (isVersions() ? event.version : Date.parse(event[basis.value] ?? event.occurred_on) / 1000);
  // For the place on the screen only: amounts are read from their digits.
  const height = (step) => Number(step.minor) / 10 ** scaleOf(step.text);

  function options(uPlot, colour) {
    const axis = { stroke: colour("quiet"), font: "11px system-ui, sans-serif", ticks: { show: false } };
    return {
      scales: {
        x: { time: !isVersions(), range: places },
        y: { range: (_, low, high) => [Math.min(low, 0), Math.max(high, low < 0 ? 0 : low + 1)] },
      },
      axes: [
        { ...axis, size: 28, space: 110, grid: { show: false }, values: (_, splits, __, ___, apart) => splits.map((value) => label(value, apart)) },
        { ...axis, side: 1, size: roomFor, space: 50, grid: { stroke: colour("line"), width: 1 }, values: (_, splits) => splits.map((value) => digits(String(value))) },
      ],
      series: [
        {},
        { paths: uPlot.paths.stepped({ align: 1 }), stroke: colour("accent"), fill: colour("tint"), width: 1.75, points: { show: false } },
      ],
      cursor: { y: false, points: { size: 8, stroke: colour("accent"), fill: colour("panel") } },
      hooks: {
        init: [(self) => self.over.addEventListener("click", () => {
          const step = steps[self.cursor.idx];
          if (step) onChoose(step.event.version);
        })],
        draw: [(self) => drawMark(self, colour)],
        setCursor: [tell],
        setScale: [(_, key) => {
          if (key === "x") whole.hidden = !chart.isZoomed();
        }],
      },
    };
  }

  /** What was recorded together has no width. */
  function places({ data: [xs] }, from, to) {
    const last = xs.at(-1);
    return xs[0] < last ? [from, to] : [last - 1, last + 1];
  }

  function label(value, apart) {
    if (isVersions()) return Number.isInteger(value) ? String(value) : "";
    return (apart >= A_DAY ? DAY : apart >= 60 ? MINUTE : SECOND).format(value * 1000);
  }

  /** A line through the version that is looked at. */
  function drawMark(self, colour) {
    const marked = steps.find(({ event }) => event.version === chosen);
    if (!marked) return;
    const { ctx, bbox } = self;
    const [x, y] = [self.valToPos(place(marked), "x", true), self.valToPos(height(marked), "y", true)];
    if (x < bbox.left || x > bbox.left + bbox.width) return;
    ctx.save();
    ctx.strokeStyle = colour("ink")();
    ctx.fillStyle = colour("panel")();
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.beginPath();
    ctx.arc(x, y, 4 * devicePixelRatio, 0, 2 * Math.PI);
    ctx.fill();
    ctx.stroke();
    ctx.restore();
  }

  /** What the pointer is at. */
  function tell(self) {
    const step = steps[self.cursor.idx];
    told.hidden = !step || self.cursor.left < 0;
    if (told.hidden) return;
    const { event } = step;
    told.replaceChildren(
      element("strong", {}, named(EVENT_NAMES, event.type)), " ", movedMoney(event) ?? "",
      element("span", {}, "Balance ", digits(step.text), " ", currency),
      element("span", { class: "quiet" }, occurred(event), ` · version ${event.version}`));
    const left = self.over.offsetLeft + self.cursor.left;
    told.style.left = `${Math.min(Math.max(left - told.offsetWidth / 2, 0), chart.holder.clientWidth - told.offsetWidth)}px`;
  }

  function shown() {
    chart.show([steps.map(place), steps.map(height)],
      `Balance over ${steps.length} events, from ${digits(steps[0].text)} to ${digits(steps.at(-1).text)} ${currency}`);
  }

  basis.addEventListener("change", () => {
    if (inOrder.length === 0) return;
    arrange();
    chart.again();
    shown();
  });
  whole.addEventListener("click", () => chart.whole());

  /** By the time at which they occurred, each balance is that of all which had occurred by then. */
  function arrange() {
    steps = inOrder;
    if (basis.value !== "occurred_at") return;
    const events = inOrder.map(({ event }) => event).sort((one, other) => place({ event: one }) - place({ event: other }) || one.version - other.version);
    steps = balances(events, events.at(-1).version, inOrder.at(-1).text);
  }

  return {
    holder,
    basis,
    whole,
    show(nextSteps, nextCurrency, nextChosen) {
      if (nextSteps.length === 0) return;
      const key = `${nextSteps.length} ${nextSteps[0].text} ${nextSteps.at(-1).event.event_id}`;
      [currency, chosen] = [nextCurrency, nextChosen];
      if (key === drawn) {
        chart.redraw();
        return;
      }
      [inOrder, drawn] = [nextSteps, key];
      arrange();
      shown();
    },
  };
}
