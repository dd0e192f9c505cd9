// Preview: the live list and the draft's list from the same views, renewed during a drag.

import { openArticle } from "./article.js";
import { get } from "./client.js";
import { number, t, languageAttributes } from "./i18n.js";
import { DRAFT_MOVED, Listing, arrow } from "./listing.js";
import { isOfPage } from "./lists.js";
import { h } from "./markup.js";
import { reasonText, refusalText } from "./messages.js";

const KEEP = 120,
  RENEW = 2000,
  GAP = 50,
  ALOUD = 900;

export class Preview {
  constructor(where, draft, shown) {
    Object.assign(this, { where, draft, shown, n: 5, isBusy: false, isAsked: false, profile: "" });
    const open = (item) => openArticle(item, { ...where, profile: this.draft.isChanged ? this.profile : "" });
    const make = (sparks) =>
      new Listing(where.edition, where.surface, where.section, open, { sparks, moves: false });
    this.live = make(true);
    this.tried = make(false);
    this.note = h("p", { class: "hint" });
    this.changes = h("ul", { class: "changes" });
    this.announcer = h("p", { class: "unseen", "aria-live": "polite" });
    this.side = h(
      "div",
      { class: "side-by-side" },
      h("div", {}, h("h3", {}, t("live")), this.live.box),
      (this.second = h("div", { class: "drafted" }, h("h3", {}, t("draft")), this.tried.box)),
    );
    this.box = h(
      "section",
      { class: "panel preview", "aria-labelledby": "preview" },
      h(
        "header",
        {},
        h("h2", { id: "preview" }, t("preview")),
        (this.summary = h("p", { class: "summary" })),
      ),
      this.side,
      this.note,
      this.changes,
      this.announcer,
    );
    this.timer = setInterval(() => document.hidden || this.ask(), RENEW);
  }

  stop() {
    clearInterval(this.timer);
    clearTimeout(this.speaking);
  }

  /** Request both lists now, and once more if the draft changes meanwhile. */
  async ask() {
    if (this.isBusy) {
      this.isAsked = true;
      return;
    }
    this.isBusy = true;
    try {
      do {
        this.isAsked = false;
        await this.once();
        await new Promise((done) => setTimeout(done, GAP));
      } while (this.isAsked);
    } catch (error) {
      this.note.textContent = refusalText(error);
      this.note.className = "note fault";
    } finally {
      this.isBusy = false;
    }
  }

  async once() {
    const is_changed = this.draft.isChanged;
    this.profile = is_changed ? await this.draft.keep(KEEP) : "";
    const answer = await this.both();
    if (this.isAsked && is_changed !== this.draft.isChanged) return;
    this.show(answer);
    this.shown();
  }

  /** The live list, the draft's list and their differences. */
  async both() {
    const { edition, surface, section, page } = this.where,
      { n, profile } = this;
    if (profile) return get("/v1/preview", { edition, surface, section, page, n, profile });
    const path = isOfPage(surface)
        ? `/v1/${surface}/${page.split("/").map(encodeURIComponent).join("/")}`
        : `/v1/${surface}`;
    const live = await get(path, { edition, section: isOfPage(surface) ? "" : section, n });
    return { live, draft: live, enters: [], leaves: [], moves: [] };
  }

  show({ live, draft, enters, leaves, moves }) {
    const is_changed = this.draft.isChanged;
    const left = new Map(
      leaves.map(({ id }) => [id, () => h("span", { class: "moved out", title: t("moved.out") }, t("out"))]),
    );
    const entered = new Map([
      ...enters.map(({ id }) => [id, () => arrow("new", DRAFT_MOVED)]),
      ...moves.map(({ id, from, to }) => [id, () => arrow(from - to, DRAFT_MOVED)]),
    ]);
    this.live.show(live, this.n, left);
    this.tried.show(draft, this.n, entered);
    this.second.hidden = !is_changed;
    this.side.classList.toggle("alone", !is_changed);
    this.note.className = "hint";
    this.note.textContent = is_changed ? "" : live.items.length ? t("preview.hint") : t("empty");
    const counts = { enters: number(enters.length), moves: number(moves.length) };
    const words = !is_changed
      ? ""
      : enters.length || moves.length
        ? t("preview.counts", counts)
        : t("preview.same");
    this.summary.textContent = words;
    const titles = new Map([...live.items, ...draft.items].map((item) => [item.id, item.title || item.id]));
    const line = (kind) => (one) =>
      h(
        "li",
        { class: kind },
        h(
          "span",
          { class: "kind" },
          t(`change.${kind}`, { from: number(one.from ?? 0), to: number(one.to ?? 0) }),
        ),
        h("span", { class: "title", ...languageAttributes(this.where.edition) }, titles.get(one.id) ?? one.id),
        one.why && h("span", { class: "hint" }, reasonText(one.why)),
      );
    this.changes.replaceChildren(
      ...(is_changed
        ? [...enters.map(line("enters")), ...leaves.map(line("leaves")), ...moves.map(line("moves"))]
        : []),
    );
    clearTimeout(this.speaking);
    if (words !== this.spoken) {
      this.speaking = setTimeout(() => {
        this.spoken = words;
        this.announcer.textContent = words;
      }, ALOUD);
    }
  }
}
