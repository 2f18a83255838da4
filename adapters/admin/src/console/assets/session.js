// Who is signed in, for as long as the tab is open at most. Credentials are never in a URL, and never on a disk.

const KEY = "tollgate.session";

let session = load();

function load() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY));
    return typeof kept?.authorization === "string" ? kept : null;
  } catch {
    return null;
  }
}

/** `{authorization, name, role}`, or null. */
export function current() {
  return session;
}

/** The value of the Authorization header for a name and password. */
export function basic(name, password) {
  const bytes = new TextEncoder().encode(`${name}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

/** The value of the Authorization header for a token. */
export function bearer(token) {
  return `Bearer ${token}`;
}

/** Remembers who signed in: in memory, and in the tab's own storage if `keep`. */
export function begin(authorization, { name, role }, keep) {
  session = { authorization, name, role };
  if (keep) {
    sessionStorage.setItem(KEY, JSON.stringify(session));
  } else {
    sessionStorage.removeItem(KEY);
  }
}

/** Forgets everything. */
export function forget() {
  session = null;
  sessionStorage.removeItem(KEY);
}

/** Whether this session may change anything. */
export function mayWrite() {
  return session?.role === "read_write";
}
