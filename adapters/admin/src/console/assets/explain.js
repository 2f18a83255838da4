// "What would happen to this request?" Asked of the engine, charged to nobody.

import { ask, query, Refused, tenantPath } from "./api.js";
import { fill, h } from "./dom.js";
import { announce } from "./notice.js";
import { duration, number, reason } from "./words.js";

const FIELDS = [
  ["requests", "Requests", "1", "numeric"],
  ["tokens", "Tokens", "0", "numeric"],
  ["model", "Model", "", "text"],
  ["tool", "Tool", "", "text"],
  ["method", "Method", "", "text"],
  ["path", "Path", "", "text"],
];

/** The form and its result, as an element. */
export function explainForm(tenant, { signal }) {
  const inputs = new Map();
  const fields = FIELDS.map(([name, text, value, mode]) => {
    const input = h("input", { id: `explain-${name}`, value, inputmode: mode, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
    const problem = h("p.problem", { id: `explain-${name}-problem`, hidden: true });
    inputs.set(name, { input, problem });
    return h("div.field", {}, h("label", { for: input.id }, text), input, problem);
  });
  const result = h("div.result", { hidden: true });
  const button = h("button", { type: "submit" }, "Explain");

  const submit = async (event) => {
    event.preventDefault();
    clear(inputs);
    const parameters = Object.fromEntries([...inputs].map(([name, { input }]) => [name, input.value.trim()]));
    try {
      const { data } = await ask(tenantPath(tenant, `/explain${query(parameters)}`), { signal });
      show(result, data);
    } catch (error) {
      if (!signal.aborted) {
        complain(inputs, result, error);
      }
    }
  };

  return h(
    "section.card",
    { "aria-labelledby": "explain-title" },
    h("h2", { id: "explain-title" }, "Explain a request"),
    h("p.hint", {}, "What would happen to it right now? Nothing is charged."),
    h("form", { onsubmit: submit, novalidate: true }, h("div.pairs", {}, fields), button),
    result,
  );
}

function clear(inputs) {
  for (const { input, problem } of inputs.values()) {
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
    problem.hidden = true;
  }
}

function complain(inputs, result, error) {
  let first = null;
  const others = [];
  for (const { field, detail } of error instanceof Refused ? error.errors : []) {
    const found = inputs.get(field);
    if (found) {
      fill(found.problem, detail);
      found.problem.hidden = false;
      found.input.setAttribute("aria-invalid", "true");
      found.input.setAttribute("aria-describedby", found.problem.id);
      first ??= found.input;
    } else {
      others.push(`${field}: ${detail}`);
    }
  }
  first?.focus();
  result.hidden = first !== null && others.length === 0;
  fill(result, h("p.problem", { role: "alert" }, others.length > 0 ? others.join("; ") : error.message));
}

function show(result, explained) {
  const { decision, detail, retry_after_seconds: wait } = explained;
  const denied = decision === "denied";
  const again = denied && wait !== null && wait !== undefined ? ` It would fit in ${duration(wait)}.` : "";
  const words = detail || (denied ? reason(explained.reason) : "It would be admitted.");
  const policy = (explained.policy ?? []).filter((rule) => rule);
  const limits = explained.limits ?? [];
  fill(
    result,
    h("p.verdict", {}, h(denied ? "span.badge.denied" : "span.badge.admitted", {}, denied ? "Denied" : "Admitted"), " ", words, again),
    policy.length > 0 && policyTable(policy),
    limits.length > 0 && limitTable(limits, explained.binding),
  );
  result.hidden = false;
  announce(`${denied ? "Denied" : "Admitted"}. ${words}${again}`);
}

function policyTable(rules) {
  return table(
    "Policy",
    ["Rule", "Value", "Allowed"],
    rules.map(({ rule, value, allowed, detail }) => [rule, value ?? "", mark(allowed), detail]),
  );
}

function limitTable(limits, binding) {
  return table(
    "Limits",
    ["Limit", "Cost", "Left", "Fits"],
    limits.map((limit) => {
      const name = limit.name === binding && !limit.fits ? h("strong", {}, limit.name) : limit.name;
      const fits = limit.applies ? mark(limit.fits) : h("span.muted", {}, "not for this");
      return [name, number(limit.cost ?? 0), `${number(limit.remaining ?? 0)} of ${number(limit.capacity ?? 0)}`, fits, limit.why];
    }),
  );
}

/** A table whose rows may have a sentence more than there are columns. */
function table(caption, heads, rows) {
  return h(
    "div.scroller",
    {},
    h(
      "table.small",
      {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, heads.map((text) => h("th", { scope: "col" }, text)))),
      h(
        "tbody",
        {},
        rows.map(([first, ...rest]) => {
          const more = rest.length === heads.length ? rest.pop() : "";
          const why = more ? h("span.why", {}, more) : null;
          return h("tr", {}, h("th", { scope: "row" }, first, why), rest.map((cell) => h("td", {}, cell)));
        }),
      ),
    ),
  );
}

function mark(yes) {
  return h(yes ? "span.good" : "span.bad", {}, yes ? "yes" : "no");
}
