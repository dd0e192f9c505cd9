"""Observer: the notices of webhooks after a tick. Pure: this file sends nothing."""

from collections import Counter, deque
from collections.abc import Mapping
from typing import Any, NamedTuple

from ranking.engine.event import site_of
from ranking.lists.boards import Board
from ranking.ranker import Ranker, TickChanges
from ranking.settings_log.webhooks import NoticeKind, Webhook

MINUTE = 60.0


class Notice(NamedTuple):
    """A notice and its webhook."""

    url: str
    body: dict[str, Any]


class Observer:
    """The last observation of one ranker.

    Parameters
    ----------
    ranker : Ranker
    """

    def __init__(self, ranker: Ranker) -> None:
        self._ranker = ranker
        self._shown: dict[tuple[str, str], tuple[str, ...]] = {}
        self._last_view: dict[str, float] = {}  # time of each edition's last view
        self._silent: set[str] = set()
        self._robots: deque[tuple[float, Counter[str]]] = deque()
        self._surging: set[str] = set()

    def look(self, changes: TickChanges, hooks: Mapping[str, Webhook], now: float) -> list[Notice]:
        """Find the notices of a tick.

        Parameters
        ----------
        changes : TickChanges
        hooks : mapping of str to Hook
            By id.
        now : float
            Wall clock, seconds.
        """
        notices = []
        for board in changes.boards:
            notices += self._entered(board, hooks)
        self._hear(changes, now)
        if hooks:
            notices += self._silences(hooks, now) + self._surges(hooks, now)
        return notices

    def _entered(self, board: Board, hooks: Mapping[str, Webhook]) -> list[Notice]:
        key, notices = (board.edition, board.surface), []
        before = self._shown.get(key)
        self._shown[key] = board.ids
        for hook in hooks.values() if before is not None else ():
            if not hook.wants(NoticeKind.ENTERED, *key):
                continue
            for place, item in enumerate(board.items[: hook.places], 1):
                if item.id not in (before or ())[: hook.places]:
                    body = {
                        "what": NoticeKind.ENTERED.value, "edition": board.edition,
                        "surface": board.surface, "article": item.id, "place": place,
                        "title": item.card.title if item.card else "", "as_of": board.as_of,
                    }  # fmt: skip
                    notices.append(Notice(hook.url, body))
        return notices

    def _hear(self, changes: TickChanges, now: float) -> None:
        for name, slots in changes.touched.items():
            site = self._ranker.sites.get(name)
            if site is None or not slots.size:
                continue
            for index in set(site.state.article["edition"][slots].tolist()):
                edition = site.editions[index]
                self._last_view[edition] = now
                self._silent = {key for key in self._silent if not key.endswith(f" {edition}")}

    def _silences(self, hooks: Mapping[str, Webhook], now: float) -> list[Notice]:
        notices = []
        for edition, heard in self._last_view.items():
            for name, hook in hooks.items():
                key = f"{name} {edition}"
                late = now - heard >= hook.silent_after and key not in self._silent
                if late and hook.wants(NoticeKind.SILENT, edition):
                    self._silent.add(key)
                    body = {"what": NoticeKind.SILENT.value, "edition": edition, "since": heard}
                    notices.append(Notice(hook.url, body))
        return notices

    def _surges(self, hooks: Mapping[str, Webhook], now: float) -> list[Notice]:
        if not self._robots or now - self._robots[-1][0] >= 1.0:
            self._robots.append((now, self._ranker.robots.copy()))
        while len(self._robots) > 1 and now - self._robots[1][0] >= MINUTE:
            self._robots.popleft()
        recent, notices = self._ranker.robots - self._robots[0][1], []
        for name, hook in hooks.items():
            for site in self._ranker.sites:
                key, surges = f"{name} {site}", recent[site] >= hook.robots_a_minute
                is_meant = not hook.edition or site_of(hook.edition) == site
                if surges and is_meant and key not in self._surging:
                    if NoticeKind.ROBOTS in hook.of:
                        body = {
                            "what": NoticeKind.ROBOTS.value, "site": site, "refused": recent[site],
                            "seconds": MINUTE,
                        }  # fmt: skip
                        notices.append(Notice(hook.url, body))
                    self._surging.add(key)
                elif not surges:
                    self._surging.discard(key)
        return notices
