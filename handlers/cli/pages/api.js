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

/** A successful answer of the API; an error says what the problem document says. */
async function answerOf(method, path, { body, headers = {} } = {}) {
  return fetched(path, {
    method,
    headers: { Accept: "application/json", ...(body ? { "Content-Type": "application/json" } : {}), ...headers },
    body: body ? JSON.stringify(body) : undefined,
    signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(method === "GET" ? [reading.signal] : [])]),
  });
}

async function fetched(path, request) {
  const response = await fetch(path, { cache: "no-cache", ...request });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  const faults = (problem.errors || []).map((fault) => `${fault.pointer ?? fault.parameter ?? fault.header ?? ""} ${fault.detail}`.trim());
  const error = new Error(faults.join("; ") || problem.detail || `${path} answered ${response.status}`);
  error.status = response.status;
  throw error;
}

/** JSON from the API, null where it has nothing to say. */
export async function ask(...request) {
  const response = await answerOf(...request);
  return response.status === 204 ? null : response.json();
}

/** Posts files, whose import takes the time that it takes. */
export async function sendFiles(path, files) {
  const body = new FormData();
  for (const file of files) body.append("file", file, file.name);
  const response = await fetched(path, { method: "POST", headers: { Accept: "application/json" }, body });
  return response.json();
}

export const getJson = (path) => ask("GET", path);

/** JSON from the API, and the tag of the revision that it is. */
export async function getTagged(path) {
  const response = await answerOf("GET", path);
  return { value: await response.json(), tag: response.headers.get("ETag") };
}

/** The mark of what is stored, as a tag, and whether each change has another one; null while it is the known tag. */
export async function newMark(known) {
  const response = await fetch("/v1/changes", {
    headers: { Accept: "application/json", ...(known ? { "If-None-Match": known } : {}) },
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status === 304) return null;
  if (!response.ok) throw new Error(`/v1/changes answered ${response.status}`);
  return { tag: response.headers.get("ETag"), isComplete: (await response.json()).complete };
}

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
