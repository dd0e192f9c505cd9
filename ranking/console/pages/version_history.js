// Version history: the versions of a scope, their changes, and the roll-back.

import { get, post } from "./client.js";
import { actionForm, signatureFields } from "./forms.js";
import { moment, number, t } from "./i18n.js";
import { button, dialog, h } from "./markup.js";
import { refusalText, scopeWords } from "./messages.js";
import { changesTable } from "./publish_dialog.js";

export function history(draft, app, done) {
  const list = h("ol", { class: "versions" });
  const box = h("details", { class: "panel history" }, h("summary", {}, h("h2", {}, t("history"))), list);

  async function fill() {
    try {
      const { versions } = await get("/v1/profiles/history", draft.scope);
      list.replaceChildren(
        ...(versions.length
          ? versions.map((one, k) => line(one, versions[k + 1]))
          : [h("li", { class: "hint" }, t("history.none"))]),
      );
    } catch (error) {
      list.replaceChildren(h("li", { class: "note fault" }, refusalText(error)));
    }
  }

  function line(one, before) {
    const is_live = one.version === draft.version;
    return h(
      "li",
      {},
      h(
        "div",
        { class: "version" },
        h("strong", {}, t("version", { n: number(one.version) })),
        is_live && h("span", { class: "badge" }, t("live")),
        h("span", { class: "hint" }, `${moment(one.at)} · ${one.author || t("author.unknown")}`),
        h("span", { class: "spacer" }),
        button(
          is_live ? t("rollback.previous") : t("rollback"),
          () => back(is_live ? (before?.version ?? 0) : one.version),
          { class: "small", name: is_live ? "back" : `back-${one.version}` },
        ),
      ),
      one.reason && h("p", { dir: "auto" }, `«${one.reason}»`),
      changesTable(draft.parameters, before?.set ?? {}, one.set),
    );
  }

  function back(version) {
    const signed = signatureFields();
    const form = actionForm(
      t("rollback"),
      async () => {
        await post("/v1/profiles/rollback", {
          ...draft.scope,
          version,
          parent: draft.version,
          ...signed.read(),
        });
        app.notify(t("done.rolled_back"));
        asked.close();
        done();
      },
      signed.box,
    );
    const words = version ? t("rollback.to", { n: number(version) }) : t("rollback.none");
    const asked = dialog(
      t("rollback"),
      "small",
      t("close"),
      h("p", {}, `${scopeWords(draft.scope)}: ${words}`),
      form,
    );
  }

  box.addEventListener("toggle", () => box.open && fill());
  return box;
}
