// The strip above the list: how the whole process is doing.

import { ask } from "./api.js";
import { columns } from "./chart.js";
import { h, setText } from "./dom.js";
import { count, number, rate } from "./words.js";

/** Gives `{element, refresh(signal)}`. */
export function overviewStrip() {
  const tenants = cell("Tenants in memory");
  const admitted = cell("Admitted", "per second");
  const denied = cell("Denied", "per second");
  const source = cell("Source");
  const sharing = cell("Shared limits");
  const lostEvents = cell("Events lost");
  sharing.element.hidden = true;
  lostEvents.element.hidden = true;
  const chart = columns();
  const picture = h(
    "div.cell.chart",
    {},
    h("p.name", {}, "Last 5 minutes"),
    chart.element,
  );
  const element = h(
    "section.strip",
    { "aria-label": "Overview" },
    tenants.element, admitted.element, denied.element, source.element, sharing.element, lostEvents.element, picture,
  );

  const show = (overview) => {
    const { history } = overview;
    const step = history?.step_seconds || 5;
    tenants.show(number(overview.tenants_in_memory));
    admitted.show(rate(latest(history?.admitted), step), `${number(overview.admitted)} in all`);
    denied.show(rate(latest(history?.denied), step), `${number(overview.denied)} in all`);
    denied.tone(latest(history?.denied) > 0 ? "bad" : null);
    const health = sourceHealth(overview.source);
    source.show(health.word, health.detail);
    source.tone(health.well ? "good" : "bad");
    sharing.element.hidden = !overview.sharing;
    if (overview.sharing) {
      const { word, detail, well } = storeHealth(overview.sharing);
      sharing.show(word, detail);
      sharing.tone(well ? "good" : "bad");
    }
    lostEvents.element.hidden = !overview.events_dropped;
    lostEvents.show(number(overview.events_dropped ?? 0), "the counts here are too low by these");
    lostEvents.tone("bad");
    const words = `Admitted ${rate(latest(history?.admitted), step)} and denied ${rate(latest(history?.denied), step)} per second`;
    chart.update(history?.admitted, history?.denied, `${words}; the last 5 minutes as columns`);
  };

  return {
    element,
    async refresh(signal) {
      const { data } = await ask("overview", { signal });
      show(data);
    },
  };
}

/** The last step that is over; the newest one is still being counted. */
function latest(values) {
  return values?.at(-2) ?? values?.at(-1) ?? 0;
}

function cell(name, unit = "") {
  const value = h("p.value", {}, "–");
  const detail = h("p.detail");
  const element = h("div.cell", {}, h("p.name", {}, name, unit && h("span.muted", {}, ` ${unit}`)), value, detail);
  return {
    element,
    show(text, more = "") {
      setText(value, text);
      setText(detail, more);
    },
    tone(kind) {
      value.className = kind ? `value ${kind}` : "value";
    },
  };
}

/** How the source of configs is doing, in a word and a line. */
function sourceHealth({ kind, ready, problem, broken }) {
  if (!ready) {
    return { well: false, word: "Failing", detail: problem ?? kind };
  }
  if (broken.length > 0) {
    return { well: false, word: "OK", detail: `${kind}, ${count(broken.length, "broken entry", "broken entries")}` };
  }
  return { well: true, word: "OK", detail: kind };
}

/** How the store of shared limits is doing. */
function storeHealth({ store_answers: answers, store_listens: listens }) {
  if (!answers) {
    return { well: false, word: "Away", detail: "the store does not answer" };
  }
  return listens ? { well: false, word: "Listening", detail: "it grants nothing yet" } : { well: true, word: "OK", detail: "" };
}
