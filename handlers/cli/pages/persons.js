// The names of customers, for pages that are about something else.

import { customerPath, getJson, orNone } from "./api.js";

const names = new Map();

/** The customer's name; null where there is none, or the role may not read it. */
export async function nameOf(customer) {
  if (!names.has(customer)) names.set(customer, await readName(customer));
  return names.get(customer);
}

async function readName(customer) {
  try {
    return (await orNone(getJson(customerPath(customer))))?.name ?? null;
  } catch (error) {
    if (error.status === 403) return null;
    throw error;
  }
}
