// For this visit, put together in the reader's browser: what a reader read never leaves it.
//
// A Related answer asked for with `candidates=20` carries scored candidates, `candidates` and
// `visit_decay`. A page keeps the answers of the pages opened in this visit, newest first, and mixes
// them as ranking/lists/related_mixture.py does: score = sum of w_j * score_j, w_j = decay^j over their sum,
// times `worn` from the second page on.

export function mix(answers, read, n) {
  const decay = answers.length ? answers[0].visit_decay : 1;
  const whole = answers.reduce((sum, _, j) => sum + decay ** j, 0);
  const left = new Set(read.map(String));
  const scores = new Map();
  const known = new Map();
  const worn = new Map();
  answers.forEach((answer, j) => {
    for (const candidate of answer.candidates) {
      if (left.has(candidate.id)) continue;
      scores.set(candidate.id, (scores.get(candidate.id) || 0) + (decay ** j / whole) * candidate.score);
      if (!worn.has(candidate.id)) worn.set(candidate.id, answers.length > 1 ? candidate.worn : 1);
      if (candidate.title !== undefined || !known.has(candidate.id)) known.set(candidate.id, candidate);
    }
  });
  return [...scores]
    .map(([id, score]) => [id, score * worn.get(id)])
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, n)
    .map(([id, score]) => ({ ...known.get(id), id, score }));
}
