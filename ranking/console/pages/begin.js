// Begin: the meter, which is always on and compares a list with itself, and the plan of a new
// experiment, with the visits that it will need.

import { acting, signature } from "./byhand.js";
import { get, post, put } from "./client.js";
import { button, choice, dialog, field, h, select } from "./markup.js";
import { go } from "./place.js";
import { refusalText, version } from "./told.js";
import { duration, editionName, number, t } from "./words.js";

export const METER = "meter";
const METRICS = [
  "clicks_per_visit",
  "pages_per_visit",
  "click_through",
  "reads_per_view",
  "time_per_view",
  "bounce",
];
const LISTS = ["popular", "trending", "related", "foryou"];
const HALF_LIVES = [300, 600, 1200, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400];
const PAUSE = 350;

/** An invitation to begin the meter. */
export function invitation(app, done) {
  const begin = () => {
    const signed = signature();
    const form = acting(
      t("meter.begin"),
      async () => {
        const said = signed.read(),
          line = `/v1/experiments/${METER}`;
        await put(line, { ...meter(), ...said });
        await post(`${line}/start`, said);
        app.tell(t("done.meter"));
        box.close();
        done();
      },
      h("p", { class: "hint" }, t("meter.hint")),
      signed.box,
    );
    const box = dialog(t("meter.begin"), "small", t("close"), form);
  };
  return h(
    "section",
    { class: "panel meter" },
    h("h2", {}, t("meter")),
    h("p", { class: "hint" }, t("meter.hint")),
    h("p", { class: "actions" }, button(t("meter.begin"), begin, { class: "primary", name: "meter" })),
  );
}

/** Arms that try nothing, so that no reader's lists differ. */
function meter() {
  return {
    arms: ["a", "b"].map((name) => ({ name, set: {} })),
    phases: [{ at: Date.now() / 1000, traffic: 1000, shares: [500, 500] }],
    layer: METER,
    metric: "clicks_per_visit",
    weeks: 52,
  };
}

const figure = (name, value, least, most, step = 1) =>
  h("input", { type: "number", name, min: least, max: most, step, required: true, value });

/** The form of a new plan. */
export function planning(known, app) {
  const fields = fieldsOf(known);
  const needs = h("p", { class: "needs", role: "status" });
  const signed = signature();
  let timer = 0,
    turn = 0;

  async function reckon() {
    const mine = ++turn;
    try {
      const plan = await fields.plan();
      const told = await post("/v1/experiments/planned", plan);
      if (mine === turn) needs.textContent = needed(told, plan.weeks);
    } catch (error) {
      if (mine === turn) needs.textContent = refusalText(error);
    }
  }
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(reckon, PAUSE);
  };
  const form = acting(
    t("plan.write"),
    async () => {
      const name = fields.name.value;
      await put(`/v1/experiments/${encodeURIComponent(name)}`, {
        ...(await fields.plan()),
        parent: 0,
        ...signed.read(),
      });
      app.tell(t("done.plan"));
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

/** How many visits a plan needs, in words, and whether its weeks bring them. */
export function needed({ visits, days, is_rough }, weeks) {
  if (visits === null) return t("needs.unknown");
  const n = number(visits, 0);
  return [
    days === null ? t("needs", { n }) : t("needs.days", { n, days: number(days) }),
    days > weeks * 7 && t("needs.long"),
    is_rough && t("needs.rough"),
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
    [["", t("all.editions")], ...Array.from(known.keys(), (its) => [its, `${editionName(its)} · ${its}`])],
    "",
    () => renew(),
    { name: "plan-edition" },
  );
  const surface = select(
    [["", t("all.surfaces")], ...LISTS.map((its) => [its, t(`surface.${its}`)])],
    "popular",
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
    METRICS.map((its) => [its, t(`metric.${its}`)]),
    METRICS[0],
    () => {},
    { name: "metric" },
  );
  const traffic = figure("traffic", 100, 0.1, 100, 0.1),
    effect = figure("effect", 5, 0.1, 100, 0.1),
    weeks = figure("weeks", 2, 1, 52);
  const tried = {
    half_life: field(t("try.half_life"), halfLife),
    version: field(t("try.version"), published),
    holdout: h("p", { class: "hint" }, t("try.holdout.hint")),
  };
  const scope = () => ({ edition: edition.value, surface: surface.value, section: "" });
  const pick = (value) => {
    kind = value;
    for (const [its, box] of Object.entries(tried)) box.hidden = its !== kind;
    const through = metric.querySelector("[value=click_through]");
    through.disabled = kind === "holdout";
    if (through.disabled && metric.value === "click_through") metric.value = METRICS[0];
    if (kind === "version") renew();
  };

  async function renew() {
    if (kind !== "version") return;
    const { versions } = await get("/v1/profiles/history", scope());
    const options = [...versions.map((its) => its.version), 0];
    published.replaceChildren(
      ...options.map((n) => h("option", { value: n }, n ? version(n) : t("rollback.none"))),
    );
  }

  async function plan() {
    const its = await get("/v1/profiles/effective", scope());
    const other = {
      half_life: () => ({ name: "tried", set: { ...its.set, half_life: Number(halfLife.value) } }),
      version: () => ({ name: "tried", version: Number(published.value) }),
      holdout: () => ({ name: "none", holdout: true }),
    }[kind]();
    return {
      ...scope(),
      arms: [{ name: "live", version: its.version }, other],
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

  const kinds = ["half_life", "version", "holdout"].map((its) => [its, t(`try.${its}`)]);
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
      h("p", { class: "label" }, t("plan.try")),
      choice("try", t("plan.try"), kinds, kind, pick),
      Object.values(tried),
      h(
        "div",
        { class: "pair" },
        field(t("plan.metric"), metric),
        field(t("taking.part"), traffic),
        field(t("plan.effect"), effect),
        field(t("plan.weeks"), weeks),
      ),
    ],
  };
}

