// Told: refusals and settings in the operator's words.

import { Refusal } from "./client.js";
import { number, t } from "./words.js";

const KNOWN = { 0: "refused.offline", 401: "refused.no_key", 403: "refused.role" };

/** Why something was not done. The server's own reason names parameter, rule and value. */
export function refusalText(error) {
  if (!(error instanceof Refusal)) return String(error);
  return KNOWN[error.status] ? t(KNOWN[error.status]) : error.message;
}

/** The settings of one scope, in words. */
export function scopeWords({ edition, surface, section }) {
  return [edition || t("all.editions"), surface ? t(`surface.${surface}`) : t("all.surfaces"), section]
    .filter(Boolean)
    .join(" · ");
}

/** What the engine says of an article, and how it is said here. */
const REASONS = [
  [/^([\d.]+)% of the score that place (\d+) has, ([\d.]+)% live$/, "reason.score", ["draft", "n", "live"]],
  [/^it was taken down$/, "reason.gone", []],
  [/^an override blocks it$/, "reason.blocked", []],
  [/^an override buries it$/, "reason.buried", []],
  [/^it was read already$/, "reason.read", []],
  [/^it is not of the section (.*)$/, "reason.section", ["section"]],
  [/^(.*) tells the same news$/, "reason.same", ["id"]],
  [/^it has no score under this profile$/, "reason.none", []],
  [/^section_cap: the list has (\d+) of the section (.*)$/, "reason.section_cap", ["n", "section"]],
  [/^author_cap: the list has (\d+) of the author (.*)$/, "reason.author_cap", ["n", "author"]],
  [/^those that stand keep their places, or stand higher by an override$/, "reason.steady", []],
  [/^others score more$/, "reason.others", []],
];

/** A reason in the operator's language; one that is not known here stays as it is. */
export function reasonText(said) {
  for (const [pattern, key, names] of REASONS) {
    const found = pattern.exec(said);
    if (found) return t(key, Object.fromEntries(names.map((name, k) => [name, found[k + 1]])));
  }
  return said;
}

export function version(n) {
  return n ? t("version", { n: number(n) }) : t("version.none");
}
