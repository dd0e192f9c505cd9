// Position chart: click-through rate at each position of a list, one bar per arm.

import { armClass, legend } from "./arms.js";
import { number, percent, t } from "./i18n.js";
import { h, svg } from "./markup.js";

const HEIGHT = 190,
  TOP = 20,
  BOTTOM = 24,
  LEAST_WIDTH = 260,
  ROOM = 34;

/** The chart; `width` in pixels. */
export function positionChart(slots, names, width) {
  const shown = Array.from({ length: 20 }, (_, k) => k).filter((k) =>
    names.some((name) => (slots[name] ?? [])[k] !== null),
  );
  if (!shown.length) return h("p", { class: "hint" }, t("positions.none"));
  const wide = Math.max(width, LEAST_WIDTH),
    group = wide / shown.length,
    each = Math.min((group - 8) / names.length, 48);
  const top = Math.max(...shown.flatMap((k) => names.map((name) => slots[name][k] ?? 0)), 1e-9);
  const words = names
    .map((name) => `${name}: ${shown.map((k) => percent(slots[name][k] ?? 0)).join(", ")}`)
    .join("; ");
  return h(
    "div",
    {},
    svg(
      "svg",
      { class: "places", viewBox: `0 0 ${wide} ${HEIGHT}`, role: "img", "aria-label": words },
      svg("title", {}, words),
      svg("line", { x1: 0, x2: wide, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM, class: "rule" }),
      shown.map((k, place) => {
        const middle = (place + 0.5) * group;
        return svg(
          "g",
          {},
          svg("text", { x: middle, y: HEIGHT - 6, "text-anchor": "middle" }, number(k + 1)),
          names.map((name, arm) => {
            const value = slots[name][k];
            if (value === null) return null;
            const tall = Math.max((value / top) * (HEIGHT - TOP - BOTTOM), 1.5);
            const x = middle + (arm - names.length / 2) * each,
              y = HEIGHT - BOTTOM - tall;
            return svg(
              "g",
              {},
              svg(
                "rect",
                { x: x + 2, y, width: each - 4, height: tall, rx: 2, class: `column ${armClass(arm)}` },
                svg("title", {}, `${name}: ${percent(value)}`),
              ),
              each >= ROOM &&
                svg("text", { x: x + each / 2, y: y - 5, "text-anchor": "middle" }, percent(value)),
            );
          }),
        );
      }),
    ),
    legend(names),
  );
}
