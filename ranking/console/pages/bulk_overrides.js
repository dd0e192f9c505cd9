// Bulk overrides: mourning mode, a frozen list, and overrides by tag or section.

import { affectedArticles } from "./affected_articles.js";
import { post } from "./client.js";
import { actionForm, endField, signatureFields } from "./forms.js";
import { editionName, t } from "./i18n.js";
import { boardNames, firstList, listOptions } from "./lists.js";
import { choice, field, h, select } from "./markup.js";

/** Values separated by commas. */
const listed = (text) =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter(Boolean);

function targetInput(name, known, which) {
  const id = `${name}-known`;
  const all = new Set(
    Array.from(known.values()).flatMap((edition) => [
      ...(which === "tags" ? edition.tags.keys() : edition.sections),
    ]),
  );
  return [
    h("input", { name, list: id, autocomplete: "off", dir: "auto" }),
    h(
      "datalist",
      { id },
      Array.from(all)
        .sort()
        .map((value) => h("option", { value })),
    ),
  ];
}

/** Fields for the sections and tags of an override, and the articles that it affects. */
function targetFields(name, known, scope) {
  const [sections, sectionsKnown] = targetInput(`${name}-sections`, known, "sections");
  const [tags, tagsKnown] = targetInput(`${name}-tags`, known, "tags");
  const named = () => ({ sections: listed(sections.value), tags: listed(tags.value) });
  const affected = affectedArticles(() => targeted({ ...scope(), ...named() }));
  for (const input of [sections, tags]) input.addEventListener("input", affected.renew);
  const fields = [
    field(t("sections"), sections, t("commas")),
    sectionsKnown,
    field(t("tags"), tags, t("commas")),
    tagsKnown,
    affected.box,
  ];
  return { named, affected, fields };
}

/** The form of the mourning mode. */
export function mourningForm(known, app, done) {
  const { named, fields } = targetFields("mourning", known, () => ({ action: "bury" }));
  const end = endField({ first: 86400 }),
    signed = signatureFields();
  return h(
    "section",
    { class: "panel", id: "mourning" },
    h("h2", {}, t("mourning")),
    h("p", { class: "hint" }, t("mourning.hint")),
    actionForm(
      t("mourning.start"),
      async () => {
        const body = { ...named(), end: end.read(), ...signed.read() };
        await post("/v1/overrides/mourning", body);
        app.notify(t("done.mourning"));
        done();
      },
      ...fields,
      end.box,
      signed.box,
    ),
  );
}

/** The override, or null without a target. */
const targeted = (act) => (act.sections.length || act.tags.length ? act : null);

/** The form that freezes a list. */
export function freezeForm(known, app, done) {
  const edition = select(
    Array.from(known.keys(), (name) => [name, editionName(name)]),
    undefined,
    () => {},
    { name: "frozen" },
  );
  const surface = select(
    listOptions(boardNames()),
    firstList(),
    () => {},
    { name: "frozen-surface" },
  );
  const end = endField(),
    signed = signatureFields();
  return h(
    "section",
    { class: "panel", id: "freeze" },
    h("h2", {}, t("freeze")),
    h("p", { class: "hint" }, t("freeze.hint")),
    actionForm(
      t("freeze.start"),
      async () => {
        await post("/v1/overrides", {
          action: "list",
          edition: edition.value,
          surface: surface.value,
          articles: [],
          start: null,
          end: end.read(),
          ...signed.read(),
        });
        app.notify(t("done.frozen"));
        done();
      },
      h("div", { class: "pair" }, field(t("edition"), edition), field(t("surface"), surface)),
      end.box,
      signed.box,
    ),
  );
}

/** The form that overrides all articles of tags or sections. */
export function bulkForm(known, app, done) {
  let action = "bury";
  const scope = () => ({ action, edition: edition.value });
  const { named, affected, fields } = targetFields("sweep", known, scope);
  const factor = field(
    t("factor"),
    h("input", { type: "number", name: "sweep-factor", min: 0.01, max: 1000, step: "any", value: 2 }),
    t("factor.hint"),
  );
  factor.hidden = true;
  const edition = select(
    [["", t("all.editions")], ...Array.from(known.keys(), (name) => [name, editionName(name)])],
    "",
    () => affected.renew(),
    { name: "swept" },
  );
  const end = endField(),
    signed = signatureFields();
  return h(
    "section",
    { class: "panel", id: "sweep" },
    h("h2", {}, t("bulk")),
    h("p", { class: "hint" }, t("bulk.hint")),
    actionForm(
      t("override.apply"),
      async () => {
        const more = action === "boost" ? { factor: Number(factor.querySelector("input").value) } : {};
        await post("/v1/overrides", {
          action,
          edition: edition.value,
          surface: "",
          ...named(),
          ...more,
          start: null,
          end: end.read(),
          ...signed.read(),
        });
        app.notify(t("done.override"));
        done();
      },
      choice(
        "sweep-action",
        t("action"),
        ["boost", "bury", "block"].map((name) => [name, t(`action.${name}`)]),
        action,
        (value) => {
          action = value;
          factor.hidden = value !== "boost";
          end.allow(value === "block");
          affected.renew();
        },
      ),
      factor,
      field(t("edition"), edition),
      ...fields,
      end.box,
      signed.box,
    ),
  );
}
