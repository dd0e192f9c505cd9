"""Every article of an archive has four good lists' worth: full, varied and fresh."""

from tests.support.archive import survey


def test_every_article_gets_four_fresh_and_different_ones() -> None:
    """A sample; `python -m tests.support.archive 200000` asks for all of a large archive."""
    found = survey(12_000, every=20)
    assert found.articles > 10_000
    assert found.asked > 500
    assert (found.short, found.itself, found.repeated) == (0, 0, 0)
    assert found.median_age < 3.0
    assert len(found.ages) == 4, "tagged or not, read or never read"
    assert max(found.ages.values()) < 3.0, found.ages
    assert found.stale < 0.1
