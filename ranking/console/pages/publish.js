// Publish: the draft becomes what readers see, with a reason; who was first wins, and the second is
// told what the first did.

import { acting, signature } from "./byhand.js";
import { Refusal, get, put } from "./client.js";
import { difference } from "./draft.js";
import { button, dialog, h } from "./markup.js";
import { scopeWords } from "./told.js";
import { moment, number, parameterWords, t, valued } from "./words.js";

/** What changes, as a table; `live` tells what a parameter that is not there inherits. */
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
          name in live ? t("inherited.as", { value: valued(parameter, live[name]) }) : t("inherited");
        const words = (value, none) => (value === undefined ? none : valued(parameter, value));
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
    signed = signature();
  const table = h("div", {}, changesTable(draft.parameters, draft.own, draft.whole, draft.live));
  const form = acting(
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
      app.tell(t("done.published"));
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
        who: newest.author || t("somebody"),
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
          t("conflict.theirs"),
          () => {
            box.close();
            done();
          },
          { name: "theirs" },
        ),
        button(
          t("conflict.both"),
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
