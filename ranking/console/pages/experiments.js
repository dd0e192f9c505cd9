// Experiments: all there are, the meter first, and the way to begin more; or one of them.

import { METER, invitation, planning } from "./begin.js";
import { get } from "./client.js";
import { interval, noPath, said } from "./interval.js";
import { h } from "./markup.js";
import { editions, hashOf } from "./place.js";
import { refusalText, scopeWords } from "./told.js";
import { soundness, statusBadge, trial, verdictWords } from "./trial.js";
import { percent, t } from "./words.js";

const RENEW = 5000;
const ORDER = ["running", "frozen", "draft", "stopped", "decided"];
const ENDED = new Set(["stopped", "decided"]);

export async function view(root, where, app) {
  return where.name ? trial(root, where, app) : all(root, app);
}

async function all(root, app) {
  const meter = h("div", {}),
    list = h("div", { class: "grid wide" });
  const ended = new Map(); // readouts that change no more
  let shown = "";
  root.append(meter, list, planning(await editions(), app));

  async function renew() {
    if (document.hidden) return;
    try {
      const { experiments } = await get("/v1/experiments");
      const begun = experiments.filter((one) => one.status !== "draft");
      const told = await Promise.all(begun.map(read));
      const readouts = new Map(told.map((one) => [one.name, one]));
      const now = JSON.stringify([experiments, told.map((one) => [one.readout, one.looks])]);
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
    const told = await get(`/v1/experiments/${encodeURIComponent(name)}/readout`);
    if (ENDED.has(status)) ended.set(name, told);
    return told;
  }

  function draw(experiments, readouts) {
    const others = experiments.filter((one) => one.name !== METER);
    others.sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
    const its = readouts.get(METER);
    meter.replaceChildren(its ? meterPanel(its, meter.clientWidth - 40) : invitation(app, renew));
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
  h("a", { href: hashOf({ view: "experiments", name }) }, h("bdi", {}, name === METER ? t("meter") : name));

/** The meter: a list against itself, whose true change is known. */
function meterPanel(told, width) {
  const last = told.path.at(-1),
    [one] = last.arms;
  const holds = one.high === null || (one.low <= 0 && one.high >= 0);
  return h(
    "section",
    { class: "panel meter" },
    h("header", {}, h("h2", {}, link(METER)), statusBadge(told.status)),
    h("p", { class: "hint" }, t("meter.hint")),
    one.high === null ? noPath() : interval(told, width),
    h(
      "p",
      { class: "healths" },
      h(
        "span",
        { class: `health ${holds ? "sound" : "unsound"}` },
        holds ? "✓ " : "⚠ ",
        t(holds ? "meter.holds" : "meter.fails"),
      ),
      soundness(told),
    ),
  );
}

function card(one, told) {
  const arms = one.arms.map((arm) => arm.name).join(" / ");
  return h(
    "section",
    { class: "panel trial-card" },
    h("header", {}, h("h2", {}, link(one.name)), statusBadge(one.status)),
    h("p", { class: "hint" }, [scopeWords(one), arms].join(" · ")),
    told
      ? [
          told.path.at(-1).arms.map((seen) => h("p", { class: "said" }, said(seen))),
          h("p", { class: "hint" }, verdictWords(told)),
          h(
            "p",
            { class: "healths" },
            soundness(told),
            h("span", { class: "hint" }, t("progress.of", { share: percent(told.planned.progress) })),
          ),
        ]
      : h("p", { class: "hint" }, t("verdict.draft")),
  );
}
