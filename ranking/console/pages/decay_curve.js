// Decay curve: the weight of a view over the logarithm of its age. The formulas are the engine's:
// 2^(-age/h), (1 + age/h)^-e, or whole hours and days.

import { duration, percent, t } from "./i18n.js";
import { svg } from "./markup.js";

const MINUTE = 60,
  HOUR = 3600,
  DAY = 86400;
const FIRST = MINUTE,
  LAST = 60 * DAY;
const AGES = [MINUTE, 5 * MINUTE, 20 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 28 * DAY];
const WIDTH = 560,
  HEIGHT = 230,
  LEFT = 58,
  RIGHT = 10,
  TOP = 12,
  BOTTOM = 30,
  POINTS = 160;
const SPREAD = 4,
  LEVELS = 3;

/** Weight of a view by its age. */
export function weight(profile, age) {
  if (profile.window > 0) return age <= profile.window ? 1 : 0;
  if (profile.exponent > 0) return (1 + age / profile.half_life) ** -profile.exponent;
  const first = 2 ** (-age / profile.half_life),
    share = profile.mix_share || 0;
  return share > 0 ? (1 - share) * first + share * 2 ** (-age / profile.mix_half_life) : first;
}

/** Age at which a view has half its weight. */
export function halved(profile) {
  if (profile.window > 0) return profile.window;
  if (profile.exponent > 0) return profile.half_life * (2 ** (1 / profile.exponent) - 1);
  let low = 0,
    high = Math.max(profile.half_life, profile.mix_half_life || 0);
  for (let step = 0; step < 40 && profile.mix_share > 0; step += 1) {
    const middle = (low + high) / 2;
    if (weight(profile, middle) > 0.5) low = middle;
    else high = middle;
  }
  return profile.mix_share > 0 ? high : profile.half_life;
}

const across = (age) => LEFT + (Math.log(age / FIRST) / Math.log(LAST / FIRST)) * (WIDTH - LEFT - RIGHT);
const up = (share) => TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);

function line(profile) {
  const points = [];
  for (let k = 0; k <= POINTS; k += 1) {
    const age = FIRST * (LAST / FIRST) ** (k / POINTS);
    points.push(`${across(age).toFixed(1)},${up(weight(profile, age)).toFixed(1)}`);
  }
  if (profile.window > 0)
    points.push(`${across(profile.window)},${up(1)}`, `${across(profile.window)},${up(0)}`);
  points.sort((a, b) => parseFloat(a) - parseFloat(b));
  return points.join(" ");
}

/** The longest half-life of the back-off. */
function longer(profile) {
  if (profile.window > 0 || profile.exponent > 0 || profile.mix_share > 0) return null;
  if (!(profile.popular_evidence > 0)) return null;
  return {
    half_life: Math.min(profile.half_life * SPREAD ** (LEVELS - 1), 28 * DAY),
    exponent: 0,
    window: 0,
  };
}

export class Curve {
  constructor() {
    this.live = svg("polyline", { class: "curve live" });
    this.under = svg("polygon", { class: "under" });
    this.tried = svg("polyline", { class: "curve tried" });
    this.long = svg("polyline", { class: "curve long" });
    this.cross = svg("path", { class: "cross" });
    this.dot = svg("circle", { r: 5, class: "dot" });
    this.title = svg("title");
    this.box = svg(
      "svg",
      { class: "decay-curve", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" },
      this.title,
      [0, 0.5, 1].map((share) => [
        svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: up(share), y2: up(share), class: "rule" }),
        svg("text", { x: LEFT - 6, y: up(share) + 4, "text-anchor": "end" }, percent(share)),
      ]),
      AGES.map((age, k) => [
        svg("line", { x1: across(age), x2: across(age), y1: TOP, y2: HEIGHT - BOTTOM, class: "rule" }),
        svg(
          "text",
          { x: across(age), y: HEIGHT - 9, "text-anchor": "middle", class: k % 2 ? "minor" : "" },
          duration(age),
        ),
      ]),
      this.under,
      this.long,
      this.live,
      this.cross,
      this.tried,
      this.dot,
    );
  }

  /** Draw the draft's decay and the published one. */
  show(tried, live) {
    const points = line(tried),
      half = halved(tried),
      far = longer(tried);
    this.tried.setAttribute("points", points);
    this.under.setAttribute("points", `${LEFT},${up(0)} ${points} ${WIDTH - RIGHT},${up(0)}`);
    this.live.setAttribute("points", line(live));
    this.long.setAttribute("points", far ? line(far) : "");
    const x = across(Math.min(Math.max(half, FIRST), LAST));
    const y = up(tried.window > 0 ? 1 : 0.5);
    this.cross.setAttribute("d", `M${x} ${up(0)}V${y}H${LEFT}`);
    this.dot.setAttribute("cx", x);
    this.dot.setAttribute("cy", y);
    this.words =
      tried.window > 0
        ? t("curve.window", { time: duration(half) })
        : t("curve.half", { time: duration(half) });
    this.title.textContent = this.words;
    this.box.setAttribute("aria-label", this.words);
  }
}
