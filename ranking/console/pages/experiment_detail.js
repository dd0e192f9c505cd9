// Experiment detail: verdict, effect over time, tables and transitions of one experiment.

import { legend } from "./arms.js";
import { get, headers, key } from "./client.js";
import { effectChart, noEffect } from "./effect_chart.js";
import { forecastText } from "./experiment_plan.js";
import { armsTable, guardrailsTable, isSplit } from "./experiment_tables.js";
import { change, moment, number, pValue, percent, t } from "./i18n.js";
import { h, icon } from "./markup.js";
import { refusalText, scopeWords } from "./messages.js";
import { positionChart } from "./position_chart.js";
import { go } from "./router.js";
import { transitionButtons } from "./transitions.js";

const RENEW = 5000,
  DAY = 86400;
const MISPLACED = 0.01;
const ENDED = new Set(["stopped", "decided"]);
const OPEN = new Set(["running", "frozen", "stopped"]);
const FILES = { report: "html", readout: "json", evidence: "json", "sums.csv": "csv" };

export async function experimentView(root, where, app) {
  const line = `/v1/experiments/${encodeURIComponent(where.name)}`;
  const { parameters } = await get("/v1/profiles");
  const known = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const heading = h("div", { class: "trial-heading" }),
    figures = h("div", { class: "view" }),
    acts = h("p", { class: "trial-acts", role: "group", "aria-label": t("experiment.actions") });
  let details = null,
    version = 0;

  async function renew() {
    if (document.hidden) return;
    try {
      details = await get(`${line}/readout`);
      draw();
    } catch (error) {
      figures.replaceChildren(h("p", { class: "note fault", role: "alert" }, refusalText(error)));
    }
  }

  function draw() {
    const fresh = h("div", {}, headingOf(details)); // details aloud, so only when it says something else
    if (fresh.textContent !== heading.textContent) heading.replaceChildren(...fresh.childNodes);
    const keep = scrolled(figures);
    figures.replaceChildren(...figuresOf(details, known, figures.clientWidth));
    keep();
    if (version !== details.version) acts.replaceChildren(...transitionButtons(details, app, after));
    version = details.version;
  }

  const after = (which) => (which === "remove" ? go({ name: "" }) : renew());
  const again = () => details && draw();
  root.append(
    h("p", {}, h("a", { class: "back", href: "#experiments" }, icon("undo"), t("experiments.all"))),
    heading,
    acts,
    figures,
    h(
      "section",
      { class: "panel" },
      h("h2", {}, t("files")),
      h("p", { class: "hint" }, t("files.hint")),
      h(
        "ul",
        { class: "chips" },
        Object.keys(FILES).map((name) => h("li", {}, file(line, where.name, name))),
      ),
    ),
  );
  await renew();
  const timer = setInterval(renew, RENEW);
  addEventListener("resize", again);
  return () => {
    clearInterval(timer);
    removeEventListener("resize", again);
  };
}

/** Remember scroll positions and focus of the tables; returns a function that restores them. */
function scrolled(box) {
  const tables = () => Array.from(box.querySelectorAll(".scroll"));
  const far = tables().map((table) => table.scrollLeft),
    held = tables().indexOf(document.activeElement);
  return () => {
    tables().forEach((table, k) => {
      table.scrollLeft = far[k] ?? 0;
      if (k === held) table.focus({ preventScroll: true });
    });
  };
}

/** A download link. With a key, the page fetches the file itself, since a link cannot send one. */
function file(line, name, what) {
  const fetched = async (event) => {
    if (!key()) return;
    event.preventDefault();
    const answer = await fetch(`${line}/${what}`, { headers: headers() });
    const at = URL.createObjectURL(await answer.blob());
    h("a", { href: at, download: `${name}-${what.split(".")[0]}.${FILES[what]}` }).click();
    setTimeout(() => URL.revokeObjectURL(at), RENEW);
  };
  return h(
    "a",
    { href: `${line}/${what}`, target: "_blank", rel: "noopener", on: { click: fetched } },
    t(`file.${what}`),
  );
}

/** A badge with the status. */
export const statusBadge = (status) => h("span", { class: `badge ${status}` }, t(`status.${status}`));

