// An account's balance over time: steps, with a mark at the version that the
// slider is at. What is pointed at is read out below.

import { RIGHT, fitted, frame, scales, stepPath, svg, ticks } from "./chart.js";
import { digits, element } from "./page.js";
import { scaleOf } from "./money.js";

const HEIGHT = 220;
const BASES = [
  ["recorded_at", "by time recorded"],
  ["version", "by version"],
];
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const MINUTE = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const SECOND = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** `onChoose` is told the version that was clicked. */
export function balanceChart(onChoose) {
  const holder = element("div", { class: "chart-holder unread" });
  const basis = element("select", { "aria-label": "Scale of the chart", id: "chart-basis" },
    ...BASES.map(([value, name]) => element("option", { value }, name)));
  let steps = [];
  let currency = "";
  let chosen = 0;
  let drawn = "";

  const place = (step) => (basis.value === "version" ? step.event.version : Date.parse(step.event.recorded_at));

  function draw(width) {
    if (steps.length === 0) return [];
    const scale = scaleOf(steps[0].text);
    // For the place on the screen only: amounts are read from their digits.
    const height = (step) => Number(step.minor) / 10 ** scale;
    const points = steps.map((step) => ({ x: place(step), y: height(step), step }));
    const low = points.reduce((least, point) => Math.min(least, point.y), 0);
    const high = points.reduce((most, point) => Math.max(most, point.y), 0);
    const [from, to] = [points[0].x, points.at(-1).x];
    const { x, y, floor } = scales(width, HEIGHT, [from, to > from ? to : from + 1], [low, high > low ? high : low + 1]);
    const root = frame({
      width,
      height: HEIGHT,
      x,
      y,
      xTicks: to > from ? [from, to].map((value) => ({ value, text: label(value, from, to) })) : [{ value: from, text: label(from, from, to) }],
      yTicks: ticks(low, high, 3).map((value) => ({ value, text: digits(value.toFixed(value % 1 ? Math.min(scale, 2) : 0)) })),
      label: `Balance over ${points.length} events, from ${digits(steps[0].text)} to ${digits(steps.at(-1).text)} ${currency}`,
    });
    const path = stepPath(points, x, y);
    // Below the labels.
    root.prepend(svg("path", { class: "area", d: `${path}V${y(0)}H${x(from)}Z` }));
    root.append(
      svg("line", { class: "zero", x1: x(from), x2: width - RIGHT, y1: y(0), y2: y(0) }),
      svg("path", { class: "line", d: path }),
    );
    const marked = points.find((point) => point.step.event.version === chosen);
    if (marked) {
      root.append(
        svg("line", { class: "mark", x1: x(marked.x), x2: x(marked.x), y1: 8, y2: floor }),
        svg("circle", { class: "mark", cx: x(marked.x), cy: y(marked.y), r: 4 }),
      );
    }
    root.addEventListener("click", (event) => {
      const at = event.clientX - root.getBoundingClientRect().left;
      const nearest = points.reduce((best, point) => (Math.abs(x(point.x) - at) < Math.abs(x(best.x) - at) ? point : best));
      onChoose(nearest.step.event.version);
    });
    return root;
  }

  function label(value, from, to) {
    if (basis.value === "version") return `version ${value}`;
    const span = to - from;
    return (span > 3 * 86_400_000 ? DAY : span > 600_000 ? MINUTE : SECOND).format(value);
  }

  const redraw = fitted(holder, draw);
  basis.addEventListener("change", redraw);
  return {
    holder,
    basis,
    show(nextSteps, nextCurrency, nextChosen) {
      const key = `${nextSteps.length} ${nextSteps[0]?.text} ${nextSteps.at(-1)?.event.event_id} ${nextChosen}`;
      [steps, currency, chosen] = [nextSteps, nextCurrency, nextChosen];
      if (key !== drawn) redraw();
      drawn = key;
    },
  };
}
