// Whether there is anything new to show: a small question each second, instead
// of all that a page shows.

import { newMark } from "./api.js";

/** What depends on the time alone, like the figures of a day, is read again then. */
const LONGEST_MS = 60_000;
/** Where not each change is known, because many programs write. */
const LONGEST_IF_INCOMPLETE_MS = 10_000;
/** A question that takes longer is not waited for: the view says what is not known. */
const ANSWERED_WITHIN_MS = 1000;
const ANSWERED_WITHIN_IF_AWAITED_MS = 150;

/** What is known of the changes. */
export function newsOf() {
  let known = null;
  let isComplete = false;
  let readAt = -Infinity;
  let readView = null;

  /** Whether the mark is another one, or not known: then anything may have changed. */
  async function hasChanged(within) {
    let timer = 0;
    let isLate = false;
    const late = new Promise((resolve) => {
      timer = setTimeout(() => {
        isLate = true;
        resolve(true);
      }, within);
    });
    const asked = newMark(known).then((mark) => {
      if (mark === null) return false;
      // A late mark may be of after the view was read. Of a stack that is soon read again anyway.
      known = isLate && mark.isComplete ? null : mark.tag;
      isComplete = mark.isComplete;
      return true;
    });
    const changed = await Promise.race([asked, late]).catch(() => {
      known = null;
      return true;
    });
    clearTimeout(timer);
    return changed;
  }

  return {
    /** Whether to read a view now, for which somebody may wait. */
    async has(isAwaited, view) {
      const changed = await hasChanged(isAwaited ? ANSWERED_WITHIN_IF_AWAITED_MS : ANSWERED_WITHIN_MS);
      const now = performance.now();
      const isOld = now - readAt > (isComplete ? LONGEST_MS : LONGEST_IF_INCOMPLETE_MS);
      if (!changed && !isAwaited && !isOld && view === readView && !view.owes?.()) return false;
      [readAt, readView] = [now, view];
      return true;
    }
  };
}
