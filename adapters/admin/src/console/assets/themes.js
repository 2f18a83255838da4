// Dark, light, or as the system has it. `theme.js` sets what was chosen before anything is painted.

import { fill, h } from "./dom.js";

const KEY = "tollgate.theme";
const NEXT = { system: "light", light: "dark", dark: "system" };
const SIGNS = { system: "◐", light: "☀", dark: "☾" };

function chosen() {
  return document.documentElement.dataset.theme ?? "system";
}

function choose(theme) {
  if (theme === "system") {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem(KEY);
  } else {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(KEY, theme);
  }
}

/** A button that goes on to the next theme. */
export function themeButton() {
  const sign = h("span", { "aria-hidden": "true" });
  const button = h("button.quiet", { type: "button", id: "theme", onclick: () => {
    choose(NEXT[chosen()]);
    draw();
  } }, sign);
  const draw = () => {
    fill(sign, SIGNS[chosen()]);
    button.setAttribute("aria-label", `Theme: ${chosen()}. Change to ${NEXT[chosen()]}`);
    button.setAttribute("title", `Theme: ${chosen()}`);
  };
  draw();
  return button;
}
