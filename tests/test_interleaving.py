"""Two rankings in one list: fair drafts, whose picks are followed, and what it saves."""

from collections import Counter

import numpy as np
import pytest

from ranking.backtest.interleaving_efficiency import ShownLists, interleave_ratio, needed
from ranking.demo.past_log import past_of
from ranking.experiments.interleaving import DRAWINGS, NOBODY, drawings, team_draft
from tests.support.thoroughness import scaled

ONE, OTHER = ["a", "b", "c", "d", "e"], ["f", "b", "g", "a", "h"]


def test_a_draft_by_hand() -> None:
    """Coins 0, 1, 0: the second team leads in the second round alone."""
    made = team_draft(ONE, OTHER, 5, 0b0010)
    assert made.ids == ("a", "f", "b", "c", "d")
    assert made.teams == (0, 1, 1, 0, 0)


def test_each_team_picks_its_best_that_is_left() -> None:
    drawn = np.random.default_rng(1)
    for _ in range(200):
        one, other = (drawn.permutation(list("abcdefghij"))[:7].tolist() for _ in range(2))
        made = team_draft(one, other, 6, int(drawn.integers(DRAWINGS)))
        assert len(set(made.ids)) == 6
        for place, (article, team) in enumerate(zip(made.ids, made.teams, strict=True)):
            if team == NOBODY:
                assert one[place] == other[place] == article
            else:
                left = [id for id in (one, other)[team] if id not in made.ids[:place]]
                assert left[0] == article
        counts = Counter(made.teams)
        assert abs(counts[0] - counts[1]) <= 1


def test_drawings_together_are_fair() -> None:
    """Each team has each place equally often, and all drawings of alike lists prefer nobody."""
    teams = np.array([made.teams for made in drawings(ONE, ["v", "w", "x", "y", "z"], 5)])
    assert (teams.mean(axis=0) == 0.5).all()
    assert all(set(made.teams) == {NOBODY} for made in drawings(ONE, ONE, 5))
    assert drawings(ONE, OTHER, 5) == drawings(ONE, OTHER, 5)


@pytest.mark.parametrize(
    ("one", "other", "ids"),
    [([], [], ()), (["a"], [], ("a",)), ([], ["b", "c"], ("b", "c")), (["a"], ["a"], ("a",))],
)
def test_short_lists(one: list[str], other: list[str], ids: tuple[str, ...]) -> None:
    for made in drawings(one, other, 5):
        assert made.ids == ids


def test_interleaving_needs_fewer_readers() -> None:
    """Lists that differ for one reader in seven, the first being right nine times as often."""
    drawn, n = np.random.default_rng(2), scaled(10_000, 30_000)
    following = drawn.integers(0, 1000, n).astype(np.int32)
    first = drawn.integers(1000, 2000, (n, 5)).astype(np.int32)
    (hit,) = np.nonzero(drawn.random(n) < 0.3)
    first[hit, drawn.integers(0, 5, n)[hit]] = following[hit]
    second, missed = first.copy(), drawn.random(n) < 0.15
    second[missed] = drawn.integers(2000, 3000, (int(missed.sum()), 5))
    swapped = drawn.random(n) < 0.1
    first[swapped], second[swapped] = second[swapped], first[swapped]
    related = np.where(drawn.random((n, 4)) < 0.2, following[:, None], 0).astype(np.int32)
    readers = np.arange(n) // 2
    told = needed(ShownLists(np.stack([first, second]), related, following, readers, readers))
    assert told.interleaved < told.popular < told.all_lists
    assert "times" in told.text


@pytest.mark.long
def test_on_readers_of_the_agency() -> None:
    batches = past_of(1)
    assert sum(map(len, batches)) > 500_000
    told = interleave_ratio(batches)
    assert told.ratio >= 10.0
    assert told.popular > told.interleaved
