// Small charts as SVG: bars and dots. Colours and fonts are the style sheet's;
// positions are attributes, since the page's policy lets no style in.

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 1;
/** Room for the labels of the values. */
const RIGHT = 60;
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
