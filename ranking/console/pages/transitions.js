// Transitions: the changes of an experiment's status, each with a reason.

import { post, remove } from "./client.js";
import { actionForm, signatureFields } from "./forms.js";
import { change, percent, t } from "./i18n.js";
import { button, dialog, field, h, select } from "./markup.js";
import { scopeWords } from "./messages.js";

const UNCONFIRMED = "Confirmation needed";

const TRANSITIONS = {
  draft: ["start", "remove"],
  running: ["phase", "freeze", "stop"],
  frozen: ["resume", "stop"],
  stopped: ["decide", "remove"],
  decided: ["remove"],
};
const PRIMARY = new Set(["start", "resume", "decide"]);

/** Buttons of the possible transitions; `done` receives the name of the transition. */
export function transitionButtons(details, app, done) {
  return TRANSITIONS[details.status].map((which) =>
    button(t(`transition.${which}`), () => ask(which, details, app, done), {
      name: which,
      class: PRIMARY.has(which) ? "primary" : "",
    }),
  );
}

function ask(which, details, app, done) {
  const signed = signatureFields(),
    more = FIELDS[which]?.(details) ?? { boxes: [], read: () => ({}) };
  const line = `/v1/experiments/${encodeURIComponent(details.name)}`;
  const form = actionForm(
    t(`transition.${which}`),
    async () => {
      const body = { ...more.read(), parent: details.version, ...signed.read() };
      if (which === "remove") await remove(line, signed.read());
      else if (!(await postConfirmed(`${line}/${which}`, body, details.doubts[body.winner]))) return;
      app.notify(t("done.transition", { name: details.name }));
      box.close();
      done(which);
    },
    h("p", { class: "hint" }, t(`transition.hint.${which}`, { scope: scopeWords(details.plan) })),
    more.boxes,
    signed.box,
  );
  const box = dialog(`${t(`transition.${which}`)}: ${details.name}`, "small", t("close"), form);
}

/** Post a transition. Warnings are confirmed first; returns whether it was posted. */
async function postConfirmed(line, body, known = []) {
  if (known.length && !(await confirmed(known))) return false;
  const sure = { ...body, ...(known.length ? { confirm: true } : {}) };
  try {
    await post(line, sure);
    return true;
  } catch (error) {
    if (error.title !== UNCONFIRMED) throw error;
    if (!(await confirmed(error.more.doubts))) return false;
    await post(line, { ...body, confirm: true });
    return true;
  }
}

/** Ask for a confirmation, with the warnings. */
function confirmed(doubts) {
  return new Promise((answered) => {
    const answer = (value) => {
      answered(value);
      box.close();
    };
    const box = dialog(
      t("warnings"),
      "small",
      t("close"),
      h(
        "ul",
        { class: "note fault" },
        doubts.map((one) => h("li", {}, warningText(one))),
      ),
      h("p", { class: "hint" }, t("warnings.hint")),
      h(
        "p",
        { class: "actions" },
        button(t("warnings.cancel"), () => answer(false)),
        button(t("warnings.confirm"), () => answer(true), { class: "primary", name: "confirm" }),
      ),
    );
    box.addEventListener("close", () => answered(false));
  });
}

function warningText({ kind, text, facts }) {
  if (kind === "unknown") return text;
  const { share, low, high, metric } = facts;
  return t(`warning.${kind}`, {
    ...facts,
    share: share === undefined ? "" : percent(share),
    low: low === undefined ? "" : change(low),
    high: high === undefined ? "" : change(high),
    metric: metric === undefined ? "" : t(`metric.${metric}`),
  });
}

const FIELDS = {
  phase: shares,
  decide(details) {
    const names = details.plan.arms.map((arm) => arm.name);
    const best = details.verdict.kind === "better" ? details.verdict.arm : names[0];
    const winner = select(
      names.map((name) => [name, name]),
      best,
      () => {},
      { name: "winner" },
    );
    return { boxes: [field(t("winner"), winner)], read: () => ({ winner: winner.value }) };
  },
};

/** Fields of a new phase, in percent. */
function shares(details) {
  const last = details.plan.phases.at(-1);
  const made = (name, value) =>
    h("input", { type: "number", name, min: 0.1, max: 100, step: 0.1, required: true, value: value / 10 });
  const traffic = made("traffic", last.traffic);
  const parts = details.plan.arms.map((arm, place) => made(`share-${place}`, last.shares[place]));
  const thousandths = (input) => Math.round(Number(input.value) * 10);
  return {
    boxes: [
      field(t("audience.share"), traffic),
      h(
        "div",
        { class: "pair" },
        details.plan.arms.map((arm, place) => field(t("arm.share", { arm: arm.name }), parts[place])),
      ),
    ],
    read: () => ({ traffic: thousandths(traffic), shares: parts.map(thousandths) }),
  };
}
