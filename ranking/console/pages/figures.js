// Figures: an experiment's tables.

import { armWords, swatch } from "./arms.js";
import { h } from "./markup.js";
import { chance, change, number, percent, t } from "./words.js";

/** Whether each reader sees one arm, rather than both in one list. */
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

/** Change, interval and p-value; dashes while nothing is known. */
function changes(one) {
  if (!one || one.high === null) return ["–", t("interval.unknown"), "–"].map(figure);
  return [
    change(one.lift),
    t("interval.words", { low: change(one.low), high: change(one.high) }),
    chance(one.p),
  ].map(figure);
}

/** Each arm: what it is, and what it does to the metric that decides. */
export function armsTable(told, known) {
  const { plan, readout, health } = told,
    rates = readout.rates[plan.metric];
  const columns = ["change", "interval", "chance", "rate", "visits", "catalogue"];
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
        figure(isSplit(told) ? number(health.visits[arm.name], 0) : "–"),
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
    ...["change", "interval", "chance", "rate"].map((name) => [t(`col.${name}`), "number"]),
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
