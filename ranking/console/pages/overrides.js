// Overrides: what editors hold by hand now, soon and lately; mourning, freezing, and acts on whole
// tags and sections. Acts on one article begin at its row in a list.

import { acting, ending, signature } from "./byhand.js";
import { get, post, remove } from "./client.js";
import { button, choice, dialog, field, h, select } from "./markup.js";
import { editions } from "./place.js";
import { article } from "./sparks.js";
import { refusalText, scopeWords } from "./told.js";
import { ago, editionName, moment, number, t, written } from "./words.js";

const RENEW = 2000;

/** Words between commas. */
const listed = (text) => text.split(",").map((word) => word.trim()).filter(Boolean);

export async function view(root, where, app) {
  const known = await editions();
  const list = h("div", { "aria-live": "off" });
  let shown = "";

  async function renew() {
    if (document.hidden) return;
    try {
      const { overrides } = await get("/v1/overrides");
      const now = JSON.stringify([overrides, Math.floor(Date.now() / 15000)]);
      if (now === shown || list.contains(document.activeElement)) return;
      shown = now;
      list.replaceChildren(...groups(overrides));
    } catch (error) {
      shown = "";
      list.replaceChildren(h("p", { class: "note fault", role: "alert" }, refusalText(error)));
    }
  }

  function groups(overrides) {
    const now = Date.now() / 1000;
    const active = overrides.filter((one) => one.active);
    const later = overrides.filter((one) => !one.active && one.start > now);
    const parts = [table(t("overrides.active"), active)];
    if (later.length) parts.push(table(t("overrides.later"), later));
    return parts;
  }

  function table(title, rows) {
    return h("section", { class: "panel" }, h("h2", {}, title),
      rows.length === 0 ? h("p", { class: "hint" }, t("overrides.none")) : h("ul", { class: "acts" }, rows.map(line)));
  }

  function line(one) {
    const named = names(one);
    const when = one.end ? t("until", { time: moment(one.end), left: ago(one.end) }) : t("end.none");
    const more = one.action === "pin" ? ` · ${t("place.of", { n: number(one.slot) })}` : one.action === "boost" ? ` × ${number(one.factor, 2)}` : "";
    return h("li", { "data-override": one.id },
      h("div", {}, h("span", { class: `badge ${one.action}` }, t(`action.${one.action}`) + more), named),
      h("p", { class: "hint" }, [scopeWords(one), when, one.author].filter(Boolean).join(" · ")),
      one.reason && h("p", { dir: "auto" }, `«${one.reason}»`),
      button(t("cancel"), () => cancel(one), { class: "small", "aria-label": t("cancel.of", { what: named.textContent }) }));
  }

  function names(one) {
    const box = h("span", { class: "title", dir: "auto" });
    const words = [...one.tags.map((tag) => `#${tag}`), ...one.sections, ...one.stories, ...one.articles];
    box.textContent = words.join(", ");
    const [id] = one.articles;
    if (id && one.edition) {
      article(one.edition, id).then((card) => {
        if (!card?.title) return;
        box.replaceChildren(h("span", written(one.edition), card.title),
          one.articles.length > 1 ? ` + ${number(one.articles.length - 1)}` : "");
      });
    }
    return box;
  }

  function cancel(one) {
    const signed = signature();
    const form = acting(t("cancel.it"), async () => {
      await remove(`/v1/overrides/${encodeURIComponent(one.id)}`, signed.read());
      app.tell(t("done.cancelled"));
      asked.close();
      shown = "";
      renew();
    }, signed.box);
    const asked = dialog(t("cancel.title"), "small", t("close"), form);
  }

  const soon = () => { shown = ""; renew(); };
  root.append(list, h("div", { class: "grid wide" }, mourning(known, app, soon), freezing(known, app, soon), sweeping(known, app, soon)));
  await renew();
  const timer = setInterval(renew, RENEW);
  return () => clearInterval(timer);
}

function words(name, known, which) {
  const id = `${name}-known`;
  const all = new Set(Array.from(known.values()).flatMap((edition) => [...(which === "tags" ? edition.tags.keys() : edition.sections)]));
  return [h("input", { name, list: id, autocomplete: "off", dir: "auto" }),
    h("datalist", { id }, Array.from(all).sort().map((value) => h("option", { value })))];
}

function mourning(known, app, done) {
  const [sections, sectionsKnown] = words("mourning-sections", known, "sections");
  const [tags, tagsKnown] = words("mourning-tags", known, "tags");
  const end = ending({ endless: false, first: 86400 }), signed = signature();
  return h("section", { class: "panel", id: "mourning" }, h("h2", {}, t("mourning")), h("p", { class: "hint" }, t("mourning.hint")),
    acting(t("mourning.begin"), async () => {
      const said = { sections: listed(sections.value), tags: listed(tags.value), end: end.read(), ...signed.read() };
      await post("/v1/overrides/mourning", said);
      app.tell(t("done.mourning"));
      done();
    }, field(t("sections"), sections, t("commas")), sectionsKnown, field(t("tags"), tags, t("commas")), tagsKnown, end.box, signed.box));
}

function freezing(known, app, done) {
  const edition = select(Array.from(known.keys(), (name) => [name, editionName(name)]), undefined, () => {}, { name: "frozen" });
  const surface = select(["popular", "trending"].map((name) => [name, t(`surface.${name}`)]), "popular", () => {}, { name: "frozen-surface" });
  const end = ending(), signed = signature();
  return h("section", { class: "panel", id: "freeze" }, h("h2", {}, t("freeze")), h("p", { class: "hint" }, t("freeze.hint")),
    acting(t("freeze.begin"), async () => {
      await post("/v1/overrides", { action: "list", edition: edition.value, surface: surface.value, articles: [],
        start: null, end: end.read(), ...signed.read() });
      app.tell(t("done.frozen"));
      done();
    }, h("div", { class: "pair" }, field(t("edition"), edition), field(t("surface"), surface)), end.box, signed.box));
}

function sweeping(known, app, done) {
  let action = "bury";
  const [sections, sectionsKnown] = words("sweep-sections", known, "sections");
  const [tags, tagsKnown] = words("sweep-tags", known, "tags");
  const factor = field(t("factor"), h("input", { type: "number", name: "sweep-factor", min: 0.01, max: 1000, step: "any", value: 2 }), t("factor.hint"));
  factor.hidden = true;
  const edition = select([["", t("all.editions")], ...Array.from(known.keys(), (name) => [name, editionName(name)])], "", () => {}, { name: "swept" });
  const end = ending(), signed = signature();
  return h("section", { class: "panel", id: "sweep" }, h("h2", {}, t("sweep")), h("p", { class: "hint" }, t("sweep.hint")),
    acting(t("do.it"), async () => {
      const more = action === "boost" ? { factor: Number(factor.querySelector("input").value) } : {};
      await post("/v1/overrides", { action, edition: edition.value, surface: "", sections: listed(sections.value),
        tags: listed(tags.value), ...more, start: null, end: end.read(), ...signed.read() });
      app.tell(t("done.override"));
      done();
    },
    choice("sweep-action", t("action"), ["boost", "bury", "block"].map((name) => [name, t(`action.${name}`)]), action,
      (value) => { action = value; factor.hidden = value !== "boost"; }),
    factor, field(t("edition"), edition), field(t("sections"), sections, t("commas")), sectionsKnown,
    field(t("tags"), tags, t("commas")), tagsKnown, end.box, signed.box));
}
