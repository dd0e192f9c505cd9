// Steps: what an operator may do with an experiment as it stands, each with a reason.

import { acting, signature } from "./byhand.js";
import { post, remove } from "./client.js";
import { button, dialog, field, h, select } from "./markup.js";
import { scopeWords } from "./told.js";
import { change, percent, t } from "./words.js";

const UNCONFIRMED = "Confirmation needed";

const STEPS = {
  draft: ["start", "remove"],
  running: ["phase", "freeze", "stop"],
  frozen: ["resume", "stop"],
  stopped: ["decide", "remove"],
  decided: ["remove"],
};
const FIRST = new Set(["start", "resume", "decide"]);

/** Buttons of the steps that may follow; `done` is called with the word of what was done. */
export function steps(told, app, done) {
  return STEPS[told.status].map((which) =>
    button(t(`step.${which}`), () => ask(which, told, app, done), {
      name: which,
      class: FIRST.has(which) ? "primary" : "",
    }),
  );
}

function ask(which, told, app, done) {
  const signed = signature(),
    more = FIELDS[which]?.(told) ?? { boxes: [], read: () => ({}) };
  const line = `/v1/experiments/${encodeURIComponent(told.name)}`;
  const form = acting(
    t(`step.${which}`),
    async () => {
      const said = { ...more.read(), parent: told.version, ...signed.read() };
      if (which === "remove") await remove(line, signed.read());
      else if (!(await taken(`${line}/${which}`, said, told.doubts[said.winner]))) return;
      app.tell(t("done.step", { name: told.name }));
      box.close();
      done(which);
    },
    h("p", { class: "hint" }, t(`stephint.${which}`, { scope: scopeWords(told.plan) })),
    more.boxes,
    signed.box,
  );
  const box = dialog(`${t(`step.${which}`)}: ${told.name}`, "small", t("close"), form);
}

/** Take a step; what is known to speak against it is asked again. Says whether it was taken. */
async function taken(line, said, known = []) {
  if (known.length && !(await again(known))) return false;
  const sure = { ...said, ...(known.length ? { confirm: true } : {}) };
  try {
    await post(line, sure);
    return true;
  } catch (error) {
    if (error.title !== UNCONFIRMED) throw error;
    if (!(await again(error.more.doubts))) return false;
    await post(line, { ...said, confirm: true });
    return true;
  }
}

/** The second question, with what speaks against the step. */
function again(doubts) {
  return new Promise((answered) => {
    const answer = (value) => {
      answered(value);
      box.close();
    };
    const box = dialog(
      t("doubts"),
      "small",
      t("close"),
      h(
        "ul",
        { class: "note fault" },
        doubts.map((one) => h("li", {}, doubtText(one))),
      ),
      h("p", { class: "hint" }, t("doubts.hint")),
      h(
        "p",
        { class: "actions" },
        button(t("doubts.no"), () => answer(false)),
        button(t("doubts.yes"), () => answer(true), { class: "primary", name: "confirm" }),
      ),
    );
    box.addEventListener("close", () => answered(false));
  });
}

function doubtText({ kind, text, facts }) {
  if (kind === "unknown") return text;
  const { share, low, high, metric } = facts;
  return t(`doubt.${kind}`, {
    ...facts,
    share: share === undefined ? "" : percent(share),
    low: low === undefined ? "" : change(low),
    high: high === undefined ? "" : change(high),
    metric: metric === undefined ? "" : t(`metric.${metric}`),
  });
}

const FIELDS = {
  phase: shares,
  decide(told) {
    const names = told.plan.arms.map((arm) => arm.name);
    const best = told.verdict.kind === "better" ? told.verdict.arm : names[0];
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
function shares(told) {
  const last = told.plan.phases.at(-1);
  const made = (name, value) =>
    h("input", { type: "number", name, min: 0.1, max: 100, step: 0.1, required: true, value: value / 10 });
  const traffic = made("traffic", last.traffic);
  const parts = told.plan.arms.map((arm, place) => made(`share-${place}`, last.shares[place]));
  const thousandths = (input) => Math.round(Number(input.value) * 10);
  return {
    boxes: [
      field(t("taking.part"), traffic),
      h(
        "div",
        { class: "pair" },
        told.plan.arms.map((arm, place) => field(t("share.of", { arm: arm.name }), parts[place])),
      ),
    ],
    read: () => ({ traffic: thousandths(traffic), shares: parts.map(thousandths) }),
  };
}
