// Keys that act outside of a field, on every page.

import { byId, element } from "./page.js";

const PAGES = { o: "", c: "customers", a: "accounts", e: "events", n: "notifications", f: "dead-letters", r: "replays", i: "imports" };
const SECOND_KEY_WITHIN_MS = 1500;
const HELP = [
  ["/ or Ctrl+K", "search"],
  ["g, then o c a e n f r i", "overview, customers, accounts, events, notifications, failed, replays, imports"],
  ["j and k", "the next and the previous row; Enter opens it"],
  ["[ and ]", "the previous and the next version"],
  ["?", "these keys"],
  ["Escape", "closes what asks"],
];

const OFF_KEPT = "ledgerbell-single-keys-off";
let isAfterG = false;
/** Single keys can be switched off (WCAG 2.2, 2.1.4): software for speech types them by itself. */
let areOff = kept();

function kept() {
  try {
    return localStorage.getItem(OFF_KEPT) === "1";
  } catch {
    return false;
  }
}

function switchOff(off) {
  areOff = off;
  try {
    localStorage.setItem(OFF_KEPT, off ? "1" : "");
  } catch {
    // Without storage the choice is for this page alone.
  }
}

addEventListener("keydown", (event) => {
  const { key, target } = event;
  const inDialog = target.closest?.("dialog");
  if (key === "k" && (event.ctrlKey || event.metaKey) && !inDialog) {
    event.preventDefault();
    byId("find").focus();
    return;
  }
  const isTyping = target.closest?.("input:not([type='checkbox'], [type='range']), select, textarea");
  if (areOff || isTyping || inDialog || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = isAfterG && key in PAGES ? () => goTo(PAGES[key]) : ACTS[key];
  isAfterG = false;
  if (!act) return;
  event.preventDefault();
  act();
});

const ACTS = {
  "/": () => byId("find").focus(),
  g: () => {
    isAfterG = true;
    setTimeout(() => {
      isAfterG = false;
    }, SECOND_KEY_WITHIN_MS);
  },
  j: () => moveRow(1),
  k: () => moveRow(-1),
  "[": () => moveVersion("[rel='prev']", -1),
  "]": () => moveVersion("[rel='next']", 1),
  "?": showHelp,
};

function goTo(page) {
  location.hash = `#/${page}`;
}

function moveRow(by) {
  const rows = [...document.querySelectorAll("main table.list tbody tr")].filter((row) => row.checkVisibility());
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[here < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, here + by))];
  row?.querySelector("a, button")?.focus();
}

/** On a story to its neighbour, on an account with the slider. */
function moveVersion(link, by) {
  const neighbour = document.querySelector(`main ${link}`);
  if (neighbour) return neighbour.click();
  const slider = byId("as-of");
  if (!slider) return;
  slider.value = Number(slider.value) + by;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}

function showHelp() {
  const close = element("button", { type: "button", class: "plain" }, "Close");
  const single = element("input", { type: "checkbox", id: "single-keys" });
  single.checked = !areOff;
  single.addEventListener("change", () => switchOff(!single.checked));
  const dialog = element("dialog", { "aria-labelledby": "help-title" },
    element("h2", { id: "help-title" }, "Keys"),
    element("dl", { class: "facts-list" }, ...HELP.flatMap(([keys, what]) => [element("dt", {}, keys), element("dd", {}, what)])),
    element("p", { class: "text" }, element("label", {}, single, "Keys without Ctrl act")),
    element("p", { class: "buttons" }, close));
  document.body.append(dialog);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}

byId("keys").addEventListener("click", showHelp);
