// What is told beside the page: toasts for those who look, the same words for those who listen, and the connection's state.

import { h, setText } from "./dom.js";

const announcer = document.getElementById("announcer");
const toasts = document.getElementById("toasts");
const banner = document.getElementById("connection");

/** Has a screen reader say it when it has nothing else to say. */
export function announce(text) {
  announcer.textContent = "";
  // The same words twice are a change only if they were gone in between.
  setTimeout(() => {
    announcer.textContent = text;
  }, 60);
}

/** Says that something was done, or could not be. Failures stay until they are closed. */
export function toast(text, kind = "done") {
  announce(text);
  const close = () => element.remove();
  const element = h(
    `div.toast.${kind}`,
    {},
    h("span", {}, text),
    h("button.quiet", { type: "button", onclick: close, "aria-label": "Close this message" }, "×"),
  );
  toasts.append(element);
  while (toasts.children.length > 3) {
    toasts.firstChild.remove();
  }
  if (kind === "done") {
    setTimeout(close, 6000);
  }
}

let lost = false;

/** The server did not answer. */
export function connectionLost() {
  if (lost) {
    return;
  }
  lost = true;
  setText(banner, "The server can't be reached. What you see may be old; the console tries again by itself.");
  banner.hidden = false;
  document.documentElement.dataset.connection = "lost";
}

/** The server answered. */
export function connectionBack() {
  if (!lost) {
    return;
  }
  lost = false;
  banner.hidden = true;
  delete document.documentElement.dataset.connection;
  announce("The server answers again.");
}
