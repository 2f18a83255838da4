// Who changed a tenant, and when, where the source keeps it.

import { ask, Refused, tenantPath } from "./api.js";
import { fill, h } from "./dom.js";
import { time } from "./words.js";

/** Gives `{element, refresh()}`; the element stays hidden where there is no history. */
export function revisionList(tenant, { signal }) {
  const body = h("tbody");
  const element = h(
    "section.card.flush",
    { hidden: true, "aria-labelledby": "revisions-title" },
    h("div.section-head", {}, h("h2", { id: "revisions-title" }, "History")),
    h(
      "div.scroller",
      { tabindex: 0, role: "region", "aria-label": "History, scrollable" },
      h(
        "table",
        {},
        h("caption.unseen", {}, "Changes, the newest first"),
        h("thead", {}, h("tr", {}, ["Version", "When", "Who", "What"].map((text) => h("th", { scope: "col" }, text)))),
        body,
      ),
    ),
  );
  return {
    element,
    async refresh() {
      try {
        const { data } = await ask(tenantPath(tenant, "/history"), { signal });
        const { revisions } = data;
        fill(body, revisions.map(row));
        element.hidden = revisions.length === 0;
      } catch (error) {
        if (error instanceof Refused && error.status === 404) {
          element.hidden = true;
        }
      }
    },
  };
}

function row(revision) {
  const { at } = revision;
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, `v${revision.version}`),
    h("td.when", {}, at ? h("time", { datetime: at }, time(at)) : ""),
    h("td", {}, revision.by ?? "–"),
    h("td.muted", {}, what(revision)),
  );
}

/** "added", "removed", or which parts are others. */
function what({ before, after }) {
  if (!before || !after) {
    return before ? "removed" : "added";
  }
  const parts = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return parts.filter((part) => JSON.stringify(before[part]) !== JSON.stringify(after[part])).join(", ");
}
