// The names of customers, for pages that are about something else.

import { customerPath, getJson, orNone } from "./api.js";

/** After it a name is read again: a person may be erased. */
const KEPT_MS = 60_000;
const names = new Map();

/** The customer's name; null where there is none, or the role may not read it. */
export async function nameOf(customer) {
  const kept = names.get(customer);
  if (kept && performance.now() - kept.at < KEPT_MS) return kept.name;
  const name = await readName(customer);
  names.set(customer, { name, at: performance.now() });
  return name;
}

export const forgetName = (customer) => names.delete(customer);

async function readName(customer) {
  try {
    return (await orNone(getJson(customerPath(customer))))?.name ?? null;
  } catch (error) {
    if (error.status === 403) return null;
    throw error;
  }
}
