"""Value builder: packs a ranker's changes as values to write to the store.

Boards come first: the value of a changed edition is built at every tick. A bounded number of
articles follows at each tick, those that wait longest first, so that a burst of views does not
delay boards. A slow round over all articles keeps values from expiring. This module writes nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranking.engine.checkpoint import packed_arm
from ranking.engine.event import site_of
from ranking.engine.site import Site
from ranking.experiments.counting import is_of
from ranking.lists.backoff import ranked_shares
from ranking.lists.boards import Board
from ranking.lists.edition_reader import LONGEST
from ranking.lists.explanation import Explained
from ranking.lists.lists import LISTS
from ranking.lists.ranked_list import board_names
from ranking.lists.related import Related
from ranking.lists.rerank.selection import may_stand
from ranking.profiles.profile import profile_of_json
from ranking.ranker import Ranker, TickChanges
from ranking.read_model.store_keys import OnDemandKey
from ranking.read_model.values import (
    VERSION,
    ArticleValue,
    EditionValue,
    SumsValue,
    TagsValue,
    packed,
)
from ranking.settings_log.override_reach import Reached, reached
from ranking.settings_log.overrides import Override

FILLED = 3 * LONGEST
"""Articles of Popular that fill up lists."""
Key = tuple[str, str]
"""Edition and article."""


@dataclass(slots=True)
class Written:
    """Values to write.

    Attributes
    ----------
    editions, tags : dict of str to bytes
        By edition.
    articles : dict of (str, str) to bytes
        By edition and id.
    listed : set of str
        As in `TickChanges`.
    """

    editions: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, bytes] = field(default_factory=dict)
    articles: dict[Key, bytes] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)


class ValueBuilder:
    """Builds the values of one ranker that must be written.

    Parameters
    ----------
    ranker : Ranker
    """

    def __init__(self, ranker: Ranker) -> None:
        self.ranker = ranker
        self._waiting: dict[Key, None] = {}
        self._owners: dict[str, NDArray[np.int32]] = {}
        self._published: dict[str, int] = {}  # views of each site whose rows were looked through
        self._evictions: dict[str, int] = {}
        self._round: Iterator[Key] = iter(())
        self._tags_due: set[str] = set()
        self._traffic: dict[str, tuple[int, list[int]]] = {}  # second, views an hour
        self._boards: dict[str, dict[str, Board]] = {}  # newest of each edition, by surface

    def note(self, changes: TickChanges, *, renewed: bool) -> Written:
        """Take a tick's changes; returns the editions that changed, and their tags if renewed."""
        changed = dict.fromkeys(board.edition for board in changes.boards)
        self._keep(changes.boards)
        self._wait(changes.evicted)
        self._wait(changes.cards)
        for name, site in self.ranker.sites.items():
            self._wait_for_site(site, changes.touched.get(name, _NONE))
        editions = {name: packed(self._edition(name)) for name in changed}
        written = Written(editions, listed=changes.listed)
        self._tags_due |= changed.keys()
        if renewed:
            written.tags = {name: packed(self._tags(name)) for name in sorted(self._tags_due)}
            self._tags_due = set()
        return written

    def everything(self) -> Written:
        """All editions with their tags; all articles wait anew."""
        self._wait(self._all_articles())
        return self.all_editions()

    def all_editions(self) -> Written:
        """All editions with their tags; those not renewed yet stay due."""
        names = self.ranker.lists.editions()
        for name in names:
            self._keep(self.ranker.lists.boards(name))
        return Written(
            {name: packed(self._edition(name)) for name in names},
            {name: packed(self._tags(name)) for name in names},
        )

    def board(self, question: OnDemandKey) -> bytes:
        """A value on demand: a board, its explanation, an experiment's sums.

        Raises
        ------
        ProfileError
            If it asks for a profile that there cannot be.
        """
        q, ranker = question, self.ranker
        if q.experiment:
            return packed(self._sums(site_of(q.edition), q.experiment))
        if q.override:
            return msgspec.msgpack.encode(self._reached(site_of(q.edition), q.override))
        live = ranker.lists.profile(q.edition, q.surface, q.section)
        profile = profile_of_json(q.profile) if q.profile else live
        if q.explained:
            asked = Explained(q.explained, q.n, q.section, q.pages)
            return msgspec.msgpack.encode(
                ranker.lists.explain(q.edition, q.surface, asked, profile)
            )
        if LISTS[q.surface].basis == "edition":
            return packed(ranker.lists.board(q.edition, q.surface, profile, LONGEST, q.section))
        return packed(ranker.lists.next(q.edition, q.surface, list(q.pages), LONGEST, profile))

    def _reached(self, site: str, override: str) -> Reached:
        ranker, act = self.ranker, msgspec.json.decode(override, type=Override)
        editions = [edition for edition in ranker.lists.editions() if site_of(edition) == site]
        return reached(act, ranker.catalogue, editions, partial(has_views, ranker))

    def _sums(self, site: str, name: str) -> SumsValue:
        rows = [
            row for site_name, _, rows in self.ranker.arms() if site_name == site for row in rows
        ]
        arms = [(row.begun, packed_arm(row)) for row in rows if is_of(row.label, name)]
        return SumsValue(VERSION, self.ranker.position, arms)

    def articles(self, most: int) -> dict[Key, bytes]:
        """Values of the articles that waited longest.

        Parameters
        ----------
        most : int
            At most so many.
        """
        keys = list(islice(self._waiting, most))
        for key in keys:
            del self._waiting[key]
        return self.values(keys)

    def refresh(self, most: int) -> dict[Key, bytes]:
        """Values of the next articles of the round over all of them."""
        keys = list(islice(self._round, most))
        if len(keys) < most:
            self._round = self._all_articles()
        return self.values(keys)

    def values(self, keys: Iterable[Key]) -> dict[Key, bytes]:
        """Values of some articles."""
        return {key: packed(article_value(self.ranker, *key)) for key in keys}

    def _wait(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self._waiting.setdefault(key)

    def _wait_for_site(self, site: Site, touched: NDArray[np.int32]) -> None:
        graph, views = site.state.graph, int(site.log["views"])
        if site.evictions != self._evictions.get(site.name, 0):
            self._evictions[site.name] = site.evictions
            self._wait(_names(site, np.flatnonzero(site.state.article["key"][: len(site.ids)])))
        if views == self._published.get(site.name):
            return
        changed = graph.row["touched"] >= self._published.get(site.name, 0)
        owners = graph.row["owner"]
        before = self._owners.get(site.name, np.full(owners.size, -1, np.int32))
        lost = before[(before != owners) & (before >= 0)]
        with_row = owners[changed & (owners >= 0)]
        self._owners[site.name], self._published[site.name] = owners.copy(), views
        self._wait(_names(site, np.unique(np.concatenate([touched, lost, with_row]))))

    def size(self) -> int:
        """Articles that the round comes by, about."""
        slots = sum(len(site.ids) for site in self.ranker.sites.values())
        names = self.ranker.catalogue.editions()
        return slots + sum(self.ranker.catalogue.size(name) for name in names)

    def _all_articles(self) -> Iterator[Key]:
        for site in list(self.ranker.sites.values()):
            for edition, slots in zip(list(site.editions), list(site.slots), strict=True):
                yield from ((edition, article) for article in list(slots))
        yield from self.ranker.catalogue.articles()

    def _keep(self, boards: Iterable[Board]) -> None:
        for board in boards:
            self._boards.setdefault(board.edition, {})[board.surface] = board

    def _edition(self, name: str) -> EditionValue:
        held = self._boards.get(name, {})
        missing = [surface for surface in board_names() if surface not in held]
        self._keep(self.ranker.lists.live_board(name, surface) for surface in missing)
        boards = [self._boards[name][surface] for surface in board_names()]
        edition, profile = (
            self.ranker.lists.edition(name),
            self.ranker.lists.profile(name, Related.name),
        )
        ground = edition.ground(profile)
        slots, shares, lasting = ranked_shares(ground.popularity)
        level = ground.graph.level[0]
        ranked = (item.id for item in edition.popular(profile))
        shown = (id_ for id_ in ranked if may_stand(edition, id_, edition.card(id_)))
        return EditionValue(
            VERSION, name, ground.newest_ms, self.ranker.lists.profiles.base, boards,
            level["base_ms"].tolist(), level["half_life_ms"].tolist(),
            [edition.id_of(slot) for slot in slots.tolist()],
            slots.tobytes(), shares.tobytes(), lasting.tobytes(),
            list(islice(shown, FILLED)), self._hourly(name),
        )  # fmt: skip

    def _hourly(self, name: str) -> list[int]:
        """Views an hour, counted anew once a second of the log's clock."""
        edition = self.ranker.lists.edition(name)
        second, counts = self._traffic.get(name, (-1, []))
        if second != int(edition.at):
            second, counts = self._traffic[name] = int(edition.at), edition.hourly()
        return counts

    def _tags(self, name: str) -> TagsValue:
        edition = self.ranker.lists.edition(name)
        graph = edition.tags(self.ranker.lists.profile(name, Related.name))
        slots = np.array([edition.slot(card.id) for card in graph.cards], np.int32)
        return TagsValue(VERSION, list(graph.cards), slots.tobytes(), graph.mass.tobytes())


_NONE = np.zeros(0, np.int32)


def _names(site: Site, slots: NDArray[np.integer[Any]]) -> list[Key]:
    """Edition and id of the articles in some slots."""
    editions = site.state.article["edition"][slots].tolist()
    ids, names = site.ids, site.editions
    pairs = zip(editions, slots.tolist(), strict=True)
    return [(names[edition], ids[slot]) for edition, slot in pairs if ids[slot]]


def has_views(ranker: Ranker, edition: str, article: str) -> bool:
    """Say whether an article has any views."""
    return article_value(ranker, edition, article).slot >= 0


def article_value(ranker: Ranker, edition: str, article: str) -> ArticleValue:
    """Make one article's value."""
    card = ranker.catalogue.card(edition, article)
    is_gone = ranker.catalogue.is_gone(edition, article)
    site = ranker.sites.get(site_of(edition))
    slot = site.slot(edition, article) if site else -1
    if site is None or slot < 0:
        return ArticleValue(VERSION, card, is_gone)
    record, graph = site.state.article[slot], site.state.graph
    row = int(record["row"])
    value = ArticleValue(
        VERSION, card, is_gone, slot, int(record["accepted"]), int(record["counted"][0]),
        int(record["hour"]), record["hourly"].tobytes(),
        int(record["day"]), record["daily"].tobytes(),
    )  # fmt: skip
    if row < 0:
        return value
    size = int(graph.row["size"][row])
    neighbours = graph.neighbour[row, :size]
    return msgspec.structs.replace(
        value,
        base_ms=graph.level["base_ms"][0].tolist(),
        total=graph.row["total"][row].tolist(),
        neighbours=[site.ids[s] for s in neighbours.tolist()],
        neighbour_slots=neighbours.tobytes(),
        mass=graph.mass[row, :size].tobytes(),
    )
