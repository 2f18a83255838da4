// The page of one tenant: its limits, live, its decisions, its config, and what can be done to it.

import { ask, Refused, tenantPath } from "./api.js";
import { columns, legend } from "./chart.js";
import { decisionTable } from "./decisions.js";
import { confirm } from "./dialog.js";
import { fill, h, setText } from "./dom.js";
import { explainForm } from "./explain.js";
import { limitCards } from "./limits.js";
import { toast } from "./notice.js";
import { poll } from "./poll.js";
import { revisionList } from "./revisions.js";
import { editHref, go, tenantHref } from "./router.js";
import { mayWrite } from "./session.js";
import { showStatus } from "./tenants.js";
import { number, time } from "./words.js";

/** The page. */
export function tenantPage(main, { id }, { signal }) {
  const badge = h("span.badge", { hidden: true });
  const facts = h("p.facts");
  const problem = h("p.problem", { role: "alert", hidden: true });
  const actions = h("div.actions");
  const config = h("div.stack");
  const limits = limitCards();
  const traffic = trafficCard();
  const revisions = revisionList(id, { signal });
  let refreshUsage = () => {};

  const state = { tenant: null, etag: null };
  const show = (tenant, etag) => {
    const moved = state.etag !== etag || state.tenant === null;
    Object.assign(state, { tenant, etag });
    if (!moved) {
      return;
    }
    badge.hidden = false;
    showStatus(badge, tenant);
    fill(facts, factsOf(tenant));
    fill(config, policyCard(tenant), metadataCard(tenant));
    // Focus stays on the button that was pressed: it is there again, under the same id.
    const focused = actions.contains(document.activeElement) ? document.activeElement.id : null;
    fill(actions, mayWrite() ? buttons(tenant, act) : h("p.muted", {}, "You may read, and change nothing."));
    if (focused) {
      (document.getElementById(focused) ?? actions.querySelector("button, a"))?.focus();
    }
    revisions.refresh();
  };
  const load = async () => {
    try {
      const { data, etag } = await ask(tenantPath(id), { signal });
      show(data, etag);
      problem.hidden = true;
    } catch (error) {
      if (!signal.aborted && error instanceof Refused) {
        fill(problem, error.status === 404 ? `There is no tenant ${id}.` : error.message);
        problem.hidden = false;
      }
    }
  };
  const act = async (action) => {
    try {
      if (await action.run(state)) {
        toast(action.done);
        if (action.leave) {
          go("#/");
          return;
        }
        await load();
        refreshUsage();
      }
    } catch (error) {
      if (!signal.aborted) {
        toast(error instanceof Refused && error.status === 412 ? CHANGED : error.message, "failed");
        load();
      }
    }
  };

  fill(
    main,
    h(
      "div.page",
      {},
      h("nav.crumbs", { "aria-label": "Where you are" }, h("a", { href: "#/" }, "Tenants"), h("span", { "aria-hidden": "true" }, " / ")),
      h("div.heading", {}, h("div.title", {}, h("h1.id", { tabindex: -1 }, id), badge), actions),
      facts,
      problem,
      h(
        "div.columns",
        {},
        h(
          "div.stack",
          {},
          traffic.element,
          h("section", { "aria-labelledby": "limits-title" }, h("h2.outside", { id: "limits-title" }, "Limits"), limits.element),
          decisionTable(id, { signal, changed: load }).element,
        ),
        h("div.stack", {}, explainForm(id, { signal }), config, revisions.element),
      ),
    ),
  );

  load();
  refreshUsage = poll(async (each) => {
    const { data } = await ask(tenantPath(id, "/usage"), { signal: each });
    limits.show(data);
    traffic.show(data);
    if (state.tenant === null) {
      load();
    }
  }, signal);
}

const CHANGED = "Somebody has changed the tenant meanwhile. Nothing was done; look again.";

function factsOf(tenant) {
  const facts = [
    tenant.parent && [h("span", {}, "child of "), h("a", { href: tenantHref(tenant.parent) }, tenant.parent)],
    tenant.version !== undefined && h("span", {}, `version ${tenant.version}`),
    tenant.updated_at && h("span", {}, `changed ${time(tenant.updated_at)}`),
    tenant.created_at && h("span", {}, `created ${time(tenant.created_at)}`),
  ];
  return facts.filter((fact) => fact).map((fact, at) => [at > 0 ? " · " : "", fact]);
}

