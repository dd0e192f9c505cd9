// Listing: a list as rows with rank, movement, headline and sparkline. A row's button opens the
// article.

import { get } from "./client.js";
import { ago, number, t, languageAttributes } from "./i18n.js";
import { h, icon } from "./markup.js";
import { article, spark } from "./sparklines.js";

const MOVEMENT_WINDOW = 600,
  NOTED_EVERY = 5;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const SAFE = /^(https?:\/\/|\/(?!\/))/;

/** Ranks of the last ten minutes. Movement counts from the oldest of them. */
class RankHistory {
  constructor(edition, surface, section) {
    Object.assign(this, { edition, surface, section, asked: false, noted: [] });
  }

  async ask(at, n, then) {
    if (this.asked) return;
    this.asked = true;
    const { edition, surface, section } = this;
    try {
      const board = await get(`/v1/${surface}`, { edition, section, n, as_of: Math.floor(at - MOVEMENT_WINDOW) });
      this.noted.unshift({ at: at - MOVEMENT_WINDOW, ids: board.items.map((item) => item.id) });
      then();
    } catch {
      /* nothing was kept of then: movement counts from now on */
    }
  }

  note(at, ids) {
    if (at - (this.noted.at(-1)?.at ?? 0) >= NOTED_EVERY) this.noted.push({ at, ids });
    while (this.noted.length > 1 && this.noted[1].at <= at - MOVEMENT_WINDOW) this.noted.shift();
  }

  moved(id, rank) {
    const before = this.noted[0]?.ids;
    if (!before) return 0;
    const place = before.indexOf(id);
    return place < 0 ? "new" : place + 1 - rank;
  }
}

/** Texts of an arrow: against ten minutes ago, or of a draft against the live list. */
const MOVED = { new: "moved.new", up: "moved.up", down: "moved.down" };
export const DRAFT_MOVED = { new: "drafted.new", up: "drafted.up", down: "drafted.down" };

/** An arrow with a number, and a text for screen readers. */
export function arrow(moved, keys = MOVED) {
  if (moved === "new") return h("span", { class: "moved new", title: t(keys.new) }, t("new"));
  if (!moved) return h("span", { class: "moved", "aria-hidden": "true" }, "–");
  const words = t(moved > 0 ? keys.up : keys.down, { n: Math.abs(moved) });
  return h(
    "span",
    { class: `moved ${moved > 0 ? "up" : "down"}`, title: words },
    h("span", { "aria-hidden": "true" }, moved > 0 ? "▲" : "▼"),
    h("span", { class: "unseen" }, words),
    h("span", { "aria-hidden": "true" }, Math.abs(moved)),
  );
}

/** One edition's list. A row's button calls `open(item)`. */
export class Listing {
  constructor(edition, surface, section, open, { sparks = true, moves = true } = {}) {
    Object.assign(this, { edition, open, sparks, moves, rows: new Map() });
    this.rankHistory = new RankHistory(edition, surface, section);
    this.box = h("ol", { class: "listing", ...languageAttributes(edition) });
  }

  show(board, n, marks = new Map()) {
    const items = board.items.slice(0, n);
    const before = new Map(Array.from(this.rows, ([id, row]) => [id, row.line.getBoundingClientRect().top]));
    const is_first = this.rows.size === 0;
    if (this.moves) {
      this.rankHistory.note(
        board.as_of,
        items.map((item) => item.id),
      );
      this.rankHistory.ask(board.as_of, n, () => this.show(board, n, marks));
    }
    const focused = document.activeElement;
    const next = new Map();
    items.forEach((item, k) => {
      const row = this.rows.get(item.id) ?? this.row(item);
      this.fill(row, item, k + 1, marks.get(item.id));
      next.set(item.id, row);
    });
    const lines = Array.from(next.values(), (row) => row.line);
    if (lines.length !== this.box.children.length || lines.some((line, k) => this.box.children[k] !== line)) {
      this.box.replaceChildren(...lines);
      if (lines.some((line) => line.contains(focused))) focused.focus({ preventScroll: true });
    }
    this.rows = next;
    if (!is_first) this.slide(before);
  }

  row(item) {
    const row = {
      item,
      rank: h("span", { class: "rank" }),
      moved: h("span"),
      title: h("span", { class: "title" }),
      facts: h("span", { class: "facts" }),
      spark: h("span", { class: "spark-place" }),
      drawn: null,
    };
    row.more = h(
      "button",
      { type: "button", class: "quiet square", on: { click: () => this.open(row.item) } },
      icon("more"),
    );
    row.line = h(
      "li",
      { "data-id": item.id },
      row.rank,
      h("div", { class: "words" }, row.title, row.facts),
      this.sparks && row.spark,
      row.moved,
      row.more,
    );
    return row;
  }

  fill(row, item, rank, mark) {
    row.item = item;
    row.rank.textContent = number(rank);
    const title = item.title || item.id;
    if (row.title.textContent !== title) {
      row.title.replaceChildren(
        SAFE.test(item.url ?? "")
          ? h("a", { href: item.url, target: "_blank", rel: "noopener" }, title)
          : title,
      );
      row.more.setAttribute("aria-label", t("open", { title }));
    }
    const facts = [
      item.section,
      item.published_at && ago(item.published_at),
      t("views", { n: number(item.views) }),
    ];
    row.facts.replaceChildren(
      ...facts.filter(Boolean).flatMap((fact, k) => [k ? " · " : "", h("bdi", {}, fact)]),
    );
    const moved = mark ? mark() : this.moves ? arrow(this.rankHistory.moved(item.id, rank)) : h("span");
    row.moved.replaceWith(moved);
    row.moved = moved;
    row.line.classList.toggle("marked", Boolean(mark) && moved.matches(".new, .up, .down, .out"));
    if (this.sparks) article(this.edition, item.id).then((known) => this.draw(row, known));
  }

  draw(row, known) {
    if (!known || row.drawn === known) return;
    row.drawn = known;
    row.spark.replaceChildren(spark(known.hourly));
  }

  slide(before) {
    if (calm.matches) return;
    for (const [id, row] of this.rows) {
      const old = before.get(id);
      if (old === undefined) {
        row.line.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 400 });
        continue;
      }
      const by = old - row.line.getBoundingClientRect().top;
      if (Math.abs(by) < 2) continue;
      row.line.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], {
        duration: 350,
        easing: "cubic-bezier(.2, .8, .2, 1)",
      });
    }
  }
}
