// Boards: the current list of every edition.

import { openArticle } from "./article.js";
import { subscribe } from "./board_stream.js";
import { editionName, number, t, languageAttributes } from "./i18n.js";
import { Listing } from "./listing.js";
import { boardNames, listOptions } from "./lists.js";
import { choice, h } from "./markup.js";
import { go, hashOf } from "./router.js";
import { editions } from "./scope_picker.js";

const LONG = 10;
let n = 5;

class Panel {
  constructor(edition, surface) {
    this.listing = new Listing(edition, surface, "", (item) =>
      openArticle(item, { edition, surface, section: "" }),
    );
    this.note = h("p", { class: "hint" }, t("waiting"));
    this.box = h(
      "section",
      { class: "panel", "aria-labelledby": `board-${edition}` },
      h(
        "header",
        {},
        h("h2", { id: `board-${edition}` }, editionName(edition)),
        h(
          "a",
          {
            class: "button small",
            href: hashOf({ view: "tune", edition, surface }),
            "aria-label": t("tune.edition", { edition: editionName(edition) }),
          },
          t("tune"),
        ),
      ),
      this.listing.box,
      this.note,
    );
  }

  show(board) {
    this.board = board;
    this.listing.show(board, n);
    this.note.textContent = board.items.length ? "" : t("empty");
  }
}

export async function view(root, where, app) {
  const known = await editions();
  const panels = new Map(Array.from(known.keys(), (edition) => [edition, new Panel(edition, where.surface)]));
  const announcer = h("p", { class: "unseen", "aria-live": "polite" });
  const aloud = h("input", { type: "checkbox", name: "aloud" });
  const redraw = (value) => {
    n = Number(value);
    for (const panel of panels.values()) if (panel.board) panel.show(panel.board);
  };
  root.append(
    h(
      "div",
      { class: "toolbar" },
      choice(
        "surface",
        t("surface"),
        listOptions(boardNames()),
        where.surface,
        (surface) => go({ surface }),
      ),
      choice(
        "rows",
        t("rows"),
        [
          ["5", t("top", { n: number(5) })],
          [String(LONG), t("top", { n: number(LONG) })],
        ],
        String(n),
        redraw,
      ),
      h("label", { class: "check" }, aloud, t("announce")),
    ),
    h(
      "div",
      { class: "grid" },
      Array.from(panels.values(), (panel) => panel.box),
    ),
    announcer,
  );
  if (!panels.size) root.append(h("p", { class: "hint" }, t("no.editions")));

  const board = (news) => {
    const panel = panels.get(news.edition);
    if (!panel || news.surface !== where.surface) return;
    const before = panel.board?.items[0]?.id,
      first = news.items[0];
    panel.show(news);
    if (aloud.checked && before && first && first.id !== before) {
      announcer.replaceChildren(
        `${editionName(news.edition)}: `,
        h("span", languageAttributes(news.edition), first.title || first.id),
      );
    }
  };
  const stop = panels.size
    ? subscribe({ edition: Array.from(panels.keys()), surface: where.surface, n: LONG }, board, app.state)
    : () => {};
  return stop;
}
