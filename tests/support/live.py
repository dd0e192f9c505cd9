"""A ranker beside the truth: both get the same rows, and boards are held against plain sums."""

import math
import random
from collections.abc import Sequence

import msgspec
import pytest

from ranking.content.cards import Card
from ranking.engine.decay.bank import HALF_LIVES
from ranking.engine.settings import EngineSettings
from ranking.lists.boards import Board
from ranking.profiles.profile import Profile
from ranking.ranker import Ranker
from tests.support.logs import (
    DAY_MS,
    KK,
    LANDING,
    MINUTE_MS,
    ONWARD,
    OURS,
    RU,
    START_MS,
    Page,
    Row,
    Truth,
    chopped,
    random_rows,
)

EDITIONS = (RU, KK)
Scores = dict[str, float]


def apart(rows: Sequence[Row]) -> list[Row]:
    """Give the articles of each edition names of their own."""
    return [
        Row(at, msgspec.structs.replace(event, article=f"{event.edition[-2:]} {event.article}"))
        for at, event in rows
    ]


def portal(seed: int, n_views: int = 700, articles: int = 130) -> list[Row]:
    """Two editions, late views, repeats, sessions, our own lists, and a few nights."""
    return apart(
        random_rows(
            seed, n_views, articles=articles, visitors=25, editions=(RU, RU, KK),
            step_ms=2 * MINUTE_MS, late=0.2, late_ms=40 * MINUTE_MS, pause=0.01, pause_ms=DAY_MS,
            others=0.05, robots=0.05, sessions=0.3, ours=0.2,
        )
    )  # fmt: skip


def dated(rows: Sequence[Row], seed: int) -> list[Card]:
    """Cards of two thirds of the articles: dates around the log's, sections, authors."""
    rng = random.Random(seed)
    pages = sorted({(row.event.edition, str(row.event.article)) for row in rows})
    return [
        Card(
            edition, article, section=rng.choice(["sport", "law", "world", ""]),
            author=rng.choice(["", "anna", "berik"]),
            published_at=rng.choice([0.0, (START_MS + rng.uniform(-5, 3) * DAY_MS) / 1000]),
        )
        for edition, article in pages
        if rng.random() < 0.66
    ]  # fmt: skip


class Live:
    """A ranker and the truth, fed with the same rows, ticked at random moments."""

    def __init__(self, seed: int = 0, settings: EngineSettings | None = None) -> None:
        self.rng = random.Random(seed)
        self.ranker, self.truth = Ranker(settings), Truth(settings)
        self.cards: dict[Page, Card] = {}
        self.gone: set[Page] = set()

    def feed(self, rows: Sequence[Row]) -> None:
        """Apply rows in batches of random sizes; the last tick is after the last view."""
        cuts = [k for k in range(1, len(rows)) if self.rng.random() < 0.1]
        for part in chopped(rows, cuts, source=f"from {self.truth.number}"):
            self.ranker.apply(part, self.ranker.position)
            if self.rng.random() < 0.5:
                self.ranker.tick()
            if self.rng.random() < 0.2:
                self.ranker.lists.board(RU, "popular", Profile(freshness=1.0), 5, "")
        self.truth.add_all(rows)
        self.ranker.tick()

    def put(self, cards: Sequence[Card]) -> None:
        """Put cards."""
        self.ranker.put(cards)
        self.cards |= {(card.edition, card.id): card for card in cards}

    def popular(self, edition: str, profile: Profile, n: int) -> Board:
        """Popular under any profile."""
        return self.ranker.lists.board(edition, "popular", profile, n, "")

    def articles(self, edition: str) -> list[str]:
        """Articles with views."""
        return [page[1] for page in self.truth.accepted if page[0] == edition]

    def masses(self, edition: str, half_life: float, weights: Sequence[float]) -> Scores:
        """Class-weighted decayed views of each article."""
        return {
            article: sum(
                weights[c] * self.truth.mass((edition, article), half_life, c)
                for c in (LANDING, ONWARD, OURS)
            )
            for article in self.articles(edition)
        }

    def shares(
        self, edition: str, half_life: float, weights: Sequence[float], evidence: float
    ) -> Scores:
        """Share of each article in the views, backed off to longer half-lives."""
        half_lives = self.half_lives(half_life, evidence)
        shares = dict.fromkeys(self.articles(edition), 0.0)
        for level in range(len(half_lives) - 1, -1, -1):
            masses = self.masses(edition, half_lives[level], weights)
            total = sum(
                weights[c] * self.truth.total(edition, half_lives[level], c) for c in range(3)
            )
            k = evidence / 8**level if level < len(half_lives) - 1 else 0.0
            k *= 1 + k / total if total > 0.0 else 1
            if total + k > 0.0:
                shares = {a: (m + k * shares[a]) / (total + k) for a, m in masses.items()}
        return shares

    def half_lives(self, half_life: float, evidence: float) -> list[float]:
        """Half-lives of a popularity's levels: the nearest rungs to four times the one before."""
        half_lives = [half_life]
        while evidence and len(half_lives) < 3 and 4 * half_lives[-1] <= HALF_LIVES[-1]:
            wanted = math.log(half_life * 4 ** len(half_lives))
            half_lives.append(min(HALF_LIVES, key=lambda h: abs(math.log(h) - wanted)))
        return half_lives

    def scores(self, edition: str, profile: Profile) -> Scores:
        """Popular's: views, and the share of as many as the evidence that longer memory gives."""
        p, weights = profile, weights_of(profile)
        k = p.popular_evidence if 4 * p.half_life <= HALF_LIVES[-1] else 0.0
        total = sum(weights[c] * self.truth.total(edition, p.half_life, c) for c in range(3))
        shares = self.shares(edition, p.half_life, weights, k)
        return {article: share * (total + k) for article, share in shares.items()}

    def fresh(self, edition: str, article: str, freshness: float) -> float:
        """Freshness prior: an article without a date counts as new."""
        card = self.cards.get((edition, article))
        if card is None or not card.published_at:
            return 1.0
        days = max(self.truth.newest_ms / 1000 - card.published_at, 0.0) / 86_400
        return float(0.5 ** (freshness * days))


def weights_of(profile: Profile) -> tuple[float, float, float]:
    """Weights of the three classes."""
    return profile.landing_weight, profile.onward_weight, profile.ours_weight


def in_order(scores: Scores) -> list[str]:
    """Ids by score, ties by id."""
    return sorted(scores, key=lambda article: (-scores[article], article))


def positive(scores: Scores) -> Scores:
    """Articles that have a score at all; what is smaller may have underflowed."""
    return {article: score for article, score in scores.items() if score > 1e-200}


def assert_ranked(board: Board, scores: Scores, n: int, rel: float) -> None:
    """The first `n` of `scores`, in order, up to a relative error; then only what fills up."""
    shown = positive({item.id: item.score for item in board.items})
    scores = positive(scores)
    assert list(shown) == list(board.ids[: len(shown)])
    assert len(shown) == min(n, len(scores))
    assert shown == pytest.approx({article: scores[article] for article in shown}, rel=rel)
    assert list(shown) == in_order(shown)
    if len(shown) < len(scores):
        unlisted = max(score for article, score in scores.items() if article not in shown)
        assert unlisted <= min(shown.values()) * (1.0 + 2 * rel)
