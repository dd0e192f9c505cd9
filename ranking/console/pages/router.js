// Router: the view, edition, list and section that the page shows. They are in the page's address
// after #, so that a colleague can open the same page.

import { firstList } from "./lists.js";

/** The current route. */
export function currentRoute() {
  const [view, query] = location.hash.slice(1).split("?");
  const params = new URLSearchParams(query);
  return {
    view: view || "boards",
    edition: params.get("edition") ?? "",
    surface: params.get("surface") ?? firstList(),
    section: params.get("section") ?? "",
    tag: params.get("tag") ?? "",
    page: params.get("page") ?? "",
    name: params.get("name") ?? "",
  };
}

/** The address of a route. */
export function hashOf(where) {
  const params = new URLSearchParams();
  for (const name of ["edition", "surface", "section", "tag", "page", "name"]) {
    if (where[name] && !(name === "surface" && where[name] === firstList())) params.set(name, where[name]);
  }
  return `#${where.view}${params.size ? `?${params}` : ""}`;
}

export function go(change) {
  location.hash = hashOf({ ...currentRoute(), ...change });
}
