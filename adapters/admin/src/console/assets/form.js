// The form of a tenant: to create one, and to edit one. The server judges; what it says stands beside the field.

import { ask, Refused, tenantPath } from "./api.js";
import { fill, h } from "./dom.js";
import { Fields } from "./fields.js";
import { limitList } from "./limitform.js";
import { toast } from "./notice.js";
import { go, tenantHref } from "./router.js";

const LISTS = [
  ["allowed_models", "Models", "gpt-4 is that name alone, gpt-4* all that begin so"],
  ["allowed_tools", "Tools", ""],
  ["allowed_methods", "Methods", "In upper case"],
  ["allowed_paths", "Paths", "/api/* is /api and all below it"],
];

/** What the server adds to a tenant, and nobody writes. */
const READ_ONLY = ["version", "created_at", "updated_at", "error"];

/** The page for a new tenant. */
export function newPage(main, _, { signal }) {
  const page = tenantForm({ tenant: {}, isNew: true }, async (tenant) => {
    const { data } = await ask("tenants", { method: "POST", body: tenant, signal });
    toast(`${data.tenant_id} was created.`);
    go(tenantHref(data.tenant_id));
  });
  fill(main, h("div.page.form-page", {}, crumbs(null), h("h1", { tabindex: -1 }, "New tenant"), page));
}

/** The page to edit a tenant. */
export function editPage(main, { id }, { signal }) {
  const place = h("div", {}, h("p.empty", {}, "Loading…"));
  fill(main, h("div.page.form-page", {}, crumbs(id), h("h1", { tabindex: -1 }, `Edit ${id}`), place));
  const load = async () => {
    try {
      const { data, etag } = await ask(tenantPath(id), { signal });
      fill(place, tenantForm({ tenant: data, isNew: false, reload: load }, async (tenant) => {
        await ask(tenantPath(id), { method: "PUT", body: tenant, ifMatch: etag, signal });
        toast(`${id} was saved.`);
        go(tenantHref(id));
      }));
    } catch (error) {
      if (!signal.aborted) {
        const text = error instanceof Refused && error.status === 404 ? `There is no tenant ${id}.` : error.message;
        fill(place, h("p.problem", { role: "alert" }, text));
      }
    }
  };
  load();
}

function crumbs(id) {
  const separator = () => h("span", { "aria-hidden": "true" }, " / ");
  return h(
    "nav.crumbs",
    { "aria-label": "Where you are" },
    h("a", { href: "#/" }, "Tenants"),
    separator(),
    id && [h("a", { href: tenantHref(id) }, id), separator()],
  );
}

function tenantForm({ tenant, isNew, reload }, save) {
  const fields = new Fields();
  const quota = tenant.quota ?? {};
  const policy = tenant.policy ?? {};
  const at = (path) => () => path;
  const id = isNew && fields.text(at("tenant_id"), "Tenant", "", { hint: "A–Z a–z 0–9 . _ - ; it can't be changed later" });
  const parent = fields.text(at("parent"), "Parent", tenant.parent, { hint: "A tenant that pays along; usually none" });
  const status = fields.choice(at("status"), "Status", tenant.status ?? "active", [["active", "Active"], ["suspended", "Suspended"]]);
  const requests = fields.whole(at("quota.requests_per_minute"), "Requests per minute", quota.requests_per_minute, { hint: "Empty or 0: unlimited" });
  const tokens = fields.whole(at("quota.tokens_per_minute"), "Tokens per minute", quota.tokens_per_minute, { hint: "Empty or 0: unlimited" });
  const limits = limitList(fields, quota.limits ?? []);
  const lists = LISTS.map(([key, label, hint]) => [key, fields.lines(at(`policy.${key}`), label, policy[key] ?? [], { hint: `One a line; empty: all. ${hint}`.trim() })]);
  const features = fields.lines(at("policy.features"), "Features", pairs(policy.features, (on) => (on ? "on" : "off")), { hint: "One a line: name: on" });
  const metadata = fields.lines(at("metadata"), "Metadata", pairs(tenant.metadata, String), { hint: "One a line: name: value" });
  const problem = h("div.problem", { role: "alert", hidden: true });
  const button = h("button.primary", { type: "submit", id: "save" }, isNew ? "Create tenant" : "Save");

  const read = () => {
    const kept = Object.fromEntries(Object.entries(tenant).filter(([key]) => !READ_ONLY.includes(key)));
    const { requests_per_minute: _r, tokens_per_minute: _t, ...otherQuota } = quota;
    return {
      ...kept,
      tenant_id: id ? id.read() : tenant.tenant_id,
      parent: parent.read() || undefined,
      status: status.read(),
      quota: { ...otherQuota, requests_per_minute: requests.read(), tokens_per_minute: tokens.read(), limits: limits.read() },
      policy: { ...policy, ...Object.fromEntries(lists.map(([key, field]) => [key, field.read()])), features: map(features.read(), onOrOff) },
      metadata: map(metadata.read(), (text) => text),
    };
  };
  const submit = async (event) => {
    event.preventDefault();
    fields.clear();
    problem.hidden = true;
    button.disabled = true;
    try {
      await save(read());
    } catch (error) {
      if (error.name !== "AbortError") {
        complain(fields, problem, error, reload);
      }
    } finally {
      button.disabled = false;
    }
  };

  const section = (title, ...children) => h("section.card.stack", {}, h("h2", {}, title), children);
  const element = ({ element: one }) => one;
  return h(
    "form.stack",
    { onsubmit: submit, novalidate: true, "aria-label": isNew ? "New tenant" : `Edit ${tenant.tenant_id}` },
    h("datalist", { id: "dimensions" }, ["requests", "tokens"].map((value) => h("option", { value }))),
    problem,
    section("Tenant", h("div.pairs", {}, id && id.element, parent.element, status.element)),
    section("Quota", h("div.pairs", {}, requests.element, tokens.element), h("h3", {}, "Further limits"), limits.element),
    section("Policy", h("div.pairs", {}, lists.map(([, field]) => element(field)), features.element)),
    section("Metadata", metadata.element),
    h("div.actions.last", {}, button, h("a.button", { href: isNew ? "#/" : tenantHref(tenant.tenant_id) }, "Cancel")),
  );
}

function complain(fields, problem, error, reload) {
  const errors = error instanceof Refused ? error.errors : [];
  const rest = fields.complain(errors);
  const shown = errors.length > 0 ? rest.map(({ field, detail }) => `${field}: ${detail}`) : [error.message];
  const changed = error instanceof Refused && error.status === 412;
  if (changed) {
    shown.splice(0, shown.length, "Somebody has changed the tenant meanwhile, and nothing was saved.");
  }
  if (shown.length === 0) {
    return;
  }
  fill(
    problem,
    shown.map((text) => h("p", {}, text)),
    changed && reload && h("button", { type: "button", onclick: reload }, "Load what is there now"),
  );
  problem.hidden = false;
  problem.scrollIntoView({ block: "center" });
}

function pairs(entries, text) {
  return Object.entries(entries ?? {}).map(([name, value]) => `${name}: ${text(value)}`);
}

function map(lines, value) {
  const split = (line) => {
    const at = line.indexOf(":");
    return at < 0 ? [line, value("")] : [line.slice(0, at).trim(), value(line.slice(at + 1).trim())];
  };
  return Object.fromEntries(lines.map(split));
}

/** What is neither is sent as it is, so that the server says what it should be. */
function onOrOff(text) {
  return { on: true, true: true, "": true, off: false, false: false }[text] ?? text;
}
