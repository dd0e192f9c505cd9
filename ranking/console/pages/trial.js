// Trial: one experiment as it stands: what may be said, how it came to that, and what may be done.

import { legend } from "./arms.js";
import { get, headers, key } from "./client.js";
import { needed } from "./begin.js";
import { armsTable, guardrailsTable, isSplit } from "./figures.js";
import { interval, noPath } from "./interval.js";
import { h, icon } from "./markup.js";
import { places } from "./places.js";
import { go } from "./place.js";
import { steps } from "./steps.js";
import { refusalText, scopeWords } from "./told.js";
import { chance, change, moment, number, percent, t } from "./words.js";

const RENEW = 5000,
  DAY = 86400;
const MISPLACED = 0.01;
const ENDED = new Set(["stopped", "decided"]);
const OPEN = new Set(["running", "frozen", "stopped"]);
const FILES = { report: "html", readout: "json", evidence: "json", "sums.csv": "csv" };

export async function trial(root, where, app) {
  const line = `/v1/experiments/${encodeURIComponent(where.name)}`;
  const { parameters } = await get("/v1/profiles");
  const known = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const heading = h("div", { class: "trial-heading" }),
    figures = h("div", { class: "view" }),
    acts = h("p", { class: "trial-acts", role: "group", "aria-label": t("trial.acts") });
  let told = null,
    version = 0;

  async function renew() {
    if (document.hidden) return;
    try {
      told = await get(`${line}/readout`);
      draw();
    } catch (error) {
      figures.replaceChildren(h("p", { class: "note fault", role: "alert" }, refusalText(error)));
    }
  }

  function draw() {
    const fresh = h("div", {}, headingOf(told)); // told aloud, so only when it says something else
    if (fresh.textContent !== heading.textContent) heading.replaceChildren(...fresh.childNodes);
    const keep = scrolled(figures);
    figures.replaceChildren(...figuresOf(told, known, figures.clientWidth));
    keep();
    if (version !== told.version) acts.replaceChildren(...steps(told, app, after));
    version = told.version;
  }

  const after = (which) => (which === "remove" ? go({ name: "" }) : renew());
  const again = () => told && draw();
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

/** How far tables were scrolled, and which had the focus, to be put back. */
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

/** A link to a file; with a key the page fetches it itself, since a link cannot send one. */
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

/** A word on how an experiment stands. */
export const statusBadge = (status) => h("span", { class: `badge ${status}` }, t(`status.${status}`));

/** Whether the sizes of the arms fit, and whether events bear the arms of their buckets. */
export function soundness(told) {
  const share = told.health.left_out;
  return [
    sizes(told),
    share > 0 &&
      h(
        "span",
        { class: `health ${share > MISPLACED ? "unsound" : "sound"}` },
        share > MISPLACED ? "⚠ " : "",
        t("health.left_out", { share: percent(Math.max(share, 0.001)) }),
      ),
  ].filter(Boolean);
}

function sizes(told) {
  return told.health.is_sound
    ? h("span", { class: "health sound" }, "✓ ", t("health.sound"))
    : h(
        "span",
        { class: "health unsound" },
        "⚠ ",
        t("health.unsound", { p: chance(told.health.mismatch) }),
      );
}

/** The verdict in the operator's words. */
export function verdictWords({ verdict, plan, status }) {
  if (status === "draft") return t("verdict.draft");
  if (status === "decided") return t("verdict.decided", { arm: plan.winner });
  const metric = verdict.metric && t(`metric.${verdict.metric}`);
  return t(`verdict.${verdict.kind}`, { arm: verdict.arm, metric, control: plan.arms[0].name });
}

function headingOf(told) {
  const { plan, status } = told;
  const day = Math.max(Math.ceil((Math.min(told.at, told.end) - told.start) / DAY), 1);
  const since =
    status === "draft" || ENDED.has(status)
      ? t("trial.weeks", { n: number(plan.weeks) })
      : t("trial.day", { n: number(day), of: number(plan.weeks * 7), from: moment(told.start) });
  return [
    h("h2", {}, h("bdi", {}, told.name), " ", statusBadge(status)),
    h(
      "p",
      { class: "hint" },
      [scopeWords(plan), isSplit(told) ? "" : t("interleaved"), t(`metric.${plan.metric}`), since]
        .filter(Boolean)
        .join(" · "),
    ),
    h(
      "p",
      { class: `note verdict ${OPEN.has(status) ? told.verdict.kind : ""}`, role: "status" },
      verdictWords(told),
    ),
    h(
      "p",
      { class: "healths" },
      status !== "draft" && isSplit(told) && soundness(told),
      status !== "draft" && h("span", { class: "health sound" }, "✓ ", t("health.peek")),
    ),
  ];
}

function figuresOf(told, known, width) {
  const names = told.plan.arms.map((arm) => arm.name),
    inside = width - 40;
  const is_begun = told.status !== "draft";
  const is_drawn = told.path.at(-1)?.arms.some((one) => one.high !== null);
  return [
    progress(told),
    is_begun &&
      h(
        "section",
        { class: "panel" },
        h("h2", {}, t("path")),
        h("p", { class: "hint" }, t("path.hint", { effect: change(told.plan.effect) })),
        is_drawn ? interval(told, inside) : noPath(),
        is_drawn && legend(names),
      ),
    h("section", { class: "panel" }, h("h2", {}, t("arms")), armsTable(told, known)),
    is_begun && h("section", { class: "panel" }, h("h2", {}, t("guardrails")), guardrailsTable(told)),
    is_begun &&
      h(
        "section",
        { class: "panel" },
        h("h2", {}, t("places")),
        places(told.readout.slots, names, inside),
      ),
  ].filter(Boolean);
}

function progress(told) {
  const { planned, health } = told,
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
        ENDED.has(told.status) ? "" : needed(planned, told.plan.weeks),
      ].join(" "),
    ),
  );
}
