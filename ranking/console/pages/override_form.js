// Override form: pin, boost, bury or block one article, with an end and a reason.

import { post } from "./client.js";
import { actionForm, endField, signatureFields } from "./forms.js";
import { t } from "./i18n.js";
import { choice, field, h } from "./markup.js";

const ACTIONS = ["pin", "boost", "bury", "block"];

/** The form for one article. */
export function overrideForm({ item, card, edition, surface }, done) {
  let action = "pin",
    reach = "edition";
  const slot = h("input", { type: "number", name: "slot", min: 1, max: 20, value: 1 });
  const factor = h("input", { type: "number", name: "factor", min: 0.01, max: 100, step: "any", value: 2 });
  const slotField = field(t("slot"), slot),
    factorField = field(t("factor"), factor, t("factor.hint"));
  const end = endField(),
    signed = signatureFields();
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
  const form = actionForm(
    t("override.apply"),
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
      dispatchEvent(new CustomEvent("notice", { detail: t("done.override") }));
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
