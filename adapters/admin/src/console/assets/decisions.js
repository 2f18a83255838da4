// What was decided on a tenant's requests lately, live.

import { ask, tenantPath } from "./api.js";
import { fill, h, setText } from "./dom.js";
import { listen } from "./events.js";
import { announce } from "./notice.js";
import { cost, duration, reason, time } from "./words.js";

const MOST = 50;
/** How often a screen reader hears of denials at most. */
const QUIET = 30_000;

/** Gives `{element}`, which is live until `signal` is aborted. `changed()` is called when the config was. */
export function decisionTable(tenant, { signal, changed }) {
  const body = h("tbody");
  const only = h("input", { type: "checkbox", id: "only-denied", onchange: () => draw() });
  const state = h("span.live", {}, "Connecting…");
  const empty = h("p.empty", {}, "Nothing was decided since this process watches the tenant.");
  const table = h(
    "table.decisions",
    { hidden: true },
    h("caption.unseen", {}, "Recent decisions, the newest first"),
    h("thead", {}, h("tr", {}, ["When", "Decision", "Why", "Cost"].map((text) => h("th", { scope: "col" }, text)))),
    body,
  );
  let decisions = [];
  let drawing = 0;
  let spoken = 0;

  const draw = () => {
    drawing = 0;
    const shown = decisions.filter((decision) => !only.checked || decision.decision === "denied");
    fill(body, shown.slice(0, MOST).map(row));
    table.hidden = shown.length === 0;
    empty.hidden = shown.length > 0;
    setText(empty, only.checked && decisions.length > 0 ? "None of the recent requests was denied." : NOTHING);
  };
  // Many may come at once; they are drawn together.
  const drawSoon = () => {
    if (drawing === 0) {
      drawing = setTimeout(draw, 200);
    }
  };
  const reload = async () => {
    try {
      const { data } = await ask(tenantPath(tenant, `/decisions?limit=${MOST}`), { signal });
      decisions = data.decisions ?? data;
      drawSoon();
    } catch {
      // The stream's state says that it is not live, and it will be tried again.
    }
  };
  const speak = (decision) => {
    if (decision.decision === "denied" && Date.now() - spoken > QUIET) {
      spoken = Date.now();
      announce(`Denied: ${why(decision)}`);
    }
  };

  reload();
  listen(tenant, {
    signal,
    state(now) {
      setText(state, now === "live" ? "Live" : "Reconnecting…");
      state.classList.toggle("on", now === "live");
      if (now === "live") {
        reload();
      }
    },
    on(event, data) {
      if (event === "decision" && data.tenant_id === tenant) {
        decisions = [data, ...decisions].slice(0, 4 * MOST);
        drawSoon();
        speak(data);
      } else if (event === "change") {
        changed();
      }
    },
  });

  return {
    element: h(
      "section.card.flush",
      { "aria-labelledby": "decisions-title" },
      h(
        "div.section-head",
        {},
        h("h2", { id: "decisions-title" }, "Recent decisions"),
        state,
        h("label.check", { for: "only-denied" }, only, " Denied only"),
      ),
      h("div.scroller", { tabindex: 0, role: "region", "aria-label": "Recent decisions, scrollable" }, table, empty),
    ),
  };
}

const NOTHING = "Nothing was decided since this process watches the tenant.";

function row(decision) {
  const denied = decision.decision === "denied";
  return h(
    denied ? "tr.denied" : "tr",
    {},
    h("td.when", {}, h("time", { datetime: decision.at }, time(decision.at))),
    h("td", {}, h(denied ? "span.badge.denied" : "span.badge.admitted", {}, denied ? "Denied" : "Admitted")),
    h("td", {}, denied ? why(decision) : ""),
    h("td.muted", {}, cost(decision.cost)),
  );
}

function why({ tenant_id, reason: code, limit, limit_owner: owner, retry_after_seconds: wait }) {
  const of = owner && owner !== tenant_id ? ` of ${owner}` : "";
  const again = wait === null || wait === undefined ? "" : `, again in ${duration(wait)}`;
  return `${reason(code)}${limit ? `: ${limit}${of}` : ""}${again}`;
}
