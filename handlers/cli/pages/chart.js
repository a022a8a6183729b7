// Charts as SVG: steps, bars, dots. Colours and fonts are the style sheet's;
// positions are attributes, since the page's policy lets no style in.

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 1;
/** Room for the labels of the values. */
export const RIGHT = 60;
const TOP = 12;
const BOTTOM = 24;

export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** From a range of values to a range of pixels. */
export function scale([from, to], [start, end]) {
  const span = to - from || 1;
  return (value) => start + ((value - from) / span) * (end - start);
}

/** Round values that divide the range into about `count` parts. */
export function ticks(from, to, count) {
  const rough = (to - from || Math.abs(to) || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough);
  const found = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to + step / 1e6; tick += step) found.push(tick);
  return found;
}

/** A frame for a chart of this size: lines and labels of both axes. */
export function frame({ width, height, x, y, xTicks, yTicks, label }) {
  const root = svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label });
  for (const { value, text } of yTicks) {
    root.append(
      svg("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }),
      svg("text", { class: "tick", x: width - RIGHT + 8, y: y(value) + 4 }, text),
    );
  }
  xTicks.forEach(({ value, text }, index) => {
    const anchor = index === 0 ? "start" : index === xTicks.length - 1 ? "end" : "middle";
    root.append(svg("text", { class: "tick", x: x(value), y: height - 6, "text-anchor": anchor }, text));
  });
  return root;
}

/** The scales of a chart's inside. */
export function scales(width, height, xRange, yRange) {
  return {
    x: scale(xRange, [LEFT, width - RIGHT]),
    y: scale(yRange, [height - BOTTOM, TOP]),
    floor: height - BOTTOM,
  };
}

/** A line that stays at each value until the next one. */
export function stepPath(points, x, y, until) {
  let path = "";
  points.forEach((point, index) => {
    path += index === 0 ? `M${x(point.x)} ${y(point.y)}` : `H${x(point.x)}V${y(point.y)}`;
  });
  return until === undefined ? path : `${path}H${x(until)}`;
}

/** Draws again whenever the place that holds the chart has another width. */
export function fitted(holder, draw) {
  let width = 0;
  const redraw = () => {
    if (width > 0) holder.replaceChildren(...[draw(width)].flat());
  };
  new ResizeObserver(([entry]) => {
    const next = Math.floor(entry.contentRect.width);
    if (next === width) return;
    width = next;
    redraw();
  }).observe(holder);
  return redraw;
}
