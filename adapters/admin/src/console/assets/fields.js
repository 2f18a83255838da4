// Inputs with their labels, hints and problems: what the server says of a field is shown beside it.

import { fill, freshId, h } from "./dom.js";

/** The inputs of one form. */
export class Fields {
  #known = [];

  /** A line of text. `path` is a function, since the place of a limit changes when one before it is removed. */
  text(path, label, value, { hint, ...properties } = {}) {
    const id = freshId("field");
    const input = h("input", { id, value: value ?? "", autocomplete: "off", autocapitalize: "off", spellcheck: "false", ...properties });
    return this.#field(path, label, input, hint);
  }

  /** A whole number. What is none is sent as it is, so that the server says what it should be. */
  whole(path, label, value, options = {}) {
    const field = this.text(path, label, value, { inputmode: "numeric", ...options });
    return { ...field, read: () => whole(field.input.value.trim()) };
  }

  /** One of some words: `[value, text]`. */
  choice(path, label, value, options, { hint, ...properties } = {}) {
    const id = freshId("field");
    const input = h("select", { id, ...properties }, options.map(([option, text]) => h("option", { value: option }, text)));
    input.value = value;
    return this.#field(path, label, input, hint);
  }

  /** Several texts, one a line. */
  lines(path, label, values, { hint, rows = 3 } = {}) {
    const id = freshId("field");
    const input = h("textarea", { id, rows, autocapitalize: "off", spellcheck: "false", value: values.join("\n") });
    const field = this.#field(path, label, input, hint);
    return { ...field, read: () => linesOf(input.value) };
  }

  /** Yes or no. */
  check(path, label, value, { hint } = {}) {
    const id = freshId("field");
    const input = h("input", { id, type: "checkbox", checked: value === true });
    const problem = h("p.problem", { id: `${id}-problem`, hidden: true });
    const element = h("div.field", {}, h("label.check", { for: id }, input, ` ${label}`), hint && h("p.hint", {}, hint), problem);
    this.#known.push({ path, input, problem });
    return { element, input, read: () => input.checked };
  }

  #field(path, label, input, hint) {
    const hintId = `${input.id}-hint`;
    const problem = h("p.problem", { id: `${input.id}-problem`, hidden: true });
    const note = hint && h("p.hint", { id: hintId }, hint);
    if (note) {
      input.setAttribute("aria-describedby", hintId);
    }
    this.#known.push({ path, input, problem, hintId: note ? hintId : null });
    return {
      element: h("div.field", {}, h("label", { for: input.id }, label), input, note, problem),
      input,
      read: () => input.value.trim(),
    };
  }

  /** Says nothing any more. */
  clear() {
    for (const field of this.#present()) {
      mark(field, "");
    }
  }

  /** Shows each problem beside its field, and goes to the first; gives those that belong to none. */
  complain(errors) {
    const rest = [];
    const said = new Map();
    for (const error of errors) {
      const field = this.#closest(error.field);
      if (field) {
        said.set(field, [...(said.get(field) ?? []), error.detail]);
      } else {
        rest.push(error);
      }
    }
    for (const [field, details] of said) {
      mark(field, details.join("; "));
    }
    this.#present().find((field) => said.has(field))?.input.focus();
    return rest;
  }

  /** The field that a path is of: its own, or that of the list or map that it is in. */
  #closest(path) {
    const inside = ({ path: own }) => path === own() || path.startsWith(`${own()}[`) || path.startsWith(`${own()}.`);
    return this.#present().find((field) => field.path() === path) ?? this.#present().find(inside);
  }

  /** Those that are on the page: a limit may have been removed. */
  #present() {
    this.#known = this.#known.filter(({ input }) => input.isConnected);
    return this.#known;
  }
}

function mark({ input, problem, hintId }, text) {
  fill(problem, text);
  problem.hidden = text === "";
  const ids = [hintId, text === "" ? null : problem.id].filter((id) => id);
  if (ids.length > 0) {
    input.setAttribute("aria-describedby", ids.join(" "));
  } else {
    input.removeAttribute("aria-describedby");
  }
  if (text === "") {
    input.removeAttribute("aria-invalid");
  } else {
    input.setAttribute("aria-invalid", "true");
  }
}

/** A number if it is one that JSON keeps exactly; nothing if nothing was written. */
function whole(text) {
  if (text === "") {
    return undefined;
  }
  const value = Number(text);
  return /^-?\d+$/.test(text) && Number.isSafeInteger(value) ? value : text;
}

function linesOf(text) {
  return text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}
