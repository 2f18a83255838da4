// Sparklines and bars: small pictures of the last five minutes, each with the same in words.

import { fill, h, setAttribute, setText, svg } from "./dom.js";
import { heat, number, short } from "./words.js";

const STEPS = 60;
const HEIGHT = 30;

/** The last steps, with none where nothing was measured yet. */
function steps(values) {
  const last = (values ?? []).slice(-STEPS);
  return { last, from: STEPS - last.length };
}

function picture(name) {
  return svg(`svg.${name}`, {
    viewBox: `0 0 ${STEPS} ${HEIGHT}`,
    preserveAspectRatio: "none",
    role: "img",
    focusable: "false",
  });
}

/** A line of what was used against a capacity; `update(values, capacity, words)`. */
export function line() {
  const area = svg("path.area");
  const stroke = svg("path.stroke");
  const roof = svg("line.roof", { x1: 0, x2: STEPS });
  const element = picture("spark");
  element.append(area, roof, stroke);
  return {
    element,
    update(values, capacity, words) {
      const { last, from } = steps(values);
      const most = Math.max(capacity * 1.08, ...last, 1);
      const y = (value) => HEIGHT - 1 - (value / most) * (HEIGHT - 2);
      const points = last.map((value, at) => `${from + at + 0.5} ${y(value).toFixed(2)}`);
      const path = points.length > 0 ? `M${points.join("L")}` : "";
      setAttribute(stroke, "d", path);
      setAttribute(area, "d", path && `${path}L${STEPS - 0.5} ${HEIGHT}L${from + 0.5} ${HEIGHT}Z`);
      setAttribute(roof, "y1", y(capacity).toFixed(2));
      setAttribute(roof, "y2", y(capacity).toFixed(2));
      setAttribute(element, "aria-label", words);
    },
  };
}

/** Columns of what was admitted, and on top of it denied; `update(admitted, denied, words)`. */
export function columns() {
  const yes = svg("path.admitted");
  const no = svg("path.denied");
  const element = picture("spark");
  element.append(yes, no);
  return {
    element,
    update(admitted, denied, words) {
      const up = steps(admitted);
      const down = steps(denied);
      const at = (list, step) => list.last[step - list.from] ?? 0;
      const all = Array.from({ length: STEPS }, (_, step) => [at(up, step), at(down, step)]);
      const most = Math.max(1, ...all.map(([one, other]) => one + other));
      const tall = (value) => (value / most) * (HEIGHT - 1);
      const column = (step, low, high) =>
        high > low ? `M${step + 0.1} ${(HEIGHT - low).toFixed(2)}h0.8V${(HEIGHT - high).toFixed(2)}h-0.8Z` : "";
      const draw = (part) => all.map(([one, other], step) => part(step, tall(one), tall(one + other))).join("");
      setAttribute(yes, "d", draw((step, low) => column(step, 0, low)));
      setAttribute(no, "d", draw((step, low, high) => column(step, low, high)));
      setAttribute(element, "aria-label", words);
    },
  };
}

/** A bar of what is used and what is leased; `update({used, leased, capacity, name})`. The words beside it are part of it. */
export function bar({ large = false } = {}) {
  const used = h("span.used");
  const leased = h("span.leased");
  const track = h("span.track", { role: "meter", "aria-valuemin": 0 }, used, leased);
  const words = h("span.amount");
  const element = h(large ? "div.bar-large.calm" : "div.bar-small.calm", {}, track, words);
  return {
    element,
    update({ used: amount, leased: lent = 0, capacity, name }) {
      const share = (part) => `${capacity > 0 ? Math.min(100, (part / capacity) * 100) : part > 0 ? 100 : 0}%`;
      used.style.width = share(amount);
      leased.style.width = `calc(${share(amount + lent)} - ${share(amount)})`;
      const form = large ? number : short;
      const text = `${form(amount)} / ${form(capacity)}`;
      setText(words, text);
      setAttribute(words, "title", `${number(amount)} of ${number(capacity)}`);
      setAttribute(track, "aria-valuemax", capacity);
      setAttribute(track, "aria-valuenow", Math.min(amount, capacity));
      setAttribute(track, "aria-valuetext", `${number(amount)} of ${number(capacity)} used`);
      setAttribute(track, "aria-label", name);
      for (const kind of ["calm", "warm", "full"]) {
        element.classList.toggle(kind, heat(amount, capacity) === kind);
      }
    },
  };
}

/** A legend of the two colours of `columns`. */
export function legend() {
  return fill(
    h("p.legend"),
    h("span.key.admitted", { "aria-hidden": "true" }), "admitted ",
    h("span.key.denied", { "aria-hidden": "true" }), "denied ",
    h("span.muted", {}, "in the last 5 minutes"),
  );
}
