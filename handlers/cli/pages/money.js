// Amounts are decimal strings with exactly the currency's digits, and whole
// numbers of its smallest unit where they are added up. Never floating point.

/** "-12.50" as -1250n. */
export const toMinor = (decimal) => BigInt(decimal.replace(".", ""));

/** Digits behind the point. */
export const scaleOf = (decimal) => (decimal.split(".")[1] || "").length;

/** -1250n as "-12.50", where there are two digits behind the point. */
export function fromMinor(minor, scale) {
  const sign = minor < 0n ? "-" : "";
  const digits = String(minor < 0n ? -minor : minor).padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  return scale ? `${sign}${whole}.${digits.slice(-scale)}` : `${sign}${whole}`;
}

/** What an event adds to its account's balance, in the smallest unit. */
export function delta(event) {
  const { data } = event;
  switch (event.type) {
    case "AccountOpened":
      return data.opening_balance ? toMinor(data.opening_balance) : 0n;
    case "MoneyDeposited":
      return toMinor(data.amount);
    case "MoneyWithdrawn":
      return -toMinor(data.amount);
    case "TransactionReversed":
      return data.movement === "withdrawal" ? toMinor(data.amount) : -toMinor(data.amount);
    default:
      return 0n;
  }
}

/**
 * The balance after each of these events, which are in order of version and
 * without gaps. `known` is the balance at the version `at`, one of theirs.
 */
export function balances(events, at, known) {
  const scale = scaleOf(known);
  const index = events.findIndex((event) => event.version === at);
  if (index < 0) return [];
  const after = new Array(events.length);
  after[index] = toMinor(known);
  for (let i = index + 1; i < events.length; i += 1) after[i] = after[i - 1] + delta(events[i]);
  for (let i = index - 1; i >= 0; i -= 1) after[i] = after[i + 1] - delta(events[i + 1]);
  return events.map((event, i) => ({ event, minor: after[i], text: fromMinor(after[i], scale) }));
}
