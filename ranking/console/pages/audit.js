// Audit: who changed what and why, newest first, as the settings log has it.

import { get } from "./client.js";
import { button, h } from "./markup.js";
import { refusalText, scopeWords } from "./told.js";
import { moment, named, number, parameterWords, percent, t, valued } from "./words.js";

const FIRST = 50,
  STEP = 4,
  MOST = 1000;
const ONLY = { slot: "pin", factor: "boost" };
let known = null;

export async function view(root) {
  const list = h("div", { class: "panel scroll" });
  let limit = FIRST;
  const more = button(t("more"), () => {
    limit = Math.min(limit * STEP, MOST);
    fill();
  });
  root.append(list, h("p", { class: "actions" }, more));

  async function fill() {
    try {
      const { records } = await get("/v1/audit", { limit });
      known ??= new Map(
        (await get("/v1/profiles")).parameters.map((parameter) => [parameter.name, parameter]),
      );
      more.hidden = records.length < limit || limit === MOST;
      list.replaceChildren(records.length ? table(records) : h("p", { class: "hint" }, t("audit.none")));
    } catch (error) {
      list.replaceChildren(h("p", { class: "note fault", role: "alert" }, refusalText(error)));
    }
  }

  await fill();
  return () => {};
}

/** A profile's scope out of its name in the log. */
function scopeOf(name) {
  const [edition, surface, section] = name.split("|");
  return scopeWords({ edition, surface, section });
}

function table(records) {
  const heads = ["when", "who", "what", "reason", "body"];
  return h(
    "table",
    { class: "audit-table" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        heads.map((name) => h("th", { scope: "col" }, t(name))),
      ),
    ),
    h(
      "tbody",
      {},
      records.map((one) =>
        h(
          "tr",
          {},
          h("td", { class: "nowrap" }, moment(one.at)),
          h("td", {}, one.author || t("somebody")),
          h(
            "td",
            {},
            h("span", { class: "badge" }, named("kind", one.kind)),
            " ",
            one.kind === "profile" ? scopeOf(one.name) : h("code", {}, one.name),
            h("span", { class: "hint" }, ` ${t("version", { n: number(one.version) })}`),
          ),
          h("td", { dir: "auto" }, one.reason),
          h("td", {}, body(one.body, one.kind)),
        ),
      ),
    ),
  );
}

/** What was decided, in words; what an act leaves empty is left out. */
function body(said, kind) {
  if (said === null || said === undefined) return h("span", { class: "hint" }, t("taken.away"));
  if (kind === "experiment") return trial(said);
  const parts = Object.entries(said).filter(
    ([name, value]) =>
      value !== null &&
      value !== "" &&
      !(Array.isArray(value) && !value.length) &&
      (ONLY[name] ?? said.action) === said.action,
  );
  return h(
    "ul",
    { class: "pairs" },
    parts.map(([name, value]) =>
      h("li", {}, h("span", { class: "hint" }, label(name, kind)), " ", h("bdi", {}, worded(name, value))),
    ),
  );
}

/** An experiment: how it stands, where, and between which arms. */
function trial(said) {
  const arms = said.arms.map((arm) => arm.name).join(" / ");
  const part = said.phases.at(-1).traffic / 1000;
  const words = [t(`status.${said.status}`), scopeWords(said), arms, percent(part), said.winner];
  return words.filter(Boolean).join(" · ");
}

function label(name, kind) {
  return kind === "profile" && known.has(name) ? parameterWords(known.get(name)).name : named("field", name);
}

function worded(name, value) {
  if (known.has(name)) return valued(known.get(name), value);
  if (name === "end" || name === "start") return moment(value);
  if (Array.isArray(value)) return value.join(", ");
  return name === "role"
    ? t(`role.${value}`)
    : name === "surface"
      ? t(`surface.${value}`)
      : named("action", String(value));
}
