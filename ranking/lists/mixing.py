"""Mixing: For this visit out of Related answers alone, as a reader's browser does it.

Each page's candidates come with their scores of the chain, shares that may be added: score(x) =
sum of w_j · score_j(x) over the pages opened, newest first, w_j = decay^j over their sum. What a
page's answer does not carry counts nothing; what was read is left out. `ranking/server/visit.js` is
the same in JavaScript, and a test compares the two.
"""

from collections.abc import Iterable, Sequence

from ranking.lists.reading import Scored


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
    whole = sum(decay**j for j in range(len(answers)))
    scores: dict[str, float] = {}
    for j, candidates in enumerate(answers):
        for item in candidates:
            scores[item.id] = scores.get(item.id, 0.0) + decay**j / whole * item.score
    for article in read:
        scores.pop(article, None)
    ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Scored(*pair) for pair in ranked[:n]]