function buttons(tenant, act) {
  const { tenant_id: id } = tenant;
  const active = tenant.status !== "suspended";
  const run = (action) => () => act(action);
  const post = (rest) => ask(tenantPath(id, rest), { method: "POST" }).then(() => true);
  const suspend = {
    done: `${id} is suspended.`,
    run: async () => (await confirm({
      title: `Suspend ${id}?`,
      body: "All of its requests are denied until it is resumed. Its limits and what it has used are kept.",
      action: "Suspend",
      danger: true,
    })) && post("/suspend"),
  };
  const resume = { done: `${id} is active again.`, run: () => post("/resume") };
  const reset = {
    done: `The usage of ${id} was reset.`,
    run: async () => (await confirm({
      title: `Reset what ${id} has used?`,
      body: "Its limits are empty again at once, and it may spend all of them anew.",
      action: "Reset usage",
    })) && post("/reset"),
  };
  const remove = {
    done: `${id} was deleted.`,
    leave: true,
    run: async ({ etag }) => (await confirm({
      title: `Delete ${id}?`,
      body: "Its config is gone, and its requests are refused as those of a tenant nobody knows; its children's, too. This can't be undone.",
      action: "Delete",
      danger: true,
      typed: id,
    })) && ask(tenantPath(id), { method: "DELETE", ifMatch: etag }).then(() => true),
  };
  return [
    h("a.button.primary", { id: "do-edit", href: editHref(id) }, "Edit"),
    !tenant.error && h("button", { type: "button", id: "do-status", onclick: run(active ? suspend : resume) }, active ? "Suspend" : "Resume"),
    h("button", { type: "button", id: "do-reset", onclick: run(reset) }, "Reset usage"),
    h("button.danger", { type: "button", id: "do-delete", onclick: run(remove) }, "Delete"),
  ];
}

function trafficCard() {
  const admitted = h("strong", {}, "–");
  const denied = h("strong", {}, "–");
  const chart = columns();
  return {
    element: h(
      "section.card.traffic",
      { "aria-labelledby": "traffic-title" },
      h("h2.unseen", { id: "traffic-title" }, "Traffic"),
      h("p", {}, h("span.amounts", {}, admitted, " admitted"), h("span.amounts", {}, denied, " denied")),
      chart.element,
      legend(),
    ),
    show(usage) {
      setText(admitted, number(usage.admitted ?? 0));
      setText(denied, number(usage.denied ?? 0));
      denied.classList.toggle("bad", (usage.denied ?? 0) > 0);
      const { admitted: yes, denied: no } = usage.history ?? {};
      const words = `${number(sum(yes))} admitted and ${number(sum(no))} denied in the last 5 minutes`;
      chart.update(yes, no, words);
    },
  };
}

function sum(values) {
  return (values ?? []).reduce((total, value) => total + value, 0);
}

const LISTS = [
  ["allowed_models", "Models"],
  ["allowed_tools", "Tools"],
  ["allowed_methods", "Methods"],
  ["allowed_paths", "Paths"],
];

function policyCard(tenant) {
  const policy = tenant.policy ?? {};
  const features = Object.entries(policy.features ?? {});
  return h(
    "section.card",
    { "aria-labelledby": "policy-title" },
    h("h2", { id: "policy-title" }, "Policy"),
    h(
      "dl",
      {},
      LISTS.map(([key, text]) => {
        const entries = policy[key] ?? [];
        const value = entries.length === 0
          ? h("span.muted", {}, "all")
          : h("ul.chips", {}, entries.map((entry) => h("li", {}, entry)));
        return h("div", {}, h("dt", {}, text), h("dd", {}, value));
      }),
      h(
        "div",
        {},
        h("dt", {}, "Features"),
        h(
          "dd",
          {},
          features.length === 0
            ? h("span.muted", {}, "none")
            : h("ul.chips", {}, features.map(([name, on]) => h(on ? "li" : "li.off", {}, `${name}: ${on ? "on" : "off"}`))),
        ),
      ),
    ),
  );
}

function metadataCard(tenant) {
  const entries = Object.entries(tenant.metadata ?? {});
  if (entries.length === 0) {
    return null;
  }
  return h(
    "section.card",
    { "aria-labelledby": "metadata-title" },
    h("h2", { id: "metadata-title" }, "Metadata"),
    h("dl", {}, entries.map(([key, value]) => h("div", {}, h("dt", {}, key), h("dd", {}, value)))),
  );
}
