// Audit: who changed what and why, newest first, as the settings log has it.

import { get } from "./client.js";
import { button, h } from "./markup.js";
import { refusalText } from "./told.js";
import { moment, named, number, t } from "./words.js";

const FIRST = 50, STEP = 4, MOST = 1000;

export async function view(root) {
  const list = h("div", { class: "panel scroll" });
  let limit = FIRST;
  const more = button(t("more"), () => { limit = Math.min(limit * STEP, MOST); fill(); });
  root.append(list, h("p", { class: "actions" }, more));

  async function fill() {
    try {
      const { records } = await get("/v1/audit", { limit });
      more.hidden = records.length < limit || limit === MOST;
      list.replaceChildren(records.length ? table(records) : h("p", { class: "hint" }, t("audit.none")));
    } catch (error) {
      list.replaceChildren(h("p", { class: "note fault", role: "alert" }, refusalText(error)));
    }
  }

  await fill();
  return () => {};
}

function table(records) {
  const heads = ["when", "who", "what", "reason", "body"];
  return h("table", { class: "audit-table" }, h("thead", {}, h("tr", {}, heads.map((name) => h("th", { scope: "col" }, t(name))))),
    h("tbody", {}, records.map((one) => h("tr", {},
      h("td", { class: "nowrap" }, moment(one.at)), h("td", {}, one.author || t("somebody")),
      h("td", {}, h("span", { class: "badge" }, named("kind", one.kind)), " ", one.name.replaceAll("|", " ").trim(),
        h("span", { class: "hint" }, ` ${t("version", { n: number(one.version) })}`)),
      h("td", { dir: "auto" }, one.reason), h("td", {}, body(one.body))))));
}

function body(said) {
  if (said === null || said === undefined) return h("span", { class: "hint" }, t("taken.away"));
  const parts = Object.entries(said).filter(([, value]) => value !== null && value !== "" && !(Array.isArray(value) && !value.length));
  return h("ul", { class: "pairs" }, parts.map(([name, value]) => h("li", {},
    h("code", {}, name), " ", typeof value === "object" ? JSON.stringify(value) : String(value))));
}
