"""Ingestion: the routes of events and articles. An answer 202 means that the log has them."""

import asyncio
import re
import time
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from datetime import tzinfo
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ranking.content.cards import (
    Card,
    card_of,
    changed_card,
    check_named,
    convert_article,
    first_published,
    read_cards,
    read_object,
)
from ranking.content.tombstones import Held, gone_fault
from ranking.engine.batch_builder import is_robot
from ranking.engine.event import Rejection, Unreadable, article_fault
from ranking.engine.event_columns import Rows
from ranking.service.batches import NOTHING
from ranking.service.clients import Network, address_of, is_speculative
from ranking.service.collector import Admitted, Label, admit, admit_query
from ranking.service.intake import Intake
from ranking.service.ports import Refused
from ranking.service.problems import Problem
from ranking.service.prometheus import Metrics
from ranking.service.request_bodies import body_of
from ranking.service.request_parameters import OPEN, article_of, now_ms
from ranking.service.site_settings import DEFAULT_SITE

PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
UNSEEN = Admitted(NOTHING, [])
_LABEL = re.compile(r"([0-9a-fA-F]{16,128}) (\d{1,15})", re.ASCII)
T = TypeVar("T")


class IngestionRoutes:
    """Routes of events and articles, over an `Intake`.

    Parameters
    ----------
    intake : Intake
    metrics : Metrics
    zone : tzinfo or None
        Applied to times without a zone.
    proxies : sequence of networks
        Proxies whose header names the client's address.
    """

    def __init__(
        self,
        intake: Intake,
        metrics: Metrics,
        zone: tzinfo | None = None,
        proxies: Sequence[Network] = DEFAULT_SITE.proxies,
    ) -> None:
        self.intake, self.metrics = intake, metrics
        self._zone, self._proxies = zone, proxies
        self._changing = asyncio.Lock()  # a change depends on the stored card

    def routes(self) -> list[BaseRoute]:
        """Build the routes."""
        one = "/v1/articles/{site}/{lang}/{id:path}"
        return [
            Route("/v1/events", self.events, methods=["POST"]),
            Route("/v1/pixel.gif", self.pixel),
            Route("/v1/articles", self.put_articles, methods=["POST"]),
            Route(one, self.put_article, methods=["PUT"]),
            Route(one, self.change_article, methods=["PATCH"]),
            Route(one, self.remove_article, methods=["DELETE"]),
        ]

    def restoring(self) -> list[BaseRoute]:
        """Build the route that undoes a takedown."""
        path = "/v1/articles/{site}/{lang}/{id:path}/restore"
        return [Route(path, self.restore_article, methods=["POST"])]

    async def events(self, request: Request) -> Response:
        """Log the events of a request."""
        body, agent = await body_of(request), request.headers.get("user-agent", "")
        try:
            label = label_of(request.headers.getlist("import"))
            admitted = admit(body, now_ms(), agent, self._zone, label)
        except Unreadable as error:
            raise Problem(400, "Unreadable events", str(error)) from error
        if is_speculative(request):
            admitted = UNSEEN
        return await self._log(admitted, outcome=request.query_params.get("outcome") == "1")

    async def pixel(self, request: Request) -> Response:
        """Log one event from an image's query; HEAD requests and prefetches log none."""
        agent = request.headers.get("user-agent", "")
        address = address_of(request, self._proxies)
        try:
            query = dict(request.query_params)
            admitted = admit_query(query, now_ms(), agent, address, self._zone)
        except Unreadable as error:
            raise Problem(400, "Unreadable event", str(error)) from error
        if admitted.rejected:
            raise Problem(400, "Event refused", admitted.rejected[0].reason)
        if request.method != "HEAD" and not is_speculative(request):
            await self._log(admitted)
        return Response(PIXEL, 200, {**OPEN, "cache-control": "no-store"}, "image/gif")

    async def put_articles(self, request: Request) -> Response:
        """Add or replace cards; those of articles taken down are refused."""
        try:
            placed, rejected = read_cards(await body_of(request), "", self._zone)
        except Unreadable as error:
            raise Problem(400, "Unreadable articles", str(error)) from error
        async with self._changing:
            faults = self.intake.lacks_room(entry.card.edition for entry in placed)
            for index, card in placed:
                if fault := faults.get(card.edition):
                    rejected.append(Rejection(index, "edition", fault))
            placed = [entry for entry in placed if entry.card.edition not in faults]
            before = await self._held([name_of(entry.card) for entry in placed])
            cards: dict[tuple[str, str], Card] = {}
            for (index, card), held in zip(placed, before, strict=True):
                if held.is_gone:
                    rejected.append(Rejection(index, "id", gone_fault(card.id)))
                else:
                    earlier = cards.get(name_of(card)) or held.card
                    cards[name_of(card)] = first_published(card, earlier, time.time())
            if cards:
                await self._take(cards=list(cards.values()))
        answer = {
            "accepted": len(placed) - sum(held.is_gone for held in before),
            "rejected": sorted(rejected, key=lambda r: r.index),
        }
        return _answer(answer)

    async def put_article(self, request: Request) -> Response:
        """Add or replace one card."""
        name, body = article_of(request), await body_of(request)
        with _of_sender():
            fields = read_object(body)
            check_named(fields, *name)
            card = card_of(convert_article({**fields, "id": name[1]}), name[0], self._zone)
        async with self._changing:
            held = await self._present(name)
            self._check_room(name[0])
            await self._take(cards=[first_published(card, held.card, time.time())])
        return _answer({"accepted": 1, "rejected": []})

    async def change_article(self, request: Request) -> Response:
        """Change only the fields that the body names."""
        name, body = article_of(request), await body_of(request)
        async with self._changing:
            held = await self._present(name)
            if held.card is None:
                raise Problem(404, "Unknown article", f"no card of {name[1]!r}; PUT adds one")
            with _of_sender():
                card = changed_card(held.card, body, self._zone)
            await self._take(cards=[first_published(card, held.card, time.time())])
        return _answer({"accepted": 1, "rejected": []})

    async def remove_article(self, request: Request) -> Response:
        """Take an article down, until it is restored."""
        name = article_of(request)
        if fault := article_fault(name[1]):
            raise Problem(400, "Article refused", fault)
        self._check_room(name[0])
        async with self._changing:
            await self._take(removed=[name])
        return Response(status_code=204)

    async def restore_article(self, request: Request) -> Response:
        """Bring an article back that was taken down."""
        name = article_of(request)
        async with self._changing:
            (held,) = await self._held([name])
            if held.is_gone:
                await self._done(self.intake.restore(*name))
        return _answer({"restored": held.is_gone})

    async def _present(self, name: tuple[str, str]) -> Held:
        """The stored record of an article without a tombstone."""
        (held,) = await self._held([name])
        if held.is_gone:
            raise Problem(409, "Article taken down", gone_fault(name[1]))
        return held

    async def _held(self, names: list[tuple[str, str]]) -> list[Held]:
        return await self._done(self.intake.held(names)) if names else []

    async def _log(self, admitted: Admitted, *, outcome: bool = False) -> Response:
        rows, accepted = admitted.rows, len(admitted.rows)
        became: dict[str, int] = {}
        if accepted:
            became = await self._take(rows, outcome=outcome)
        self.metrics.accepted.inc(accepted)
        self.metrics.rejected.inc(len(admitted.rejected))
        body: dict[str, Any] = {"accepted": accepted, "rejected": admitted.rejected}
        if outcome:
            robots = sum(map(is_robot, rows.column("agent"))) if accepted else 0
            body |= {"rejected_total": len(admitted.rejected), "robots": robots} | became
        return _answer(body)

    async def _take(
        self,
        rows: Rows = NOTHING,
        cards: list[Card] | None = None,
        removed: list[tuple[str, str]] | None = None,
        *,
        outcome: bool = False,
    ) -> dict[str, int]:
        taking = self.intake.take(rows, cards or [], removed or [], outcome=outcome)
        return await self._done(taking)

    def _check_room(self, edition: str) -> None:
        for fault in self.intake.lacks_room([edition]).values():
            raise Problem(400, "No room", fault)

    async def _done(self, work: Awaitable[T]) -> T:
        try:
            return await work
        except Refused as refused:
            self.metrics.refused.inc()
            status = 429 if refused.is_busy else 503
            title = "Too much at once" if refused.is_busy else "Log not available"
            wait = {"retry-after": str(refused.wait)}
            raise Problem(status, title, str(refused), wait) from refused


def label_of(headers: list[str]) -> Label | None:
    """Read the header `Import: <digest> <first row>`.

    Raises
    ------
    Unreadable

    Examples
    --------
    >>> label_of(["0123456789abcdef 5001"])
    Label(digest='0123456789abcdef', first=5001)
    """
    if not headers:
        return None
    header = ", ".join(headers)
    found = _LABEL.fullmatch(header.strip(" "))
    if not found:
        message = (
            "Import must be 16 to 128 hexadecimal digits of the file's content and the number of"
            f" the first row, got {header[:80]!r}"
        )
        raise Unreadable(message)
    return Label(found[1].lower(), int(found[2]))


def name_of(card: Card) -> tuple[str, str]:
    """Edition and id of a card."""
    return card.edition, card.id


@contextmanager
def _of_sender() -> Iterator[None]:
    """Turn a fault of an article into a 400 answer."""
    try:
        yield
    except Unreadable as error:
        raise Problem(400, "Unreadable article", str(error)) from error
    except ValueError as error:
        raise Problem(400, "Article refused", str(error)) from error


def _answer(body: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(body), 202, OPEN, "application/json")
