// Effect chart: each arm's change against the control at every look, with its confidence sequence.
// An unbounded interval fills the chart.

import { armClass, mark } from "./arms.js";
import { change, moment, t } from "./i18n.js";
import { h, svg } from "./markup.js";

const HEIGHT = 280,
  TOP = 14,
  BOTTOM = 30,
  START = 62,
  LETTER = 9,
  LEAST_WIDTH = 260,
  MARKS = 8;

/** A round step of the scale. */
function stepOf(reach) {
  const rough = reach / 2,
    power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].map((part) => part * power).findLast((step) => step <= rough) ?? power;
}

/** Half the height of the scale: the current intervals, and at least the plan's effect. */
function reachOf(points, effect) {
  const last = points.at(-1).arms;
  const widest = Math.max(...last.flatMap((one) => [one.low, one.high ?? Infinity].map(Math.abs)));
  return Math.min(Math.max(1.35 * widest, 1.6 * effect), 12 * effect);
}

/** One arm's effect at a look, in words. */
export function effectText(one) {
  if (one.high === null) return `${one.arm}: ${t("interval.unknown")}`;
  const [lift, low, high] = [one.lift, one.low, one.high].map(change);
  return t("effect.summary", { arm: one.arm, lift, low, high });
}

/** The chart; `width` in pixels. */
export function effectChart(details, width) {
  const points = details.path,
    names = details.plan.arms.map((arm) => arm.name),
    { effect } = details.plan,
    words = points.at(-1).arms.map(effectText).join("; ");
  const wide = Math.max(width, LEAST_WIDTH),
    reach = reachOf(points, effect);
  const end = Math.min(16 + LETTER * Math.max(...names.slice(1).map((name) => name.length)), wide / 3);
  const right = wide - end,
    from = points.length > 1 ? points[0].at : details.start,
    span = Math.max(points.at(-1).at - from, 1);
  const x = (at) => START + ((at - from) / span) * (right - START);
  const y = (level) => {
    const clipped = Math.min(Math.max(level ?? Infinity, -1.2 * reach), 1.2 * reach);
    return TOP + ((reach - clipped) / (2 * reach)) * (HEIGHT - TOP - BOTTOM);
  };
  const step = stepOf(reach),
    levels = [];
  for (let k = -Math.floor(reach / step); k <= Math.floor(reach / step); k += 1) levels.push(k * step);
  const id = `path-${details.name}`;
  return svg(
    "svg",
    { class: "path", viewBox: `0 0 ${wide} ${HEIGHT}`, role: "img", "aria-label": words },
    svg("title", {}, words),
    svg(
      "clipPath",
      { id },
      svg("rect", { x: START, y: TOP, width: right - START + 6, height: HEIGHT - TOP - BOTTOM }),
    ),
    levels.map((level) => [
      svg("line", { x1: START, x2: right, y1: y(level), y2: y(level), class: level ? "rule" : "zero" }),
      svg("text", { x: START - 8, y: y(level) + 4, "text-anchor": "end" }, change(level)),
    ]),
    [effect, -effect].map((level) =>
      svg("line", { x1: START, x2: right, y1: y(level), y2: y(level), class: "least" }),
    ),
    svg(
      "g",
      { "clip-path": `url(#${id})` },
      points.at(-1).arms.map((_, place) => band(points, place, x, y)),
    ),
    ends(points.at(-1), y).map(([place, at]) =>
      svg("text", { x: right + 10, y: at + 4, class: `name ${armClass(place + 1)}` }, names[place + 1]),
    ),
    svg("text", { x: START, y: HEIGHT - 8 }, moment(from)),
    svg("text", { x: right, y: HEIGHT - 8, "text-anchor": "end" }, moment(points.at(-1).at)),
  );
}

/** Interval and line of one arm, with marks; a single look is a bar. */
function band(points, place, x, y) {
  const seen = points.map((point) => ({ at: x(point.at), ...point.arms[place] }));
  const line = seen.map((one) => `${one.at.toFixed(1)},${y(one.lift).toFixed(1)}`);
  const above = seen.map((one) => `${one.at.toFixed(1)},${y(one.high).toFixed(1)}`);
  const below = seen.map((one) => `${one.at.toFixed(1)},${y(one.low).toFixed(1)}`);
  const every = Math.max(Math.ceil(seen.length / MARKS), 1);
  const last = seen.at(-1);
  return svg(
    "g",
    { class: armClass(place + 1) },
    svg("polygon", { points: [...above, ...[...below].reverse()].join(" "), class: "band" }),
    svg("polyline", { points: above.join(" "), class: "limit" }),
    svg("polyline", { points: below.join(" "), class: "limit" }),
    svg("polyline", { points: line.join(" "), class: "line" }),
    svg("line", { x1: last.at, x2: last.at, y1: y(last.low), y2: y(last.high), class: "last" }),
    seen
      .filter((_, k) => (seen.length - 1 - k) % every === 0)
      .map((one) => mark(place + 1, one.at, y(one.lift))),
  );
}

/** Positions of the arms' names at the right end, without overlap. */
function ends(point, y) {
  const placed = point.arms.map((one, place) => [place, y(one.lift)]).sort((a, b) => a[1] - b[1]);
  placed.forEach((one, k) => {
    if (k && one[1] - placed[k - 1][1] < 16) one[1] = placed[k - 1][1] + 16;
  });
  return placed;
}

/** Text in place of a chart without data. */
export function noEffect() {
  return h("p", { class: "hint" }, t("effect.none"));
}
