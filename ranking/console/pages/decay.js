// Decay panel: half-life, power law or hard window of Popular. Choosing one switches the others off.

import { Curve } from "./decay_curve.js";
import { parameterWords, t } from "./i18n.js";
import { choice, h } from "./markup.js";
import { Slider } from "./sliders.js";

export const DECAY = ["half_life", "popular_evidence", "mix_share", "mix_half_life", "exponent", "window"];
const FIRST = { exponent: 1, window: 86400 };
const SHORTEST_WINDOW = 3600;

export function kindOf(profile) {
  if (profile.window > 0) return "window";
  return profile.exponent > 0 ? "exponent" : "half_life";
}

/** The panel; `act(changes)` is called during a drag. */
export class DecayPanel {
  constructor(draft, act) {
    this.draft = draft;
    this.act = act;
    this.curve = new Curve();
    const parameterOf = (name) => draft.parameters.get(name);
    const one = (name, facts = {}, words = parameterWords(parameterOf(name))) =>
      new Slider({ ...parameterOf(name), ...facts }, (value) => act({ [name]: value }), words);
    this.sliders = {
      half_life: one("half_life"),
      popular_evidence: one("popular_evidence"),
      mix_share: one("mix_share"),
      mix_half_life: one("mix_half_life"),
      exponent: one("exponent", { least: 0.1 }),
      scale: one("half_life", {}, { name: t("scale"), sentence: t("scale.hint") }),
      window: one("window", { least: SHORTEST_WINDOW }),
    };
    this.kinds = choice(
      "decay",
      t("decay.kind"),
      ["half_life", "exponent", "window"].map((kind) => [kind, t(`decay.${kind}`)]),
      kindOf(draft.tried),
      (kind) => this.pick(kind),
    );
    this.words = h("p", { class: "sentence" });
    this.box = h(
      "section",
      { class: "panel decay", "aria-labelledby": "decay" },
      h("header", {}, h("h2", { id: "decay" }, t("decay"))),
      this.kinds,
      Object.values(this.sliders).map((slider) => slider.box),
      this.curve.box,
      this.words,
      h(
        "ul",
        { class: "legend" },
        h("li", { class: "tried" }, t("draft")),
        h("li", { class: "live" }, t("live")),
        (this.far = h("li", { class: "long" }, t("curve.long"))),
      ),
    );
  }

  pick(kind) {
    const off = (name) => (this.draft.live[name] > 0 ? 0 : null);
    const on = (name) => (this.draft.live[name] > 0 ? null : FIRST[name]);
    this.act({
      exponent: kind === "exponent" ? on("exponent") : off("exponent"),
      window: kind === "window" ? on("window") : off("window"),
    });
  }

  show() {
    const { draft, sliders } = this;
    const profile = Object.fromEntries(DECAY.map((name) => [name, draft.value(name)]));
    const kind = kindOf(profile);
    const shown = {
      half_life: ["half_life", "popular_evidence", "mix_share", "mix_half_life"],
      exponent: ["exponent", "scale"],
      window: ["window"],
    }[kind];
    for (const [name, slider] of Object.entries(sliders)) {
      slider.box.hidden = !shown.includes(name);
      const parameter = name === "scale" ? "half_life" : name;
      const value = Math.max(profile[parameter], slider.parameter.least);
      slider.show(value, Math.max(draft.live[parameter], slider.parameter.least), draft.isTouched(parameter));
    }
    for (const input of this.kinds.querySelectorAll("input")) input.checked = input.value === kind;
    this.curve.show(profile, draft.live);
    this.far.hidden = kind !== "half_life" || !(profile.popular_evidence > 0);
    this.words.textContent = this.curve.words;
  }
}
