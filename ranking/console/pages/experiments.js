// Experiments: the A/A check, all experiments and the form of a new plan; or one experiment.

import { get } from "./client.js";
import { effectChart, noEffect, effectText } from "./effect_chart.js";
import { sampleRatioHealth, statusBadge, experimentView, verdictWords } from "./experiment_detail.js";
import { AA_CHECK, aaInvitation, planForm } from "./experiment_plan.js";
import { percent, t } from "./i18n.js";
import { h } from "./markup.js";
import { refusalText, scopeWords } from "./messages.js";
import { hashOf } from "./router.js";
import { editions } from "./scope_picker.js";

const RENEW = 5000;
const ORDER = ["running", "frozen", "draft", "stopped", "decided"];
const ENDED = new Set(["stopped", "decided"]);

export async function view(root, where, app) {
  return where.name ? experimentView(root, where, app) : all(root, app);
}

async function all(root, app) {
  const aa = h("div", {}),
    list = h("div", { class: "grid wide" });
  const ended = new Map(); // readouts that change no more
  let shown = "";
  root.append(aa, list, planForm(await editions(), app));

  async function renew() {
    if (document.hidden) return;
    try {
      const { experiments } = await get("/v1/experiments");
      const started = experiments.filter((one) => one.status !== "draft");
      const details = await Promise.all(started.map(read));
      const readouts = new Map(details.map((one) => [one.name, one]));
      const now = JSON.stringify([experiments, details.map((one) => [one.readout, one.looks])]);
      if (now === shown) return;
      shown = now;
      const held = root.contains(document.activeElement) && document.activeElement.getAttribute("href");
      draw(experiments, readouts);
      if (held) root.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
    } catch (error) {
      shown = "";
      list.replaceChildren(h("p", { class: "note fault", role: "alert" }, refusalText(error)));
    }
  }

  async function read({ name, version, status }) {
    const known = ended.get(name);
    if (known?.version === version) return known;
    const details = await get(`/v1/experiments/${encodeURIComponent(name)}/readout`);
    if (ENDED.has(status)) ended.set(name, details);
    return details;
  }

  function draw(experiments, readouts) {
    const others = experiments.filter((one) => one.name !== AA_CHECK);
    others.sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
    const aaDetails = readouts.get(AA_CHECK);
    aa.replaceChildren(aaDetails ? aaPanel(aaDetails, aa.clientWidth - 40) : aaInvitation(app, renew));
    list.replaceChildren(
      ...(others.length
        ? others.map((one) => card(one, readouts.get(one.name)))
        : [h("p", { class: "hint" }, t("experiments.none"))]),
    );
  }

  await renew();
  const timer = setInterval(renew, RENEW);
  return () => clearInterval(timer);
}

const link = (name) =>
  h("a", { href: hashOf({ view: "experiments", name }) }, h("bdi", {}, name === AA_CHECK ? t("aa") : name));

/** The A/A check: its true change is zero. */
function aaPanel(details, width) {
  const last = details.path.at(-1),
    [one] = last.arms;
  const holds = one.high === null || (one.low <= 0 && one.high >= 0);
  return h(
    "section",
    { class: "panel meter" },
    h("header", {}, h("h2", {}, link(AA_CHECK)), statusBadge(details.status)),
    h("p", { class: "hint" }, t("aa.hint")),
    one.high === null ? noEffect() : effectChart(details, width),
    h(
      "p",
      { class: "healths" },
      h(
        "span",
        { class: `health ${holds ? "sound" : "unsound"}` },
        holds ? "✓ " : "⚠ ",
        t(holds ? "aa.holds" : "aa.fails"),
      ),
      sampleRatioHealth(details),
    ),
  );
}

function card(one, details) {
  const arms = one.arms.map((arm) => arm.name).join(" / ");
  return h(
    "section",
    { class: "panel trial-card" },
    h("header", {}, h("h2", {}, link(one.name)), statusBadge(one.status)),
    h("p", { class: "hint" }, [scopeWords(one), arms].join(" · ")),
    details
      ? [
          details.path.at(-1).arms.map((seen) => h("p", { class: "said" }, effectText(seen))),
          h("p", { class: "hint" }, verdictWords(details)),
          h(
            "p",
            { class: "healths" },
            sampleRatioHealth(details),
            h("span", { class: "hint" }, t("progress.of", { share: percent(details.planned.progress) })),
          ),
        ]
      : h("p", { class: "hint" }, t("verdict.draft")),
  );
}
