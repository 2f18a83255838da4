// Signing in, with a name and a password or with a token.

import { ask, Refused } from "./api.js";
import { h, fill } from "./dom.js";
import { go } from "./router.js";
import { basic, bearer, begin } from "./session.js";
import { duration } from "./words.js";

/** The page; `reason` says why one has to, and `back` is where one was going. */
export function signInPage(main, { parameters }, { reason, back, signedIn }) {
  const byToken = parameters.get("with") === "token";
  const keep = h("input", { type: "checkbox", id: "keep", checked: true });
  const problem = h("p.problem", { role: "alert", id: "sign-in-problem" });
  const button = h("button.primary.wide", { type: "submit" }, "Sign in");
  const inputs = byToken ? tokenInputs() : passwordInputs();

  const submit = async (event) => {
    event.preventDefault();
    const empty = inputs.list.find((input) => input.value === "");
    if (empty) {
      complain(`Please enter the ${empty.dataset.name}.`, empty);
      return;
    }
    button.disabled = true;
    fill(problem);
    const authorization = inputs.authorization();
    try {
      const { data } = await ask("overview", { authorization });
      begin(authorization, data, keep.checked);
      signedIn();
      go(back || "#/");
    } catch (error) {
      complain(whyNot(error, byToken), inputs.list.at(-1));
    } finally {
      button.disabled = false;
    }
  };

  const complain = (text, input) => {
    fill(problem, text);
    for (const each of inputs.list) {
      each.setAttribute("aria-invalid", "true");
      each.setAttribute("aria-describedby", problem.id);
    }
    input.focus();
    input.select();
  };

  fill(
    main,
    h(
      "div.narrow.page",
      {},
      h("h1", { tabindex: -1 }, "Sign in"),
      reason && h("p.note", {}, reason),
      h(
        "form.card.stack",
        { onsubmit: submit, novalidate: true, "aria-label": "Sign in" },
        h(
          "nav.choices",
          { "aria-label": "How to sign in" },
          choice("#/sign-in", "Name and password", !byToken),
          choice("#/sign-in?with=token", "Token", byToken),
        ),
        inputs.fields,
        h("label.check", { for: "keep" }, keep, " Stay signed in until this tab is closed"),
        h("p.hint", {}, "Otherwise until the page is loaded again. It is never written to a disk or put in an address."),
        problem,
        button,
      ),
    ),
  );
}

function choice(href, text, chosen) {
  return h("a", { href, "aria-current": chosen ? "true" : null }, text);
}

function passwordInputs() {
  const name = h("input", { id: "name", autocomplete: "username", autocapitalize: "off", spellcheck: "false" });
  const password = h("input", { id: "password", type: "password", autocomplete: "current-password" });
  name.dataset.name = "name";
  password.dataset.name = "password";
  return {
    list: [name, password],
    fields: [
      h("div.field", {}, h("label", { for: "name" }, "Name"), name),
      h("div.field", {}, h("label", { for: "password" }, "Password"), password),
    ],
    authorization: () => basic(name.value, password.value),
  };
}

function tokenInputs() {
  const token = h("input", { id: "token", type: "password", autocomplete: "off", spellcheck: "false" });
  token.dataset.name = "token";
  return {
    list: [token],
    fields: h("div.field", {}, h("label", { for: "token" }, "Token"), token),
    authorization: () => bearer(token.value.trim()),
  };
}

function whyNot(error, byToken) {
  if (error instanceof Refused && error.status === 401) {
    return byToken ? "This token is not known." : "The name or the password is wrong.";
  }
  if (error instanceof Refused && error.status === 429) {
    const wait = error.retryAfter ? ` Try again in ${duration(error.retryAfter)}.` : "";
    return `There were too many wrong tries from your address.${wait}`;
  }
  if (error instanceof TypeError) {
    return "A token and a name have only characters that fit into a header.";
  }
  return error.message;
}
