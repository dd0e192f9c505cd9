// Affected articles: the number of articles that an override would affect, by edition.

import { post } from "./client.js";
import { languageOf, number, t } from "./i18n.js";
import { h } from "./markup.js";
import { refusalText } from "./messages.js";

const SOON = 300;

/** A status line with the numbers. `bodyOf()` returns the override, or null while it has no target. */
export function affectedArticles(bodyOf) {
  const box = h("p", { class: "reach", role: "status", hidden: true });
  let timer = 0,
    asked = "";

  async function ask() {
    const body = bodyOf();
    const now = JSON.stringify(body);
    asked = now;
    if (!body) {
      box.hidden = true;
      return;
    }
    try {
      const answer = await post("/v1/overrides/preview", body);
      if (asked === now) box.replaceChildren(...line(answer));
    } catch (error) {
      if (asked === now) box.replaceChildren(refusalText(error));
    }
    box.hidden = false;
  }

  const renew = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, SOON);
  };
  return { box, renew };
}

function line({ action, articles, editions }) {
  const sites = new Set(editions.map(({ edition }) => edition.split("/")[0]));
  const name = (edition) => (sites.size > 1 ? edition : languageOf(edition));
  return [
    t(`affected.${action}`, { n: number(articles) }),
    ...editions.flatMap((one, k) => [
      k ? ", " : " ",
      h(
        "span",
        {
          class: one.articles ? "" : "zero",
          title: [...(one.sections ?? []), ...(one.tags ?? []).map((tag) => `#${tag}`)].join(", "),
        },
        h("bdi", {}, name(one.edition)),
        ` ${number(one.articles)}`,
      ),
    ]),
  ];
}
