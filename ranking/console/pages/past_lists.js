// Past lists: the lists of the live settings and of the draft at moments of the last day.

import { get } from "./client.js";
import { ago, moment, number, t, languageAttributes } from "./i18n.js";
import { button, field, h, svg } from "./markup.js";
import { refusalText } from "./messages.js";

const HOURS = 24,
  STEP = 1800,
  N = 5,
  KEEP = 900;
const WIDTH = 560,
  HEIGHT = 54;

export function pastLists(where, draft) {
  const inside = h("div", {});
  const run = button(t("past.run"), fill, { name: "past" });
  const box = h(
    "details",
    { class: "panel past" },
    h("summary", {}, h("h2", {}, t("past"))),
    h("p", { class: "hint" }, t("past.hint")),
    run,
    inside,
  );

  async function fill() {
    run.disabled = true;
    inside.replaceChildren(h("p", { class: "hint", role: "status" }, t("waiting")));
    try {
      const { edition, surface, section } = where;
      const profile = draft.isChanged ? await draft.keep(KEEP) : "";
      const answer = await get("/v1/preview/past", {
        edition,
        surface,
        section,
        profile,
        hours: HOURS,
        step: STEP,
        n: N,
      });
      inside.replaceChildren(
        answer.moments.length ? moments(answer, where) : h("p", { class: "hint" }, t("past.none")),
      );
    } catch (error) {
      inside.replaceChildren(h("p", { class: "note fault", role: "alert" }, refusalText(error)));
    } finally {
      run.disabled = false;
    }
  }
  return box;
}

/** Number of the draft's items that the live list lacks. */
const differing = (row) => row.draft.filter((id) => !row.live.includes(id)).length;

function moments(answer, where) {
  const rows = answer.moments,
    lists = h("div", { class: "side-by-side", "aria-live": "polite" });
  const when = h("output", { class: "nowrap" });
  const slider = h("input", {
    type: "range",
    name: "moment",
    min: 0,
    max: rows.length - 1,
    step: 1,
    value: rows.length - 1,
    on: { input: show },
  });
  const marks = rows.map((row, k) =>
    svg("rect", {
      x: (k * WIDTH) / rows.length + 1,
      width: WIDTH / rows.length - 2,
      y: HEIGHT - 4 - (differing(row) / N) * (HEIGHT - 8),
      height: 4 + (differing(row) / N) * (HEIGHT - 8),
      rx: 1.5,
      class: "bar",
    }),
  );

  function show() {
    const k = Number(slider.value),
      row = rows[k];
    const words = `${moment(row.at)} · ${ago(row.at)}`;
    when.textContent = words;
    slider.setAttribute("aria-valuetext", words);
    marks.forEach((mark, place) => mark.classList.toggle("picked", place === k));
    lists.replaceChildren(
      list(t("past.live"), row.live, row.draft, "out"),
      list(t("past.draft"), row.draft, row.live, "new"),
    );
  }

  function list(title, ids, others, word) {
    return h(
      "div",
      {},
      h("h3", {}, title),
      h(
        "ol",
        { class: "titles", ...languageAttributes(where.edition) },
        ids.map((id, k) => {
          const differs = !others.includes(id);
          return h(
            "li",
            { class: differs ? "marked" : "" },
            h("span", { class: "rank" }, number(k + 1)),
            h("span", { class: "title" }, answer.titles[id] || id),
            differs && h("span", { class: `moved ${word}` }, t(word)),
          );
        }),
      ),
    );
  }

  show();
  return h(
    "div",
    {},
    h("div", { class: "pair" }, field(t("past.at"), slider), when),
    svg(
      "svg",
      {
        class: "bars differing",
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        role: "img",
        "aria-label": t("past.differ"),
      },
      svg("title", {}, t("past.differ")),
      marks,
    ),
    h(
      "p",
      { class: "axis", "aria-hidden": "true" },
      h("span", {}, ago(rows[0].at)),
      h("span", {}, t("past.differ")),
      h("span", {}, t("now")),
    ),
    lists,
  );
}
