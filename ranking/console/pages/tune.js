// Tune: decay and other parameters of one list, with preview, past lists and backtest.

import { backtest } from "./backtest.js";
import { get } from "./client.js";
import { DecayPanel, DECAY } from "./decay.js";
import { Draft } from "./draft.js";
import { named, t, languageAttributes } from "./i18n.js";
import { firstList, groupsOf, isOfPage, tunableNames } from "./lists.js";
import { button, field, h, select } from "./markup.js";
import { scopeWords, version } from "./messages.js";
import { pastLists } from "./past_lists.js";
import { Preview } from "./preview.js";
import { publish } from "./publish_dialog.js";
import { go } from "./router.js";
import { editions, first, picker } from "./scope_picker.js";
import { Slider } from "./sliders.js";
import { history } from "./version_history.js";

const PAGES = 20;
let reach = "list";

/** The scope to publish to: this list, all lists of its edition, this list everywhere, or all lists. */
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
    isOfPage(where.surface) ? (await get(`/v1/${firstList()}`, { edition: where.edition, n: PAGES })).items : [];
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
        picker(where, known, { surfaces: tunableNames(), sections: !isOfPage(where.surface) }),
        pages.length > 0 &&
          field(
            t("page"),
            select(
              pages.map((item) => [item.id, item.title || item.id]),
              where.page,
              (page) => go({ page }),
              { name: "page", ...languageAttributes(where.edition) },
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
    this.decayPanel = new DecayPanel(this.draft, (changes) => this.change(changes));
    this.preview = new Preview(this.where, this.draft, () => this.show());
    this.sliders = [];
    this.decayPanel.box.hidden = !this.isShown("popular");
    this.controls.replaceChildren(this.decayPanel.box, ...this.groups());
    this.acts();
    this.past = h("div", {});
    this.results.replaceChildren(
      this.preview.box,
      this.bar,
      pastLists(this.where, this.draft),
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

  /** Whether a group of parameters concerns the list. */
  isShown(group) {
    return reach === "edition" || reach === "all" || groupsOf(this.where.surface).includes(group);
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
    this.decayPanel.show();
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
