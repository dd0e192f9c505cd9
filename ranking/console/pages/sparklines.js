// Sparklines: curves of an article's views per hour, requested at most once a minute.

import { articlePath, get } from "./client.js";
import { number, t } from "./i18n.js";
import { svg } from "./markup.js";

const FRESH = 60_000,
  AT_ONCE = 3,
  MOST = 600;
const kept = new Map();
const waiting = [];
let running = 0;

function next() {
  while (running < AT_ONCE && waiting.length) {
    const { path, done } = waiting.shift();
    running += 1;
    get(path)
      .then(done, () => done(null))
      .finally(() => {
        running -= 1;
        next();
      });
  }
}

/** An article's card and counts, at most a minute old; null if unknown. */
export function article(edition, id) {
  const path = articlePath(edition, id);
  const known = kept.get(path);
  if (known && Date.now() - known.at < FRESH) return known.promise;
  if (kept.size > MOST) kept.clear();
  const promise = new Promise((done) => waiting.push({ path, done }));
  kept.set(path, { at: Date.now(), promise });
  next();
  return promise;
}

/** A curve of counts, oldest first. The current hour is a dot. */
export function spark(values, width = 88, height = 26) {
  const top = Math.max(...values, 1);
  const step = (width - 6) / Math.max(values.length - 1, 1);
  const points = values.map((value, k) => [3 + k * step, height - 3 - (value / top) * (height - 6)]);
  const line = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
  const [x, y] = points.at(-1) ?? [0, 0];
  const words = t("views.per.hour.range", { now: number(values.at(-1) ?? 0), top: number(Math.max(...values, 0)) });
  return svg(
    "svg",
    { class: "spark", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": words },
    svg("title", {}, words),
    svg("polygon", { points: `3,${height - 3} ${line} ${x.toFixed(1)},${height - 3}`, class: "under" }),
    svg("polyline", { points: line, class: "line" }),
    svg("circle", { cx: x, cy: y, r: 2.5, class: "dot" }),
  );
}

/** A bar chart of counts. */
export function bars(values, label, width = 480, height = 96) {
  const top = Math.max(...values, 1),
    step = width / values.length;
  return svg(
    "svg",
    { class: "bars", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    svg("title", {}, label),
    values.map((value, k) => {
      const tall = (value / top) * (height - 4);
      return svg(
        "rect",
        {
          x: k * step + 1,
          y: height - tall,
          width: step - 2,
          height: Math.max(tall, 1),
          rx: 1.5,
          class: k === values.length - 1 ? "bar running" : "bar",
        },
        svg("title", {}, number(value)),
      );
    }),
  );
}
