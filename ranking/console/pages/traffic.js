// Traffic: received events, latency, rejected events and refused requests.

import { get } from "./client.js";
import { editionName, number, t } from "./i18n.js";
import { h } from "./markup.js";
import { refusalText } from "./messages.js";
import { bars } from "./sparklines.js";

const RENEW = 3000;

export async function view(root) {
  const summary = h("div", {}),
    raw = h("div", { class: "scroll" });
  const details = h("details", { class: "panel" }, h("summary", {}, h("h2", {}, t("metrics"))), raw);
  let before = null;
  root.append(summary, details);

  async function renew() {
    if (document.hidden) return;
    try {
      const now = { ...(await get("/v1/traffic")), at: performance.now() };
      summary.replaceChildren(...show(now, before));
      before = before && now.at - before.at < 30_000 ? { ...now, first: before.first ?? before } : now;
    } catch (error) {
      summary.replaceChildren(h("p", { class: "note fault", role: "alert" }, refusalText(error)));
    }
    if (details.open) await metrics();
  }

  async function metrics() {
    const page = await get("/metrics");
    raw.replaceChildren(table(page));
  }

  details.addEventListener("toggle", () => details.open && metrics());
  await renew();
  const timer = setInterval(renew, RENEW);
  return () => clearInterval(timer);
}

function tile(name, value, hint = "", kind = "") {
  return h(
    "div",
    { class: `tile ${kind}` },
    h("dt", {}, name),
    h("dd", {}, value),
    hint && h("dd", { class: "hint" }, hint),
  );
}

function show(now, before) {
  const passed = before ? (now.at - before.at) / 1000 : 0;
  const rate = passed > 0 ? (now.accepted - before.accepted) / passed : null;
  const lag = now.lag_ms ?? null;
  return [
    h(
      "dl",
      { class: "tiles" },
      tile(
        t("accepted"),
        number(now.accepted),
        rate === null ? "" : t("per.second", { n: number(Math.max(rate, 0)) }),
      ),
      tile(t("rejected"), number(now.rejected), t("rejected.hint"), now.rejected ? "warned" : ""),
      tile(t("refused"), number(now.refused), t("refused.hint"), now.refused ? "warned" : ""),
      lag !== null &&
        tile(t("lag"), t("milliseconds", { n: number(lag, 0) }), t("lag.hint"), lag > 2000 ? "warned" : ""),
      tile(t("settings.version"), number(now.settings ?? 0)),
    ),
    h(
      "div",
      { class: "grid" },
      now.editions.map((one) =>
        h(
          "section",
          { class: "panel" },
          h(
            "header",
            {},
            h("h2", {}, editionName(one.edition)),
            h("p", { class: "hint" }, t("views", { n: number(one.views) })),
          ),
          bars(
            one.hourly,
            t("views.per.hour.range", { now: number(one.hourly.at(-1) ?? 0), top: number(Math.max(...one.hourly, 0)) }),
          ),
          h(
            "p",
            { class: "axis", "aria-hidden": "true" },
            h("span", {}, t("hours.ago")),
            h("span", {}, t("now")),
          ),
        ),
      ),
    ),
  ];
}

function table(page) {
  const helps = new Map();
  const rows = [];
  for (const line of page.split("\n")) {
    const help = /^# HELP (\S+) (.*)$/.exec(line);
    if (help) helps.set(help[1], help[2]);
    const value = /^(\w+)(\{.*\})? (\S+)$/.exec(line);
    if (value && !value[1].endsWith("_created")) rows.push(value);
  }
  return h(
    "table",
    {},
    h(
      "tbody",
      {},
      rows.map(([, name, labels = "", value]) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, h("code", {}, name + labels)),
          h("td", { class: "number" }, number(Number(value))),
          h(
            "td",
            { class: "hint", lang: "en" },
            helps.get(name) ?? helps.get(name.replace(/_total$/, "")) ?? "",
          ),
        ),
      ),
    ),
  );
}
