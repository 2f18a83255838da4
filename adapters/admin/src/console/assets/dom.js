// Elements, built from names, properties and children. Text is always a text node: nothing here reads HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An element: `h("a.quiet", {href: "#/"}, "Tenants")`. Listeners are `onclick` and the like; null and false are left out. */
export function h(tag, properties, ...children) {
  const [name, ...classes] = tag.split(".");
  return dress(document.createElement(name), classes, properties, children);
}

/** The same in SVG. */
export function svg(tag, properties, ...children) {
  const [name, ...classes] = tag.split(".");
  return dress(document.createElementNS(SVG, name), classes, properties, children);
}

function dress(element, classes, properties, children) {
  if (classes.length > 0) {
    element.classList.add(...classes);
  }
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) {
      continue;
    }
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (name === "value" || name === "checked") {
      element[name] = value;
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) {
      element.append(child instanceof Node ? child : document.createTextNode(String(child)));
    }
  }
}

/** Gives an element these children and no others. */
export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

/** Changes a text only if it is another, so that a selection in it survives a refresh. */
export function setText(element, text) {
  const value = String(text);
  if (element.textContent !== value) {
    element.textContent = value;
  }
}

/** Changes an attribute only if it is another; null removes it. */
export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) {
    element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) {
    element.setAttribute(name, String(value));
  }
}

/**
 * Makes the children of `parent` those of `items`, in their order, and keeps those that were there: focus, scroll and
 * selection stay. `make(item)` gives `{element, update}`, and `update(item)` is called whenever the item comes again.
 */
export function reconcile(parent, known, items, keyOf, make) {
  const wanted = new Set(items.map(keyOf));
  for (const [key, row] of known) {
    if (!wanted.has(key)) {
      row.element.remove();
      known.delete(key);
    }
  }
  let after = null;
  for (const item of items) {
    const key = keyOf(item);
    let row = known.get(key);
    if (row === undefined) {
      row = make(item);
      known.set(key, row);
    }
    row.update(item);
    const place = after === null ? parent.firstChild : after.nextSibling;
    if (row.element !== place) {
      parent.insertBefore(row.element, place);
    }
    after = row.element;
  }
}

let ids = 0;

/** An id that no other element has. */
export function freshId(prefix) {
  ids += 1;
  return `${prefix}-${ids}`;
}
