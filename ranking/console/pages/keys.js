// Keys: the operator's own, kept for this tab, and those that were given out.

import { get, keepKey, key, post, put, remove } from "./client.js";
import { acting } from "./byhand.js";
import { button, dialog, field, h, select } from "./markup.js";
import { refusalText } from "./told.js";
import { duration, moment, number, t } from "./words.js";

const RENEW = 5000,
  DAY = 86400,
  GRACES = [0, 3600, DAY, 7 * DAY];
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
    state = h("div", { class: "keys-state", role: "status" }),
    made = h("div", { role: "status" });
  const opening = firstKeys(() => renew());
  const role = select(
    ROLES.map((name) => [name, t(`role.${name}`)]),
    "operate",
    () => {},
    { name: "role" },
  );
  const label = h("input", { name: "label", required: true, autocomplete: "off" });

  async function renew() {
    try {
      const told = await get("/v1/keys");
      const { keys } = told;
      if (!told.guarded && !label.value && !made.textContent) role.value = "administer";
      opening.box.hidden = told.guarded && !opening.isOpen();
      opening.tell(told);
      state.replaceChildren(...stateWords(told));
      list.replaceChildren(keys.length ? table(keys) : h("p", { class: "hint" }, t("keys.none")));
    } catch (error) {
      list.replaceChildren(h("p", { class: "note fault" }, refusalText(error)));
    }
  }

  function stateWords({ guarded, grace_until, unsigned }) {
    if (!guarded) return [];
    const end = () =>
      act(() => put("/v1/keys/grace", { grace: 0 })).then(() => app.tell(t("done.grace")));
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
      app.tell(refusalText(error), "fault");
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
      if (!key() && one.role === "administer") keepKey(one.key); // from now on this tab needs it too
      made.replaceChildren(secret(one.key));
      label.value = "";
      renew();
    },
    h("div", { class: "pair" }, field(t("key.label"), label), field(t("role"), role)),
  );
  root.append(
    opening.box,
    h("section", { class: "panel" }, h("h2", {}, t("keys.given")), state, list),
    h("section", { class: "panel" }, h("h2", {}, t("key.new")), form, made),
  );
  await renew();
  const timer = setInterval(() => document.hidden || list.contains(document.activeElement) || renew(), RENEW);
  return () => clearInterval(timer);
}

/** How many events come without a key now. */
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

/** The way to the first keys: the portal's own, what still comes without it, and the operator's. */
function firstKeys(done) {
  const count = h("div", { "aria-live": "polite" }),
    said = h("div", { role: "status" });
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
        t("keys.lock"),
        () => make(said, { role: "administer", label: "administer", grace: Number(grace.value) }),
        { name: "first-key", class: "primary" },
      ),
    ),
    h("p", { class: "hint" }, t("keys.lock.hint")),
    said,
  );
  return {
    box,
    isOpen: () => Boolean(portal.textContent || said.textContent),
    tell: ({ unsigned }) => count.replaceChildren(unsignedWords(unsigned)),
  };
}

/** A key, which is shown this once. */
const secret = (text) =>
  h("div", { class: "note done" }, h("p", {}, t("key.once")), h("code", { class: "secret" }, text));
