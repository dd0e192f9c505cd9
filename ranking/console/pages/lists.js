// Lists: the lists that the server makes, as /v1/lists names them; one of an extension is among them.

import { get } from "./client.js";
import { named } from "./i18n.js";

let known = [];

/** Read the lists; it is called once, before a view is shown. */
export async function loadLists() {
  known = (await get("/v1/lists")).lists;
}

/** Names of the lists that are made for an edition. */
export const boardNames = () => known.filter(({ basis }) => basis === "edition").map(({ name }) => name);

/** Names of all lists. */
export const listNames = () => known.map(({ name }) => name);

/** Names of the lists that an operator tunes: for an edition or for a page. */
export const tunableNames = () => known.filter(({ basis }) => basis !== "visit").map(({ name }) => name);

/** The list that is shown where none is named. */
export const firstList = () => known[0]?.name ?? "";

/** Whether a list is made for a page. */
export const isOfPage = (name) => known.find((list) => list.name === name)?.basis === "page";

/** Groups of parameters that a list has. */
export const groupsOf = (name) => known.find((list) => list.name === name)?.groups ?? [];

/** A list's name for people; the server's own where no catalogue has one. */
export function listTitle(name) {
  const title = named("surface", name);
  return title === name ? (known.find((list) => list.name === name)?.title ?? name) : title;
}

/** The same as options of a select. */
export const listOptions = (names) => names.map((name) => [name, listTitle(name)]);
