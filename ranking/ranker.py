"""The ranker: the whole engine behind five verbs.

`apply` a batch, `put` or `remove` articles, `tick`, `checkpoint`, `restore`; `lists` reads its
lists. Live servers, workers, replays, backtests and tests all drive this one class. It reads no
clock: the time of its lists is the log's, and how often it ticks changes nothing in its state.
"""

import logging
import math
import struct
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranking.content.cards import Card
from ranking.content.catalogue import Catalogue
from ranking.engine.batch import Batch
from ranking.engine.checkpoint import restored_site, snapshot_of, state_bytes
from ranking.engine.event import site_of
from ranking.engine.outcomes import NAMES, NO_ROOM, ROBOT
from ranking.engine.recovery import Rereading
from ranking.engine.settings import EngineSettings
from ranking.engine.signals.experiment_sums import ArmSums
from ranking.engine.site import Remembered, Site
from ranking.engine.snapshot import (
    CheckpointError,
    CheckpointHeader,
    Marks,
    Snapshot,
    arm_name,
    head_name,
    ids_names,
    page_name,
    piece_names,
    read_whole,
)
from ranking.lists.board_schedule import BoardSchedule
from ranking.lists.boards import Board
from ranking.lists.live_lists import LiveLists
from ranking.profiles.profile import DEFAULT, Profile

log = logging.getLogger("tolqyn")


@dataclass(frozen=True, slots=True)
class TickChanges:
    """Changes by events and cards since the previous tick.

    Attributes
    ----------
    boards : list of Board
        Those of the editions that changed, Popular first.
    touched : dict of str to (n,) int32
        Slots of each site's articles that were viewed.
    evicted, cards : list of (str, str)
        Edition and id of articles that lost their state, and of those whose cards changed.
    listed : set of str
        Editions in which other articles may be listed than before.
    """

    boards: list[Board]
    touched: dict[str, NDArray[np.int32]]
    evicted: list[tuple[str, str]]
    cards: list[tuple[str, str]]
    listed: set[str]


