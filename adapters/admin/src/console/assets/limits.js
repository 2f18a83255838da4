// The limits of a tenant, each with what is used of it, now and in the last five minutes.

import { bar, line } from "./chart.js";
import { h, reconcile, setText } from "./dom.js";
import { tenantHref } from "./router.js";
import { algorithm, count, duration, number } from "./words.js";

/** Gives `{element, show(usage)}`. */
export function limitCards() {
  const list = h("ul.limits");
  const empty = h("p.empty", { hidden: true }, "No limits: every request that the policy allows is admitted.");
  const cards = new Map();
  const key = (limit) => `${limit.owner} ${limit.name}`;
  return {
    element: h("div", {}, list, empty),
    show({ tenant_id, limits }) {
      reconcile(list, cards, limits, key, (limit) => limitCard(limit, tenant_id));
      empty.hidden = limits.length > 0;
    },
  };
}

function limitCard(first, tenant) {
  const kind = h("span.muted");
  const tags = h("span.tags");
  const usage = bar({ large: true });
  const facts = h("p.facts");
  const denials = h("span");
  const chart = line();
  const shown = { tags: "" };
  const element = h(
    "li.card.limit",
    {},
    h("div.limit-head", {}, h("h3", {}, first.name), kind, tags),
    usage.element,
    h("div.limit-foot", {}, facts, denials),
    chart.element,
  );
  return {
    element,
    update(limit) {
      setText(kind, kindOf(limit));
      showTags(tags, limit, tenant, shown);
      usage.update(limit);
      setText(facts, factsOf(limit));
      setText(denials, limit.denials > 0 ? count(limit.denials, "denial") : "no denials");
      denials.className = limit.denials > 0 ? "denials bad" : "denials muted";
      const used = limit.history?.used ?? [];
      const most = number(Math.max(0, ...used));
      chart.update(used, limit.capacity, `${limit.name}: at most ${most} of ${number(limit.capacity)} used in the last 5 minutes`);
    },
  };
}

function kindOf({ dimension, algorithm: code }) {
  return code === "concurrency" ? `${dimension} at a time` : `${dimension}, ${algorithm(code)}`;
}

function factsOf(limit) {
  const facts = [`${number(limit.remaining)} left`];
  if (limit.leased > 0) {
    facts.push(`${number(limit.leased)} leased`);
  }
  if (limit.resets_in_seconds !== null && limit.resets_in_seconds !== undefined) {
    facts.push(limit.used > 0 ? `resets in ${duration(limit.resets_in_seconds)}` : "full again");
  }
  return facts.join(" · ");
}

function showTags(element, limit, tenant, shown) {
  const words = [
    limit.enforcement === "shadow" && "shadow",
    limit.shared && "shared",
    limit.durable && "durable",
    limit.owner && limit.owner !== tenant && `of ${limit.owner}`,
  ].filter((word) => word);
  const text = words.join(",");
  if (text === shown.tags) {
    return;
  }
  shown.tags = text;
  const tag = (word) =>
    word.startsWith("of ") ? h("a.tag", { href: tenantHref(limit.owner) }, word) : h("span.tag", { title: TITLES[word] }, word);
  element.replaceChildren(...words.map(tag));
}

const TITLES = {
  shadow: "Counted, and never a reason to deny",
  shared: "All nodes share it",
  durable: "Survives a restart",
};
