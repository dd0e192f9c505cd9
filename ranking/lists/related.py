"""Related and For this visit: `compose` is the one function that puts them together.

Co-reading of the pages read, backed off to tags and popularity (`chain`), then Popular until the
list is full. Server, mirror, worker and tests call it with a reading of theirs; the backtest calls
the same compiled chain between two views.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from ranking.lists.chain import SPARE, Question, evidence_of, rank_next, visit_weights
from ranking.lists.profile import Profile
from ranking.lists.reading import Reading, Scored
from ranking.lists.tags import NO_HINTS, Hints


def compose(
    reading: Reading, pages: Sequence[str], profile: Profile, n: int, without: Iterable[str] = ()
) -> Iterator[Scored]:
    """What is read after some pages: Related for one, For this visit for more.

    Parameters
    ----------
    reading : Reading
    pages : sequence of str
        Articles, newest first; never listed themselves.
    profile : Profile
    n : int
        How many the chain ranks before Popular fills up.
    without : iterable of str
        Articles that must not be listed either.

    Returns
    -------
    iterator of Scored
        Best first, ties by id; those of Popular with score 0.
    """
    pages = list(dict.fromkeys(pages))
    read = dict.fromkeys([*pages, *without])
    listed = dict.fromkeys(read)
    for item in _chained(reading, pages, list(read), profile, n):
        listed[item.id] = None
        yield item
    for item in reading.popular(profile):
        if item.id not in listed:
            yield Scored(item.id, 0.0)


def hints_of(reading: Reading, pages: Sequence[str], profile: Profile) -> Hints:
    """What tags and headline of the newest page that has a card propose."""
    for page in pages:
        card = reading.card(page)
        if card and max(profile.tag_share, profile.section_share) > 0.0:
            return reading.tags(profile).hints(card, reading.at, profile.tag_freshness)
    return NO_HINTS


def _chained(
    reading: Reading, pages: list[str], read: list[str], profile: Profile, n: int
) -> list[Scored]:
    used = pages[: profile.visit_depth]
    hints, shares, is_topical = hints_of(reading, used, profile)
    ground = reading.ground(profile, hints)
    size = ground.scratch.score.size - SPARE
    extra = [card.id for card in hints if reading.slot(card.id) < 0]
    places = {article: size + i for i, article in enumerate(extra)}
    slot_of = [places.get(card.id, reading.slot(card.id)) for card in hints]
    question = Question(
        np.array([reading.row(page) for page in used], np.int32),
        visit_weights(profile, len(used)),
        np.array([reading.slot(page) for page in read], np.int32),
        np.array(slot_of, np.int32),
        shares,
        evidence_of(profile),
        (profile.tag_share if is_topical else profile.section_share) if hints else 0.0,
    )
    slots, scores = np.zeros(n, np.int32), np.zeros(n)
    found = rank_next(
        ground.graph, ground.newest_ms, ground.popularity, question, ground.scratch, slots, scores
    )
    names = [reading.id_of(s) if s < size else extra[s - size] for s in slots[:found].tolist()]
    listed = (Scored(*pair) for pair in zip(names, scores[:found].tolist(), strict=True))
    return sorted((i for i in listed if i.id not in read), key=lambda i: (-i.score, i.id))
