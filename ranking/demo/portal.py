"""Portal: the agency's web pages, front, section and article, as Starlette routes.

This file alone knows the pages' addresses and the values of their templates. As on any portal, the
reader's browser requests the lists from the ranking API. Templates escape everything. The server
provides a catalogue of article cards.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ranking.demo.newsroom import is_breaking, section_of
from ranking.demo.pictures import picture
from ranking.demo.wording import LANGUAGES, SECTIONS, SITE, Wording, wording
from ranking.templates import templates_of

if TYPE_CHECKING:
    from ranking.content.cards import Card

FIRST_LANGUAGE = "ru"
IN_SECTION, IN_ONE_SECTION, LATEST = 4, 24, 40
FLASHES, FLASH_AGE = 3, 3 * 3_600.0
_ASSETS = {
    "portal.css": "text/css",
    "portal.js": "text/javascript",
    "events.js": "text/javascript",
}
_POLICY = "default-src 'self'; base-uri 'none'; object-src 'none'"


class ArticleSource(Protocol):
    """The articles of the portal's pages."""

    def card(self, edition: str, id: str) -> "Card | None":
        """One article of an edition."""

    def latest(self, edition: str, n: int, section: str = "") -> "Sequence[Card]":
        """Newest articles of an edition, newest first, of one section if it is named."""

    def translations(self, site: str, story: str) -> "Sequence[Card]":
        """Articles of one story in all editions."""


def routes(catalogue: ArticleSource, key: str = "") -> list[BaseRoute]:
    """Build the portal's routes, all under `/demo`.

    Parameters
    ----------
    catalogue : ArticleSource
        Source of the article cards.
    key : str
        The pages' key for events, if the server has keys; it is public.
    """
    pages = _Pages(catalogue, key)
    return [
        Route("/demo", _first),
        *(Route(f"/demo/{name}", _asset(name, kind)) for name, kind in _ASSETS.items()),
        Route("/demo/image/{story}.svg", _image),
        Route("/demo/{lang}", pages.front),
        Route("/demo/{lang}/{id}", pages.article),
    ]


def path_of(url: str) -> str:
    """Path of an address on this portal, without the host.

    Examples
    --------
    >>> path_of("http://127.0.0.1:8080/demo/ru")
    '/demo/ru'
    """
    return urlsplit(url).path


class _Pages:
    def __init__(self, catalogue: ArticleSource, key: str) -> None:
        self._catalogue, self._key = catalogue, key
        self._templates = templates_of("ranking.demo", {"moment": _moment, "path": path_of})

    async def front(self, request: Request) -> Response:
        lang = request.path_params["lang"]
        if lang not in LANGUAGES:
            return self._missing(FIRST_LANGUAGE)
        words = wording(lang)
        edition = f"{SITE}/{lang}"
        section = request.query_params.get("section", "")
        if section in SECTIONS:
            name = words.sections[section]
            blocks = [(section, self._catalogue.latest(edition, IN_ONE_SECTION, name))]
            lead: Sequence[Card] = []
        else:
            section = ""
            lead = self._catalogue.latest(edition, LATEST)
            blocks = [
                (key, self._catalogue.latest(edition, IN_SECTION, name))
                for key, name in words.sections.items()
            ]
        return self._page(
            "front.html", words, section=section, blocks=blocks, lead=lead, flashes=_flashes(lead)
        )

    async def article(self, request: Request) -> Response:
        lang = request.path_params["lang"]
        if lang not in LANGUAGES:
            return self._missing(FIRST_LANGUAGE)
        card = self._catalogue.card(f"{SITE}/{lang}", request.path_params["id"])
        if card is None:
            return self._missing(lang)
        words = wording(lang)
        place = _place(words, card)
        others = self._catalogue.translations(SITE, card.story) if card.story else []
        return self._page(
            "article.html",
            words,
            links={other.edition.partition("/")[2]: path_of(other.url) for other in others},
            section=section_of(card.story),
            card=card,
            breaking=is_breaking(card.story),
            dateline=words.places.get(place, ""),
            body=_body(words, card, place),
        )

    def _page(
        self,
        template: str,
        words: Wording,
        *,
        links: dict[str, str] | None = None,
        status: int = 200,
        **values: Any,
    ) -> HTMLResponse:
        editions = [(wording(lang), (links or {}).get(lang, f"/demo/{lang}")) for lang in LANGUAGES]
        html = self._templates.get_template(template).render(
            w=words.words,
            words=words,
            editions=editions,
            edition=f"{SITE}/{words.lang}",
            key=self._key,
            **values,
        )
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"}
        return HTMLResponse(html, status, headers)

    def _missing(self, lang: str) -> Response:
        return self._page("missing.html", wording(lang), status=404, section="")


def _flashes(latest: "Sequence[Card]") -> "list[Card]":
    """Breaking news of the last hours before the newest article, newest first."""
    since = latest[0].published_at - FLASH_AGE if latest else 0.0
    return [c for c in latest if is_breaking(c.story) and c.published_at > since][:FLASHES]


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _place(words: Wording, card: "Card") -> str:
    """Key of an article's place tag, empty if there is none."""
    return next((key for key, name in words.places.items() if name in card.tags), "")


def _body(words: Wording, card: "Card", place: str) -> list[str]:
    """Text of an article; empty without a known section or place."""
    section = section_of(card.story)
    return words.body(section, place) if place and section in words.bodies else []


async def _first(request: Request) -> Response:
    return RedirectResponse(f"/demo/{FIRST_LANGUAGE}")


async def _image(request: Request) -> Response:
    headers = {"Cache-Control": "max-age=86400", "Content-Security-Policy": _POLICY}
    return Response(picture(request.path_params["story"]), 200, headers, "image/svg+xml")


def _asset(name: str, kind: str) -> Any:
    async def answer(request: Request) -> Response:
        return Response(content, 200, {"Cache-Control": "no-cache"}, kind)

    content = files("ranking.demo").joinpath("pages", name).read_bytes()
    return answer