class Ranker:
    """State and lists of all sites of one log.

    Parameters
    ----------
    settings : EngineSettings
    profile : Profile
        The live profile of all lists, until `govern` sets others.
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
        self.catalogue = catalogue if catalogue is not None else Catalogue()
        self.sites: dict[str, Site] = {}
        self.lists = LiveLists(self.sites, profile, self.catalogue)
        self.outcomes: dict[str, NDArray[np.int64]] = defaultdict(
            lambda: np.zeros(len(NAMES), np.int64)
        )
        """Events by outcome that this process has applied, of each site."""
        self.refused_cards = 0
        """Cards that there was no room for: their site or edition would be one too many."""
        self.position = 0
        self._unrenewed: set[str] = set()  # editions whose tags do not follow yet
        self._cards: list[tuple[str, str]] = []
        self._schedule = BoardSchedule(self.lists)

    def apply(self, batch: Batch, position: int) -> NDArray[np.uint8]:
        """Apply the batch at a log position.

        The first view that acts opens its site and its edition, as long as there is room.

        Parameters
        ----------
        batch : Batch
        position : int
            At least `self.position`.

        Returns
        -------
        (n_views,) uint8
            What became of each view: see `engine.outcomes`.
        """
        self.position = position + 1
        site = self._opened(batch.site)
        if site is None:
            outcome = np.full(len(batch), NO_ROOM, np.uint8)
        else:
            outcome = site.apply(batch, position)
            if site.window_starts or self.catalogue.has_site(batch.site):
                self.sites[batch.site] = site
        if site is not None:
            self.outcomes[batch.site] += np.bincount(outcome, minlength=len(NAMES))
        else:
            self.outcomes[""] += np.bincount(outcome, minlength=len(NAMES))
        return outcome

    def pass_over(self, position: int) -> None:
        """Leave out what stands at a log position, since nobody can read it."""
        self.position = position + 1

    def put(self, cards: Iterable[Card]) -> None:
        """Add or replace article cards; those of articles that were taken down are passed over."""
        for card in cards:
            if not self.has_room_for(card.edition):
                self.refused_cards += 1
                continue
            at = self.lists.edition(card.edition).listing_at
            if self.catalogue.put(card, at if at == at else math.inf):
                site = self._opened(site_of(card.edition))
                assert site is not None
                self.sites[site.name] = site
                self._card_changed(card.edition, card.id)

    def is_open(self, edition: str) -> bool:
        """Say whether an edition has had an event or a card."""
        site = self.sites.get(site_of(edition))
        return site is not None and (edition in site.editions or self.catalogue.size(edition) > 0)

    def has_room_for(self, edition: str, opening: Iterable[str] = ()) -> bool:
        """Say whether an edition is open, or there is room to open it.

        Parameters
        ----------
        edition : str
        opening : iterable of str
            Editions that are about to open before it.
        """
        site, others = site_of(edition), set(opening)
        if self.is_open(edition) or edition in others:
            return True
        sites = set(self.sites) | {site_of(name) for name in others}
        if site not in sites:
            return len(sites) < self.settings.sites
        known = {n for n in (*self.catalogue.editions(), *others) if site_of(n) == site}
        held = self.sites.get(site)
        return len(known | set(held.editions if held else ())) < self.settings.editions

    def remove(self, edition: str, article: str) -> bool:
        """Take an article down; says whether its card was known."""
        known = self.catalogue.remove(edition, article)
        if known or self.is_open(edition):
            self._card_changed(edition, article)
        return known

    def reinstate(self, edition: str, article: str, card: Card | None = None) -> bool:
        """Bring an article back that was taken down, with its card if that is known.

        Says whether it was taken down.
        """
        was_gone = self.catalogue.restore(edition, article)
        if was_gone and self.is_open(edition):
            self._card_changed(edition, article)
        if card:
            self.put([card])
        return was_gone

    def _card_changed(self, edition: str, article: str) -> None:
        self.lists.edition(edition).card_changed(article)
        self.lists.changed.add(edition)
        self._cards.append((edition, article))

    def tick(
        self,
        *,
        renew: bool = True,
        wall: float | None = None,
        made: Callable[[Board], None] | None = None,
    ) -> TickChanges:
        """Bring the lists up to the log and make the boards that changed, or whose time has come.

        Without a wall clock all of them are made; with one, those that `BoardSchedule` says.

        Parameters
        ----------
        renew : bool
            Let tag graphs follow too, which costs some 20 ms an edition when they are read.
        wall : float
            Wall clock in seconds, of a live process.
        made : callable
            Given each board as soon as it is made, Popular first.
        """
        self.lists.at_wall(wall)
        changed, self.lists.changed = self.lists.changed, set()
        cards, self._cards = self._cards, []
        touched, evicted, viewed = {}, [], set[str]()
        for site in list(self.sites.values()):
            slots = touched[site.name] = site.take_touched()
            evicted += site.take_evicted()
            of_edition = site.state.article["edition"][slots]
            for index in np.unique(of_edition).tolist():
                name = site.editions[index]
                self.lists.edition(name).touch(slots[of_edition == index])
                viewed.add(name)
        by_time = self._schedule.editions_changed_by_time()
        self.lists.listing_changes.update(map(site_of, by_time))
        changed |= by_time
        self._unrenewed |= changed | viewed
        if renew:
            for name in self._unrenewed:
                self.lists.edition(name).renew_tags()
            self._unrenewed = set()
        boards = []
        for key in self._schedule.boards(changed, viewed):
            boards.append(self.lists.live_board(*key))
            if made:
                made(boards[-1])
        self._schedule.note(changed | viewed)
        return TickChanges(
            boards, touched, evicted, cards, by_time | {edition for edition, _ in cards}
        )

    @property
    def robots(self) -> Counter[str]:
        """Events of robots that this process has applied, of each site."""
        return Counter({site: int(counts[ROBOT]) for site, counts in self.outcomes.copy().items()})

    def remembered(self) -> Iterator[tuple[str, Remembered]]:
        """Site and how full each of its memories is."""
        for site in self._logged_sites():
            yield from ((site.name, memory) for memory in site.remembered())

    def arms(self) -> Iterator[tuple[str, int, list[ArmSums]]]:
        """Site, log position that comes next, and sums by arm, uncopied."""
        for site in self._logged_sites():
            rows = [site.arms.row(place) for place in range(len(site.arms.names))]
            yield site.name, self.position, rows

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

    def restored(self, header: CheckpointHeader, pieces: Mapping[str, bytes]) -> "Ranker":
        """Fill an empty ranker from the pieces of a checkpoint; the same ranker.

        Raises
        ------
        CheckpointError
            As for `restore`.
        """
        theirs, ours = EngineSettings.completed(header.settings), self.settings.as_dict()
        if theirs != ours:
            names = [name for name in theirs if theirs[name] != ours.get(name)]
            differences = ", ".join(
                f"{name} {theirs[name]}, not {ours.get(name)}" for name in names
            )
            message = f"checkpoint was made with other engine settings: {differences}"
            raise CheckpointError(message)
        if missing := [name for name in piece_names(header) if name not in pieces]:
            message = f"checkpoint lacks {len(missing)} pieces, {missing[0]} first"
            raise CheckpointError(message)
        for name, count, place in header.sites:
            pages = [pieces[page_name(name, number)] for number in range(count)]
            arms = [pieces[arm_name(name, number)] for number in range(len(place.begun))]
            ids = [pieces[piece] for piece in ids_names(name, place)]
            try:
                site = restored_site(
                    pieces[head_name(name)], pages, arms, ids, place, self.settings,
                    header.position,
                )  # fmt: skip
            except (ValueError, KeyError, struct.error, msgspec.MsgspecError) as error:
                message = f"checkpoint is unreadable, site {name}: {error!r}"
                raise CheckpointError(message) from error
            self.sites[name] = site
            self.lists.changed.update(site.editions)
            _warn_of_signals(site, dict(place.signals))
        self.position = header.position
        return self

    def reread_from(self) -> int:
        """Log position from which the memory of repeats and visits must be reread."""
        starts = [site.reread_from() for site in self._logged_sites()]
        return min((start.position for start in starts), default=self.position)

    def rereading(self) -> Rereading:
        """Reads the batches from `reread_from` up to the position again, after `restore`."""
        return Rereading(self.sites)

    def reread(self, batches: Iterable[tuple[int, Batch]]) -> None:
        """Feed the memory with the batches from `reread_from` up to the position."""
        rereading = self.rereading()
        for position, batch in batches:
            rereading.take(batch, position)

    def _opened(self, name: str) -> Site | None:
        """A site, a new one if it is not known yet, None if there is no room for it."""
        if name in self.sites:
            return self.sites[name]
        return Site(name, self.settings) if len(self.sites) < self.settings.sites else None

    def _logged_sites(self) -> list[Site]:
        return [site for _, site in sorted(self.sites.items()) if site.window_starts]


def _warn_of_signals(site: Site, kept: Mapping[str, int]) -> None:
    """Tell the log which signals a checkpoint has in vain, and which it lacks."""
    for name in sorted(kept.keys() - site.tables.keys()):
        log.warning(
            "signal %s of site %s is not registered: its counts are dropped", name, site.name
        )
    for name in sorted(site.tables.keys() - kept.keys()):
        log.warning(
            "signal %s of site %s counts from here on: no checkpoint has it", name, site.name
        )
