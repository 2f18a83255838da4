// The list of tenants: the fullest limit of each, live; one page of it at a time, however many there are.

import { ask, query } from "./api.js";
import { bar } from "./chart.js";
import { fill, h, reconcile, setAttribute, setText } from "./dom.js";
import { announce } from "./notice.js";
import { overviewStrip } from "./overview.js";
import { poll } from "./poll.js";
import { go, tenantHref, tenantsHref } from "./router.js";
import { mayWrite } from "./session.js";
import { count, number } from "./words.js";

const PAGE = 50;

/** The cursors of the pages before this one, of one search. */
let trail = { search: "", cursors: [] };

/** The page. */
export function tenantsPage(main, { parameters }, { signal }) {
  const search = {
    prefix: parameters.get("prefix") ?? "",
    status: parameters.get("status") ?? "",
    sort: parameters.get("sort") ?? "",
    after: parameters.get("after") ?? "",
  };
  keepTrail(search);
  const strip = overviewStrip();
  const table = tenantTable();
  const pager = pagerOf(search);
  let refined = false;
  let refresh = () => {};
  const tools = toolbar(search, (changed) => {
    Object.assign(search, changed, { after: "" });
    keepTrail(search);
    // In place of the old address, or each letter would be a step back.
    history.replaceState(null, "", tenantsHref(search));
    refined = true;
    refresh();
  });
  fill(
    main,
    h(
      "div.page",
      {},
      h(
        "div.heading",
        {},
        h("h1", { tabindex: -1 }, "Tenants"),
        mayWrite() && h("a.button.primary", { href: "#/new" }, "New tenant"),
      ),
      strip.element,
      tools,
      table.element,
      pager.element,
    ),
  );

  refresh = poll(async (each) => {
    const asked = ask(`tenants${query({ ...search, limit: PAGE })}`, { signal: each });
    const overview = strip.refresh(each);
    // One that fails must not go unheard while the other is awaited.
    const [page] = await Promise.all([asked, overview]);
    table.show(page.data.tenants, search);
    pager.show(page.data.next, page.data.tenants.length);
    if (refined) {
      refined = false;
      const more = page.data.next ? ", and more on the next page" : "";
      announce(`${count(page.data.tenants.length, "tenant")}${more}`);
    }
    performance.mark("tollgate-rows");
  }, signal);
}

/** Whether the pages before are those of this search. */
function keepTrail({ after, ...same }) {
  const key = JSON.stringify(same);
  if (trail.search !== key || after === "") {
    trail = { search: key, cursors: [] };
  }
}

function toolbar(search, refine) {
  let waiting = null;
  const change = (changed) => {
    clearTimeout(waiting);
    refine({ prefix: prefix.value.trim(), ...changed });
  };
  const prefix = h("input", {
    id: "prefix",
    type: "search",
    value: search.prefix,
    placeholder: "Begins with…",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    "aria-keyshortcuts": "Control+K",
    oninput: () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => change({}), 250);
    },
  });
  const status = select("status", search.status, [["", "Any status"], ["active", "Active"], ["suspended", "Suspended"]],
    (value) => change({ status: value }));
  const sort = select("sort", search.sort, [["", "By name"], ["use", "Busiest first"]], (value) => change({ sort: value }));
  return h(
    "form.tools",
    {
      role: "search",
      "aria-label": "Tenants",
      onsubmit: (event) => {
        event.preventDefault();
        change({});
      },
    },
    labelled("prefix", "Find", prefix),
    labelled("status", "Status", status),
    labelled("sort", "Order", sort),
  );
}

function labelled(id, text, control) {
  return h("div.tool", {}, h("label", { for: id }, text), control);
}

function select(id, chosen, options, changed) {
  const element = h(
    "select",
    { id, onchange: () => changed(element.value) },
    options.map(([value, text]) => h("option", { value }, text)),
  );
  element.value = chosen;
  return element;
}

