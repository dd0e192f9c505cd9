"""The ranker: the whole engine behind five verbs.

`apply` a batch, `put` or `remove` articles, `tick`, `checkpoint`, `restore`. Live servers, workers,
replays, backtests and tests all drive this one class. It reads no clock: the time of its lists is
the log's, and how often it ticks changes nothing in its state.
"""

import math
import struct
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranking.content.availability import NO_CLOCK
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
from ranking.lists.boards import Board
from ranking.lists.lists import LISTS
from ranking.lists.live_lists import LiveLists
from ranking.lists.ranked_list import board_names
from ranking.profiles.profile import DEFAULT, Profile

MINUTE_MS = 60_000
DUE = 16
"""Boards a tick that are made because their time has come."""


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


class Ranker(LiveLists):
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
        super().__init__(
            settings or EngineSettings(),
            profile,
            catalogue if catalogue is not None else Catalogue(),
        )
        self.outcomes: dict[str, NDArray[np.int64]] = defaultdict(
            lambda: np.zeros(len(NAMES), np.int64)
        )
        """Events by outcome that this process has applied, of each site."""
        self.refused_cards = 0
        """Cards that there was no room for: their site or edition would be one too many."""
        self.position = 0
        self._unrenewed: set[str] = set()  # editions whose tags do not follow yet
        self._cards: list[tuple[str, str]] = []
        self._turns: dict[str, float] = {}  # when an article of an edition comes or goes next
        self._waiting: dict[tuple[str, str], None] = {}  # boards that are due
        self._minutes: dict[str, int] = {}  # of each site's silence

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
            if site.turns or self.catalogue.has_site(batch.site):
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
            at = self.edition(card.edition).listing_at
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
        self.edition(edition).card_changed(article)
        self._changed.add(edition)
        self._cards.append((edition, article))

    def tick(
        self,
        *,
        renew: bool = True,
        wall: float | None = None,
        made: Callable[[Board], None] | None = None,
    ) -> TickChanges:
        """Bring the lists up to the log and make the boards that changed, or whose time has come.

        Without a wall clock all of them are made. With one, what small editions borrow is looked at
        once a second, and what only time changes once a minute; these boards are made in turn,
        `DUE` at each tick. Where more than `DUE` editions had views, so are all but those that a
        first view may enter: Popular that is not full.

        Parameters
        ----------
        renew : bool
            Let tag graphs follow too, which costs some 20 ms an edition when they are read.
        wall : float
            Wall clock in seconds, of a live process.
        made : callable
            Given each board as soon as it is made, Popular first.
        """
        self.at_wall(wall)
        changed, self._changed = self._changed, set()
        cards, self._cards = self._cards, []
        touched, evicted, viewed = {}, [], set[str]()
        for site in list(self.sites.values()):
            slots = touched[site.name] = site.take_touched()
            evicted += site.take_evicted()
            of_edition = site.state.article["edition"][slots]
            for index in np.unique(of_edition).tolist():
                name = site.editions[index]
                self.edition(name).touch(slots[of_edition == index])
                viewed.add(name)
        turned = self._turned()
        self._turned_cards.update(map(site_of, turned))
        changed |= turned
        self._unrenewed |= changed | viewed
        if renew:
            for name in self._unrenewed:
                self.edition(name).renew_tags()
            self._unrenewed = set()
        surfaces = board_names()
        keys = set(product(changed, surfaces))
        fresh = set(product(viewed, surfaces)) - keys
        if len(viewed) > DUE and not math.isnan(self._wall):
            later = sorted(key for key in fresh if key[1] != surfaces[0] or self._is_full(*key))
            self._waiting |= dict.fromkeys(later)
            fresh.difference_update(later)
        keys |= fresh
        boards = []
        for key in sorted(keys | self._due(keys), key=_first_list_first):
            boards.append(self.live_board(*key))
            if made:
                made(boards[-1])
        for name in changed | viewed:
            self._turns[name] = self._next_turn(name)
        return TickChanges(
            boards, touched, evicted, cards, turned | {edition for edition, _ in cards}
        )

    @property
    def robots(self) -> Counter[str]:
        """Events of robots that this process has applied, of each site."""
        return Counter({site: int(its[ROBOT]) for site, its in self.outcomes.copy().items()})

    def remembered(self) -> Iterator[tuple[str, Remembered]]:
        """Site and how full each of its memories is."""
        for site in self._logged_sites():
            yield from ((site.name, its) for its in site.remembered())

    def _turned(self) -> set[str]:
        """Editions in which an article's time to be listed has come or gone."""
        clocks = {name: eligibility.listing_at for name, eligibility in self._eligibilities.items()}
        return {n for n, turn in self._turns.items() if turn <= clocks.get(site_of(n), NO_CLOCK)}

    def _next_turn(self, edition: str) -> float:
        at = self.edition(edition).listing_at
        return self.catalogue.next_turn(edition, at if at == at else -math.inf)

    def _due(self, made: set[tuple[str, str]]) -> set[tuple[str, str]]:
        """Boards that change though their editions did not, without those that are made anyway."""
        waiting = self._waiting
        for site in list(self.sites.values()):
            waiting |= dict.fromkeys(self._borrowers(site))
            minute = self._eligibility_of(site).idle_ms // MINUTE_MS
            if minute != self._minutes.get(site.name, 0):
                self._minutes[site.name] = minute
                waiting |= dict.fromkeys(self._timed(site.name))
        for key in made:
            waiting.pop(key, None)
        most = len(waiting) if math.isnan(self._wall) else DUE
        due = list(islice(waiting, most))
        for key in due:
            del waiting[key]
        return set(due)

    def _timed(self, site: str) -> Iterator[tuple[str, str]]:
        """Boards of a site that follow the reading clock."""
        for name, surface in product(self._of_site(site), board_names()):
            if LISTS[surface].follows_clock(self.profile(name, surface)):
                yield name, surface

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
            told = ", ".join(f"{name} {theirs[name]}, not {ours.get(name)}" for name in names)
            message = f"checkpoint was made with other engine settings: {told}"
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
            self._changed.update(site.editions)
        self.position = header.position
        return self

    def reread_from(self) -> int:
        """Log position from which the memory of repeats and visits must be reread."""
        turns = [site.reread_from() for site in self._logged_sites()]
        return min((turn.position for turn in turns), default=self.position)

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
        return [site for _, site in sorted(self.sites.items()) if site.turns]


def _first_list_first(key: tuple[str, str]) -> tuple[bool, tuple[str, str]]:
    return key[1] != board_names()[0], key
