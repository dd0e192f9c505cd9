// Experiments in a reader's browser: the arm follows from a bucket, and only the bucket is sent.
//
// A page draws a bucket from 0 to 999 once, keeps it, asks for lists with `arm=EXPERIMENT:ARM` and
// sends the bucket with its events. Buckets stand in an order of their own in each layer and in each
// experiment, as in ranking/experiments/assignment.py, and shares are cut from their places in it.

const BUCKETS = 1000;
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
