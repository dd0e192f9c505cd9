// Reach: which articles an act would mean in each edition, told before it is done.

import { post } from "./client.js";
import { h } from "./markup.js";
import { refusalText } from "./told.js";
import { languageOf, number, t } from "./words.js";

const SOON = 300;

/** A line that tells it; `said()` is the body of the act, null while it names nothing. */
export function reach(said) {
  const box = h("p", { class: "reach", role: "status", hidden: true });
  let timer = 0,
    asked = "";

  async function ask() {
    const body = said();
    const now = JSON.stringify(body);
    asked = now;
    if (!body) {
      box.hidden = true;
      return;
    }
    try {
      const told = await post("/v1/overrides/preview", body);
      if (asked === now) box.replaceChildren(...words(told));
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

function words({ action, articles, editions }) {
  const sites = new Set(editions.map(({ edition }) => edition.split("/")[0]));
  const name = (edition) => (sites.size > 1 ? edition : languageOf(edition));
  return [
    t(`will.${action}`, { n: number(articles) }),
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
