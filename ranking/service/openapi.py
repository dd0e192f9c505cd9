"""OpenAPI 3.1 of the API, from the models that the routes read."""

from typing import Any

import msgspec

from ranking import __version__
from ranking.content.cards import SentArticle
from ranking.engine.event import Event, Rejection
from ranking.engine.event_kinds import EVENT_KINDS
from ranking.lists.edition_reader import LONGEST
from ranking.lists.lists import LISTS
from ranking.profiles.parameters import parameters
from ranking.service.openapi_operators import MODELS, paths

EDITION = {"name": "edition", "in": "query", "schema": {"type": "string"}, "example": "inform/kk"}
COUNT = {
    "name": "n",
    "in": "query",
    "schema": {"type": "integer", "minimum": 1, "maximum": LONGEST},
}
PATH_EDITION = [
    {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    for name in ("site", "lang", "id")
]
PATH_ID = PATH_EDITION[2]
IMPORT = {
    "name": "Import",
    "in": "header",
    "schema": {"type": "string", "pattern": "^[0-9a-f]{16,128} [0-9]{1,15}$"},
    "description": "Digest of a file's content and the number of the first row in it",
}


def document() -> dict[str, Any]:
    """Describe every route."""
    models = (Event, Rejection, SentArticle, *MODELS)
    _, schemas = msgspec.json.schema_components(models, ref_template="#/components/schemas/{name}")
    schemas["SentArticle"]["title"] = "Article"
    schemas["Event"]["properties"]["kind"] |= {"enum": list(EVENT_KINDS.names())}
    schemas["Parameters"] = _parameters()
    for name in ("DraftRequest", "Publication"):
        schemas[name]["properties"]["set"] = {"$ref": "#/components/schemas/Parameters"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tolqyn", "version": __version__, "license": {"name": "Apache-2.0"}},
        "paths": _paths() | paths(),
        "components": {"schemas": schemas},
    }


def _paths() -> dict[str, Any]:
    one = "/v1/articles/{site}/{lang}/{id}"
    section, profile = _text("section"), _text("profile")
    tag = {"name": "tag", "in": "query", "required": True, "schema": {"type": "string"}}
    looking = [EDITION, _text("surface"), section, profile]
    return {
        "/v1/events": {
            "post": _writing("Send events: one, an array, columns or one a line", "Event")
            | {"parameters": [_whole("outcome"), IMPORT]}
        },
        "/v1/pixel.gif": {"get": _reading("Send one event without JavaScript", [])},
        "/v1/articles": {"post": _writing("Add or replace articles", "SentArticle")},
        one: {
            "get": _reading("An article's card and counts", PATH_EDITION),
            "put": _changing("Add or replace an article", "SentArticle"),
            "patch": _changing("Change the fields that are named; null clears one", "SentArticle"),
            "delete": {
                "summary": "Take an article down, until it is restored",
                "parameters": PATH_EDITION,
                "responses": {"204": {"description": "In the log"}},
            },
        },
        f"{one}/restore": {
            "post": {
                "summary": "Bring an article back that was taken down; needs the role operate",
                "parameters": PATH_EDITION,
                "responses": {"202": {"description": "In the log"}},
            }
        },
        "/v1/lists": {"get": _reading("All lists, and what each is asked for", [])},
        **_lists(),
        "/v1/preview/past": {
            "get": _reading(
                "What a draft would have shown",
                [*looking, COUNT, _whole("hours"), _whole("step")],
            )
        },
        "/v1/preview/backtest": {
            "get": _reading("A backtest of a draft on the last hours", [*looking, _whole("hours")])
        },
        "/v1/stream": {
            "get": _reading("Boards as server-sent events", [EDITION, _text("surface"), COUNT])
        },
        "/v1/boards": {"get": _reading("All boards", [])},
        "/v1/graph": {"get": _reading("A tag's neighbours, synonyms and history", [EDITION, tag])},
        "/visit.js": {"get": _reading("For this visit, put together in the browser", [])},
        "/experiment.js": {"get": _reading("The arm of a reader's bucket, in the browser", [])},
        "/healthz": {"get": _reading("Whether the process lives", [])},
        "/readyz": {"get": _reading("Whether lists are served", [])},
        "/metrics": {"get": _reading("Metrics for Prometheus", [])},
    }


def _parameters() -> dict[str, Any]:
    """Schema of the parameters that a profile sets; null removes one."""
    properties = {
        parameter.name: {
            "type": [parameter.kind, "null"],
            "minimum": parameter.least,
            "maximum": parameter.most,
            "default": parameter.default,
            "description": parameter.text,
        }
        for parameter in parameters()
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _lists() -> dict[str, Any]:
    """The route of every registered list."""
    section, carried, window = _text("section"), _whole("candidates"), _whole("window")
    shared = [EDITION, COUNT, *map(_text, ("profile", "as_of", "arm", "explain"))]
    found = {}
    for ranked in LISTS:
        path = f"/v1/{ranked.name}"
        if ranked.basis == "edition":
            asked = [*shared, section, *([window] if ranked.has_window else [])]
            found[path] = {"get": _reading(ranked.title, asked)}
        elif ranked.basis == "page":
            found[f"{path}/{{id}}"] = {"get": _reading(ranked.title, [PATH_ID, *shared, carried])}
        else:
            found[path] = {"post": _reading(ranked.title, [])}
    return found


def _changing(summary: str, model: str) -> dict[str, Any]:
    """One article, named by its path."""
    described = _writing(summary, model) | {"parameters": PATH_EDITION}
    described["responses"] = described["responses"] | {"409": {"description": "Taken down"}}
    return described


def _text(name: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "string"}}


def _whole(name: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "integer"}}


def _reading(summary: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "summary": summary,
        "parameters": parameters,
        "responses": {"200": {"description": "OK"}},
    }


def _writing(summary: str, model: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model}"}
    many = {"oneOf": [schema, {"type": "array", "items": schema}]}
    return {
        "summary": summary,
        "requestBody": {"content": {"application/json": {"schema": many}}},
        "responses": {
            "202": {"description": "In the log"},
            "400": {"description": "Unreadable"},
            "413": {"description": "Too large, also once it is unpacked"},
            "415": {"description": "Unknown Content-Encoding"},
        },
    }
