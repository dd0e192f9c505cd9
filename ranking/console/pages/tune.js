// Tune: decay and the other parameters of one list, with what they would do beside them.

import { backtest } from "./backtest.js";
import { get } from "./client.js";
import { Decaying, DECAY } from "./decaying.js";
import { Draft } from "./draft.js";
import { history } from "./history.js";
import { button, field, h, select } from "./markup.js";
import { past } from "./past.js";
import { SURFACES, editions, first, go, picker } from "./place.js";
import { Preview } from "./preview.js";
import { publish } from "./publish.js";
import { Slider } from "./sliders.js";
import { scopeWords, version } from "./told.js";
import { named, t, written } from "./words.js";

const GROUPS = {
  popular: ["popular", "all"],
  trending: ["trending", "all"],
  related: ["related", "foryou", "all"],
};
const PAGES = 20;
let reach = "list";

/** The scope that is published to: this list, all lists of its edition, or this list everywhere. */
function scopeOf({ edition, surface, section }) {
  return {
    list: { edition, surface, section },
    edition: { edition, surface: "", section },
    surface: { edition: "", surface, section },
    all: { edition: "", surface: "", section: "" },
  }[reach];
}

export async function view(root, where, app) {
  const known = await editions();
  if (!where.edition && known.size) {
    where.edition = first(known);
  }
  if (!where.edition) {
    root.append(h("p", { class: "hint" }, t("no.editions")));
    return () => {};
  }
  const pages =
    where.surface === "related" ? (await get("/v1/popular", { edition: where.edition, n: PAGES })).items : [];
  where.page ||= pages[0]?.id ?? "";
  const panel = new Tuning(where, known, pages, app);
  root.append(panel.box);
  await panel.load();
  return () => panel.preview?.stop();
}

class Tuning {
  constructor(where, known, pages, app) {
    Object.assign(this, { where, app });
    this.reach = select(
      ["list", "edition", "surface", "all"].map((name) => [name, scopeWords(this.scopeFor(name))]),
      reach,
      (value) => {
        reach = value;
        this.load();
      },
      { name: "reach" },
    );
    this.bar = h("div", { class: "bar-of-acts" });
    this.controls = h("div", { class: "controls" });
    this.results = h("div", { class: "results" });
    this.box = h(
      "div",
      { class: "tuning" },
      h(
        "div",
        { class: "toolbar" },
        picker(where, known, { surfaces: [...SURFACES, "related"], sections: where.surface !== "related" }),
        pages.length > 0 &&
          field(
            t("page"),
            select(
              pages.map((item) => [item.id, item.title || item.id]),
              where.page,
              (page) => go({ page }),
              { name: "page", ...written(where.edition) },
            ),
          ),
        field(t("reach.of"), this.reach),
      ),
      this.controls,
      this.results,
    );
  }

  scopeFor(name) {
    const kept = reach;
    reach = name;
    const scope = scopeOf(this.where);
    reach = kept;
    return scope;
  }

  async load() {
    this.preview?.stop();
    this.draft = new Draft(scopeOf(this.where));
    await this.draft.load();
    this.decaying = new Decaying(this.draft, (changes) => this.change(changes));
    this.preview = new Preview(this.where, this.draft, () => this.show());
    this.sliders = [];
    this.decaying.box.hidden = !this.isShown("popular");
    this.controls.replaceChildren(this.decaying.box, ...this.groups());
    this.acts();
    this.past = h("div", {});
    this.results.replaceChildren(
      this.preview.box,
      this.bar,
      past(this.where, this.draft),
      backtest(this.where, this.draft),
      history(this.draft, this.app, () => this.load()),
    );
    this.show();
    await this.preview.ask();
  }

  groups() {
    const groups = new Map();
    for (const parameter of this.draft.parameters.values()) {
      if (DECAY.includes(parameter.name) || !this.isShown(parameter.group)) continue;
      groups.set(parameter.group, [...(groups.get(parameter.group) ?? []), parameter]);
    }
    return Array.from(groups, ([group, parameters], k) => {
      const sliders = parameters.map(
        (parameter) => new Slider(parameter, (value) => this.change({ [parameter.name]: value })),
      );
      this.sliders.push(...sliders);
      return h(
        "details",
        { class: "panel group", open: k === 0 },
        h("summary", {}, h("h2", {}, named("group", group))),
        sliders.map((slider) => slider.box),
      );
    });
  }

  /** Groups of the list that is looked at; all of them where all lists are meant. */
  isShown(group) {
    return reach === "edition" || reach === "all" || GROUPS[this.where.surface].includes(group);
  }

  acts() {
    this.publish = button(t("publish"), () => publish(this.draft, this.app, () => this.load()), {
      class: "primary",
      name: "publish",
    });
    this.discard = button(
      t("discard"),
      () => {
        this.draft.forget();
        this.show();
        this.preview.ask();
      },
      { name: "discard" },
    );
    this.state = h("p", { class: "hint" });
    this.bar.replaceChildren(this.state, this.discard, this.publish);
  }

  change(changes) {
    for (const [name, value] of Object.entries(changes)) this.draft.change(name, value);
    this.show();
    this.preview.ask();
  }

  show() {
    const { draft } = this;
    if (!draft.isChanged) draft.tried = draft.live;
    this.decaying.show();
    for (const slider of this.sliders) {
      const { name } = slider.parameter;
      slider.show(draft.value(name), draft.live[name], draft.isTouched(name));
    }
    this.bar.classList.toggle("idle", !draft.isChanged);
    this.publish.disabled = this.discard.disabled = !draft.isChanged;
    const n = Object.keys(draft.changes).length;
    this.state.textContent = `${scopeWords(draft.scope)}: ${version(draft.version)}${n ? ` · ${t("changed", { n })}` : ""}`;
  }
}
