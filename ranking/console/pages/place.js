// Place: which view an operator looks at, of which edition, surface and section. It is the page's
// address after #, so that it can be sent to a colleague.

import { get } from "./client.js";
import { editionName, t } from "./words.js";
import { field, h, select } from "./markup.js";

export const SURFACES = ["popular", "trending"];

export function place() {
  const [view, query] = location.hash.slice(1).split("?");
  const said = new URLSearchParams(query);
  return {
    view: view || "boards",
    edition: said.get("edition") ?? "",
    surface: said.get("surface") ?? "popular",
    section: said.get("section") ?? "",
    tag: said.get("tag") ?? "",
    page: said.get("page") ?? "",
    name: said.get("name") ?? "",
  };
}

/** The address of a place. */
export function hashOf(where) {
  const said = new URLSearchParams();
  for (const name of ["edition", "surface", "section", "tag", "page", "name"]) {
    if (where[name] && !(name === "surface" && where[name] === "popular")) said.set(name, where[name]);
  }
  return `#${where.view}${said.size ? `?${said}` : ""}`;
}

export function go(change) {
  location.hash = hashOf({ ...place(), ...change });
}

/** Editions that have boards, and the sections and tags that stand in them. */
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

/** The edition to begin with: the one with most tags in its boards. */
export function first(known) {
  const [edition] = Array.from(known.keys()).sort((a, b) => known.get(b).tags.size - known.get(a).tags.size);
  return edition ?? "";
}

/** Fields to pick an edition, and perhaps a surface and a section. */
export function picker(where, known, { surfaces = SURFACES, sections = true, all = false } = {}) {
  const names = Array.from(known.keys(), (edition) => [edition, `${editionName(edition)} · ${edition}`]);
  const sectionNames = Array.from(known.get(where.edition)?.sections ?? []).sort();
  if (where.section && !sectionNames.includes(where.section)) sectionNames.push(where.section);
  return h(
    "div",
    { class: "picker", role: "group", "aria-label": t("place") },
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
          surfaces.map((name) => [name, t(`surface.${name}`)]),
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
