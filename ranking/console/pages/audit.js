// Audit log: who changed what, when and why, newest first.

import { get } from "./client.js";
import { moment, named, number, parameterWords, percent, t, formatValue } from "./i18n.js";
import { listTitle } from "./lists.js";
import { button, h } from "./markup.js";
import { refusalText, scopeWords } from "./messages.js";

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

/** The scope in a profile record's name. */
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
          h("td", {}, one.author || t("author.unknown")),
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

/** The content of a decision in words, without empty fields. */
function body(content, kind) {
  if (content === null || content === undefined) return h("span", { class: "hint" }, t("removed"));
  if (kind === "experiment") return experimentText(content);
  const parts = Object.entries(content).filter(
    ([name, value]) =>
      value !== null &&
      value !== "" &&
      !(Array.isArray(value) && !value.length) &&
      (ONLY[name] ?? content.action) === content.action,
  );
  return h(
    "ul",
    { class: "pairs" },
    parts.map(([name, value]) =>
      h("li", {}, h("span", { class: "hint" }, label(name, kind)), " ", h("bdi", {}, valueText(name, value))),
    ),
  );
}

/** An experiment's status, scope and arms. */
function experimentText(content) {
  const arms = content.arms.map((arm) => arm.name).join(" / ");
  const part = content.phases.at(-1).traffic / 1000;
  const words = [t(`status.${content.status}`), scopeWords(content), arms, percent(part), content.winner];
  return words.filter(Boolean).join(" · ");
}

function label(name, kind) {
  return kind === "profile" && known.has(name) ? parameterWords(known.get(name)).name : named("field", name);
}

function valueText(name, value) {
  if (known.has(name)) return formatValue(known.get(name), value);
  if (name === "end" || name === "start") return moment(value);
  if (Array.isArray(value)) return value.join(", ");
  return name === "role"
    ? t(`role.${value}`)
    : name === "surface"
      ? listTitle(value)
      : named("action", String(value));
}
