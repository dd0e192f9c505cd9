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
    .filter(Boolean).join(" · ");
}

export function version(n) {
  return n ? t("version", { n: number(n) }) : t("version.none");
}
