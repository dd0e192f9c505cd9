// Keys: the operator's own, kept for this tab, and those that were given out.

import { get, keepKey, key, post, remove } from "./client.js";
import { acting } from "./byhand.js";
import { button, dialog, field, h, select } from "./markup.js";
import { refusalText } from "./told.js";
import { t } from "./words.js";

const ROLES = ["write", "read", "operate", "administer"];
let asking = null;

/** Ask for a key; `status` says why: 401 none or unknown, 403 its role does not allow it. */
export function askKey(status) {
  if (asking?.isConnected) return;
  const text = h("input", {
    type: "password",
    name: "key",
    autocomplete: "off",
    spellcheck: "false",
    value: key(),
  });
  const keep = (value) => {
    keepKey(value);
    asking.close();
    dispatchEvent(new Event("key-kept"));
  };
  const why = { 401: "refused.no_key", 403: "refused.role" }[status];
  asking = dialog(
    t("key"),
    "small",
    t("close"),
    why && h("p", { class: "note fault" }, t(why)),
    h("p", { class: "hint" }, t("key.hint")),
    h(
      "form",
      {
        on: {
          submit: (event) => {
            event.preventDefault();
            keep(text.value.trim());
          },
        },
      },
      field(t("key"), text),
      h(
        "p",
        { class: "actions" },
        button(t("key.forget"), () => keep("")),
        h("button", { class: "primary" }, t("key.use")),
      ),
    ),
  );
}

export async function view(root, where, app) {
  const list = h("div", {}),
    made = h("div", { role: "status" });
  const role = select(
    ROLES.map((name) => [name, t(`role.${name}`)]),
    "operate",
    () => {},
    { name: "role" },
  );
  const label = h("input", { name: "label", required: true, autocomplete: "off" });

  async function renew() {
    try {
      const { keys } = await get("/v1/keys");
      if (!keys.length) role.value = "administer";
      list.replaceChildren(keys.length ? table(keys) : h("p", { class: "hint" }, t("keys.none")));
    } catch (error) {
      list.replaceChildren(h("p", { class: "note fault" }, refusalText(error)));
    }
  }

  function table(keys) {
    return h(
      "div",
      { class: "scroll" },
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ["key.label", "role", "key.end"].map((name) => h("th", { scope: "col" }, t(name))),
          ),
        ),
        h(
          "tbody",
          {},
          keys.map((one) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, one.label || one.id),
              h("td", {}, t(`role.${one.role}`)),
              h(
                "td",
                {},
                button(
                  t("key.revoke"),
                  async () => {
                    try {
                      await remove(`/v1/keys/${encodeURIComponent(one.id)}`);
                      app.tell(t("done.revoked"));
                    } catch (error) {
                      app.tell(refusalText(error), "fault");
                    }
                    renew();
                  },
                  { class: "small", "aria-label": t("key.revoke.of", { label: one.label || one.id }) },
                ),
              ),
            ),
          ),
        ),
      ),
    );
  }

  const form = acting(
    t("key.make"),
    async () => {
      const one = await post("/v1/keys", { role: role.value, label: label.value });
      if (!key()) keepKey(one.key); // the first one: from now on this tab needs it too
      made.replaceChildren(
        h("div", { class: "note done" }, h("p", {}, t("key.once")), h("code", { class: "secret" }, one.key)),
      );
      label.value = "";
      renew();
    },
    h("div", { class: "pair" }, field(t("key.label"), label), field(t("role"), role)),
  );
  root.append(
    h("section", { class: "panel" }, h("h2", {}, t("keys.given")), list),
    h("section", { class: "panel" }, h("h2", {}, t("key.new")), form, made),
  );
  await renew();
}
