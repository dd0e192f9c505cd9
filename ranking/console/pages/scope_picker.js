// Scope picker: the editions that have lists, and fields to pick an edition, a list and a section.

import { get } from "./client.js";
import { editionName, t } from "./i18n.js";
import { boardNames, listOptions } from "./lists.js";
import { field, h, select } from "./markup.js";
import { go } from "./router.js";

/** Editions that have lists, with the sections and tags of the listed articles. */
export async function editions() {
  const { boards } = await get("/v1/boards");
  const found = new Map();
  for (const board of boards) {
    const edition = found.get(board.edition) ?? { sections: new Set(), tags: new Map() };
    for (const item of board.items) {
      if (item.section) edition.sections.add(item.section);
      for (const tag of item.tags ?? []) edition.tags.set(tag, (edition.tags.get(tag) ?? 0) + 1);
    }
    found.set(board.edition, edition);
  }
  return found;
}

/** The default edition: the one with the most tags in its lists. */
export function first(known) {
  const [edition] = Array.from(known.keys()).sort((a, b) => known.get(b).tags.size - known.get(a).tags.size);
  return edition ?? "";
}

/** Fields for an edition, and optionally a surface and a section. */
export function picker(where, known, { surfaces = boardNames(), sections = true, all = false } = {}) {
  const names = Array.from(known.keys(), (edition) => [edition, `${editionName(edition)} · ${edition}`]);
  const sectionNames = Array.from(known.get(where.edition)?.sections ?? []).sort();
  if (where.section && !sectionNames.includes(where.section)) sectionNames.push(where.section);
  return h(
    "div",
    { class: "picker", role: "group", "aria-label": t("picker") },
    field(
      t("edition"),
      select(
        all ? [["", t("all.editions")], ...names] : names,
        where.edition,
        (edition) => go({ edition, section: "", tag: "", page: "" }),
        { name: "edition" },
      ),
    ),
    surfaces.length > 0 &&
      field(
        t("surface"),
        select(
          listOptions(surfaces),
          where.surface,
          (surface) => go({ surface }),
          { name: "surface" },
        ),
      ),
    sections &&
      field(
        t("section"),
        select(
          [["", t("all.sections")], ...sectionNames.map((name) => [name, name])],
          where.section,
          (section) => go({ section }),
          { name: "section" },
        ),
      ),
  );
}
