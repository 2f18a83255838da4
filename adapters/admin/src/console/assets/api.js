// The API: one function per thing that is asked, and errors that say what to do about them.

import { current } from "./session.js";

/** The mount point; the console is one level below it. */
export const BASE = new URL("../", document.baseURI);

const PATIENCE = 20_000;

/** An answer that is no success. `errors` are the fields that are wrong. */
export class Refused extends Error {
  constructor(status, problem, retryAfter) {
    super(problem?.detail || problem?.title || `The server answered ${status}.`);
    this.status = status;
    this.problem = problem ?? {};
    this.errors = Array.isArray(problem?.errors) ? problem.errors : [];
    this.retryAfter = retryAfter;
  }
}

/** There was no answer. */
export class Unreachable extends Error {}

/** Called with every answer to a request of somebody who is signed in, and with every lack of one. */
export const listeners = { reached() {}, lost() {}, signedOut() {} };

/**
 * Sends a request; gives `{status, data, etag}`. `path` is relative to the mount point, and encoded by the caller.
 * Throws `Refused`, `Unreachable`, or the signal's AbortError.
 */
export async function ask(path, { method = "GET", body, ifMatch, signal, authorization } = {}) {
  const session = current();
  const credential = authorization ?? session?.authorization;
  const response = await send(path, { method, body, ifMatch, signal, credential });
  const data = await read(response);
  if (response.ok) {
    listeners.reached();
    return { status: response.status, data, etag: response.headers.get("etag") };
  }
  const seconds = Number(response.headers.get("retry-after"));
  const refused = new Refused(response.status, data, Number.isFinite(seconds) && seconds > 0 ? seconds : null);
  if (authorization === undefined) {
    listeners.reached();
    // Another may have signed in while this was on its way.
    if (response.status === 401 && session !== null && current() === session) {
      listeners.signedOut();
    }
  }
  throw refused;
}

/** A fetch with the credential and nothing else that could tell anybody anything. */
export async function send(path, { method, body, ifMatch, signal, credential, accept, patience = PATIENCE }) {
  const headers = { accept: accept ?? "application/json, application/problem+json" };
  if (credential) {
    headers.authorization = credential;
  }
  if (body !== undefined) {
    headers["content-type"] = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  }
  if (ifMatch) {
    headers["if-match"] = ifMatch;
  }
  const signals = [signal, patience ? AbortSignal.timeout(patience) : null].filter((one) => one);
  try {
    return await fetch(new URL(path, BASE), {
      method,
      headers,
      body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
      signal: signals.length > 0 ? AbortSignal.any(signals) : undefined,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
    });
  } catch (error) {
    throw failed(error, signal);
  }
}

async function read(response) {
  let text;
  try {
    text = await response.text();
  } catch (error) {
    throw failed(error, null);
  }
  if (text === "") {
    return null;
  }
  try {
    return JSON.parse(text);
  } catch {
    return response.ok ? text : { detail: `The server answered ${response.status} ${response.statusText}.` };
  }
}

function failed(error, signal) {
  if (signal?.aborted) {
    return error;
  }
  listeners.lost();
  return new Unreachable("The server can't be reached.");
}

/** `{requests: 1, model: ""}` → `?requests=1`. */
export function query(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const text = new URLSearchParams(given).toString();
  return text === "" ? "" : `?${text}`;
}

/** The path of a tenant's something. */
export function tenantPath(id, rest = "") {
  return `tenants/${encodeURIComponent(id)}${rest}`;
}
