// API keys: the operator's key of this tab, and the keys of the server.

import { get, keepKey, key, post, put, remove } from "./client.js";
import { actionForm } from "./forms.js";
import { duration, moment, number, t } from "./i18n.js";
import { button, dialog, field, h, select } from "./markup.js";
import { refusalText } from "./messages.js";

const RENEW = 5000,
  DAY = 86400,
  GRACES = [0, 3600, DAY, 7 * DAY];
const ROLES = ["write", "read", "operate", "administer"];
let asking = null;

/** Ask for a key; `status` is 401 without a valid key, 403 if its role does not suffice. */
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
    dispatchEvent(new Event("key-changed"));
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
    state = h("div", { class: "keys-state", role: "status" }),
    made = h("div", { role: "status" });
  const firstKeysPanel = firstKeys(() => renew());
  const role = select(
    ROLES.map((name) => [name, t(`role.${name}`)]),
    "operate",
    () => {},
    { name: "role" },
  );
  const label = h("input", { name: "label", required: true, autocomplete: "off" });

  async function renew() {
    try {
      const answer = await get("/v1/keys");
      const { keys } = answer;
      if (!answer.guarded && !label.value && !made.textContent) role.value = "administer";
      firstKeysPanel.box.hidden = answer.guarded && !firstKeysPanel.isOpen();
      firstKeysPanel.showUnsigned(answer);
      state.replaceChildren(...stateWords(answer));
      list.replaceChildren(keys.length ? table(keys) : h("p", { class: "hint" }, t("keys.none")));
    } catch (error) {
      list.replaceChildren(h("p", { class: "note fault" }, refusalText(error)));
    }
  }

  function stateWords({ guarded, grace_until, unsigned }) {
    if (!guarded) return [];
    const end = () =>
      act(() => put("/v1/keys/grace", { grace: 0 })).then(() => app.notify(t("done.grace")));
    return [
      grace_until && h("p", { class: "note" }, t("keys.grace.until", { time: moment(grace_until) })),
      grace_until && unsignedWords(unsigned),
      grace_until && h("p", { class: "actions" }, button(t("keys.grace.end"), end, { name: "grace-end" })),
      unsigned?.refused_requests > 0 &&
        h("p", { class: "hint" }, t("keys.refused", { n: number(unsigned.refused_requests) })),
    ].filter(Boolean);
  }

  async function act(what) {
    try {
      await what();
    } catch (error) {
      app.notify(refusalText(error), "fault");
    }
    renew();
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
            ["key.label", "role", "key.revocation"].map((name) => h("th", { scope: "col" }, t(name))),
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
                      app.notify(t("done.revoked"));
                    } catch (error) {
                      app.notify(refusalText(error), "fault");
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

  const form = actionForm(
    t("key.make"),
    async () => {
      const one = await post("/v1/keys", { role: role.value, label: label.value });
      if (!key() && one.role === "administer") keepKey(one.key); // from now on this tab needs it too
      made.replaceChildren(secret(one.key));
      label.value = "";
      renew();
    },
    h("div", { class: "pair" }, field(t("key.label"), label), field(t("role"), role)),
  );
  root.append(
    firstKeysPanel.box,
    h("section", { class: "panel" }, h("h2", {}, t("keys.active")), state, list),
    h("section", { class: "panel" }, h("h2", {}, t("key.new")), form, made),
  );
  await renew();
  const timer = setInterval(() => document.hidden || list.contains(document.activeElement) || renew(), RENEW);
  return () => clearInterval(timer);
}

/** The number of recent events without a key. */
function unsignedWords(unsigned) {
  if (!unsigned) return h("p", { class: "hint" }, t("keys.unsigned.unknown"));
  const n = unsigned.last_minutes;
  return h(
    "p",
    { class: `health ${n ? "unsound" : "sound"}` },
    n ? "⚠ " : "✓ ",
    n ? t("keys.unsigned", { n: number(n) }) : t("keys.signed"),
  );
}

/** Steps to the first keys: the portal's key, events without a key, the administer key. */
function firstKeys(done) {
  const count = h("div", { "aria-live": "polite" }),
    secretBox = h("div", { role: "status" });
  const label = h("input", { name: "portal-label", autocomplete: "off", value: "portal" });
  const grace = select(
    GRACES.map((s) => [String(s), s ? t("keys.grace.for", { time: duration(s) }) : t("keys.grace.none")]),
    String(DAY),
    () => {},
    { name: "grace" },
  );
  const make = async (place, body) => {
    try {
      const one = await post("/v1/keys", body);
      if (one.role === "administer") keepKey(one.key);
      place.replaceChildren(secret(one.key));
    } catch (error) {
      place.replaceChildren(h("p", { class: "note fault" }, refusalText(error)));
    }
    done();
  };
  const portal = h("div", { role: "status" });
  const box = h(
    "section",
    { class: "panel", id: "first-keys", hidden: true },
    h("h2", {}, t("keys.first")),
    h("p", { class: "hint" }, t("keys.first.hint")),
    h(
      "div",
      { class: "toolbar" },
      field(t("keys.portal"), label),
      button(t("keys.portal.make"), () => make(portal, { role: "write", label: label.value }), {
        name: "portal-key",
      }),
    ),
    portal,
    h("p", { class: "hint" }, t("keys.portal.hint")),
    count,
    h(
      "div",
      { class: "toolbar" },
      field(t("keys.grace"), grace),
      button(
        t("keys.administer"),
        () => make(secretBox, { role: "administer", label: "administer", grace: Number(grace.value) }),
        { name: "first-key", class: "primary" },
      ),
    ),
    h("p", { class: "hint" }, t("keys.administer.hint")),
    secretBox,
  );
  return {
    box,
    isOpen: () => Boolean(portal.textContent || secretBox.textContent),
    showUnsigned: ({ unsigned }) => count.replaceChildren(unsignedWords(unsigned)),
  };
}

/** A new key, which is shown only once. */
const secret = (text) =>
  h("div", { class: "note done" }, h("p", {}, t("key.once")), h("code", { class: "secret" }, text));
