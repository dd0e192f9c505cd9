"""The ranker: the whole engine behind five verbs.

`apply` a batch, `put` or `remove` articles, `tick`, `checkpoint`, `restore`. Live servers, workers,
replays, backtests and tests all drive this one class. It reads no clock: the time of its lists is
the log's, and how often it ticks changes nothing in its state.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.engine.batch import Batch
from ranking.engine.checkpoint import restored_site, snapshot_of, state_bytes
from ranking.engine.event import site_of
from ranking.engine.settings import EngineSettings
from ranking.engine.site import Site
from ranking.lists.boards import SURFACES, Board, make_board, make_next
from ranking.lists.catalogue import Card, Catalogue
from ranking.lists.edition import Edition
from ranking.lists.edits import NO_DESK, Desk
from ranking.lists.explaining import Explained, Explanation, explain
from ranking.lists.profile import DEFAULT, Profile
from ranking.lists.profiles import Profiles
from ranking.lists.siblings import is_small
from ranking.lists.steadiness import Incumbents
from ranking.rereading import Rereading
from ranking.snapshot import (
    CheckpointError,
    Header,
    Marks,
    Snapshot,
    head_name,
    page_name,
    piece_names,
    read_whole,
)

BOARD_ITEMS = 20


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


class Ranker:
    """State and lists of all sites of one log.

    Parameters
    ----------
    settings : EngineSettings
    profile : Profile
        The live one of all lists, until `govern` tells of others.
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
        self.profiles = Profiles(profile)
        self.desk = NO_DESK
        self.robots: Counter[str] = Counter()
        self.catalogue = catalogue if catalogue is not None else Catalogue()
        self.position = 0
        self.sites: dict[str, Site] = {}
        self._editions: dict[str, Edition] = {}
        self._changed: set[str] = set()
        self._unrenewed: set[str] = set()  # editions whose tags do not follow yet
        self._cards: list[tuple[str, str]] = []
        self._incumbents: dict[tuple[str, str], Incumbents] = {}

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
        robots = batch.columns.get("robot")
        if robots is not None:
            self.robots[batch.site] += int(robots.sum())
        self.position = position + 1
        return applied

    def pass_over(self, position: int) -> None:
        """Leave out what stands at a log position, since nobody can read it."""
        self.position = position + 1

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

    def govern(self, profiles: Profiles, desk: Desk = NO_DESK) -> bool:
        """Make lists under other profiles and edits from the next tick on; no state changes.

        What stands in a board whose profile changed has no advantage any more. Says whether they
        are others than before.
        """
        if profiles is self.profiles and desk == self.desk:
            return False
        held = self._incumbents.items()
        self._incumbents = {
            key: its for key, its in held if profiles.of(*key) == self.profiles.of(*key)
        }
        self.profiles, self.desk = profiles, desk
        self._changed.update(self.editions())
        return True

    def profile(self, edition: str, surface: str = "", section: str = "") -> Profile:
        """The live profile of a list."""
        return self.profiles.of(edition, surface, section)

    def edition(self, name: str) -> Edition:
        """The read model of an edition, `site/lang`, empty if nothing of it is known."""
        if name not in self._editions:
            site_name = site_of(name)
            site = self.sites.get(site_name)
            if site is None:
                site = self.sites[site_name] = Site(site_name, self.settings)
            self._editions[name] = Edition(site, name, self.catalogue)
        return self._editions[name]

    def siblings(self, name: str) -> list[Edition]:
        """The other editions of an edition's site, by name."""
        others = (other for other in self.editions() if other != name)
        return [self.edition(other) for other in others if site_of(other) == site_of(name)]

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
        for name in sorted(changed):
            changed.update(other.name for other in self.siblings(name) if self._is_small(other))
        self._unrenewed |= changed
        if renew:
            for name in self._unrenewed:
                self.edition(name).renew_tags()
            self._unrenewed = set()
        boards = [board for name in sorted(changed) for board in self.boards(name)]
        return Changes(boards, touched, evicted, cards)

    def boards(self, edition: str) -> list[Board]:
        """Make an edition's boards, steadied by what they show already."""
        made, siblings = self.edition(edition), self.siblings(edition)
        return [
            make_board(
                made, surface, self.profile(edition, surface), BOARD_ITEMS, siblings=siblings,
                incumbents=self._incumbents.setdefault((edition, surface), Incumbents()),
                edits=self.desk.of(edition, surface),
            )
            for surface in SURFACES
        ]  # fmt: skip

    def stood(self, boards: Iterable[Board]) -> None:
        """Learn what was published before this ranker began, so that it does not jump."""
        for board in boards:
            kept = Incumbents(board.viewed, board.as_of)
            self._incumbents.setdefault((board.edition, board.surface), kept)

    def board(self, edition: str, surface: str, profile: Profile, n: int, section: str) -> Board:
        """Make one board of an edition under any profile."""
        made, siblings, edits = self.edition(edition), self.siblings(edition), self.desk
        return make_board(
            made, surface, profile, n, section, siblings, edits=edits.of(edition, surface)
        )

    def next(
        self, edition: str, surface: str, pages: list[str], n: int, profile: Profile | None = None
    ) -> Board:
        """Make Related of one page, or For this visit of the last ones, newest first.

        Parameters
        ----------
        edition : str
        surface : str
            `related` or `foryou`.
        pages : list of str
            Known or not.
        n : int
        profile : Profile
            The live one if none is given.
        """
        made, edits = self.edition(edition), self.desk.of(edition, surface)
        return make_next(made, surface, profile or self.profile(edition, surface), pages, n, edits)

    def explain(
        self, edition: str, surface: str, asked: Explained, profile: Profile
    ) -> list[Explanation]:
        """Explain where some articles stand in a list, or why they do not."""
        edits, siblings = self.desk.of(edition, surface), self.siblings(edition)
        return explain(self.edition(edition), surface, profile, asked, edits, siblings)

    def related(self, edition: str, article: str, n: int) -> Board:
        """Make Related of an article, known or not."""
        return self.next(edition, "related", [article], n)

    def for_you(self, edition: str, recent: list[str], n: int) -> Board:
        """Make For this visit from the last pages read, newest first."""
        return self.next(edition, "foryou", recent, n)

    def state(self) -> bytes:
        """All that follows from the log's views, and nothing else."""
        return b"".join(state_bytes(site) for site in self._logged_sites())

    def snapshot(self, since: Marks | None = None) -> Snapshot:
        """Copy the state and the log position that it stands for.

        Parameters
        ----------
        since : Marks
            Of another snapshot of this ranker: only what changed since is copied.
        """
        marks = since or {}
        sites = [snapshot_of(site, marks.get(site.name)) for site in self._logged_sites()]
        return Snapshot(self.settings.as_dict(), self.position, sites)

    def checkpoint(self) -> bytes:
        """Write the state and the log position that it stands for."""
        return self.snapshot().whole()

    @classmethod
    def restore(
        cls,
        data: bytes,
        settings: EngineSettings | None = None,
        profile: Profile = DEFAULT,
        catalogue: Catalogue | None = None,
    ) -> "Ranker":
        """Build a ranker from a checkpoint; `rereading` must follow from `reread_from` on.

        Raises
        ------
        CheckpointError
            If the version or the engine settings differ: the log must be replayed.
        """
        return cls(settings, profile, catalogue).restored(*read_whole(data))

    def restored(self, header: Header, pieces: Mapping[str, bytes]) -> "Ranker":
        """Fill an empty ranker from the pieces of a checkpoint; the same ranker.

        Raises
        ------
        CheckpointError
            As for `restore`.
        """
        if header.settings != self.settings.as_dict():
            message = "checkpoint was made with other engine settings"
            raise CheckpointError(message)
        if missing := [name for name in piece_names(header) if name not in pieces]:
            message = f"checkpoint lacks {len(missing)} pieces, {missing[0]} first"
            raise CheckpointError(message)
        for name, count, place in header.sites:
            pages = [pieces[page_name(name, number)] for number in range(count)]
            site = restored_site(pieces[head_name(name)], pages, place, self.settings)
            self.sites[name] = site
            self._changed.update(site.editions)
        self.position = header.position
        return self

    def reread_from(self) -> int:
        """Log position from which the memory of repeats and visits must be reread."""
        turns = [site.reread_from() for site in self._logged_sites()]
        return min((turn.position for turn in turns), default=self.position)

    def rereading(self) -> Rereading:
        """Who takes the batches from `reread_from` up to the position, after `restore`."""
        return Rereading(self.sites)

    def reread(self, batches: Iterable[tuple[int, Batch]]) -> None:
        """Feed the memory with the batches from `reread_from` up to the position."""
        rereading = self.rereading()
        for position, batch in batches:
            rereading.take(batch, position)

    def _is_small(self, edition: Edition) -> bool:
        return is_small(edition, self.profile(edition.name, "popular"))

    def _logged_sites(self) -> list[Site]:
        return [site for _, site in sorted(self.sites.items()) if site.turns]
