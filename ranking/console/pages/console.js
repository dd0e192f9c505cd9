// Console: the page's frame, and the view that it shows.

import { LANGUAGES, language, loadLanguage, t } from "./i18n.js";
import { askKey } from "./keys.js";
import { loadLists } from "./lists.js";
import { h, icon, select } from "./markup.js";
import { refusalText } from "./messages.js";
import { currentRoute, hashOf } from "./router.js";

const VIEWS = {
  boards: () => import("./boards.js"),
  tune: () => import("./tune.js"),
  experiments: () => import("./experiments.js"),
  overrides: () => import("./overrides.js"),
  tags: () => import("./tags.js"),
  traffic: () => import("./traffic.js"),
  audit: () => import("./audit.js"),
  keys: () => import("./keys.js"),
};

let stop = () => {};
let turn = 0;
let frame = {};

const app = {
  /** Show whether the page receives boards from the server. */
  state(word) {
    frame.state.dataset.state = word;
    frame.state.lastChild.textContent = t(`state.${word}`);
  },
  /** Show a notice, also to screen readers. */
  notify(text, kind = "done") {
    const note = h("p", { class: `note ${kind}` }, text);
    frame.notes.append(note);
    setTimeout(() => note.remove(), 8000);
  },
};

function build() {
  frame = {
    state: h(
      "p",
      { class: "state", "data-state": "idle" },
      h("span", { class: "pulse", "aria-hidden": "true" }),
      h("span"),
    ),
    notes: h("div", { class: "notes", role: "status", "aria-live": "polite" }),
    main: h("main", { id: "content", tabindex: "-1" }),
    nav: h("nav", { "aria-label": t("navigation") }),
  };
  const languages = select(
    Object.entries(LANGUAGES),
    language,
    async (picked) => {
      await loadLanguage(picked);
      build();
      show();
      document.querySelector("select[name=language]").focus();
    },
    { name: "language", "aria-label": t("language") },
  );
  for (const option of languages.options) option.lang = option.value;
  document.body.replaceChildren(
    h(
      "a",
      {
        class: "skip",
        href: "#content",
        on: {
          click: (event) => {
            event.preventDefault();
            frame.main.focus();
          },
        },
      },
      t("skip"),
    ),
    h(
      "header",
      { class: "masthead" },
      h(
        "a",
        { class: "brand", href: "#boards" },
        h("img", { src: "/console/wave.svg", alt: "", width: 28, height: 28 }),
        h("span", {}, "Tolqyn"),
      ),
      frame.state,
      h("a", { class: "button quiet with-icon", href: "/manual" }, icon("manual"), h("span", {}, t("manual"))),
      languages,
      h(
        "button",
        { type: "button", class: "quiet with-icon", on: { click: () => askKey(0) } },
        icon("keys"),
        h("span", {}, t("key")),
      ),
    ),
    h("div", { class: "frame" }, frame.nav, frame.main),
    frame.notes,
  );
}

function mark(where) {
  frame.nav.replaceChildren(
    h(
      "ul",
      {},
      Object.keys(VIEWS).map((view) =>
        h(
          "li",
          {},
          h(
            "a",
            {
              href: hashOf({ view, edition: where.edition, surface: where.surface }),
              "aria-current": view === where.view ? "page" : null,
            },
            icon(view),
            h("span", {}, t(view)),
          ),
        ),
      ),
    ),
  );
  frame.nav.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
}

/** Restore the focus after a redraw, to the element of the same name. */
function focusKeeper() {
  const held = document.activeElement,
    name = held?.getAttribute("name");
  if (frame.nav.contains(held)) return () => frame.main.querySelector("h1").focus({ preventScroll: true });
  if (!name || !frame.main.contains(held)) return () => {};
  return () => {
    const found = [...frame.main.querySelectorAll(`[name="${name}"]`)];
    (found.find((input) => input.checked) ?? found[0])?.focus({ preventScroll: true });
  };
}

async function show() {
  const where = currentRoute(),
    mine = ++turn,
    keepFocus = focusKeeper();
  if (!(where.view in VIEWS)) where.view = "boards";
  stop();
  stop = () => {};
  app.state("idle");
  mark(where);
  const title = h("h1", { tabindex: "-1" }, t(where.view));
  const root = h("div", { class: `view ${where.view}` });
  document.title = `${t(where.view)} – ${t("title")}`;
  frame.main.replaceChildren(
    h("div", { class: "heading" }, title, h("p", { class: "lead" }, t(`${where.view}.lead`))),
    root,
  );
  try {
    const { view } = await VIEWS[where.view]();
    const stopped = (await view(root, where, app)) ?? (() => {});
    if (mine === turn) stop = stopped;
    else stopped();
    if (mine === turn) keepFocus();
  } catch (error) {
    if (mine === turn) root.append(h("p", { class: "note fault", role: "alert" }, refusalText(error)));
  }
}

addEventListener("key-required", (event) => askKey(event.detail));
addEventListener("key-changed", () => {
  const faults = [...frame.main.querySelectorAll(".fault:not([hidden])")];
  if (faults.some((fault) => !fault.closest("form"))) show(); // what was entered in a form stays
});
addEventListener("notice", (event) => app.notify(event.detail));

await Promise.all([loadLanguage(), loadLists()]);
build();
addEventListener("hashchange", show);
show();
