// Sliders: one per parameter, from the server's unit, range and default. Wide ranges are logarithmic.

import { parameterWords, t, formatValue } from "./i18n.js";
import { h, icon, unique } from "./markup.js";

const STEPS = 400;
const MINUTE = 60,
  HOUR = 3600,
  DAY = 86400;
const ROUND = [
  [90 * MINUTE, MINUTE],
  [12 * HOUR, 5 * MINUTE],
  [3 * DAY, HOUR / 2],
  [Infinity, 6 * HOUR],
];

function significant(value) {
  if (value === 0) return 0;
  const step = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 1);
  return Number((Math.round(value / step) * step).toPrecision(3));
}

function rounded(parameter, value) {
  const { unit, kind, least, most } = parameter;
  let made = significant(value);
  if (unit === "s" && value >= MINUTE) {
    const step = ROUND.find(([below]) => value < below)[1];
    made = Math.round(value / step) * step;
  } else if (most - least <= 4) {
    made = Math.round(value * 100) / 100;
  }
  if (kind === "integer") made = Math.round(made);
  return Math.min(Math.max(made, least), most);
}

/** Conversion between a parameter's value and the slider's position, 0 to 1. */
export function scaleOf(parameter) {
  const { least, most } = parameter,
    width = most - least;
  if (least > 0 && most / least >= 50) {
    const span = Math.log(most / least);
    return { place: (value) => Math.log(value / least) / span, value: (x) => least * Math.exp(x * span) };
  }
  const power = width >= 100 ? 3 : width > 4 ? 2 : 1;
  return {
    place: (value) => ((value - least) / width) ** (1 / power),
    value: (x) => least + width * x ** power,
  };
}

/** A slider. A drag calls `act(value)`; `act(null)` resets to the inherited value. */
export class Slider {
  constructor(parameter, act, words = parameterWords(parameter)) {
    this.parameter = parameter;
    this.scale = scaleOf(parameter);
    const id = unique("slider"),
      hint = unique("hint");
    this.output = h("output", { for: id });
    this.input = h("input", {
      type: "range",
      id,
      name: parameter.name,
      min: 0,
      max: STEPS,
      step: 1,
      "aria-describedby": hint,
      on: { input: () => this.drag(act) },
    });
    this.undo = h(
      "button",
      {
        type: "button",
        class: "quiet square",
        "aria-label": t("undo.of", { name: words.name }),
        title: t("undo"),
        on: {
          click: () => {
            this.input.focus();
            act(null);
          },
        },
      },
      icon("undo"),
    );
    this.tick = h("span", { class: "tick", "aria-hidden": "true" });
    this.box = h(
      "div",
      { class: "slider" },
      h("label", { for: id }, words.name),
      this.output,
      this.undo,
      h("div", { class: "track" }, this.input, this.tick),
      h("p", { class: "hint", id: hint }, words.sentence),
    );
  }

  /** The value at the knob. */
  get value() {
    return rounded(this.parameter, this.scale.value(Number(this.input.value) / STEPS));
  }

  drag(act) {
    const { value } = this;
    this.say(value);
    act(value);
  }

  say(value) {
    const words = formatValue(this.parameter, value);
    this.output.textContent = words;
    this.input.setAttribute("aria-valuetext", words);
  }

  /** Show a value, the published value, and whether the draft changes it. */
  show(value, live, isTouched) {
    this.say(value);
    const place = (one) => Math.min(Math.max(this.scale.place(one), 0), 1);
    if (this.value !== value) this.input.value = Math.round(place(value) * STEPS);
    this.tick.style.setProperty("--at", place(live));
    this.box.classList.toggle("touched", isTouched);
    this.undo.hidden = !isTouched;
  }
}