/** Sample-ratio check, and the share of events with a wrong arm. */
export function sampleRatioHealth(details) {
  const share = details.health.left_out;
  return [
    sizes(details),
    share > 0 &&
      h(
        "span",
        { class: `health ${share > MISPLACED ? "unsound" : "sound"}` },
        share > MISPLACED ? "⚠ " : "",
        t("excluded", { share: percent(Math.max(share, 0.001)) }),
      ),
  ].filter(Boolean);
}

function sizes(details) {
  return details.health.is_sound
    ? h("span", { class: "health sound" }, "✓ ", t("sample_ratio.ok"))
    : h(
        "span",
        { class: "health unsound" },
        "⚠ ",
        t("sample_ratio.mismatch", { p: pValue(details.health.mismatch) }),
      );
}

/** The verdict in the operator's language. */
export function verdictWords({ verdict, plan, status }) {
  if (status === "draft") return t("verdict.draft");
  if (status === "decided") return t("verdict.decided", { arm: plan.winner });
  const metric = verdict.metric && t(`metric.${verdict.metric}`);
  return t(`verdict.${verdict.kind}`, { arm: verdict.arm, metric, control: plan.arms[0].name });
}

function headingOf(details) {
  const { plan, status } = details;
  const day = Math.max(Math.ceil((Math.min(details.at, details.end) - details.start) / DAY), 1);
  const since =
    status === "draft" || ENDED.has(status)
      ? t("experiment.weeks", { n: number(plan.weeks) })
      : t("experiment.day", { n: number(day), of: number(plan.weeks * 7), from: moment(details.start) });
  return [
    h("h2", {}, h("bdi", {}, details.name), " ", statusBadge(status)),
    h(
      "p",
      { class: "hint" },
      [scopeWords(plan), isSplit(details) ? "" : t("interleaved"), t(`metric.${plan.metric}`), since]
        .filter(Boolean)
        .join(" · "),
    ),
    h(
      "p",
      { class: `note verdict ${OPEN.has(status) ? details.verdict.kind : ""}`, role: "status" },
      verdictWords(details),
    ),
    h(
      "p",
      { class: "healths" },
      status !== "draft" && isSplit(details) && sampleRatioHealth(details),
      status !== "draft" && h("span", { class: "health sound" }, "✓ ", t("valid_at_every_look")),
    ),
  ];
}

function figuresOf(details, known, width) {
  const names = details.plan.arms.map((arm) => arm.name),
    inside = width - 40;
  const is_started = details.status !== "draft";
  const is_drawn = details.path.at(-1)?.arms.some((one) => one.high !== null);
  return [
    progress(details),
    is_started &&
      h(
        "section",
        { class: "panel" },
        h("h2", {}, t("effect")),
        h("p", { class: "hint" }, t("effect.hint", { effect: change(details.plan.effect) })),
        is_drawn ? effectChart(details, inside) : noEffect(),
        is_drawn && legend(names),
      ),
    h("section", { class: "panel" }, h("h2", {}, t("arms")), armsTable(details, known)),
    is_started && h("section", { class: "panel" }, h("h2", {}, t("guardrails")), guardrailsTable(details)),
    is_started &&
      h(
        "section",
        { class: "panel" },
        h("h2", {}, t("positions")),
        positionChart(details.readout.slots, names, inside),
      ),
  ].filter(Boolean);
}

function progress(details) {
  const { planned, health } = details,
    share = planned.progress;
  const visits = Object.values(health.visits).reduce((sum, n) => sum + n, 0);
  return h(
    "section",
    { class: "panel" },
    h("h2", {}, t("progress")),
    h(
      "div",
      {
        class: "progress",
        role: "progressbar",
        "aria-label": t("progress"),
        "aria-valuemin": 0,
        "aria-valuemax": 100,
        "aria-valuenow": Math.round(100 * share),
      },
      h("div", { class: "done", style: { "inline-size": `${100 * share}%` } }),
    ),
    h(
      "p",
      { class: "hint" },
      [
        t("progress.of", { share: percent(share) }),
        t("progress.visits", { n: number(visits, 0) }),
        ENDED.has(details.status) ? "" : forecastText(planned, details.plan.weeks),
      ].join(" "),
    ),
  );
}