function tenantTable() {
  const body = h("tbody");
  const empty = h("p.empty", { hidden: true });
  const table = h(
    "table.tenants",
    { hidden: true },
    h("caption.unseen", {}, "Tenants, with the fullest limit of each; counts since this process watches them"),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, "Tenant"),
        h("th", { scope: "col" }, "Status"),
        h("th", { scope: "col" }, "Fullest limit"),
        h("th.number.wide-only", { scope: "col" }, "Admitted"),
        h("th.number", { scope: "col" }, "Denied"),
      ),
    ),
    body,
  );
  const loading = h("p.empty", {}, "Loading…");
  const rows = new Map();
  return {
    element: h("section.card.flush", { "aria-label": "List" }, loading, table, empty),
    show(tenants, search) {
      loading.hidden = true;
      reconcile(body, rows, tenants, (tenant) => tenant.tenant_id, tenantRow);
      table.hidden = tenants.length === 0;
      empty.hidden = tenants.length > 0;
      if (tenants.length === 0) {
        setText(empty, nothing(search));
      }
    },
  };
}

function nothing(search) {
  if (search.prefix || search.status) {
    return search.sort === "use"
      ? "No tenant that is in memory matches. Those that have had no request lately are found in the order by name."
      : "No tenant matches.";
  }
  if (search.after) {
    return "There are no more tenants.";
  }
  return search.sort === "use" ? "No tenant is in memory: none has had a request lately." : "There are no tenants yet.";
}

function tenantRow(first) {
  const link = h("a", { href: tenantHref(first.tenant_id) }, first.tenant_id);
  const status = h("span.badge");
  const usage = bar();
  const limit = h("span.limit-name");
  const words = h("span.muted");
  const admitted = h("td.number.wide-only");
  const denied = h("td.number");
  const element = h(
    "tr",
    {},
    h("th.id", { scope: "row" }, link),
    h("td.status", {}, status),
    h("td.usage", {}, usage.element, limit, words),
    admitted,
    denied,
  );
  return {
    element,
    update(tenant) {
      showStatus(status, tenant);
      const { summary } = tenant;
      const tightest = summary?.tightest ?? null;
      usage.element.hidden = tightest === null;
      setText(limit, tightest?.limit ?? "");
      setText(words, tightest === null ? noUse(tenant) : "");
      if (tightest !== null) {
        usage.update({ ...tightest, name: `${tenant.tenant_id}: ${tightest.limit}` });
      }
      setText(admitted, number(summary?.admitted ?? 0));
      setText(denied, number(summary?.denied ?? 0));
      denied.classList.toggle("bad", (summary?.denied ?? 0) > 0);
    },
  };
}

function noUse(tenant) {
  if (tenant.error) {
    return tenant.error;
  }
  return tenant.summary?.loaded ? "no limits" : "not in memory";
}

/** The badge of a tenant's status. */
export function showStatus(badge, tenant) {
  const status = tenant.error ? "broken" : tenant.status ?? "active";
  setText(badge, { active: "Active", suspended: "Suspended", broken: "Broken" }[status] ?? status);
  badge.className = `badge ${status}`;
}

function pagerOf(search) {
  const previous = h("button", { type: "button", onclick: back }, "Previous");
  const next = h("button", { type: "button", onclick: forward }, "Next");
  const place = h("p.muted");
  let cursor = null;

  function forward() {
    if (!cursor) {
      return;
    }
    trail.cursors.push(search.after);
    go(tenantsHref({ ...search, after: cursor }));
  }

  function back() {
    if (search.after === "") {
      return;
    }
    // Who came here by an address has no trail; the first page is always there.
    go(tenantsHref({ ...search, after: trail.cursors.pop() ?? "" }));
  }

  return {
    element: h("nav.pager", { "aria-label": "Pages" }, previous, place, next),
    show(found, shown) {
      cursor = found;
      const only = !found && search.after === "";
      next.hidden = only;
      previous.hidden = only;
      toggle(next, found !== null && found !== undefined);
      toggle(previous, search.after !== "");
      setText(place, shown === 0 ? "" : search.after === "" && !found ? count(shown, "tenant") : `Page ${trail.cursors.length + 1}`);
    },
  };
}

/** Not `disabled`, which would drop the focus of who has just pressed it. */
function toggle(button, on) {
  setAttribute(button, "aria-disabled", on ? null : "true");
  button.disabled = !on && document.activeElement !== button;
}
