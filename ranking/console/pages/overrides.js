// Overrides: active and scheduled overrides, and the forms of bulk overrides. The override of one
// article starts at its row in a list.

import { bulkForm, freezeForm, mourningForm } from "./bulk_overrides.js";
import { get, remove } from "./client.js";
import { actionForm, signatureFields } from "./forms.js";
import { ago, moment, number, t, languageAttributes } from "./i18n.js";
import { button, dialog, h } from "./markup.js";
import { refusalText, scopeWords } from "./messages.js";
import { editions } from "./scope_picker.js";
import { article } from "./sparklines.js";

const RENEW = 2000;

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
    if (later.length) parts.push(table(t("overrides.scheduled"), later));
    return parts;
  }

  function table(title, rows) {
    return h(
      "section",
      { class: "panel" },
      h("h2", {}, title),
      rows.length === 0
        ? h("p", { class: "hint" }, t("overrides.none"))
        : h("ul", { class: "acts" }, rows.map(line)),
    );
  }

  function line(one) {
    const named = names(one);
    const when = one.end ? t("until", { time: moment(one.end), left: ago(one.end) }) : t("end.none");
    const more =
      one.action === "pin"
        ? ` · ${t("rank.of", { n: number(one.slot) })}`
        : one.action === "boost"
          ? ` × ${number(one.factor, 2)}`
          : "";
    return h(
      "li",
      { "data-override": one.id },
      h("div", {}, h("span", { class: `badge ${one.action}` }, t(`action.${one.action}`) + more), named),
      h("p", { class: "hint" }, [scopeWords(one), when, one.author].filter(Boolean).join(" · ")),
      one.reason && h("p", { dir: "auto" }, `«${one.reason}»`),
      button(t("cancel"), () => cancel(one), {
        class: "small",
        "aria-label": t("cancel.of", { what: named.textContent }),
      }),
    );
  }

  function names(one) {
    const box = h("span", { class: "title", dir: "auto" });
    const words = [...one.tags.map((tag) => `#${tag}`), ...one.sections, ...one.stories, ...one.articles];
    box.textContent = words.join(", ");
    const [id] = one.articles;
    if (id && one.edition) {
      article(one.edition, id).then((card) => {
        if (!card?.title) return;
        box.replaceChildren(
          h("span", languageAttributes(one.edition), card.title),
          one.articles.length > 1 ? ` + ${number(one.articles.length - 1)}` : "",
        );
      });
    }
    return box;
  }

  function cancel(one) {
    const signed = signatureFields();
    const form = actionForm(
      t("cancel.confirm"),
      async () => {
        await remove(`/v1/overrides/${encodeURIComponent(one.id)}`, signed.read());
        app.notify(t("done.cancelled"));
        asked.close();
        shown = "";
        renew();
      },
      signed.box,
    );
    const asked = dialog(t("cancel.title"), "small", t("close"), form);
  }

  const soon = () => {
    shown = "";
    renew();
  };
  root.append(
    list,
    h(
      "div",
      { class: "grid wide" },
      mourningForm(known, app, soon),
      freezeForm(known, app, soon),
      bulkForm(known, app, soon),
    ),
  );
  await renew();
  const timer = setInterval(renew, RENEW);
  return () => clearInterval(timer);
}
