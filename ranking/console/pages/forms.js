// Forms: an end, an author with a reason, and a form that reports why the server refused.

import { author, keepAuthor } from "./client.js";
import { duration, t } from "./i18n.js";
import { field, h, select } from "./markup.js";
import { refusalText } from "./messages.js";

const ENDS = [1800, 3600, 2 * 3600, 3 * 3600, 12 * 3600, 86400, 7 * 86400];

/**
 * Fields of an end: after a time, or at a moment. `read()` returns seconds since the epoch.
 * `allow(true)` permits no end.
 */
export function endField({ first = 2 * 3600 } = {}) {
  const at = h("input", {
    type: "datetime-local",
    name: "at",
    step: 1,
    hidden: true,
    "aria-label": t("end.at"),
  });
  const options = [
    ...ENDS.map((s) => [String(s), t("end.in", { time: duration(s) })]),
    ["at", t("end.at")],
  ];
  const how = select(
    options,
    String(first),
    (value) => {
      at.hidden = value !== "at";
    },
    { name: "end" },
  );
  const read = () => {
    if (how.value === "at") return at.value ? new Date(at.value).getTime() / 1000 : null;
    return how.value ? Date.now() / 1000 + Number(how.value) : null;
  };
  const none = h("option", { value: "" }, t("end.none"));
  const allow = (endless) => {
    if (endless) how.append(none);
    else none.remove();
    if (!how.value) how.value = String(first);
  };
  return { box: h("div", { class: "pair" }, field(t("end"), how), at), read, allow };
}

/** Author and reason, for the audit log. */
export function signatureFields() {
  const who = h("input", { name: "author", required: true, autocomplete: "name", value: author() });
  const why = h("input", { name: "reason", required: true, autocomplete: "off" });
  const read = () => {
    keepAuthor(who.value);
    return { author: who.value, reason: why.value };
  };
  return { box: h("div", { class: "pair" }, field(t("reason"), why), field(t("author"), who)), read };
}

/** A form with one action, which shows the reason of a refusal. */
export function actionForm(word, act, ...parts) {
  const fault = h("p", { class: "note fault", role: "alert", hidden: true });
  const submit = h("button", { class: "primary" }, word);
  return h(
    "form",
    {
      on: {
        async submit(event) {
          event.preventDefault();
          submit.disabled = true;
          fault.hidden = true;
          try {
            await act();
          } catch (error) {
            fault.textContent = refusalText(error);
            fault.hidden = false;
          } finally {
            submit.disabled = false;
          }
        },
      },
    },
    parts,
    fault,
    h("p", { class: "actions" }, submit),
  );
}
