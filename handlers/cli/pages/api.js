// Asking the API. The page and the API have one origin, so there is nothing to
// configure and no key to keep.

// A cold stack takes its time; what takes longer than API Gateway lets it is lost.
const TIMEOUT_MS = 30_000;

/** What is being read, so that it can be given up for another attempt. */
let reading = new AbortController();

/** Gives up what is being read; what is being changed goes on. */
export function giveUpReading() {
  reading.abort();
  reading = new AbortController();
}

/** JSON from the API, null where it has nothing to say; an error says what the problem document says. */
export async function ask(method, path, { body, headers = {} } = {}) {
  const response = await fetch(path, {
    method,
    headers: { Accept: "application/json", ...(body ? { "Content-Type": "application/json" } : {}), ...headers },
    body: body ? JSON.stringify(body) : undefined,
    cache: "no-cache",
    signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(method === "GET" ? [reading.signal] : [])]),
  });
  if (response.status === 204) return null;
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => ({}));
  const faults = (problem.errors || []).map((fault) => `${fault.pointer ?? fault.parameter ?? fault.header ?? ""} ${fault.detail}`.trim());
  const error = new Error(faults.join("; ") || problem.detail || `${path} answered ${response.status}`);
  error.status = response.status;
  throw error;
}

export const getJson = (path) => ask("GET", path);

/** What may not exist: null then. */
export const orNone = (promise) => promise.catch((error) => {
  if (error.status === 400 || error.status === 404) return null;
  throw error;
});

export const accountPath = (id) => `/v1/accounts/${encodeURIComponent(id)}`;
export const customerPath = (id) => `/v1/customers/${encodeURIComponent(id)}`;

/** A path with those parameters that have a value. */
export function withQuery(path, parameters) {
  const known = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== "");
  // A signature counts a plus as a plus.
  return known.length ? `${path}?${String(new URLSearchParams(known)).replaceAll("+", "%20")}` : path;
}
