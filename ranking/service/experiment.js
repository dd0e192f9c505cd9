// Experiments in a reader's browser: the arm follows from a bucket, and only the bucket is sent.
//
// A page draws a bucket from 0 to 999 once, keeps it, asks for lists with what `armFor` says and
// sends what `fieldsOf` says with every event. Buckets stand in an order of their own in each layer
// and in each experiment, as in ranking/experiments/assignment.py, and shares are cut from their
// places in it. But for `bucketOf` nothing here keeps or asks anything: plans are what
// /v1/experiments/live?edition= answers under `experiments`.

const BUCKETS = 1000;
const DRAWINGS = 16;
const MOST = 8;
const known = new Map();

export function hashed(text) {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

export function places(salt) {
  if (!known.has(salt)) {
    const hashes = Array.from({ length: BUCKETS }, (_, bucket) => hashed(`${salt}:${bucket}`));
    const order = [...hashes.keys()].sort((a, b) => hashes[a] - hashes[b] || a - b);
    const found = new Array(BUCKETS);
    order.forEach((bucket, place) => (found[bucket] = place));
    known.set(salt, found);
  }
  return known.get(salt);
}

// Number of the arm of a bucket; -1 = it takes no part. `plan` = {layer, salt, shares, traffic,
// offset}, shares, traffic and offset in thousandths.
export function armOf(bucket, plan) {
  const place = places(`layer/${plan.layer}`)[bucket];
  if (place < plan.offset || place >= plan.offset + plan.traffic) return -1;
  const own = places(plan.salt)[bucket];
  let end = 0;
  return plan.shares.findIndex((share) => own < (end += share));
}

// What a bucket takes part in, by name: the plans, each with its `arm`, empty where both are mixed in
// one list.
export function membershipsOf(bucket, plans) {
  return plans
    .map((plan) => ({ plan, number: armOf(bucket, plan) }))
    .filter(({ number }) => number >= 0)
    .map(({ plan, number }) => ({
      ...plan,
      arm: plan.mode === "interleave" ? "" : plan.arms[number].name,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

// What every event carries: {experiment, arm, bucket}. A click in a list whose items tell an `arm`
// gives them as `pick` = {experiment: the list's, arm: the item's}.
export function fieldsOf(bucket, memberships, pick = {}) {
  const told = memberships.filter(({ label }) => label).slice(0, MOST);
  const arms = told.map(({ label, mode, arm }) =>
    mode === "interleave" && label === pick.experiment ? (pick.arm ?? "") : arm,
  );
  return { experiment: told.map(({ label }) => label).join(), arm: arms.join(), bucket };
}

// What to ask a list for as `arm=`, nothing where the live list is the reader's.
// `list` = {edition, surface, section}, section "" for the whole.
export function armFor(memberships, list, random = Math.random) {
  const parts = ["edition", "section", "surface"];
  const its = memberships.filter(
    (plan) => plan.own_lists && parts.every((part) => !plan[part] || plan[part] === list[part]),
  );
  const mixed = its.find(({ mode }) => mode === "interleave");
  if (mixed) return `${mixed.name}:${Math.floor(random() * DRAWINGS)}`;
  return its.slice(0, MOST).map(({ name, arm }) => `${name}:${arm}`).join();
}

// The reader's bucket: drawn at the first call, kept where the page keeps things.
export function bucketOf(kept = globalThis.localStorage) {
  try {
    const had = Number.parseInt(kept.getItem("tolqyn-bucket"), 10);
    if (had >= 0 && had < BUCKETS) return had;
  } catch {
    // a reader who keeps nothing is drawn anew on every page
  }
  const drawn = Math.floor(Math.random() * BUCKETS);
  try {
    kept.setItem("tolqyn-bucket", String(drawn));
  } catch {
    // as above
  }
  return drawn;
}
