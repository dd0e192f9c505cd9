// Tags: the neighbours of a tag as a graph and as a table. Equal numbers give an equal graph:
// neighbours clockwise by weight, nearer with a higher lift.

import { get } from "./client.js";
import { number, t, languageAttributes } from "./i18n.js";
import { field, h, svg } from "./markup.js";
import { go, hashOf } from "./router.js";
import { editions, first, picker } from "./scope_picker.js";
import { spark } from "./sparklines.js";

const MOST = [14, 9],
  NEAR = 0.62,
  LETTERS = 20,
  STEEP = 0.12;
const WIDE = [760, 520],
  NARROW = [460, 500];
const small = matchMedia("(max-width: 40rem)");

export async function view(root, where) {
  const known = await editions();
  if (!where.edition) where.edition = first(known);
  const tags = Array.from(known.get(where.edition)?.tags ?? [])
    .sort((a, b) => b[1] - a[1])
    .map(([tag]) => tag);
  where.tag ||= tags[0] ?? "";
  const text = h("input", {
    name: "tag",
    value: where.tag,
    list: "tags-known",
    autocomplete: "off",
    ...languageAttributes(where.edition),
  });
  const form = h(
    "form",
    {
      class: "toolbar",
      on: {
        submit: (event) => {
          event.preventDefault();
          if (text.value.trim()) go({ edition: where.edition, tag: text.value.trim() });
        },
      },
    },
    picker(where, known, { surfaces: [], sections: false }),
    field(t("tag"), text),
    h(
      "datalist",
      { id: "tags-known" },
      tags.map((value) => h("option", { value })),
    ),
    h("button", { class: "primary" }, t("show")),
  );
  root.append(form);
  if (!where.tag) {
    root.append(h("p", { class: "hint" }, t("empty")));
    return () => {};
  }
  const graph = await get("/v1/graph", { edition: where.edition, tag: where.tag });
  root.append(
    h(
      "div",
      { class: "tag-view" },
      h(
        "section",
        { class: "panel", "aria-label": t("tags.picture") },
        picture(graph, where),
        about(graph, where),
      ),
      h("section", { class: "panel scroll" }, table(graph, where)),
    ),
  );
  return () => {};
}

function linkTo(tag, where) {
  return hashOf({ view: "tags", edition: where.edition, tag });
}

function short(tag) {
  return tag.length > LETTERS ? `${tag.slice(0, LETTERS - 1)}…` : tag;
}

/** Position of the k-th of n neighbours: down the right side, then up the left, without overlap. */
function placed(k, n) {
  const right = Math.ceil(n / 2),
    isRight = k < right;
  const rows = isRight ? right : n - right,
    row = isRight ? k : n - 1 - k;
  const down = (2 * (row + 0.5)) / rows - 1;
  return { side: isRight ? 1 : -1, across: 0.35 + 0.65 * Math.sqrt(1 - down * down), down };
}

function picture(graph, where) {
  const shown = graph.neighbours.slice(0, MOST[Number(small.matches)]);
  const heaviest = Math.max(...shown.map((one) => one.weight), 1e-9);
  const lifts = shown.map((one) => Math.log(Math.max(one.lift, 1e-3)));
  const [low, high] = [Math.min(...lifts), Math.max(...lifts)];
  const [width, height] = small.matches ? NARROW : WIDE;
  const [cx, cy] = [width / 2, height / 2];
  const nodes = shown.map((one, k) => {
    const { side, across, down } = placed(k, shown.length);
    const close = high > low ? (lifts[k] - low) / (high - low) : 1;
    const far = 1 - close * (1 - NEAR);
    const share = one.weight / heaviest;
    return {
      ...one,
      x: cx + side * across * far * (cx - 118),
      y: cy + down * (cy - 45),
      r: 6 + (small.matches ? 9 : 16) * Math.sqrt(share),
      width: 1 + 5 * share,
      side,
    };
  });
  return svg(
    "svg",
    { class: "tag-graph", viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": t("tags.picture") },
    nodes.map((one) =>
      svg("line", {
        x1: cx,
        y1: cy,
        x2: one.x,
        y2: one.y,
        "stroke-width": one.width.toFixed(1),
        class: "edge",
      }),
    ),
    nodes.map((one) =>
      svg(
        "a",
        {
          href: linkTo(one.tag, where),
          class: "node",
          "aria-label": t("tags.node", { tag: one.tag, weight: number(one.weight), lift: number(one.lift) }),
        },
        svg(
          "title",
          {},
          t("tags.node", { tag: one.tag, weight: number(one.weight), lift: number(one.lift) }),
        ),
        svg("circle", { cx: one.x, cy: one.y, r: one.r }),
        label(one.tag, one.x, one.y, one.r, one.side, one.y < cy, where),
      ),
    ),
    svg(
      "g",
      { class: "centre" },
      svg("circle", { cx, cy, r: 30 }),
      label(graph.tag, cx, cy + 46, 0, 0, false, where),
    ),
  );
}

function label(tag, x, y, r, side, isAbove, where) {
  const anchor = Math.abs(side) < STEEP ? "middle" : side > 0 ? "start" : "end";
  const is_right = languageAttributes(where.edition).dir === "rtl";
  const turned = { start: "end", end: "start", middle: "middle" };
  const dx = anchor === "start" ? r + 5 : anchor === "end" ? -r - 5 : 0;
  const dy = anchor !== "middle" || !r ? 5 : isAbove ? -r - 6 : r + 16;
  return svg(
    "text",
    {
      x: x + dx,
      y: y + dy,
      "text-anchor": is_right ? turned[anchor] : anchor,
      lang: languageAttributes(where.edition).lang,
      direction: languageAttributes(where.edition).dir,
    },
    short(tag),
  );
}

function about(graph, where) {
  return h(
    "div",
    { class: "about" },
    h(
      "p",
      {},
      h("strong", { dir: "auto" }, graph.tag),
      ` · ${t("tags.articles", { n: number(graph.articles) })} · `,
      t("tags.weight", { n: number(graph.weight) }),
    ),
    h("p", {}, spark(graph.hourly, 220, 44)),
    graph.synonyms.length > 0 &&
      h(
        "p",
        {},
        `${t("tags.synonyms")}: `,
        graph.synonyms.map((one, k) => [
          k ? ", " : "",
          h("a", { href: linkTo(one.tag, where), dir: "auto" }, one.tag),
        ]),
      ),
  );
}

function table(graph, where) {
  const heads = ["tag", "weight", "lift", "views.per.hour"];
  return h(
    "table",
    {},
    h("caption", {}, t("tags.table", { tag: graph.tag })),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        heads.map((name) =>
          h("th", { scope: "col", class: name === "weight" || name === "lift" ? "number" : "" }, t(name)),
        ),
      ),
    ),
    h(
      "tbody",
      {},
      graph.neighbours.map((one) =>
        h(
          "tr",
          {},
          h(
            "th",
            { scope: "row" },
            h("a", { href: linkTo(one.tag, where), ...languageAttributes(where.edition) }, one.tag),
          ),
          h("td", { class: "number" }, number(one.weight)),
          h("td", { class: "number" }, number(one.lift)),
          h("td", {}, spark(one.hourly)),
        ),
      ),
    ),
  );
}
