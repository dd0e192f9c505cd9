// Publish dialog: publishes a draft with a reason. On a conflict it shows the version that was
// published first.

import { Refusal, get, put } from "./client.js";
import { difference } from "./draft.js";
import { actionForm, signatureFields } from "./forms.js";
import { moment, number, parameterWords, t, formatValue } from "./i18n.js";
import { button, dialog, h } from "./markup.js";
import { scopeWords } from "./messages.js";

/** A table of changes; `live` has the inherited values. */
export function changesTable(parameters, before, after, live = {}) {
  const rows = difference(before, after);
  if (!rows.length) return h("p", { class: "hint" }, t("no.difference"));
  return h(
    "table",
    { class: "difference" },
    h(
      "thead",
      { class: "unseen" },
      h(
        "tr",
        {},
        ["parameter", "before", "after"].map((name) => h("th", { scope: "col" }, t(name))),
      ),
    ),
    h(
      "tbody",
      {},
      rows.map(([name, old, fresh]) => {
        const parameter = parameters.get(name) ?? { name, text: "" };
        const inherited =
          name in live ? t("inherited.as", { value: formatValue(parameter, live[name]) }) : t("inherited");
        const words = (value, none) => (value === undefined ? none : formatValue(parameter, value));
        return h(
          "tr",
          {},
          h("th", { scope: "row" }, parameterWords(parameter).name),
          h("td", { class: "old" }, words(old, inherited)),
          h("td", { "aria-hidden": "true" }, "→"),
          h("td", { class: "fresh" }, words(fresh, t("inherited"))),
        );
      }),
    ),
  );
}

/** Ask for a reason and publish. */
export function publish(draft, app, done) {
  const conflict = h("div", {}),
    signed = signatureFields();
  const table = h("div", {}, changesTable(draft.parameters, draft.own, draft.whole, draft.live));
  const form = actionForm(
    t("publish"),
    async () => {
      try {
        await put("/v1/profiles", {
          ...draft.scope,
          set: draft.whole,
          parent: draft.version,
          ...signed.read(),
        });
      } catch (error) {
        if (!(error instanceof Refusal) || error.status !== 409) throw error;
        conflict.replaceChildren(await overtaken());
        return;
      }
      app.notify(t("done.published"));
      box.close();
      done();
    },
    signed.box,
  );

  async function overtaken() {
    const { versions } = await get("/v1/profiles/history", draft.scope);
    const theirs = versions.filter((one) => one.version > draft.version);
    const [newest] = theirs;
    const words =
      newest &&
      t("conflict", {
        n: number(newest.version),
        who: newest.author || t("author.unknown"),
        when: moment(newest.at),
      });
    return h(
      "div",
      { class: "note fault", role: "alert" },
      h("p", {}, words ?? t("conflict.unknown")),
      newest?.reason && h("p", { dir: "auto" }, `«${newest.reason}»`),
      newest && changesTable(draft.parameters, draft.own, newest.set),
      h(
        "p",
        { class: "actions" },
        button(
          t("conflict.discard"),
          () => {
            box.close();
            done();
          },
          { name: "theirs" },
        ),
        button(
          t("conflict.rebase"),
          async () => {
            await draft.load();
            table.replaceChildren(changesTable(draft.parameters, draft.own, draft.whole));
            conflict.replaceChildren(h("p", { class: "note" }, t("conflict.rebased")));
          },
          { name: "both" },
        ),
      ),
    );
  }

  const box = dialog(
    t("publish.of", { scope: scopeWords(draft.scope) }),
    "small",
    t("close"),
    table,
    conflict,
    form,
  );
}
