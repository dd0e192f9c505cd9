"""Lists: every board against sums over all views, in dictionaries and without shortcuts."""

import math
import random
from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest

from ranking.engine.decay import HALF_LIVES, power_law_kernel
from ranking.engine.settings import EngineSettings
from ranking.lists.boards import Board
from ranking.lists.catalogue import Card
from ranking.lists.profile import DEFAULT, Profile
from ranking.ranker import Ranker
from tests.logs import (
    DAY_MS,
    HOUR_MS,
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
    packed,
    random_rows,
    view,
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
                self.ranker.board(RU, "popular", Profile(freshness=1.0), 5, "")
        self.truth.add_all(rows)
        self.ranker.tick()

    def put(self, cards: Sequence[Card]) -> None:
        """Put cards."""
        self.ranker.put(cards)
        self.cards |= {(card.edition, card.id): card for card in cards}

    def popular(self, edition: str, profile: Profile, n: int) -> Board:
        """Popular under any profile."""
        return self.ranker.board(edition, "popular", profile, n, "")

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
        half_lives = [half_life]
        while evidence and len(half_lives) < 3 and 4 * half_lives[-1] <= HALF_LIVES[-1]:
            wanted = math.log(half_life * 4 ** len(half_lives))
            half_lives.append(min(HALF_LIVES, key=lambda h: abs(math.log(h) - wanted)))
        shares = dict.fromkeys(self.articles(edition), 0.0)
        for level in range(len(half_lives) - 1, -1, -1):
            masses = self.masses(edition, half_lives[level], weights)
            total = sum(
                weights[c] * self.truth.total(edition, half_lives[level], c) for c in range(3)
            )
            k = evidence / 4**level if level < len(half_lives) - 1 else 0.0
            if total + k > 0.0:
                shares = {a: (m + k * shares[a]) / (total + k) for a, m in masses.items()}
        return shares

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


@pytest.mark.parametrize("seed", range(2))
def test_popular_on_rungs_is_the_order_of_the_sums(seed: int) -> None:
    """Ids, scores and counts, whatever the weights of the classes."""
    live, rows = Live(seed), portal(seed)
    live.feed(rows)
    for half_life in (300.0, 600.0, 3600.0, 21_600.0, 86_400.0, float(HALF_LIVES[-1])):
        for weights, k in (
            ((0.3, 1.0, 1.0), 100.0),
            ((1.0, 1.0, 1.0), 0.0),
            ((0.0, 2.0, 0.5), 3.0),
        ):
            profile = Profile(
                half_life=half_life, landing_weight=weights[0], onward_weight=weights[1],
                ours_weight=weights[2], popular_evidence=k,
            )  # fmt: skip
            for edition in EDITIONS:
                board = live.popular(edition, profile, 100)
                scores = positive(live.scores(edition, profile))
                assert_ranked(board, scores, 100, rel=1e-9)
                for item in board.items:
                    assert item.views == live.truth.counted[(edition, item.id), "view"]
                assert (board.edition, board.surface) == (edition, "popular")
                assert board.as_of == live.truth.newest_ms / 1000


def test_popular_at_every_moment_of_a_log() -> None:
    """Ticked as the views come, through moving bases, the list is that of the naive sums."""
    rows = portal(7, 500)
    live = Live()
    for position, batch in enumerate(chopped(rows, range(0, 500, 4))):
        live.ranker.apply(batch, position)
        live.truth.add_all(rows[batch.first : batch.first + len(batch)])
        live.ranker.tick()
        for edition in EDITIONS:
            board = live.popular(edition, DEFAULT, 10)
            assert_ranked(board, positive(live.scores(edition, DEFAULT)), 10, rel=1e-9)


@pytest.mark.parametrize("half_life", [420.0, 700.0, 5000.0, 50_000.0, 500_000.0])
def test_popular_between_rungs_is_nearly_the_order_of_the_sums(half_life: float) -> None:
    live = Live()
    live.feed(portal(3))
    profile = Profile(half_life=half_life)
    for edition in EDITIONS:
        scores = live.scores(edition, profile)
        assert_ranked(live.popular(edition, profile, 10), scores, 10, rel=0.03)


@pytest.mark.parametrize("freshness", [0.5, 2.0, 12.0])
def test_freshness_halves_scores_by_the_day(freshness: float) -> None:
    """Dated, undated and announced articles; cards come before, between and after the views."""
    rows = portal(4)
    live, cards = Live(4), dated(rows, 4)
    live.put(cards[: len(cards) // 2])
    live.feed(rows)
    live.put(cards[len(cards) // 2 :])
    for half_life in (1800.0, 259_200.0):
        profile = Profile(half_life=half_life, freshness=freshness)
        for edition in EDITIONS:
            masses = live.scores(edition, profile)
            scores = {a: m * live.fresh(edition, a, freshness) for a, m in masses.items()}
            board = live.popular(edition, profile, 100)
            assert_ranked(board, scores, 100, rel=1e-9)


def test_an_article_without_a_date_counts_as_new_and_one_with_ages() -> None:
    """Through midnight, with more articles than a scan looks at first."""
    cards = [
        Card(RU, f"{k:03}", published_at=(START_MS - (k % 5) * HOUR_MS) / 1000 if k % 2 else 0.0)
        for k in range(150)
    ]
    live = Live()
    live.put(cards)
    profile = Profile(half_life=259_200.0, freshness=1.0, landing_weight=1.0)
    at = START_MS
    for hour in range(30):
        at += HOUR_MS
        live.feed([view(at + k, f"{(7 * k + hour) % 150:03}", f"{hour} {k}") for k in range(20)])
        masses = live.scores(RU, profile)
        scores = positive({a: m * live.fresh(RU, a, 1.0) for a, m in masses.items()})
        board = live.popular(RU, profile, 100)
        assert_ranked(board, scores, 100, rel=1e-9)


@pytest.mark.parametrize("exponent", [0.7, 1.5])
def test_a_power_law_ages_while_nothing_comes(exponent: float) -> None:
    """The order may change by time alone: here only the other edition is read."""
    live = Live()
    live.feed(portal(5, 400))
    profile = Profile(half_life=3600.0, exponent=exponent)
    mix = power_law_kernel(exponent, 3600.0).mix.tolist()
    for _ in range(4):
        for edition in EDITIONS:
            scores = dict.fromkeys(live.articles(edition), 0.0)
            for share, half_life in zip(mix, HALF_LIVES, strict=True):
                rung = live.masses(edition, half_life, weights_of(profile))
                scores = {a: s + share * rung[a] for a, s in scores.items()}
            assert_ranked(live.popular(edition, profile, 100), positive(scores), 100, rel=1e-9)
        later = live.truth.newest_ms + 5 * HOUR_MS
        live.feed([view(later + k, f"kk {k}", edition=KK) for k in range(5)])


@pytest.mark.parametrize(
    ("window", "hours", "days"),
    [(1800, 1, 0), (3600, 1, 0), (7201, 3, 0), (86_400, 24, 0), (90_000, 0, 2), (604_800, 0, 7)],
)
def test_a_hard_window_counts_whole_hours_and_days(window: int, hours: int, days: int) -> None:
    """The current one and those before it."""
    live = Live(2)
    live.feed(portal(2))
    length, periods = (HOUR_MS, hours) if hours else (DAY_MS, days)
    now = live.truth.newest_ms // length
    for edition in EDITIONS:
        counts = Counter(
            {
                article: sum(
                    at // length > now - periods for at, _ in live.truth.views[edition, article]
                )
                for article in live.articles(edition)
            }
        )
        board = live.popular(edition, Profile(window=window), 100)
        assert_ranked(board, {a: float(c) for a, c in counts.items()}, 100, rel=0.0)


def test_trending_is_the_formula() -> None:
    live = Live()
    live.feed(portal(6))
    for fast, slow, floor in ((900.0, 14_400.0, 20.0), (300.0, 3600.0, 0.5)):
        profile = Profile(trending_fast=fast, trending_slow=slow, trending_floor=floor)
        for edition in EDITIONS:
            weights = (1.0, profile.onward_weight, profile.ours_weight)
            quick, usual = (live.masses(edition, h, weights) for h in (fast, slow))
            rates = {
                a: (quick[a] * math.log(2) * 3600 / fast, usual[a] * math.log(2) * 3600 / slow)
                for a in quick
            }
            rises = positive({a: (f - s) / math.sqrt(s + floor) for a, (f, s) in rates.items()})
            board = live.ranker.board(edition, "trending", profile, 100, "")
            assert rises
            assert_ranked(board, rises, 100, rel=1e-6)


@pytest.mark.parametrize(("section_cap", "author_cap"), [(1, 0), (0, 2), (3, 4), (2, 1)])
def test_caps_pass_over_what_is_full(section_cap: int, author_cap: int) -> None:
    """In the order of Popular; what has no card, section or author is never full."""
    rows = portal(8)
    live = Live()
    live.put(dated(rows, 8))
    live.feed(rows)
    profile = Profile(half_life=7200.0, section_cap=section_cap, author_cap=author_cap)
    for edition in EDITIONS:
        scores = positive(live.scores(edition, profile))
        wanted: list[str] = []
        sections, authors = Counter[str](), Counter[str]()
        for article in in_order(scores):
            card = live.cards.get((edition, article), Card("", ""))
            over = section_cap and card.section and sections[card.section] >= section_cap
            if over or (author_cap and card.author and authors[card.author] >= author_cap):
                continue
            sections[card.section] += 1
            authors[card.author] += 1
            wanted.append(article)
        assert live.popular(edition, profile, 12).ids == tuple(wanted[:12])


def test_a_board_of_a_section_holds_that_section_in_order() -> None:
    rows = portal(8)
    live = Live()
    live.put(dated(rows, 8))
    live.feed(rows)
    profile = Profile(half_life=7200.0)
    scores = positive(live.scores(RU, profile))
    for section in ("sport", "law"):
        cards = [c for c in live.cards.values() if (c.edition, c.section) == (RU, section)]
        ids = {card.id for card in cards}
        read = [article for article in in_order(scores) if article in ids]
        rest = [c.id for c in sorted(cards, key=lambda c: (-c.published_at, c.id))]
        wanted = [*read, *(article for article in rest if article not in read)]
        board = live.ranker.board(RU, "popular", profile, 100, section)
        assert board.ids == tuple(wanted[:100])


def test_a_board_of_a_quiet_section_is_full() -> None:
    """However many newer articles the other sections have."""
    live = Live()
    live.put([Card(RU, f"s{k}", section="sport", published_at=1e9 + k) for k in range(400)])
    live.put([Card(RU, f"l{k}", section="law", published_at=9e8 + k) for k in range(9)])
    live.feed([view(START_MS + k, f"s{k}", f"{k}") for k in range(50)])
    board = live.ranker.board(RU, "popular", DEFAULT, 5, "law")
    assert board.ids == ("l8", "l7", "l6", "l5", "l4")


@pytest.mark.parametrize(
    "profile",
    [DEFAULT, Profile(window=3600), Profile(half_life=700.0), Profile(exponent=1.0)],
    ids=["rung", "window", "between", "power law"],
)
def test_ties_are_broken_by_id(profile: Profile) -> None:
    """Equal views at equal moments, in whatever order they came and however many."""
    names = [f"{k:03}" for k in range(300)]
    random.Random(1).shuffle(names)
    live = Live()
    live.feed([view(START_MS, name, f"{k} {name}") for k in range(2) for name in names])
    assert live.popular(RU, profile, 100).ids == tuple(sorted(names)[:100])
    assert live.ranker.board(RU, "trending", profile, 100, "").ids == tuple(sorted(names)[:100])


def test_ties_of_related_are_broken_by_id() -> None:
    names = [f"{k:03}" for k in range(20)]
    random.Random(1).shuffle(names)
    live = Live()
    live.feed([view(START_MS, name, name) for name in names])
    assert live.ranker.related(RU, "unknown", 20).ids == tuple(sorted(names))
    assert live.ranker.related(RU, "007", 4).ids == ("000", "001", "002", "003")


def test_views_decide_and_cards_fill_up() -> None:
    """Popular: what is read by views, then the newest cards, ties by id."""
    live = Live()
    live.put([Card(RU, f"{k}", published_at=1e9 + k // 2) for k in range(10)])
    live.feed([view(START_MS, "3"), view(START_MS + 1, "uncarded", "berik")])
    ids = live.popular(RU, DEFAULT, 20).ids
    assert ids == ("uncarded", "3", "8", "9", "6", "7", "4", "5", "2", "0", "1")
    assert [item.score for item in live.popular(RU, DEFAULT, 20).items][2:] == [0.0] * 9
    assert live.popular(RU, DEFAULT, 3).items[1].card == live.cards[RU, "3"]
    assert live.popular(RU, DEFAULT, 3).items[0].card is None


@pytest.mark.parametrize("carded", ["none", "all", "some"])
@pytest.mark.parametrize("viewed", ["none", "all", "some"])
def test_lists_are_full_as_soon_as_there_are_articles(carded: str, viewed: str) -> None:
    """Five of Popular, four of Related and of For this visit, for each article of each edition."""
    share = {"none": 0, "all": 1, "some": 2}
    for count in (1, 3, 5, 6, 12):
        names = [f"{k}" for k in range(count)]
        live = Live()
        for edition in EDITIONS:
            if share[carded]:
                live.put([Card(edition, a) for a in names[:: share[carded]]])
        views = names[1 :: share[viewed]] + names[:1] if share[viewed] else []
        rows = [view(START_MS + k, a, a, edition=e) for k, a in enumerate(views) for e in EDITIONS]
        if rows:
            live.feed(rows)
        for edition in EDITIONS:
            known = set(views) | {c.id for c in live.cards.values()}
            assert set(live.popular(edition, DEFAULT, 5).ids) <= known
            assert len(live.popular(edition, DEFAULT, 5).ids) == min(5, len(known))
            for article in [*names, "unknown"]:
                others = known - {article}
                for board in (
                    live.ranker.related(edition, article, 4),
                    live.ranker.for_you(edition, [article], 4),
                ):
                    assert len(set(board.ids)) == len(board.ids) == min(4, len(others))
                    assert set(board.ids) <= others


@pytest.mark.parametrize("pause_days", [1, 10, 60])
@pytest.mark.parametrize("profile", [DEFAULT, Profile(half_life=300.0), Profile(window=3600)])
def test_lists_stay_full_after_a_long_silence(profile: Profile, pause_days: int) -> None:
    """Without cards, when all but one article were read long ago."""
    live = Live()
    live.ranker.profile = profile
    old = [view(START_MS + k * MINUTE_MS, f"{k}", f"{k}") for k in range(10)]
    live.feed([*old, view(START_MS + pause_days * DAY_MS, "new")])
    assert len(live.popular(RU, profile, 5).ids) == 5
    assert live.popular(RU, profile, 5).ids[0] == "new"
    assert len(live.ranker.related(RU, "new", 4).ids) == 4
    assert len(live.ranker.related(RU, "3", 4).ids) == 4


def chain(live: Live, edition: str, pages: Sequence[str], profile: Profile) -> Scores:
    """Score of every article of the edition that was not read: the chain, word for word."""
    truth, used = live.truth, list(pages)[: profile.visit_depth]
    weights = (profile.related_landing_weight, profile.onward_weight, profile.ours_weight)
    shares = live.shares(edition, profile.related_half_life, weights, profile.related_evidence)
    evidence = (profile.fast_evidence, profile.middle_evidence, profile.slow_evidence)
    voices = [profile.visit_decay**j for j in range(len(used))]
    scores = dict.fromkeys(shares, 0.0)
    for page, voice in zip(used, voices, strict=True):
        neighbours = truth.neighbours((edition, page))
        rows = [
            {other[1]: truth.coread((edition, page), other, level) for other in neighbours}
            for level in range(3)
        ]
        for article, p in shares.items():
            for level in (2, 1, 0):
                row, k = rows[level], evidence[level]
                p = (row.get(article, 0.0) + k * p) / (sum(row.values()) + k)
            scores[article] += voice / sum(voices) * p
    return {article: score for article, score in scores.items() if article not in pages}


@pytest.mark.parametrize("seed", range(2))
def test_related_is_the_chain_over_the_whole_catalogue(seed: int) -> None:
    """For every article of every edition and for one that nobody knows."""
    live = Live(seed)
    live.feed(portal(20 + seed, 500, articles=60))
    for edition in EDITIONS:
        for article in [*live.articles(edition), "unknown"]:
            scores = positive(chain(live, edition, [article], DEFAULT))
            assert_ranked(live.ranker.related(edition, article, 8), scores, 8, rel=1e-5)


@pytest.mark.parametrize(
    "profile",
    [
        Profile(related_half_life=3600.0, related_landing_weight=1.0, onward_weight=0.5),
        Profile(fast_evidence=0.1, middle_evidence=5.0, slow_evidence=900.0),
        Profile(related_half_life=900.0, related_evidence=0.0),
    ],
)
def test_related_follows_its_profile_to_the_last_place(profile: Profile) -> None:
    live = Live()
    live.ranker.profile = profile
    live.feed(portal(22, 400, articles=60))
    for edition in EDITIONS:
        for article in live.articles(edition)[:12]:
            scores = positive(chain(live, edition, [article], profile))
            assert_ranked(live.ranker.related(edition, article, 100), scores, 100, rel=1e-5)


@pytest.mark.parametrize("profile", [DEFAULT, Profile(visit_decay=0.8, visit_depth=2)])
def test_for_this_visit_is_the_weighted_chain(profile: Profile) -> None:
    """Visits of one to eight pages, unknown ones among them."""
    live, rng = Live(), random.Random(3)
    live.ranker.profile = profile
    live.feed(portal(23, 500, articles=60))
    for edition in EDITIONS:
        articles = [*live.articles(edition), "unknown"]
        for length in (1, 2, 3, 5, 6, 8):
            for _ in range(4):
                pages = rng.sample(articles, length)
                scores = positive(chain(live, edition, pages, profile))
                board = live.ranker.for_you(edition, pages, 8)
                assert_ranked(board, scores, 8, rel=1e-5)
                assert board.surface == "foryou"


def test_a_page_that_was_read_twice_speaks_once() -> None:
    """A visit's pages are distinct: the last reading of each stands."""
    live = Live()
    live.feed(portal(23, 300, articles=60))
    a, b, c = live.articles(RU)[:3]
    assert live.ranker.for_you(RU, [a, b, a, c, b], 8) == live.ranker.for_you(RU, [a, b, c], 8)


def test_for_this_visit_of_no_page_is_popular() -> None:
    live = Live()
    live.feed(portal(1, 200))
    popular = live.popular(RU, DEFAULT, 8)
    assert live.ranker.for_you(RU, [], 8).ids == popular.ids


def test_nothing_lists_itself_nor_what_was_read_nor_another_edition() -> None:
    live, rng = Live(), random.Random(5)
    live.feed(portal(24, 600, articles=12))
    live.put([Card(e, f"{e[-2:]} card {k}") for e in EDITIONS for k in range(6)])
    for edition in EDITIONS:
        own = set(live.articles(edition)) | {
            c.id for c in live.cards.values() if c.edition == edition
        }
        for surface in ("popular", "trending"):
            assert set(live.ranker.board(edition, surface, DEFAULT, 100, "").ids) <= own
        for article in sorted(own):
            assert set(live.ranker.related(edition, article, 100).ids) == own - {article}
            read = [article, *rng.sample(sorted(own - {article}), 7)]
            assert set(live.ranker.for_you(edition, read, 100).ids) == own - set(read)


def test_removed_articles_are_never_listed() -> None:
    """At once, on every surface and in every list's fill; putting a card brings one back."""
    live = Live()
    live.put([Card(RU, f"card {k}") for k in range(6)])
    live.feed(portal(25, 400, articles=40))
    articles = live.popular(RU, DEFAULT, 100).ids
    for article in [*articles[:25], "card 1", "never seen"]:
        assert live.ranker.remove(RU, article) == article.startswith("card")
        live.gone.add((RU, article))
        gone = {a for _, a in live.gone}
        boards = [
            live.popular(RU, DEFAULT, 100),
            live.popular(RU, Profile(window=604_800), 100),
            live.ranker.board(RU, "trending", DEFAULT, 100, ""),
            live.ranker.related(RU, articles[-1], 100),
            live.ranker.related(RU, article, 100),
            live.ranker.for_you(RU, [articles[-1], articles[-2]], 100),
        ]
        assert not any(set(board.ids) & gone for board in boards)
        assert len(live.ranker.related(RU, articles[-1], 4).ids) == 4
    back = articles[0]
    live.put([Card(RU, back)])
    assert back in live.popular(RU, DEFAULT, 100).ids
    assert set(live.ranker.board(KK, "popular", DEFAULT, 100, "").ids) == set(live.articles(KK))


def test_boards_are_made_for_what_changed() -> None:
    """A tick makes both boards of the editions with views or cards since the last one."""
    ranker = Ranker()
    ranker.apply(packed([view(START_MS, "a"), view(START_MS, "b", edition=KK)]), 0)
    assert [(b.edition, b.surface) for b in ranker.tick().boards] == [
        (KK, "popular"), (KK, "trending"), (RU, "popular"), (RU, "trending")
    ]  # fmt: skip
    assert ranker.tick().boards == []
    ranker.put([Card("inform/uz", "c")])
    assert {b.edition for b in ranker.tick().boards} == {"inform/uz"}
    ranker.remove(RU, "a")
    (popular, _) = ranker.tick().boards
    assert (popular.edition, popular.ids) == (RU, ())
    assert ranker.editions() == [KK, RU, "inform/uz"]


def test_ticks_change_no_list() -> None:
    """A ranker that ticks after every batch, and one that ticks once, show the same."""
    rows = portal(26, 600)
    cards = dated(rows, 26)
    often, once = Ranker(), Ranker()
    for ranker in (often, once):
        ranker.put(cards)
    for position, batch in enumerate(chopped(rows, range(0, 600, 6))):
        often.apply(batch, position)
        once.apply(batch, position)
        often.tick()
    once.tick()
    profiles = (
        DEFAULT, Profile(window=86_400), Profile(exponent=1.0), Profile(freshness=3.0),
        Profile(half_life=5000.0),
    )  # fmt: skip
    for edition in EDITIONS:
        for profile in profiles:
            boards = [r.board(edition, "popular", profile, 100, "") for r in (often, once)]
            assert boards[0] == boards[1]
        for article in ("ru 0", "kk 1", "unknown"):
            assert often.related(edition, article, 20) == once.related(edition, article, 20)


def test_lists_follow_evictions() -> None:
    """With room for 64 articles, ticked all the time: slots go from one edition to the other."""
    settings = EngineSettings(articles=64, rows=16, neighbours=8, visitors=1024)
    rows = apart(random_rows(27, 900, articles=300, visitors=50, editions=EDITIONS, step_ms=60_000))
    ranker = Ranker(settings)
    profiles = (DEFAULT, Profile(window=86_400), Profile(exponent=1.0))
    for position, batch in enumerate(chopped(rows, range(0, 900, 2))):
        ranker.apply(batch, position)
        ranker.tick()
        if position % 9:
            continue
        fresh = Ranker.restore(ranker.checkpoint(), settings)
        fresh.tick()
        for edition in EDITIONS:
            for profile in profiles:
                boards = [r.board(edition, "popular", profile, 100, "") for r in (ranker, fresh)]
                assert boards[0] == boards[1]
                assert all(article.startswith(edition[-2:]) for article in boards[0].ids)
    assert ranker.sites["inform"].evictions > 20
