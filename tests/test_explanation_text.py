"""Explanations as English sentences."""

import pytest

from ranking.lists.explanation import Explanation, ScoreTerm
from ranking.service.explanation_text import Earlier, difference, sentence

LIVE = Explanation("a", 6, 5.0, [ScoreTerm("memory_1", 4.0, 0.8), ScoreTerm("memory_2", 1.0, 0.2)])


def test_a_fall_tells_who_passed() -> None:
    earlier = Earlier(4, "Floods", [0, 100, 500, 20])
    told = sentence("Opera", "popular", LIVE, [0, 900, 300, 10], earlier)
    assert told == (
        "“Opera” is 6th of popular, 4th an hour ago: decayed views at the profile's half-life"
        " 80%, decayed views at the longer half-life of the back-off 20% of its score. Its views"
        " fell from 900 to 300 an hour in the last full hour, while those of “Floods” rose from 100"
        " to 500 an hour."
    )


@pytest.mark.parametrize(
    ("hourly", "age", "said"),
    [
        ([0] * 23 + [262], 360.0, ""),
        ([0] * 22 + [90, 172], 2400.0, ""),
        ([0] * 22 + [90, 172], 5400.0, "rose from 0 to 90 an hour"),
        ([0] * 20 + [5, 0, 0, 262], 9 * 3600.0, ""),
        ([0] * 20 + [5, 0, 3, 3], 9 * 3600.0, "rose from 0 to 3 an hour"),
        ([0] * 20 + [5, 7, 7, 3], 0.0, "stayed at 7"),
        ([0] * 22 + [90, 172], 0.0, ""),
    ],
)
def test_full_hours_are_told_of_articles_that_were_there(
    hourly: list[int], age: float, said: str
) -> None:
    """At 20 minutes past an hour; an age of 0 is not known."""
    now = 100 * 3600.0 + 1200.0
    published = now - age if age else 0.0
    told = sentence("Opera", "popular", LIVE, hourly, None, published, now)
    assert told.endswith(f"Its views {said} in the last full hour." if said else "of its score.")
    earlier = Earlier(3, "Floods", hourly, published)
    both = sentence("Opera", "popular", LIVE, [1, 2, 3, 4, 5], earlier, now - 1e5, now)
    assert ("while those of" in both) == bool(said)


def test_what_is_not_listed_tells_why() -> None:
    out = Explanation("a", 0, 0.0, [], "an override blocks it")
    told = sentence("Opera", "popular", out, [], None)
    assert told == "“Opera” is not in popular; an override blocks it."


def test_a_difference_is_told_against_the_last_place() -> None:
    draft = Explanation("a", 3, 9.0, [])
    assert difference(LIVE, draft, [10.0, 6.0], 5) == (
        "150% of the score that place 5 has, 50% live"
    )
    kept = Explanation("a", 0, 9.0, [], "an override buries it")
    assert difference(LIVE, kept, [10.0, 6.0], 5) == "an override buries it"
