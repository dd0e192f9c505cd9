// Arms: a colour, a mark and a dash pattern for each arm, and a description of its settings.

import { parameterWords, t, formatValue } from "./i18n.js";
import { h, svg } from "./markup.js";
import { version } from "./messages.js";

const SIZE = 4.5;
const corners = (...points) => svg("polygon", { points: points.map((point) => point.join(",")).join(" ") });
const MARKS = [
  (x, y, r) => svg("circle", { cx: x, cy: y, r }),
  (x, y, r) => svg("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r }),
  (x, y, r) => corners([x, y - 1.2 * r], [x + 1.2 * r, y + r], [x - 1.2 * r, y + r]),
  (x, y, r) => corners([x, y - 1.3 * r], [x + 1.3 * r, y], [x, y + 1.3 * r], [x - 1.3 * r, y]),
];

/** CSS classes of an arm; the control is 0. */
export const armClass = (place) => `arm arm-${place % 8}`;

/** The mark of an arm; the control's is hollow. */
export function mark(place, x, y, size = SIZE) {
  const made = MARKS[place === 0 ? 0 : (place - 1) % MARKS.length](x, y, size);
  made.setAttribute("class", place === 0 ? "mark hollow" : "mark");
  return made;
}

/** A short line with an arm's mark. */
export function swatch(place) {
  return svg(
    "svg",
    {
      class: `swatch ${armClass(place)}`,
      viewBox: "0 0 30 14",
      width: 30,
      height: 14,
      "aria-hidden": "true",
    },
    svg("line", { x1: 1, x2: 29, y1: 7, y2: 7, class: "line" }),
    mark(place, 15, 7),
  );
}

/** All arms with their marks. */
export function legend(names) {
  return h(
    "ul",
    { class: "legend arms" },
    names.map((name, place) =>
      h("li", {}, swatch(place), h("span", {}, place ? name : `${name} (${t("arm.control")})`)),
    ),
  );
}

/** The settings that make an arm's lists. */
export function armWords(arm, parameters) {
  if (arm.holdout) return t("arm.holdout");
  if (arm.set === null || arm.set === undefined) return t("arm.published", { version: version(arm.version) });
  const own = Object.entries(arm.set).map(([name, value]) => {
    const parameter = parameters.get(name) ?? { name, text: "" };
    return `${parameterWords(parameter).name}: ${formatValue(parameter, value)}`;
  });
  return own.length ? own.join(", ") : t("arm.unchanged");
}
