// A plot that is pointed at and zoomed into: uPlot in the colours of the style
// sheet. It is loaded when the first one is drawn.

import { element, zone } from "./page.js";

let loading = null;

/** Loads uPlot, which is a script and no module: it leaves its name to the page. */
function load() {
  loading ??= new Promise((resolve, reject) => {
    const style = element("link", { rel: "stylesheet", href: "/assets/uPlot.min.css" });
    const script = element("script", { src: "/assets/uPlot.iife.min.js" });
    script.addEventListener("load", () => resolve(window.uPlot));
    script.addEventListener("error", () => {
      loading = null;
      script.remove();
      style.remove();
      reject(new TypeError("the chart's script was not loaded"));
    });
    document.head.append(style, script);
  });
  return loading;
}

/**
 * A place with a plot in it, of this height in pixels.
 *
 * `optionsOf` is given uPlot and a function from the name of a colour to the
 * colour as it is now, and returns uPlot's options.
 */
export function plot(height, optionsOf) {
  const holder = element("div", { class: "chart" });
  const probe = element("i", { hidden: "" });
  holder.append(probe);
  let drawn = null;
  let data = null;
  let isDrawing = false;

  const colour = (name) => () => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };

  async function draw() {
    if (!data || isDrawing || holder.clientWidth === 0) return;
    isDrawing = true;
    try {
      const uPlot = await load();
      if (holder.clientWidth === 0) return;
      const options = { width: holder.clientWidth, height, legend: { show: false }, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone), ...optionsOf(uPlot, colour) };
      if (!drawn) listen();
      drawn?.destroy();
      drawn = new uPlot(options, data, holder);
    } finally {
      isDrawing = false;
    }
  }

  // What cannot be loaded is asked for again with the next data.
  const tryToDraw = () => draw().catch(() => {});
  const recolour = () => drawn?.redraw(false);
  const shown = new AbortController();
  // The observer is told of another view in this one's place too: a plot listens to the window, which would keep it for ever.
  const sizes = new ResizeObserver(() => {
    if (!holder.isConnected) end();
    else if (!drawn) tryToDraw();
    else if (holder.clientWidth > 0) drawn.setSize({ width: holder.clientWidth, height });
  });
  sizes.observe(holder);

  function listen() {
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour, shown);
    addEventListener("scheme", recolour, shown);
  }

  function end() {
    sizes.disconnect();
    shown.abort();
    drawn?.destroy();
    drawn = null;
  }

  return {
    holder,
    /** Shows other data: those of uPlot, and what a screen reader says instead. A range that was zoomed into stays. */
    show(next, label) {
      data = next;
      // A place without a picture has no name.
      holder.setAttribute("role", "img");
      holder.setAttribute("aria-label", label);
      if (!drawn) return void tryToDraw();
      const stays = isZoomed();
      drawn.setData(data, !stays);
      // With a range that stays, uPlot draws nothing by itself.
      if (stays) drawn.redraw();
    },
    /** Draws from its options again. */
    again() {
      if (drawn) tryToDraw();
    },
    redraw: recolour,
    isZoomed,
    /** Shows all data again. */
    whole() {
      drawn?.setData(data, true);
    },
  };

  function isZoomed() {
    const xs = drawn?.data[0];
    if (!xs?.length) return false;
    return drawn.scales.x.min > xs[0] || drawn.scales.x.max < xs.at(-1);
  }
}
