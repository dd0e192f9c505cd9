"""The ports of an embedded server, over the engine of the same process.

Calls that take the engine's lock run in a worker thread, so that ready answers never wait for it.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool

from ranking.embedded.live import Live, reason_of
from ranking.engine.outcomes import NAMES
from ranking.engine.settings import EngineSettings
from ranking.experiments.counting import Counted, counted
from ranking.experiments.plans import Experiment
from ranking.lists.boards import Board
from ranking.lists.explanation import Explained, Explanation
from ranking.lists.related import Related
from ranking.profiles.profile import Profile
from ranking.profiles.scopes import Profiles
from ranking.ranker import Ranker
from ranking.read_model.tag_graph import graph_json, tag_articles
from ranking.read_model.value_builder import article_value, has_views
from ranking.read_model.values import article_json, traffic_json
from ranking.service.intake import Intake
from ranking.service.prometheus import Metrics, Sample
from ranking.service.response_cache import ResponseCache
from ranking.settings_log.book import Book
from ranking.settings_log.decisions import Decision
from ranking.settings_log.drafts import Draft
from ranking.settings_log.override_reach import Reached, reached
from ranking.settings_log.overrides import Override

T = TypeVar("T")


class EmbeddedLists:
    """Lists of the live engine.

    Parameters
    ----------
    live : Live
    """

    def __init__(self, live: Live) -> None:
        self._live = live
        self.responses: ResponseCache = live.responses
        self._drafts: dict[str, Draft] = {}

    @property
    def profiles(self) -> Profiles:
        """Return the live profiles."""
        return self._live.book.profiles

    def fault(self) -> str:
        """Return why lists cannot be served; empty if they can."""
        if self._live.failure:
            return reason_of(self._live.failure)
        return "" if self._live.started.is_set() else "the engine is starting"

    def status(self) -> dict[str, Any]:
        """Return the state of the engine, for `/readyz`."""
        return {"position": self._live.ranker.position, "profile": self.profiles.base.name}

    def editions(self) -> list[str]:
        """Return the editions that have lists, by name."""
        return self._live.ranker.lists.editions()

    async def board(
        self, edition: str, surface: str, profile: Profile, n: int, section: str
    ) -> Board:
        """Make a board of an edition under a profile."""
        return await self._read(lambda r: r.lists.board(edition, surface, profile, n, section))

    async def next(
        self, edition: str, surface: str, pages: list[str], n: int, profile: Profile
    ) -> Board:
        """Make a list from pages, newest first."""
        return await self._read(lambda r: r.lists.next(edition, surface, pages, n, profile))

    async def explain(
        self, edition: str, surface: str, asked: Explained, profile: Profile
    ) -> list[Explanation]:
        """Explain the positions of articles in a list."""
        return await self._read(lambda r: r.lists.explain(edition, surface, asked, profile))

    async def keep(self, draft: Draft) -> None:
        """Keep a draft until it expires."""
        now = time.time()
        kept = {name: old for name, old in self._drafts.items() if old.expires_at > now}
        self._drafts = kept | {draft.id: draft}

    async def draft(self, id: str) -> Draft | None:
        """Return a draft, None if there is none or it has expired."""
        found = self._drafts.get(id)
        return found if found and found.expires_at > time.time() else None

    async def article(self, edition: str, article: str) -> dict[str, Any] | None:
        """Return an article's card and counts, None if it has neither."""

        def read(ranker: Ranker) -> dict[str, Any] | None:
            value = article_value(ranker, edition, article)
            if value.card is None and value.slot < 0:
                return None
            return article_json(value, edition, article, ranker.lists.edition(edition).at)

        return await self._read(read)

    async def traffic(self) -> list[dict[str, Any]]:
        """Return the views per hour of every edition."""

        def read(ranker: Ranker) -> list[dict[str, Any]]:
            models = [ranker.lists.edition(name) for name in ranker.lists.editions()]
            return [traffic_json(model.name, model.at, model.hourly()) for model in models]

        return await self._read(read)

    async def counted(self, name: str, experiment: Experiment) -> Counted:
        """Return the sums of an experiment, up to the end of the log."""
        return await self._read(lambda r: counted(name, experiment, r.arms()))

    async def reached(self, act: Override) -> Reached:
        """Return the articles that an override affects, by edition."""
        viewed = await self._read(lambda r: _viewed(r, act))
        ranker = self._live.ranker
        editions = ranker.lists.editions()
        return await run_in_threadpool(
            lambda: reached(act, ranker.catalogue, editions, lambda *name: name in viewed)
        )

    async def graph(self, edition: str, tag: str) -> dict[str, Any]:
        """Return a tag's neighbours, synonyms and history."""

        def read(ranker: Ranker) -> dict[str, Any]:
            model = ranker.lists.edition(edition)
            graph = model.tags(ranker.lists.profile(edition, Related.name))
            values = {id: article_value(ranker, edition, id) for id in tag_articles(graph, tag)}
            return graph_json(graph, values, edition, tag, model.at)

        return await self._read(read)

    async def _read(self, read: Callable[[Ranker], T]) -> T:
        def locked() -> T:
            with self._live.lock:
                return read(self._live.ranker)

        return await run_in_threadpool(locked)


