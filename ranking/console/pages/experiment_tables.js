// Experiment tables: arms by the primary metric, and arms by the other metrics.

import { armWords, swatch } from "./arms.js";
import { change, number, pValue, percent, t } from "./i18n.js";
import { h } from "./markup.js";

/** Whether each reader sees one arm; false for interleaving. */
export const isSplit = ({ plan }) => plan.mode === "split";

const table = (heads, rows) =>
  h(
    "div",
    { class: "scroll" },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          heads.map(([name, kind]) => h("th", { scope: "col", class: kind }, name)),
        ),
      ),
      h("tbody", {}, rows),
    ),
  );

const figure = (text) => h("td", { class: "number" }, text);
const rate = (value) => (value === null || value === undefined ? "–" : number(value, 4));

/** Change, interval and p-value; dashes without an estimate. */
function changes(one) {
  if (!one || one.high === null) return ["–", t("interval.unknown"), "–"].map(figure);
  return [
    change(one.lift),
    t("interval.words", { low: change(one.low), high: change(one.high) }),
    pValue(one.p),
  ].map(figure);
}

/** Each arm with its settings and its effect on the primary metric. */
export function armsTable(details, known) {
  const { plan, readout, health } = details,
    rates = readout.rates[plan.metric];
  const columns = ["change", "interval", "p_value", "rate", "visits", "catalogue"];
  const heads = [[t("arm")], ...columns.map((name) => [t(`col.${name}`), "number"])];
  return table(
    heads,
    plan.arms.map((arm, place) =>
      h(
        "tr",
        {},
        h(
          "th",
          { scope: "row" },
          swatch(place),
          " ",
          h("bdi", {}, arm.name),
          plan.winner === arm.name && h("span", { class: "badge decided" }, t("winner")),
          h("span", { class: "hint block" }, armWords(arm, known)),
        ),
        place ? changes(readout.main[place - 1]) : [t("arm.control"), "", ""].map(figure),
        figure(rate(rates[arm.name])),
        figure(isSplit(details) ? number(health.visits[arm.name], 0) : "–"),
        figure(arm.name in readout.catalogue ? percent(readout.catalogue[arm.name]) : "–"),
      ),
    ),
  );
}

/** Each arm by every other metric. */
export function guardrailsTable({ readout, plan }) {
  const rows = [
    ...readout.guardrails.map((one) => [one, true]),
    ...readout.others.map((one) => [one, false]),
  ];
  const heads = [
    [t("measure")],
    [t("arm")],
    ...["change", "interval", "p_value", "rate"].map((name) => [t(`col.${name}`), "number"]),
  ];
  return table(
    heads,
    rows.map(([one, is_guard]) =>
      h(
        "tr",
        {},
        h(
          "th",
          { scope: "row" },
          t(`metric.${one.metric}`),
          " ",
          is_guard && h("span", { class: "badge" }, t("guardrail")),
        ),
        h("td", {}, swatch(plan.arms.findIndex((arm) => arm.name === one.arm)), " ", one.arm),
        changes(one),
        figure(rate(readout.rates[one.metric][one.arm])),
      ),
    ),
  );
}
