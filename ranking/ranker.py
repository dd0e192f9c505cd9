"""The ranker: the whole engine behind five verbs.

`apply` a batch, `put` or `remove` articles, `tick`, `checkpoint`, `restore`. Live servers, workers,
replays, backtests and tests all drive this one class. It reads no clock: the time of its lists is
the log's, and how often it ticks changes nothing in its state.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranking.engine.batch import Batch
from ranking.engine.checkpoint import Place, place_of, restored_site, state_bytes
from ranking.engine.settings import EngineSettings
from ranking.engine.site import Site
from ranking.lists.boards import SURFACES, Board, make_board, make_next
from ranking.lists.catalogue import Card, Catalogue
from ranking.lists.edition import Edition
from ranking.lists.profile import DEFAULT, Profile

VERSION = 2
BOARD_ITEMS = 20


class CheckpointError(ValueError):
    """The bytes are no checkpoint that this version, with these settings, can start from."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What came of the log and the cards since the tick before.

    Attributes
    ----------
    boards : list of Board
        Those of the editions that changed, by edition.
    touched : dict of str to (n,) int32
        Slots of each site's articles that were viewed.
    evicted, cards : list of (str, str)
        Edition and id of articles that lost their state, and of those whose cards changed.
    """

    boards: list[Board]
    touched: dict[str, NDArray[np.int32]]
    evicted: list[tuple[str, str]]
    cards: list[tuple[str, str]]


class Header(msgspec.Struct, array_like=True, frozen=True):
    """What precedes the states of a checkpoint."""

    version: int
    settings: dict[str, object]
    position: int
    places: list[Place]
    sizes: list[int]


class Ranker:
    """State and lists of all sites of one log.

    Parameters
    ----------
    settings : EngineSettings
    profile : Profile
        The live one.
    catalogue : Catalogue
        Shared with whoever else reads cards.
    """

    def __init__(
        self,
        settings: EngineSettings | None = None,
        profile: Profile = DEFAULT,
        catalogue: Catalogue | None = None,
    ) -> None:
        self.settings = settings or EngineSettings()
        self.profile = profile
        self.catalogue = catalogue if catalogue is not None else Catalogue()
        self.position = 0
        self.sites: dict[str, Site] = {}
        self._editions: dict[str, Edition] = {}
        self._changed: set[str] = set()
        self._unrenewed: set[str] = set()  # editions whose tags do not follow yet
        self._cards: list[tuple[str, str]] = []

    def apply(self, batch: Batch, position: int) -> int:
        """Apply the batch at a log position; returns how many of its views were new.

        Parameters
        ----------
        batch : Batch
        position : int
            At least `self.position`.
        """
        site = self.sites.get(batch.site)
        if site is None:
            site = self.sites[batch.site] = Site(batch.site, self.settings)
        applied = site.apply(batch, position)
        self.position = position + 1
        return applied

    def put(self, cards: Iterable[Card]) -> None:
        """Add or replace article cards."""
        for card in cards:
            self.catalogue.put(card)
            self.edition(card.edition).card_changed(card.id)
            self._changed.add(card.edition)
            self._cards.append((card.edition, card.id))

    def remove(self, edition: str, article: str) -> bool:
        """Take an article down; says whether its card was known."""
        known = self.catalogue.remove(edition, article)
        self.edition(edition).card_changed(article)
        self._changed.add(edition)
        self._cards.append((edition, article))
        return known

    def edition(self, name: str) -> Edition:
        """The read model of an edition, `site/lang`, empty if nothing of it is known."""
        if name not in self._editions:
            site_name = name.partition("/")[0]
            site = self.sites.get(site_name)
            if site is None:
                site = self.sites[site_name] = Site(site_name, self.settings)
            self._editions[name] = Edition(site, name, self.catalogue)
        return self._editions[name]

    def editions(self) -> list[str]:
        """Editions with views or cards, by name."""
        seen = {name for site in self.sites.values() for name in site.editions}
        return sorted(seen | set(self.catalogue.editions()))

    def tick(self, *, renew: bool = True) -> Changes:
        """Bring the lists up to the log and make the boards of the editions that changed.

        Parameters
        ----------
        renew : bool
            Let tag graphs follow too, which costs some 20 ms an edition when they are read.
        """
        changed, self._changed = self._changed, set()
        cards, self._cards = self._cards, []
        touched, evicted = {}, []
        for site in list(self.sites.values()):
            slots = touched[site.name] = site.take_touched()
            evicted += site.take_evicted()
            of_edition = site.state.article["edition"][slots]
            for index in np.unique(of_edition).tolist():
                name = site.editions[index]
                self.edition(name).touch(slots[of_edition == index])
                changed.add(name)
        self._unrenewed |= changed
        if renew:
            for name in self._unrenewed:
                self.edition(name).renew_tags()
            self._unrenewed = set()
        boards = [board for name in sorted(changed) for board in self.boards(name)]
        return Changes(boards, touched, evicted, cards)

    def boards(self, edition: str) -> list[Board]:
        """Make an edition's boards as they stand."""
        made = self.edition(edition)
        return [make_board(made, surface, self.profile, BOARD_ITEMS) for surface in SURFACES]

    def board(self, edition: str, surface: str, profile: Profile, n: int, section: str) -> Board:
        """Make one board of an edition under any profile."""
        return make_board(self.edition(edition), surface, profile, n, section)

    def related(self, edition: str, article: str, n: int) -> Board:
        """Make Related of an article, known or not."""
        return make_next(self.edition(edition), "related", self.profile, [article], n)

    def for_you(self, edition: str, recent: list[str], n: int) -> Board:
        """Make For this visit from the last pages read, newest first."""
        return make_next(self.edition(edition), "foryou", self.profile, recent, n)

    def state(self) -> bytes:
        """All that follows from the log's views, and nothing else."""
        return b"".join(state_bytes(site) for site in self._logged_sites())

    def checkpoint(self) -> bytes:
        """Write the state and the log position that it stands for."""
        sites = self._logged_sites()
        states = [state_bytes(site) for site in sites]
        header = Header(
            VERSION,
            self.settings.as_dict(),
            self.position,
            [place_of(site) for site in sites],
            [len(state) for state in states],
        )
        head = msgspec.msgpack.encode(header)
        return b"".join([len(head).to_bytes(8, "little"), head, *states])

    @classmethod
    def restore(
        cls,
        data: bytes,
        settings: EngineSettings | None = None,
        profile: Profile = DEFAULT,
        catalogue: Catalogue | None = None,
    ) -> "Ranker":
        """Build a ranker from a checkpoint; `reread` must follow from `reread_from` on.

        Raises
        ------
        CheckpointError
            If the version or the engine settings differ: the log must be replayed.
        """
        ranker = cls(settings, profile, catalogue)
        start = 8 + int.from_bytes(data[:8], "little")
        try:
            header = msgspec.msgpack.decode(data[8:start], type=Header)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            message = f"checkpoint is unreadable: {error}"
            raise CheckpointError(message) from error
        if start + sum(header.sizes) != len(data):
            message = f"checkpoint is cut: {len(data)} of {start + sum(header.sizes)} bytes"
            raise CheckpointError(message)
        if header.version != VERSION or header.settings != ranker.settings.as_dict():
            message = "checkpoint was made by another version or with other engine settings"
            raise CheckpointError(message)
        for place, size in zip(header.places, header.sizes, strict=True):
            site = restored_site(data[start : start + size], place, ranker.settings)
            ranker.sites[site.name] = site
            ranker._changed.update(site.editions)
            start += size
        ranker.position = header.position
        return ranker

    def reread_from(self) -> int:
        """Log position from which the memory of repeats and visits must be reread."""
        turns = [site.reread_from() for site in self._logged_sites()]
        return min((turn.position for turn in turns), default=self.position)

    def reread(self, batches: Iterable[tuple[int, Batch]]) -> None:
        """Feed the memory with the batches from `reread_from` up to the checkpoint."""
        starts = {name: site.reread_from() for name, site in self.sites.items() if site.turns}
        views = {name: turn.views for name, turn in starts.items()}
        sequences = {name: dict(turn.sequences) for name, turn in starts.items()}
        for position, batch in batches:
            start = starts.get(batch.site)
            if start is not None and position >= start.position:
                views[batch.site] += self.sites[batch.site].reread(
                    batch, views[batch.site], sequences[batch.site]
                )

    def _logged_sites(self) -> list[Site]:
        return [site for _, site in sorted(self.sites.items()) if site.turns]
