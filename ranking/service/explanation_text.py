"""Explanation text: an explanation as an English sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

from ranking.lists.explanation import Explanation
from ranking.lists.lists import LISTS

HOUR = 3600.0
BOOST = "the factor of an override"


@dataclass(frozen=True, slots=True)
class Earlier:
    """The state an hour ago.

    Attributes
    ----------
    rank : int
        Rank then, from 1; 0 = not in the list.
    passed_by : str
        Headline of an article that overtook it; empty = none.
    its_hourly : sequence of int
        Views per hour of that article.
    its_published_at : float
        Seconds, UTC; 0 = unknown.
    """

    rank: int
    passed_by: str = ""
    its_hourly: Sequence[int] = ()
    its_published_at: float = 0.0


def term_name(surface: str, term: str) -> str:
    """What a term of a list's scores is called in sentences."""
    return BOOST if term == "boost" else LISTS[surface].terms.get(term, term)


def difference(
    live: Explanation | None, draft: Explanation | None, last: list[float], n: int
) -> str:
    """An article's score relative to the last position, live and under a draft."""
    if live is None or draft is None:
        return ""
    if draft.kept_out and draft.kept_out != "others score more":
        return draft.kept_out
    ratios = [
        explanation.score / of if of > 0.0 else 0.0
        for explanation, of in zip((live, draft), last, strict=True)
    ]
    return f"{ratios[1]:.0%} of the score that place {n} has, {ratios[0]:.0%} live"


def sentence(
    title: str, surface: str, live: Explanation, hourly: Sequence[int], earlier: Earlier | None,
    published_at: float = 0.0, as_of: float = 0.0,
) -> str:  # fmt: skip
    """Explain an article's rank.

    Parameters
    ----------
    title, surface : str
    live : Explanation
    hourly : sequence of int
        Its views per hour, the current hour last.
    earlier : Earlier or None
        None if unknown.
    published_at : float
        Seconds, UTC; 0 = unknown.
    as_of : float
        The log's clock, seconds.
    """
    place = f"{_ordinal(live.rank)} of" if live.rank else "not in"
    text = f"“{title}” is {place} {surface}"
    if earlier and earlier.rank != live.rank:
        text += f", {_ordinal(earlier.rank)} an hour ago" if earlier.rank else ", new in an hour"
    parts = sorted((c for c in live.components if c.share > 0.0), key=lambda c: -c.share)
    if parts:
        because = ", ".join(f"{term_name(surface, c.name)} {c.share:.0%}" for c in parts[:3])
        text += f": {because} of its score"
    if live.kept_out and not live.rank:
        text += f"; {live.kept_out}"
    if course := _course(full_hours(hourly, published_at, as_of)):
        text += f". Its views {course} in the last full hour"
        passed = earlier and full_hours(earlier.its_hourly, earlier.its_published_at, as_of)
        if earlier and earlier.passed_by and (other := _course(passed or None)):
            text += f", while those of “{earlier.passed_by}” {other}"
    return text + "."


def full_hours(hourly: Sequence[int], published_at: float, as_of: float) -> tuple[int, int] | None:
    """Views in the last two full hours, the earlier one first.

    None if the article did not exist at the start of the last full hour, or if both counts are
    zero: the current hour could contradict them.

    Parameters
    ----------
    hourly : sequence of int
        Views per hour, the current hour last.
    published_at : float
        Seconds, UTC; 0 = unknown: it exists from its first view on.
    as_of : float
        The log's clock, seconds.

    Examples
    --------
    >>> full_hours([0, 90, 262], 7_200.0 - 360, 7_200.0), full_hours([4, 9, 2, 1], 0.0, 7_200.0)
    (None, (9, 2))
    """
    if len(hourly) < 3 or not (hourly[-2] or hourly[-3]):
        return None
    last_start = as_of // HOUR * HOUR - HOUR
    is_old = published_at <= last_start if published_at and as_of else any(hourly[:-2])
    return (hourly[-3], hourly[-2]) if is_old else None


def _course(hours: tuple[int, int] | None) -> str:
    """Change of views between two full hours."""
    if hours is None:
        return ""
    before, last = hours
    if last == before:
        return f"stayed at {last}"
    return f"{'rose' if last > before else 'fell'} from {before} to {last} an hour"


def _ordinal(place: int) -> str:
    ending = "th" if 10 <= place % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"
