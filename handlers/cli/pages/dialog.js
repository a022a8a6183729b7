// Asking before something is changed.

import { element } from "./page.js";

/**
 * Shows what would be done; true when that is meant. Escape and Cancel are no.
 * With `allowed` it can only be meant once that is true; `watch` is the field
 * that decides it.
 */
export function confirmed({ title, action, content, allowed = () => true, watch = null }) {
  const yes = element("button", { type: "button", class: "action", id: "dialog-yes" }, action);
  const no = element("button", { type: "button", class: "plain", id: "dialog-no" }, "Cancel");
  const dialog = element("dialog", { "aria-labelledby": "dialog-title" },
    element("h2", { id: "dialog-title" }, title),
    element("div", { class: "dialog-content" }, ...content),
    element("p", { class: "buttons" }, no, yes));
  yes.disabled = !allowed();
  watch?.addEventListener("input", () => {
    yes.disabled = !allowed();
  });
  document.body.append(dialog);
  return new Promise((resolve) => {
    let answer = false;
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    yes.addEventListener("click", () => {
      answer = true;
      dialog.close();
    });
    no.addEventListener("click", () => dialog.close());
    dialog.showModal();
    no.focus();
  });
}

/**
 * Runs what a button does: once at a time, and its error is shown where the
 * button is. `isOver` is called when it can be pressed again.
 */
export function acts(button, status, action, isOver = () => {}) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    status.textContent = "";
    status.removeAttribute("data-state");
    try {
      await action();
    } catch (error) {
      status.dataset.state = "failed";
      status.textContent = error.message;
    }
    button.disabled = false;
    isOver();
    // A disabled button loses the focus that it was pressed with.
    if (document.activeElement === document.body && button.isConnected) button.focus();
  });
}
