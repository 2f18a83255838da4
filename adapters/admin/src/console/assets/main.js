// The console: the bar on top, and the page that the address is for.

import { listeners } from "./api.js";
import { fill, h } from "./dom.js";
import { editPage, newPage } from "./form.js";
import { announce, connectionBack, connectionLost } from "./notice.js";
import { go, route, tenantsHref } from "./router.js";
import { current, forget } from "./session.js";
import { signInPage } from "./signin.js";
import { tenantPage } from "./tenant.js";
import { tenantsPage } from "./tenants.js";
import { themeButton } from "./themes.js";

const main = document.getElementById("main");
const barOnTop = document.getElementById("top");

const PAGES = {
  tenants: { title: () => "Tenants", show: tenantsPage },
  tenant: { title: ({ id }) => id, show: tenantPage },
  new: { title: () => "New tenant", show: newPage },
  edit: { title: ({ id }) => `Edit ${id}`, show: editPage },
  unknown: { title: () => "Not found", show: unknownPage },
};

/** What the page that is shown is ended by. */
let page = new AbortController();
/** Why one has to sign in, and where one was going. */
let turnedAway = { reason: "", back: "" };
let first = true;

function navigate() {
  page.abort();
  page = new AbortController();
  const where = route();
  if (where.name === "sign-in") {
    if (current()) {
      go("#/");
      return;
    }
    show("Sign in", () => signInPage(main, where, { ...turnedAway, signedIn }));
    return;
  }
  if (!current()) {
    turnedAway = { reason: turnedAway.reason, back: location.hash };
    history.replaceState(null, "", "#/sign-in");
    navigate();
    return;
  }
  const { title, show: draw } = PAGES[where.name];
  show(title(where), () => draw(main, where, { signal: page.signal }));
}

function show(title, draw) {
  document.title = `${title} · tollgate`;
  drawBar();
  draw();
  // Who came by a link hears of the new page, and is at its beginning; who loads the console is there already.
  if (!first) {
    scrollTo(0, 0);
    main.querySelector("h1")?.focus({ preventScroll: true });
  }
  first = false;
}

function signedIn() {
  turnedAway = { reason: "", back: "" };
  announce("Signed in.");
}

function signOut(reason = "") {
  turnedAway = { reason, back: reason ? location.hash : "" };
  forget();
  go("#/sign-in");
}

function drawBar() {
  const session = current();
  const role = session?.role === "read_write" ? "" : " (read only)";
  fill(
    barOnTop,
    h("a.brand", { href: tenantsHref(), "aria-label": "tollgate: all tenants" }, logo(), h("span", {}, "tollgate")),
    session && h("nav.pages", { "aria-label": "Pages" }, h("a", { href: tenantsHref() }, "Tenants")),
    h("span.spring"),
    session && h("span.who", {}, `${session.name}${role}`),
    themeButton(),
    session && h("button.quiet", { type: "button", id: "sign-out", onclick: () => signOut() }, "Sign out"),
  );
}

function logo() {
  return h("img", { src: "icon.svg", alt: "", width: 24, height: 24 });
}

function unknownPage(container) {
  fill(
    container,
    h("div.page.narrow", {}, h("h1", { tabindex: -1 }, "Not found"), h("p", {}, "There is no such page. ", h("a", { href: "#/" }, "All tenants"))),
  );
}

listeners.reached = connectionBack;
listeners.lost = connectionLost;
listeners.signedOut = () => signOut("Your credential is no longer accepted. Please sign in again.");

window.addEventListener("hashchange", navigate);
document.getElementById("skip").addEventListener("click", (event) => {
  // The address is the page's; it must not become "#main".
  event.preventDefault();
  main.focus();
});
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "k") {
    const search = document.getElementById("prefix");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
});
navigate();
