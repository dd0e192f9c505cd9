// Backtest: quality of the draft and of the live profile in the last hours.

import { get } from "./client.js";
import { moment, number, percent, t } from "./i18n.js";
import { button, field, h, select } from "./markup.js";
import { refusalText } from "./messages.js";

const KEEP = 900,
  HOURS = [1, 3, 6, 12, 24, 48];

export function backtest(where, draft) {
  const inside = h("div", { "aria-live": "polite" });
  const hours = select(
    HOURS.map((n) => [String(n), number(n)]),
    "6",
    () => {},
    { name: "hours" },
  );
  const run = button(t("backtest.run"), fill, { name: "backtest" });
  const box = h(
    "details",
    { class: "panel backtest" },
    h("summary", {}, h("h2", {}, t("backtest"))),
    h("p", { class: "hint" }, t("backtest.hint")),
    h("div", { class: "toolbar" }, field(t("backtest.hours"), hours), run),
    inside,
  );

  async function fill() {
    run.disabled = true;
    inside.replaceChildren(h("p", { class: "hint" }, t("backtest.waiting")));
    try {
      const { edition, surface, section } = where;
      const profile = draft.isChanged ? await draft.keep(KEEP) : "";
      inside.replaceChildren(
        table(await get("/v1/preview/backtest", { edition, surface, section, profile, hours: hours.value })),
      );
    } catch (error) {
      inside.replaceChildren(h("p", { class: "note fault", role: "alert" }, refusalText(error)));
    } finally {
      run.disabled = false;
    }
  }
  return box;
}

function table({ from, until, live, draft, every }) {
  const rows = ["hr@5", "mrr@5"].map((name) => {
    const by = draft[name] - live[name];
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, t(`measure.${name}`)),
      h("td", { class: "number" }, percent(live[name])),
      h("td", { class: "number" }, percent(draft[name])),
      h(
        "td",
        { class: `number by ${by > 0 ? "up" : by < 0 ? "down" : ""}` },
        t("percentage_points", { n: `${by > 0 ? "+" : by < 0 ? "−" : ""}${number(100 * Math.abs(by))}` }),
      ),
    );
  });
  const clicks = h(
    "tr",
    {},
    h("th", { scope: "row" }, t("measure.clicks")),
    [live, draft].map((its) => h("td", { class: "number" }, number(its.clicks))),
    h("td"),
  );
  return h(
    "table",
    {},
    h(
      "caption",
      {},
      t("backtest.of", { from: moment(from), until: moment(until) }),
      every > 1 && ` ${t("backtest.every", { n: number(every) })}`,
    ),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        ["measure", "live", "draft", "difference"].map((name, k) =>
          h("th", { scope: "col", class: k ? "number" : "" }, t(name)),
        ),
      ),
    ),
    h("tbody", {}, rows, clicks),
  );
}
