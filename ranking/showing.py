"""Showing: the half of a ranker that reads. Lists out of sites and cards, under what operators say.

Nothing here changes any state: profiles, edits and what stands in a board are kept beside it.
"""

from collections.abc import Iterable
from functools import cached_property

from ranking.engine.event import site_of
from ranking.engine.settings import EngineSettings
from ranking.engine.site import Site
from ranking.lists.boards import SURFACES, Board, make_board, make_next
from ranking.lists.catalogue import Catalogue
from ranking.lists.edition import Edition
from ranking.lists.edits import NO_DESK, Desk
from ranking.lists.explaining import Explained, Explanation, explain
from ranking.lists.profile import Profile
from ranking.lists.profiles import Profiles
from ranking.lists.siblings import is_small
from ranking.lists.steadiness import Incumbents

BOARD_ITEMS = 20


class Showing:
    """Lists of all sites.

    Parameters
    ----------
    settings : EngineSettings
        Of sites that nobody has written yet.
    profile : Profile
        The live one of all lists, until `govern` tells of others.
    catalogue : Catalogue
    """

    def __init__(self, settings: EngineSettings, profile: Profile, catalogue: Catalogue) -> None:
        self.settings, self.catalogue = settings, catalogue
        self.profiles, self.desk = Profiles(profile), NO_DESK
        self.sites: dict[str, Site] = {}
        self._editions: dict[str, Edition] = {}
        self._changed: set[str] = set()
        self._incumbents: dict[tuple[str, str], Incumbents] = {}

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
        """The read model of an edition, `site/lang`; an empty one, not kept, of an unknown one."""
        kept = self._editions.get(name)
        if kept is not None:
            return kept
        site = self.sites.get(site_of(name))
        if site is None or not (name in site.editions or self.catalogue.size(name)):
            return Edition(self._nowhere, name, self.catalogue)
        self._editions[name] = Edition(site, name, self.catalogue)
        return self._editions[name]

    @cached_property
    def _nowhere(self) -> Site:
        """A site of nothing, for editions that nobody knows."""
        return Site("", EngineSettings(articles=64, rows=16, neighbours=8, arms=8))

    def siblings(self, name: str) -> list[Edition]:
        """The other editions of an edition's site, by name."""
        others = (other for other in self.editions() if other != name)
        return [self.edition(other) for other in others if site_of(other) == site_of(name)]

    def editions(self) -> list[str]:
        """Editions with views or cards, by name."""
        seen = {name for site in self.sites.values() for name in site.editions}
        return sorted(seen | set(self.catalogue.editions()))

    def boards(self, edition: str) -> list[Board]:
        """Make an edition's boards, steadied by what they show already."""
        return [self.live_board(edition, surface) for surface in SURFACES]

    def live_board(self, edition: str, surface: str) -> Board:
        """Make one board of an edition, steadied by what it shows already."""
        stood = self._incumbents.setdefault((edition, surface), Incumbents())
        return self.steadied(edition, surface, self.profile(edition, surface), stood)

    def steadied(
        self, edition: str, surface: str, profile: Profile, stood: Incumbents, section: str = ""
    ) -> Board:
        """Make one board under any profile, steadied by what it showed."""
        made, siblings = self.edition(edition), self.siblings(edition)
        edits = self.desk.of(edition, surface)
        return make_board(made, surface, profile, BOARD_ITEMS, section, siblings, stood, edits)

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

    def _is_small(self, edition: Edition) -> bool:
        return is_small(edition, self.profile(edition.name, "popular"))
