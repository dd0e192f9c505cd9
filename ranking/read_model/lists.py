"""Lists from the read model: the port of an API process in a cluster.

Boards and leaders of every edition are held here and follow the store; a Related list costs one
read for the page and one for what is listed. While the store is away, what was held is served.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from ranking.engine.checkpoint import arm_of
from ranking.engine.event import site_of
from ranking.engine.signals.covisitation import LEVELS
from ranking.engine.signals.experiment_sums import ArmSums
from ranking.experiments.counting import Counted, counted
from ranking.experiments.plans import Experiment
from ranking.lists.boards import SPARE, Board, as_board
from ranking.lists.composition import chunks, composed
from ranking.lists.edition_reader import Scored
from ranking.lists.explanation import Explained, Explanation
from ranking.lists.lists import LISTS
from ranking.lists.rerank.editorial import NO_OVERRIDES, ActiveOverrides
from ranking.lists.rerank.rule import RerankContext
from ranking.lists.rerank.rules import placed, reorders, reranked
from ranking.lists.rerank.selection import choose, may_stand
from ranking.profiles.profile import Profile, json_of
from ranking.profiles.scopes import Profiles
from ranking.read_model.arm_lists import ReadModelBoards
from ranking.read_model.edition_reader import PackedEdition, PackedEditionReader
from ranking.read_model.store import Changed, StoreError, StoreReader
from ranking.read_model.store_keys import OnDemandKey, StoreKeys
from ranking.read_model.tag_graph import graph_json, tag_articles
from ranking.read_model.values import (
    NO_ARTICLE,
    VERSION,
    ArticleValue,
    EditionValue,
    article_json,
    article_of,
    board_of,
    edition_of,
    sums_of,
    tags_of,
    traffic_json,
)
from ranking.service.ports import Refused
from ranking.service.response_cache import ResponseCache
from ranking.settings_log.book import Book
from ranking.settings_log.drafts import Draft
from ranking.settings_log.override_reach import Reached, merged
from ranking.settings_log.overrides import Override

PATIENCE = 2.0
"""Longest wait for a board that nobody requested recently, s."""
RETRY = 0.2
LISTED = 4
"""Articles read beyond those asked for, since some may have been taken down."""


class ReadModelLists:
    """Lists of all editions in a store.

    Parameters
    ----------
    reader : StoreReader
    names : StoreKeys
    book : Book
        What operators decided; somebody else follows it.
    """

    def __init__(self, reader: StoreReader, names: StoreKeys, book: Book) -> None:
        self.responses = ResponseCache()
        self._reader, self._names, self._book = reader, names, book
        self._boards = ReadModelBoards(reader, names, self.responses.followed)
        self._held: dict[str, PackedEdition] = {}
        self._versions: dict[str, bytes] = {}
        self._seen: tuple[Profiles, ActiveOverrides] = (book.profiles, NO_OVERRIDES)
        self._fault = "the store was not read yet"
        self._is_read = False

    @property
    def profiles(self) -> Profiles:
        """The live profiles."""
        return self._book.profiles

    def fault(self) -> str:
        """The reason why lists cannot be served; empty once values were read."""
        return "" if self._is_read else self._fault

    def status(self) -> dict[str, Any]:
        """State of the store, for `/readyz`."""
        return {"store": self._fault or "ok", "profile": self.profiles.base.name}

    def editions(self) -> list[str]:
        """Editions that have lists, by name."""
        return sorted(self._held)

    async def follow(self) -> None:
        """Follow the store for ever; it may be away for a while."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._boards.follow())
            tasks.create_task(self._follow())

    async def _follow(self) -> None:
        while True:
            is_first = True
            try:
                async for changed in self._reader.changes():
                    if changed is None:
                        await self._read_all(with_tags=is_first)
                        is_first = False
                    else:
                        await self._read(changed)
                    self._is_read, self._fault = True, ""
            except StoreError as error:
                self._fault = f"the store does not answer: {error}"
            await asyncio.sleep(RETRY)

    async def board(
        self, edition: str, surface: str, profile: Profile, n: int, section: str
    ) -> Board:
        """Popular or Trending; a section, a draft or a window is made by a worker."""
        is_live = profile is self.profiles.of(edition, surface, section)
        text = "" if is_live else json_of(profile)
        data = await self._asked(OnDemandKey(edition, surface, section, text))
        if board := board_of(data):
            return board
        held = self.responses.board(edition, surface)
        if held and not section and is_live:
            return held
        return Board(edition, surface, profile.name, 0.0, ())

    async def next(
        self, edition: str, surface: str, pages: list[str], n: int, profile: Profile
    ) -> Board:
        """A list for a page or a visit; a worker makes what is not packed, and drafts."""
        if LISTS[surface].is_packed and profile is self.profiles.of(edition, surface):
            return await self._next(edition, surface, pages, n, profile)
        is_live = profile is self.profiles.of(edition, surface)
        text = "" if is_live else json_of(profile)
        question = OnDemandKey(edition, surface, "", text, tuple(pages))
        made = board_of(await self._asked(question))
        return made or Board(edition, surface, profile.name, 0.0, ())

    async def keep(self, draft: Draft) -> None:
        """Keep a draft until it expires."""
        key, left = self._names.draft(draft.id), draft.expires_at - time.time()
        try:
            await self._reader.keep(key, msgspec.json.encode(draft), left)
        except StoreError as error:
            reason = f"the store does not answer: {error}"
            raise Refused(reason, 1) from error

    async def draft(self, id: str) -> Draft | None:
        """A draft, None if there is none or it has expired."""
        try:
            (data,) = await self._reader.read([self._names.draft(id)])
        except StoreError as error:
            self._fault = f"the store does not answer: {error}"
            return None
        return msgspec.json.decode(data, type=Draft) if data else None

    async def article(self, edition: str, article: str) -> dict[str, Any] | None:
        """An article's card and counts, None if it has neither."""
        value = (await self._articles(edition, [article])).get(article, NO_ARTICLE)
        if value.card is None and value.slot < 0:
            return None
        held = self._held.get(edition)
        return article_json(value, edition, article, held.value.newest_ms / 1000 if held else 0.0)

    async def traffic(self) -> list[dict[str, Any]]:
        """Views an hour of every edition."""
        values = (self._held[name].value for name in self.editions())
        return [traffic_json(v.name, v.newest_ms / 1000, v.hourly) for v in values]

    async def counted(self, name: str, plan: Experiment) -> Counted:
        """An experiment as the log has it by now; workers know."""
        of_site = {site_of(edition): edition for edition in self.editions()}
        questions = (OnDemandKey(edition, "", experiment=name) for edition in of_site.values())
        answers = await asyncio.gather(*map(self._asked, questions))
        return counted(name, plan, map(_sums, of_site, answers))

    async def reached(self, act: Override) -> Reached:
        """Articles that an override affects, in each of its editions; workers know them."""
        order = act.scoped_edit()
        of_site = {
            site_of(edition): edition for edition in self.editions() if order.is_for(edition)
        }
        text = msgspec.json.encode(act).decode()
        answers = await asyncio.gather(
            *(self._asked(OnDemandKey(edition, "", override=text)) for edition in of_site.values())
        )
        found = [msgspec.msgpack.decode(data, type=Reached) for data in answers if data]
        if len(found) < len(of_site):
            reason = "a worker does not answer; its articles would be missing"
            raise Refused(reason, 1)
        return merged(found)

    async def graph(self, edition: str, tag: str) -> dict[str, Any]:
        """A tag's neighbours, synonyms and history."""
        held = self._held.get(edition) or _nothing_of(edition, self.profiles.base)
        graph = held.graph()
        values = await self._articles(edition, tag_articles(graph, tag))
        return graph_json(graph, values, edition, tag, held.value.newest_ms / 1000)

    async def explain(
        self, edition: str, surface: str, asked: Explained, profile: Profile
    ) -> list[Explanation]:
        """Explain where some articles stand in a list; a worker knows."""
        is_live = profile is self.profiles.of(edition, surface, asked.section)
        question = OnDemandKey(
            edition, surface, asked.section, "" if is_live else json_of(profile), asked.pages,
            asked.articles, asked.n,
        )  # fmt: skip
        data = await self._asked(question)
        return msgspec.msgpack.decode(data, type=list[Explanation]) if data else []

    async def _asked(self, question: OnDemandKey) -> bytes | None:
        """Have a worker make something within its ticks."""
        until = time.monotonic() + PATIENCE
        try:
            await self._reader.want(question)
            while time.monotonic() < until:
                (data,) = await self._reader.read([self._names.board(question)])
                if data:
                    return data
                await asyncio.sleep(0.02)
        except StoreError as error:
            self._fault = f"the store does not answer: {error}"
        return None

    async def _next(
        self, edition: str, surface: str, pages: list[str], n: int, profile: Profile
    ) -> Board:
        held = self._held.get(edition) or _nothing_of(edition, self.profiles.base)
        edits = self._book.active_overrides(time.time()).of(edition, surface)
        reading = PackedEditionReader(held, await self._articles(edition, pages), time.time())
        reading.learn(await self._articles(edition, list(edits.pinned(reading).values())))
        ranking, candidates = composed(reading, pages, profile, n + SPARE), list[Scored]()
        context = RerankContext(reading, profile, LISTS[surface], edits=edits, pool=n + SPARE)
        pool = n + SPARE if reorders(context) else 0
        for more in chunks(ranking, n + (SPARE if pool or edits else LISTED)):
            candidates += more
            reading.learn(await self._articles(edition, [item.id for item in more]))
            if pool > sum(may_stand(reading, i.id, reading.card(i.id)) for i in candidates):
                continue
            chosen = choose(reranked(candidates, context), context, n, is_whole=False)
            if len(chosen) == n:
                break
        else:
            chosen = choose(reranked(candidates, context), context, n)
        return as_board(reading, surface, profile, placed(chosen, context))

    async def _articles(self, edition: str, articles: list[str]) -> Mapping[str, ArticleValue]:
        keys = [self._names.article(edition, article) for article in articles]
        try:
            found = map(article_of, await self._reader.read(keys))
        except StoreError as error:
            self._fault = f"the store does not answer: {error}"
            return self._shown(edition)
        return dict(zip(articles, found, strict=True))

    def _shown(self, edition: str) -> dict[str, ArticleValue]:
        """Items of articles on the boards in memory."""
        held = self._held.get(edition)
        items = [item for board in held.value.boards for item in board.items] if held else []
        return {
            item.id: ArticleValue(VERSION, item.card, is_gone=False, views=item.views)
            for item in items
        }

    async def _read_all(self, *, with_tags: bool) -> None:
        directory = await self._reader.directory()
        newer = [name for name, v in directory.items() if self._versions.get(name) != v]
        await self._read(Changed(newer, list(directory) if with_tags else []))
        self._versions |= directory

    async def _read(self, changed: Changed) -> None:
        keys = [self._names.edition(name) for name in changed.editions]
        keys += [self._names.tags(name) for name in changed.tags]
        found = await self._reader.read(keys)
        now = time.monotonic()
        for value in map(edition_of, found[: len(changed.editions)]):
            if value:
                self._take(value, now)
        for name, data in zip(changed.tags, found[len(changed.editions) :], strict=True):
            tags = tags_of(data)
            if tags and name in self._held:
                self._held[name].follow_tags(tags)
        self.responses.forget(changed.listed)
        self.responses.flush(now)
        if changed.boards:
            await self._boards.read(changed.boards)

    def _take(self, value: EditionValue, now: float) -> None:
        held = self._held.get(value.name)
        self._held[value.name] = held.succeeded_by(value) if held else PackedEdition(value)
        self._book.rebased(value.profile)
        seen = (self.profiles, self._book.active_overrides(time.time()))
        if seen != self._seen:
            self._seen = seen
            self.responses.renew()
        for board in value.boards:
            self.responses.put(board, now)


def _sums(site: str, data: bytes | None) -> tuple[str, int, list[ArmSums]]:
    value = sums_of(data)
    if value is None:
        reason = f"the worker of site {site!r} does not answer; its readers would be missing"
        raise Refused(reason, 1)
    return site, value.position, [arm_of(arm, begun) for begun, arm in value.arms]


def _nothing_of(edition: str, profile: Profile) -> PackedEdition:
    none = EditionValue(
        VERSION, edition, 0, profile, [], [0] * LEVELS, [1] * LEVELS, [], b"", b"", b"", [], []
    )
    return PackedEdition(none)
