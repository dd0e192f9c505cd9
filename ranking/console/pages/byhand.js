// By hand: the form that pins, boosts, buries or blocks, for a while and with a reason.

import { author, keepAuthor, post } from "./client.js";
import { choice, field, h, select } from "./markup.js";
import { refusalText } from "./told.js";
import { duration, t } from "./words.js";

const ENDS = [1800, 3600, 2 * 3600, 3 * 3600, 12 * 3600, 86400, 7 * 86400];
const ACTIONS = ["pin", "boost", "bury", "block"];

/**
 * Pickers of an end: after some time, or at a moment; reads as seconds since the epoch. What may have
 * none is allowed by `allow(true)`.
 */
export function ending({ first = 2 * 3600 } = {}) {
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

/** Who does it and why; both are kept in the audit log. */
export function signature() {
  const who = h("input", { name: "author", required: true, autocomplete: "name", value: author() });
  const why = h("input", { name: "reason", required: true, autocomplete: "off" });
  const read = () => {
    keepAuthor(who.value);
    return { author: who.value, reason: why.value };
  };
  return { box: h("div", { class: "pair" }, field(t("reason"), why), field(t("author"), who)), read };
}

/** A form whose button does one thing, and says why if it was refused. */
export function acting(word, act, ...parts) {
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

/** The form for one article. */
export function byHand({ item, card, edition, surface }, done) {
  let action = "pin",
    reach = "edition";
  const slot = h("input", { type: "number", name: "slot", min: 1, max: 20, value: 1 });
  const factor = h("input", { type: "number", name: "factor", min: 0.01, max: 100, step: "any", value: 2 });
  const slotField = field(t("slot"), slot),
    factorField = field(t("factor"), factor, t("factor.hint"));
  const end = ending(),
    signed = signature();
  const pick = (value) => {
    action = value;
    slotField.hidden = action !== "pin";
    factorField.hidden = action !== "boost";
    end.allow(action === "block");
  };
  const everywhere =
    card?.story &&
    choice(
      "reach",
      t("reach"),
      [
        ["edition", t("reach.edition")],
        ["story", t("reach.story")],
      ],
      reach,
      (value) => {
        reach = value;
      },
    );
  const everyList = h("input", { type: "checkbox", name: "lists" });
  const form = acting(
    t("do.it"),
    async () => {
      const is_story = reach === "story";
      await post("/v1/overrides", {
        action,
        edition: is_story ? `${edition.split("/")[0]}/*` : edition,
        surface: everyList.checked ? "" : surface,
        articles: is_story ? [] : [item.id],
        stories: is_story ? [card.story] : [],
        ...(action === "pin" ? { slot: Number(slot.value) } : {}),
        ...(action === "boost" ? { factor: Number(factor.value) } : {}),
        start: null,
        end: end.read(),
        ...signed.read(),
      });
      dispatchEvent(new CustomEvent("told", { detail: t("done.override") }));
      done();
    },
    choice(
      "action",
      t("action"),
      ACTIONS.map((name) => [name, t(`action.${name}`)]),
      action,
      pick,
    ),
    everywhere,
    slotField,
    factorField,
    h("label", { class: "check" }, everyList, t("every.list")),
    end.box,
    signed.box,
  );
  pick(action);
  return form;
}
