"""Related mixture: For this visit out of Related answers alone, as a browser computes it.

Each page's candidates have their scores of the chain, which are shares and can be added: score(x) =
sum of w_j · score_j(x) over the pages opened, newest first, w_j = decay^j over their sum. From the
second page on the score is multiplied by the discount of x in the newest answer that has x. An
article that a page's answer does not have counts 0 there; articles read are left out.
`ranking/service/visit.js` is the same in JavaScript, and a test compares the two.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled
from ranking.lists.edition_reader import Scored
from ranking.lists.next_article import Scratch, add_share, new_scratch, powers, take_best


class Carried(NamedTuple):
    """Candidates of some Related answers.

    Attributes
    ----------
    slots : (n_answers, n_candidates) int32
        -1 = no more.
    scores, discount : (n_answers, n_candidates) float64
    """

    slots: NDArray[np.int32]
    scores: NDArray[np.float64]
    discount: NDArray[np.float64]


def new_carried(answers: int, candidates: int) -> Carried:
    """Room for so many answers of so many candidates each, all empty."""
    shape = (answers, candidates)
    return Carried(np.full(shape, -1, np.int32), np.zeros(shape), np.ones(shape))


def mix(
    answers: Sequence[Sequence[Scored]], read: Iterable[str], n: int, decay: float
) -> list[Scored]:
    """Mix the candidates of the pages of a visit.

    Parameters
    ----------
    answers : sequence of sequence of Scored
        Candidates of each page, the newest page first.
    read : iterable of str
        Articles that must not be listed.
    n : int
        At most so many.
    decay : float
        Weight of a page against the one opened after it, as `visit_decay` of a profile.

    Returns
    -------
    list of Scored
        Best first, ties by id.

    Examples
    --------
    >>> newest, older = [Scored("a", 0.5), Scored("b", 0.2)], [Scored("b", 0.8)]
    >>> mix([newest, older], ["a"], 5, 0.5)
    [Scored(id='b', score=0.4)]
    """
    names = sorted({item.id for candidates in answers for item in candidates})
    slot = {name: i for i, name in enumerate(names)}
    carried = new_carried(len(answers), max(map(len, answers), default=0))
    for j, candidates in enumerate(answers):
        for k, item in enumerate(candidates):
            carried.slots[j, k] = slot[item.id]
            carried.scores[j, k], carried.discount[j, k] = item.score, item.discount
    left_out = np.array([slot[name] for name in read if name in slot], np.int32)
    slots, scores = np.zeros(n, np.int32), np.zeros(n)
    pages = np.arange(len(answers))
    found = mix_slots(carried, pages, left_out, decay, new_scratch(len(names)), slots, scores)
    return [Scored(names[slots[i]], float(scores[i])) for i in range(found)]


@compiled
def mix_slots(
    carried: Carried,
    pages: NDArray[np.int64],
    read: NDArray[np.int32],
    decay: float,
    scratch: Scratch,
    slots: NDArray[np.int32],
    scores: NDArray[np.float64],
) -> int:
    """Mix some answers.

    Parameters
    ----------
    carried : Carried
    pages : (n_pages,) int64
        Which of its answers, the newest page's first.
    read : (n_read,) int32
        Slots that must not be listed.
    decay : float
    scratch : Scratch
    slots : (n,) int32
        Takes the best, best first, ties by slot.
    scores : (n,) float64
        Takes their scores.

    Returns
    -------
    int
        How many were found.
    """
    weights, whole, count = powers(decay, pages.size), 0.0, 0
    for j in range(pages.size):
        whole += weights[j]
    for j in range(pages.size):
        for k in range(carried.slots.shape[1]):
            slot = carried.slots[pages[j], k]
            if slot >= 0:
                share = weights[j] / whole * carried.scores[pages[j], k]
                count = add_share(scratch, slot, share, count)
    for i in range(count if pages.size > 1 else 0):
        slot = scratch.candidate[i]
        scratch.score[slot] *= _discount(carried, pages, slot)
    found = take_best(scratch, count, read, slots, scores)
    for i in range(count):
        scratch.score[scratch.candidate[i]] = 0.0
    return found


@compiled
def _discount(carried: Carried, pages: NDArray[np.int64], slot: int) -> float:
    """The factor of an article in the newest answer that has it."""
    for page in pages:
        for k in range(carried.slots.shape[1]):
            if carried.slots[page, k] == slot:
                return float(carried.discount[page, k])
    return 1.0
