// A question before something is done that somebody might not have meant.

import { h, freshId } from "./dom.js";

/**
 * Asks. Gives true if it was confirmed. `typed` is a word that has to be typed first, for what can't be undone.
 */
export function confirm({ title, body, action, danger = false, typed = null }) {
  return new Promise((resolve) => {
    const titleId = freshId("dialog");
    const wordId = freshId("word");
    const before = document.activeElement;
    const word = typed && h("input", { id: wordId, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
    const yes = h(danger ? "button.danger" : "button.primary", { type: "submit" }, action);
    const form = h(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          if (!typed || word.value === typed) {
            close(true);
          }
        },
      },
      h("h2", { id: titleId }, title),
      ...[body].flat().map((text) => h("p", {}, text)),
      typed && h("label", { for: wordId }, "Type ", h("code", {}, typed), " to go on"),
      word,
      h(
        "div.actions",
        {},
        h("button", { type: "button", onclick: () => close(false) }, "Cancel"),
        yes,
      ),
    );
    const dialog = h("dialog", { "aria-labelledby": titleId, oncancel: () => close(false) }, form);
    const close = (answer) => {
      dialog.close();
      dialog.remove();
      before?.focus?.();
      resolve(answer);
    };
    if (typed) {
      yes.disabled = true;
      word.addEventListener("input", () => {
        yes.disabled = word.value !== typed;
      });
    }
    document.body.append(dialog);
    dialog.showModal();
    if (!typed) {
      // What does no harm comes first.
      dialog.querySelector("button[type=button]").focus();
    }
  });
}
