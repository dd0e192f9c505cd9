// Messages: refusals, scopes and reasons of the server in the operator's language.

import { Refusal } from "./client.js";
import { number, t } from "./i18n.js";
import { listTitle } from "./lists.js";

const KNOWN = { 0: "refused.offline", 401: "refused.no_key", 403: "refused.role" };

/** The reason of a refusal. The server's text names parameter, rule and value. */
export function refusalText(error) {
  if (!(error instanceof Refusal)) return String(error);
  return KNOWN[error.status] ? t(KNOWN[error.status]) : error.message;
}

/** A scope in words. */
export function scopeWords({ edition, surface, section }) {
  return [edition || t("all.editions"), surface ? listTitle(surface) : t("all.surfaces"), section]
    .filter(Boolean)
    .join(" · ");
}

/** The engine's reasons and their keys. */
const REASONS = [
  [/^([\d.]+)% of the score that place (\d+) has, ([\d.]+)% live$/, "reason.score", ["draft", "n", "live"]],
  [/^it was taken down$/, "reason.deleted", []],
  [/^an override blocks it$/, "reason.blocked", []],
  [/^an override buries it$/, "reason.buried", []],
  [/^it was read already$/, "reason.read", []],
  [/^it is not of the section (.*)$/, "reason.section", ["section"]],
  [/^(.*) tells the same news$/, "reason.near_duplicate", ["id"]],
  [/^it has no score under this profile$/, "reason.none", []],
  [/^section_cap: the list has (\d+) of the section (.*)$/, "reason.section_cap", ["n", "section"]],
  [/^author_cap: the list has (\d+) of the author (.*)$/, "reason.author_cap", ["n", "author"]],
  [/^those that stand keep their places, or stand higher by an override$/, "reason.hysteresis", []],
  [/^others score more$/, "reason.lower_score", []],
];

/** A reason in the operator's language; an unknown one stays as it is. */
export function reasonText(reason) {
  for (const [pattern, key, names] of REASONS) {
    const found = pattern.exec(reason);
    if (found) return t(key, Object.fromEntries(names.map((name, k) => [name, found[k + 1]])));
  }
  return reason;
}

export function version(n) {
  return n ? t("version", { n: number(n) }) : t("version.none");
}
