// Experiment plan: the form of a new plan with its forecast of visits, and the A/A check.

import { get, post, put } from "./client.js";
import { actionForm, signatureFields } from "./forms.js";
import { duration, editionName, number, t } from "./i18n.js";
import { firstList, listNames, listOptions } from "./lists.js";
import { button, choice, dialog, field, h, select } from "./markup.js";
import { refusalText, version } from "./messages.js";
import { go } from "./router.js";

export const AA_CHECK = "meter";
const METRICS = [
  "clicks_per_visit",
  "pages_per_visit",
  "click_through",
  "reads_per_view",
  "time_per_view",
  "bounce",
];
const HALF_LIVES = [300, 600, 1200, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400];
const PAUSE = 350;

/** A panel that offers to start the A/A check. */
export function aaInvitation(app, done) {
  const start = () => {
    const signed = signatureFields();
    const form = actionForm(
      t("aa.start"),
      async () => {
        const author = signed.read(),
          line = `/v1/experiments/${AA_CHECK}`;
        await put(line, { ...aaPlan(), ...author });
        await post(`${line}/start`, author);
        app.notify(t("done.aa"));
        box.close();
        done();
      },
      h("p", { class: "hint" }, t("aa.hint")),
      signed.box,
    );
    const box = dialog(t("aa.start"), "small", t("close"), form);
  };
  return h(
    "section",
    { class: "panel meter" },
    h("h2", {}, t("aa")),
    h("p", { class: "hint" }, t("aa.hint")),
    h("p", { class: "actions" }, button(t("aa.start"), start, { class: "primary", name: "meter" })),
  );
}

/** Two arms without own settings. */
function aaPlan() {
  return {
    arms: ["a", "b"].map((name) => ({ name, set: {} })),
    phases: [{ at: Date.now() / 1000, traffic: 1000, shares: [500, 500] }],
    layer: AA_CHECK,
    metric: "clicks_per_visit",
    weeks: 52,
  };
}

const figure = (name, value, least, most, step = 1) =>
  h("input", { type: "number", name, min: least, max: most, step, required: true, value });

/** The form of a new plan. */
export function planForm(known, app) {
  const fields = fieldsOf(known);
  const needs = h("p", { class: "needs", role: "status" });
  const signed = signatureFields();
  let timer = 0,
    turn = 0;

  async function updateForecast() {
    const mine = ++turn;
    try {
      const plan = await fields.plan();
      const details = await post("/v1/experiments/planned", plan);
      if (mine === turn) needs.textContent = forecastText(details, plan.weeks);
    } catch (error) {
      if (mine === turn) needs.textContent = refusalText(error);
    }
  }
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(updateForecast, PAUSE);
  };
  const form = actionForm(
    t("plan.save"),
    async () => {
      const name = fields.name.value;
      await put(`/v1/experiments/${encodeURIComponent(name)}`, {
        ...(await fields.plan()),
        parent: 0,
        ...signed.read(),
      });
      app.notify(t("done.plan"));
      go({ name });
    },
    fields.boxes,
    needs,
    signed.box,
  );
  form.addEventListener("input", soon);
  const box = h(
    "details",
    {
      class: "panel planning",
      on: {
        toggle: () => {
          if (box.open) soon();
        },
      },
    },
    h("summary", {}, h("h2", {}, t("plan.new"))),
    h("p", { class: "hint" }, t("plan.hint")),
    form,
  );
  return box;
}

/** The number of visits that a plan needs, and whether its weeks suffice. */
export function forecastText({ visits, days, is_rough }, weeks) {
  if (visits === null) return t("forecast.unknown");
  const n = number(visits, 0);
  return [
    days === null ? t("forecast", { n }) : t("forecast.days", { n, days: number(days) }),
    days > weeks * 7 && t("forecast.long"),
    is_rough && t("forecast.rough"),
  ]
    .filter(Boolean)
    .join(" ");
}

function fieldsOf(known) {
  let kind = "half_life";
  const name = h("input", {
    name: "name",
    required: true,
    pattern: "[a-z0-9][a-z0-9_\\-]{0,31}",
    autocomplete: "off",
    spellcheck: "false",
  });
  const edition = select(
    [["", t("all.editions")], ...Array.from(known.keys(), (one) => [one, `${editionName(one)} · ${one}`])],
    "",
    () => renew(),
    { name: "plan-edition" },
  );
  const surface = select(
    [["", t("all.surfaces")], ...listOptions(listNames())],
    firstList(),
    () => renew(),
    { name: "plan-surface" },
  );
  const halfLife = select(
    HALF_LIVES.map((seconds) => [String(seconds), duration(seconds)]),
    "3600",
    () => {},
    { name: "plan-half-life" },
  );
  const published = h("select", { name: "plan-version" });
  const metric = select(
    METRICS.map((one) => [one, t(`metric.${one}`)]),
    METRICS[0],
    () => {},
    { name: "metric" },
  );
  const traffic = figure("traffic", 100, 0.1, 100, 0.1),
    effect = figure("effect", 5, 0.1, 100, 0.1),
    weeks = figure("weeks", 2, 1, 52);
  const tried = {
    half_life: field(t("treatment.half_life"), halfLife),
    version: field(t("treatment.version"), published),
    holdout: h("p", { class: "hint" }, t("treatment.holdout.hint")),
  };
  const scope = () => ({ edition: edition.value, surface: surface.value, section: "" });
  const pick = (value) => {
    kind = value;
    for (const [one, box] of Object.entries(tried)) box.hidden = one !== kind;
    const through = metric.querySelector("[value=click_through]");
    through.disabled = kind === "holdout";
    if (through.disabled && metric.value === "click_through") metric.value = METRICS[0];
    if (kind === "version") renew();
  };

  async function renew() {
    if (kind !== "version") return;
    const { versions } = await get("/v1/profiles/history", scope());
    const options = [...versions.map((one) => one.version), 0];
    published.replaceChildren(
      ...options.map((n) => h("option", { value: n }, n ? version(n) : t("rollback.none"))),
    );
  }

  async function plan() {
    const one = await get("/v1/profiles/effective", scope());
    const other = {
      half_life: () => ({ name: "tried", set: { ...one.set, half_life: Number(halfLife.value) } }),
      version: () => ({ name: "tried", version: Number(published.value) }),
      holdout: () => ({ name: "none", holdout: true }),
    }[kind]();
    return {
      ...scope(),
      arms: [{ name: "live", version: one.version }, other],
      phases: [
        {
          at: Date.now() / 1000,
          traffic: Math.round(Number(traffic.value) * 10),
          shares: [500, 500],
        },
      ],
      metric: metric.value,
      effect: Number(effect.value) / 100,
      weeks: Number(weeks.value),
    };
  }

  const kinds = ["half_life", "version", "holdout"].map((one) => [one, t(`treatment.${one}`)]);
  pick(kind);
  return {
    name,
    plan,
    boxes: [
      h(
        "div",
        { class: "pair" },
        field(t("plan.name"), name, t("plan.name.hint")),
        field(t("edition"), edition),
        field(t("surface"), surface),
      ),
      h("p", { class: "label" }, t("plan.treatment")),
      choice("try", t("plan.treatment"), kinds, kind, pick),
      Object.values(tried),
      h(
        "div",
        { class: "pair" },
        field(t("plan.metric"), metric),
        field(t("audience.share"), traffic),
        field(t("plan.effect"), effect),
        field(t("plan.weeks"), weeks),
      ),
    ],
  };
}

