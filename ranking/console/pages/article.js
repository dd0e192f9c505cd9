// Article: a side dialog with an article's counts, the explanation of its rank, and the override form.

import { get } from "./client.js";
import { ago, language, named, number, percent, t, languageAttributes } from "./i18n.js";
import { dialog, h } from "./markup.js";
import { reasonText, refusalText } from "./messages.js";
import { overrideForm } from "./override_form.js";
import { hashOf } from "./router.js";
import { article, bars } from "./sparklines.js";

/** Open an article of a list; `where` names edition, surface, section, and the draft if there is one. */
export function openArticle(item, where) {
  const about = h("div", {}),
    why = h("section", { class: "why", "aria-live": "polite" }, h("p", { class: "hint" }, t("waiting")));
  const hand = h("section", { class: "hand" }, h("h3", {}, t("override.add")));
  const box = dialog(item.title || item.id, "side", t("close"), about, why, hand);
  for (const [name, value] of Object.entries(languageAttributes(where.edition)))
    box.querySelector("h2").setAttribute(name, value);
  article(where.edition, item.id).then((card) => {
    about.append(card ? counts(card, where, box) : h("p", { class: "hint" }, t("no.card")));
    hand.append(overrideForm({ item, card, ...where }, () => box.close()));
  });
  explain(item, where).then((parts) => why.replaceChildren(...parts));
}

function counts(card, where, box) {
  const facts = [
    [t("section"), card.section],
    [t("author.of"), card.author],
    [t("published"), card.published_at ? ago(card.published_at) : ""],
    [t("counted"), number(card.views)],
    [t("accepted"), number(card.accepted)],
  ].filter(([, value]) => value);
  const label = t("views.per.hour.range", { now: number(card.hourly.at(-1)), top: number(Math.max(...card.hourly)) });
  return h(
    "div",
    {},
    h(
      "dl",
      { class: "facts-of" },
      facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { dir: "auto" }, value))),
    ),
    h("h3", {}, t("views.per.hour")),
    bars(card.hourly, label),
    card.tags?.length > 0 &&
      h(
        "ul",
        { class: "chips", ...languageAttributes(where.edition), "aria-label": t("tags") },
        card.tags.map((tag) =>
          h(
            "li",
            {},
            h(
              "a",
              {
                href: hashOf({ view: "tags", edition: where.edition, tag }),
                on: { click: () => box.close() },
              },
              tag,
            ),
          ),
        ),
      ),
  );
}

async function explain(item, where) {
  const { edition, surface, section, page, profile } = where;
  let explanation;
  try {
    explanation = await get("/v1/explain", { edition, surface, section, page, article: item.id, profile });
  } catch (error) {
    return [h("h3", {}, t("explanation")), h("p", { class: "hint" }, refusalText(error))];
  }
  const drafted = Boolean(profile);
  const ranks = [[t("live"), explanation.rank], ...(drafted ? [[t("draft"), explanation.draft_rank]] : [])];
  return [
    h("h3", {}, t("explanation")),
    h(
      "p",
      { class: "ranks" },
      ranks.map(([name, rank]) =>
        h(
          "span",
          { class: "rank-of" },
          `${name}: `,
          h("strong", {}, rank ? t("rank.of", { n: number(rank) }) : t("not.listed")),
        ),
      ),
    ),
    h("p", { class: "sentence" }, language === "en" ? explanation.sentence : explanationText(explanation)),
    drafted &&
      explanation.draft_kept_out &&
      h("p", { class: "note" }, `${t("draft")}: ${reasonText(explanation.draft_kept_out)}`),
    components(explanation.components ?? [], drafted),
  ].filter(Boolean);
}

/** The server's English explanation in the operator's language. */
function explanationText(explanation) {
  const parts = (explanation.components ?? [])
    .filter((part) => part.share >= 0.005)
    .sort((a, b) => b.share - a.share);
  const listed = parts
    .slice(0, 3)
    .map((part) => `${named("component", part.name)} ${percent(part.share)}`)
    .join(", ");
  const { earlier } = explanation;
  const [has, had] = [explanation.rank, earlier?.rank].map((rank) => rank && t("rank.of", { n: number(rank) }));
  return [
    earlier && earlier.rank !== explanation.rank && (had ? t("explain.earlier", { place: had }) : t("explain.new")),
    explanation.kept_out && !has && t("explain.not_listed", { reason: reasonText(explanation.kept_out) }),
    listed && t("explain.score", { parts: listed }),
    trendText(explanation.full_hours),
    earlier?.passed_by && t("explain.overtaken", { title: earlier.passed_by }),
    earlier?.passed_by && trendText(earlier.its_full_hours),
  ]
    .filter(Boolean)
    .join(" ");
}

/** Change of views between the last two full hours; empty if unknown. */
function trendText(hours) {
  if (!hours) return "";
  const [before, last] = hours;
  const way = last > before ? "rose" : last < before ? "fell" : "";
  return way && t(`explain.${way}`, { before: number(before), last: number(last) });
}

function components(parts, drafted) {
  const widest = Math.max(
    ...parts.flatMap((part) => [Math.abs(part.share ?? 0), Math.abs(part.draft_share ?? 0)]),
    1e-9,
  );
  const bar = (share, className) =>
    h(
      "div",
      { class: `part ${className}` },
      h("span", {
        class: "fill",
        style: { "inline-size": `${Math.min((100 * Math.abs(share ?? 0)) / widest, 100)}%` },
      }),
      h("span", { class: "amount" }, percent(share ?? 0)),
    );
  return h(
    "table",
    { class: "components" },
    h("caption", { class: "unseen" }, t("components")),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, t("component")),
        h("th", { scope: "col" }, t("share")),
        h("th", { scope: "col", class: "number" }, t("value")),
      ),
    ),
    h(
      "tbody",
      {},
      parts.map((part) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, named("component", part.name)),
          h("td", {}, bar(part.share, "live"), drafted && bar(part.draft_share, "drafted")),
          h(
            "td",
            { class: "number" },
            number(part.value, 3),
            drafted && h("div", { class: "drafted" }, number(part.draft_value ?? 0, 3)),
          ),
        ),
      ),
    ),
  );
}
