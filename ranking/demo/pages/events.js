/* Events: the page sends views, impressions, clicks and reads to the ranking API, with the reader's
   experiments. */
import { armFor, bucketOf, fieldsOf, membershipsOf } from "/experiment.js";

const facts = document.body.dataset;
const bucket = bucketOf();
const ENGAGED = 12_000;
const SOON = 1_000;
const VISIBLE = 0.5;
const PATIENCE = 2_000;

function visitorId() {
  try {
    const known = sessionStorage.getItem("visitor");
    if (known) return known;
    const words = crypto.getRandomValues(new Uint32Array(3));
    const drawn = "p" + Array.from(words, (word) => word.toString(36)).join("");
    sessionStorage.setItem("visitor", drawn);
    return drawn;
  } catch {
    return "p" + Math.random().toString(36).slice(2);
  }
}

const visitor = visitorId();

async function memberships() {
  try {
    const address = `/v1/experiments/live?edition=${encodeURIComponent(facts.edition)}`;
    const signal = AbortSignal.timeout(PATIENCE);
    const { experiments } = await (await fetch(address, { signal })).json();
    return membershipsOf(bucket, experiments);
  } catch {
    return []; /* The live lists, and events without experiments. */
  }
}

/* Events wait for the experiments. A page that is left before sends them without. */
let own = [];
let isKnown = false;
const known = memberships().then((found) => {
  own = found;
  isKnown = true;
  send();
});

export async function armOf(surface) {
  await known;
  return armFor(own, { edition: facts.edition, surface, section: facts.section ?? "" });
}

/* Events */

const EVENTS = facts.key ? `/v1/events?key=${encodeURIComponent(facts.key)}` : "/v1/events";
let waiting = [];
let timer = 0;

function send() {
  timer = clearTimeout(timer) ?? 0;
  if (!waiting.length) return;
  const events = waiting.map(({ pick, ...event }) => ({ ...event, ...fieldsOf(bucket, own, pick) }));
  waiting = [];
  const body = new Blob([JSON.stringify(events)], { type: "application/json" });
  if (!navigator.sendBeacon(EVENTS, body)) {
    fetch(EVENTS, { method: "POST", body, keepalive: true }).catch(() => {});
  }
}

function queue(event, pick) {
  waiting.push({ edition: facts.edition, visitor, ...event, pick });
  if (isKnown) timer ||= setTimeout(send, SOON);
}

addEventListener("pagehide", send);
document.addEventListener("visibilitychange", () => document.hidden && send());

/* The view, with the list and position that led to it, and the read */

export function sendView() {
  if (!facts.article) return;
  const event = { article: facts.article };
  const from = /^#(popular|related)-(\d+)(?:-(\w+))?$/.exec(location.hash);
  if (from) {
    [event.surface, event.slot] = [from[1], Number(from[2])];
    if (from[3]) event.list_id = from[3];
    history.replaceState(null, "", location.pathname + location.search);
  }
  queue(event);
  let left = ENGAGED / SOON;
  const reading = setInterval(() => {
    if (document.hidden || --left) return;
    clearInterval(reading);
    queue({ kind: "read", article: facts.article });
  }, SOON);
}

export function addressFrom(place, url) {
  return `${url}#${place.surface}-${place.slot}${place.list_id ? `-${place.list_id}` : ""}`;
}

/* Lists: one impression per article and list */

const places = new WeakMap();
const seen = new Set();

function event(kind, { article, surface, slot, list_id }) {
  return { kind, article, surface, slot, ...(list_id && { list_id }) };
}

const sight = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const place = places.get(target);
      const name = `${place.surface} ${place.article}`;
      if (!isIntersecting || seen.has(name)) continue;
      seen.add(name);
      queue(event("impression", place));
    }
  },
  { threshold: VISIBLE },
);

/* `place` = {article, surface, slot, list_id, pick}; called again when the position changes. */
export function watch(row, place) {
  const isNew = !places.has(row);
  places.set(row, place);
  if (!isNew) return;
  sight.observe(row);
  row.addEventListener("click", () => {
    const at = places.get(row);
    queue(event("click", at), at.pick);
  });
}

sendView();
