// The further limits of a tenant, in its form: as many as one likes, each with the fields that its kind has.

import { h } from "./dom.js";

const KINDS = [
  ["sliding", "Sliding window"],
  ["bucket", "Token bucket"],
  ["calendar", "Calendar period"],
  ["concurrency", "At a time"],
];

const PERIODS = [["minute", "Minute"], ["hour", "Hour"], ["day", "Day"], ["month", "Month"]];

/** Gives `{element, read()}` for a list of limits as the API has them. */
export function limitList(fields, limits) {
  const list = h("ul.limit-forms");
  const cards = [];
  const renumber = () => cards.forEach((card, at) => card.renumber(at));
  const add = (limit) => {
    const card = limitForm(fields, limit, () => cards.indexOf(card));
    card.remove.addEventListener("click", () => {
      cards.splice(cards.indexOf(card), 1);
      card.element.remove();
      renumber();
      more.focus();
    });
    cards.push(card);
    list.append(card.element);
    renumber();
    return card;
  };
  const more = h("button", { type: "button", id: "add-limit", onclick: () => add({ algorithm: "sliding", dimension: "requests", window: "60s" }).first.focus() }, "Add a limit");
  limits.forEach(add);
  return {
    element: h("div.stack", {}, list, more),
    read: () => cards.map((card) => card.read()),
  };
}

function limitForm(fields, limit, place) {
  const at = (name) => () => `quota.limits[${place()}]${name ? `.${name}` : ""}`;
  const kind = limit.algorithm ?? "sliding";
  const match = limit.match ?? {};
  const name = fields.text(at("name"), "Name", limit.name);
  const dimension = fields.text(at("dimension"), "Counts", limit.dimension, { hint: "requests, tokens, or a name of your own", list: "dimensions" });
  const algorithm = fields.choice(at("algorithm"), "Kind", kind, KINDS);
  const capacity = fields.whole(at("capacity"), "Capacity", limit.capacity);
  const span = fields.text(at("window"), "Window", kind === "calendar" ? "" : limit.window, { hint: "60s, 1h, 7d" });
  const period = fields.choice(at("window"), "Period", kind === "calendar" ? limit.window : "day", PERIODS);
  const parts = fields.whole(at("sub_windows"), "Sub-windows", limit.sub_windows, { hint: "1 to 120; left empty: 30" });
  const burst = fields.whole(at("burst"), "Burst", limit.burst, { hint: "left empty: the capacity" });
  const durable = fields.check(at("durable"), "Survives a restart", limit.durable);
  const shadow = fields.check(at("enforcement"), "Shadow: count and tell, and deny nothing", limit.enforcement === "shadow");
  const shared = fields.choice(at("shared"), "Shared by nodes", limit.shared === undefined ? "" : String(limit.shared), [["", "As the engine has it"], ["true", "Yes"], ["false", "No"]]);
  const models = fields.lines(at("match.models"), "Only for models", match.models ?? [], { rows: 2 });
  const tools = fields.lines(at("match.tools"), "Only for tools", match.tools ?? [], { rows: 2 });
  const routes = fields.lines(at("match.routes"), "Only for paths", match.routes ?? [], { rows: 2 });
  const special = Object.keys(match).length > 0 || shadow.input.checked || limit.shared !== undefined;

  const fit = () => {
    const is = (...kinds) => kinds.includes(algorithm.input.value);
    span.element.hidden = !is("sliding", "bucket");
    period.element.hidden = !is("calendar");
    parts.element.hidden = !is("sliding");
    burst.element.hidden = !is("bucket");
    durable.element.hidden = !is("calendar");
  };
  algorithm.input.addEventListener("change", fit);
  fit();

  const title = h("legend");
  const remove = h("button.quiet", { type: "button" }, "Remove");
  const element = h(
    "li",
    {},
    h(
      "fieldset.limit-form",
      {},
      title,
      h("div.pairs", {}, [name, dimension, algorithm, capacity, span, period, parts, burst].map((field) => field.element)),
      durable.element,
      h(
        "details",
        { open: special },
        h("summary", {}, "For some requests only, shadow, sharing"),
        h("div.pairs", {}, [models, tools, routes, shared].map((field) => field.element)),
        shadow.element,
      ),
      remove,
    ),
  );
  return {
    element,
    remove,
    first: name.input,
    renumber(number) {
      title.textContent = `Limit ${number + 1}`;
      remove.setAttribute("aria-label", `Remove limit ${number + 1}`);
    },
    read() {
      const chosen = algorithm.input.value;
      const only = { models: models.read(), tools: tools.read(), routes: routes.read() };
      const lists = Object.entries(only).filter(([, entries]) => entries.length > 0);
      const read = {
        name: name.read(),
        dimension: dimension.read(),
        algorithm: chosen,
        capacity: capacity.read(),
        window: { sliding: span.read(), bucket: span.read(), calendar: period.read() }[chosen],
        sub_windows: chosen === "sliding" ? parts.read() : undefined,
        burst: chosen === "bucket" ? burst.read() : undefined,
        durable: chosen === "calendar" && durable.read() ? true : undefined,
        enforcement: shadow.read() ? "shadow" : undefined,
        shared: { true: true, false: false }[shared.read()],
        match: lists.length > 0 ? Object.fromEntries(lists) : undefined,
      };
      return read;
    },
  };
}