def embedded_intake(live: Live) -> Intake:
    """Make the way of requests to the log of a live engine."""
    return Intake(live.log, live.commits, partial(room_faults, live), has_outcomes=True)


def room_faults(live: Live, editions: Iterable[str]) -> dict[str, str]:
    """Return the reasons why editions cannot open, by edition."""
    ranker, opening, faults = live.ranker, list[str](), dict[str, str]()
    for edition in dict.fromkeys(editions):
        if ranker.has_room_for(edition, opening):
            opening.append(edition)
        else:
            faults[edition] = no_room(edition, ranker.settings)
    return faults


def no_room(edition: str, settings: EngineSettings) -> str:
    """Return why an edition cannot open."""
    return (
        f"edition {edition} cannot open: there is room for {settings.sites} sites (--sites) and"
        f" {settings.editions} editions of a site (--editions)"
    )


class EmbeddedSettings:
    """The settings log in the data folder.

    Parameters
    ----------
    live : Live
    """

    def __init__(self, live: Live) -> None:
        self._live = live
        self.book: Book = live.book

    def fault(self) -> str:
        """Return why this process does not know the decisions; empty if it does."""
        return "; ".join(self.book.faults)

    async def write(self, record: Decision) -> None:
        """Return when the record holds.

        Raises
        ------
        ConflictError
            If another decision was first.
        Refused
            If the log does not take it.
        """
        await self._live.decide(record)


def _viewed(ranker: Ranker, act: Override) -> set[tuple[str, str]]:
    """The articles of an override that have views."""
    order = act.scoped_edit()
    editions = [edition for edition in ranker.lists.editions() if order.is_for(edition)]
    pairs = ((edition, article) for edition in editions for article in act.articles)
    return {pair for pair in pairs if has_views(ranker, *pair)}


def metrics_of(live: Live) -> Metrics:
    """Build the metrics of an embedded server."""
    metrics = Metrics()
    metrics.gauge("tolqyn_log_position", "Next log position", lambda: live.ranker.position)
    metrics.gauge("tolqyn_waiting_requests", "Requests not logged yet", live.commits.waiting)
    metrics.gauge("tolqyn_articles", "Articles with state", lambda: _articles(live.ranker))
    metrics.gauge("tolqyn_coread_rows", "Co-read rows in use", lambda: _rows(live.ranker))
    metrics.gauge("tolqyn_cards_refused", "Cards without room", lambda: live.ranker.refused_cards)
    metrics.collect(lambda: engine_samples(live.ranker))
    return metrics


def _articles(ranker: Ranker) -> float:
    return sum(len(site.ids) for site in list(ranker.sites.values()))


def _rows(ranker: Ranker) -> float:
    graphs = [site.state.graph for site in list(ranker.sites.values())]
    return float(sum(g.row.size - int(g.level["free_rows"][0]) for g in graphs))


def engine_samples(ranker: Ranker) -> Iterator[Sample]:
    """Yield samples of events by outcome, and of each site's hash tables."""
    for site, counts in sorted(ranker.outcomes.copy().items()):
        for outcome, count in zip(NAMES[1:], counts[1:].tolist(), strict=True):
            labels = {"site": site, "outcome": outcome}
            yield Sample("tolqyn_events_total", "Events applied, by outcome", labels, count)
    for site, memory in ranker.remembered():
        labels = {"site": site, "memory": memory.name}
        yield Sample("tolqyn_memory_entries", "Entries of a memory", labels, memory.entries)
        yield Sample("tolqyn_memory_bound", "Entries it has room for", labels, memory.most)
        text = "Log time that a memory reaches back; less than it should where it was full"
        yield Sample("tolqyn_memory_window_seconds", text, labels, memory.window)
