// Which page an address is for: `#/`, `#/new`, `#/tenants/ID`, `#/tenants/ID/edit`, `#/sign-in`, each with `?key=value`.

/** What the address says: `{name, id, parameters}`. */
export function route(hash = location.hash) {
  const [path, search] = splitOnce(hash.replace(/^#/, ""), "?");
  const parameters = new URLSearchParams(search);
  const parts = path.split("/").filter((part) => part !== "").map(decoded);
  if (parts.length === 0) {
    return { name: "tenants", parameters };
  }
  if (parts.length === 1 && (parts[0] === "new" || parts[0] === "sign-in")) {
    return { name: parts[0], parameters };
  }
  if (parts[0] === "tenants" && parts.length === 2) {
    return { name: "tenant", id: parts[1], parameters };
  }
  if (parts[0] === "tenants" && parts.length === 3 && parts[2] === "edit") {
    return { name: "edit", id: parts[1], parameters };
  }
  return { name: "unknown", parameters };
}

function splitOnce(text, at) {
  const place = text.indexOf(at);
  return place < 0 ? [text, ""] : [text.slice(0, place), text.slice(place + 1)];
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of the list, with its search. */
export function tenantsHref(parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value);
  const search = new URLSearchParams(given).toString();
  return search === "" ? "#/" : `#/?${search}`;
}

/** The address of a tenant's page. */
export function tenantHref(id) {
  return `#/tenants/${encodeURIComponent(id)}`;
}

/** The address of a tenant's form. */
export function editHref(id) {
  return `${tenantHref(id)}/edit`;
}

/** Goes to an address of this console. */
export function go(href) {
  location.hash = href;
}
