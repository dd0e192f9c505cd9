"""Most shared: articles by decayed shares, and by as much of their views as the profile says."""

from collections.abc import Iterable, Sequence

from ranking.engine.decay.kernels import kernel_of
from ranking.engine.parameters import Parameter
from ranking.lists.edition_reader import Reading, Scored
from ranking.lists.popular import engine_edition
from ranking.lists.ranked_list import LISTS, RankedList, RankQuery, Terms
from ranking.profiles.profile import Profile
from tests.support.extensions.shares import SHARES

WEIGHT = Parameter(
    "shared_views", "number", "times", 0.0, 1.0, 0.01, "most_shared",
    "Weight of a decayed view against a share in the most shared articles.",
)  # fmt: skip


class MostShared(RankedList):
    """What readers pass on."""

    name = "most_shared"
    title = "Most shared"
    parameters = (WEIGHT,)
    terms = {"shares": "decayed shares", "views": "decayed views"}  # noqa: RUF012

    def rank(self, reading: Reading, profile: Profile, query: RankQuery) -> Iterable[Scored]:
        """Articles by shares and some of their views; filled up by the newest."""
        edition = engine_edition(reading)
        slots = edition.slots(query.section)
        articles = [edition.id_of(slot) for slot in slots.tolist()]
        terms = self.explain(reading, profile, query, articles)
        scored = [Scored(id_, terms[id_][0][1] + terms[id_][1][1]) for id_ in articles]
        listed = (item for item in scored if item.score > 0.0)
        return edition.filled(sorted(listed, key=lambda i: (-i.score, i.id)), query.section)

    def explain(
        self, reading: Reading, profile: Profile, query: RankQuery, articles: Sequence[str]
    ) -> dict[str, Terms]:
        """Decayed shares, and weighted views."""
        edition, kernel = engine_edition(reading), kernel_of(profile.value)
        slots, at_ms = edition.slots_of(articles), edition.site.newest_ms
        shares = SHARES.values(edition.site, slots, at_ms).tolist()
        views = kernel.read(profile.value, edition.site.state, slots, at_ms).tolist()
        found: dict[str, Terms] = {
            article: [("shares", 0.0), ("views", 0.0)] for article in articles
        }
        known = (article for article in articles if edition.slot(article) >= 0)
        for article, shared, viewed in zip(known, shares, views, strict=True):
            weight = profile.value("shared_views")
            found[article] = [("shares", shared), ("views", weight * viewed)]
        return found


LISTS.register(MostShared())
