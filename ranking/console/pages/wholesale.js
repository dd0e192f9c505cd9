// Wholesale: acts on all that carries a tag or stands in a section, and on whole lists: mourning,
// freezing, sweeping.

import { acting, ending, signature } from "./byhand.js";
import { post } from "./client.js";
import { choice, field, h, select } from "./markup.js";
import { reach } from "./reach.js";
import { editionName, t } from "./words.js";

/** Words between commas. */
const listed = (text) =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter(Boolean);

function words(name, known, which) {
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

/** The form of mourning. */
export function mourning(known, app, done) {
  const [sections, sectionsKnown] = words("mourning-sections", known, "sections");
  const [tags, tagsKnown] = words("mourning-tags", known, "tags");
  const end = ending({ first: 86400 }),
    signed = signature();
  const named = () => ({ sections: listed(sections.value), tags: listed(tags.value) });
  const meant = reach(() => meaning({ action: "bury", ...named() }));
  for (const input of [sections, tags]) input.addEventListener("input", meant.renew);
  return h(
    "section",
    { class: "panel", id: "mourning" },
    h("h2", {}, t("mourning")),
    h("p", { class: "hint" }, t("mourning.hint")),
    acting(
      t("mourning.begin"),
      async () => {
        const said = { ...named(), end: end.read(), ...signed.read() };
        await post("/v1/overrides/mourning", said);
        app.tell(t("done.mourning"));
        done();
      },
      field(t("sections"), sections, t("commas")),
      sectionsKnown,
      field(t("tags"), tags, t("commas")),
      tagsKnown,
      meant.box,
      end.box,
      signed.box,
    ),
  );
}

/** An act that names something, else null. */
const meaning = (act) => (act.sections.length || act.tags.length ? act : null);

/** The form of freezing. */
export function freezing(known, app, done) {
  const edition = select(
    Array.from(known.keys(), (name) => [name, editionName(name)]),
    undefined,
    () => {},
    { name: "frozen" },
  );
  const surface = select(
    ["popular", "trending"].map((name) => [name, t(`surface.${name}`)]),
    "popular",
    () => {},
    { name: "frozen-surface" },
  );
  const end = ending(),
    signed = signature();
  return h(
    "section",
    { class: "panel", id: "freeze" },
    h("h2", {}, t("freeze")),
    h("p", { class: "hint" }, t("freeze.hint")),
    acting(
      t("freeze.begin"),
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
        app.tell(t("done.frozen"));
        done();
      },
      h("div", { class: "pair" }, field(t("edition"), edition), field(t("surface"), surface)),
      end.box,
      signed.box,
    ),
  );
}

/** The form of sweeping. */
export function sweeping(known, app, done) {
  let action = "bury";
  const [sections, sectionsKnown] = words("sweep-sections", known, "sections");
  const [tags, tagsKnown] = words("sweep-tags", known, "tags");
  const factor = field(
    t("factor"),
    h("input", { type: "number", name: "sweep-factor", min: 0.01, max: 1000, step: "any", value: 2 }),
    t("factor.hint"),
  );
  factor.hidden = true;
  const edition = select(
    [["", t("all.editions")], ...Array.from(known.keys(), (name) => [name, editionName(name)])],
    "",
    () => meant.renew(),
    { name: "swept" },
  );
  const end = ending(),
    signed = signature();
  const named = () => ({ sections: listed(sections.value), tags: listed(tags.value) });
  const meant = reach(() => meaning({ action, edition: edition.value, ...named() }));
  for (const input of [sections, tags]) input.addEventListener("input", meant.renew);
  return h(
    "section",
    { class: "panel", id: "sweep" },
    h("h2", {}, t("sweep")),
    h("p", { class: "hint" }, t("sweep.hint")),
    acting(
      t("do.it"),
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
        app.tell(t("done.override"));
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
          meant.renew();
        },
      ),
      factor,
      field(t("edition"), edition),
      field(t("sections"), sections, t("commas")),
      sectionsKnown,
      field(t("tags"), tags, t("commas")),
      tagsKnown,
      meant.box,
      end.box,
      signed.box,
    ),
  );
}
