"""OpenAPI of the operators' and editors' routes."""

from typing import Any

from ranking.experiments.plans import Experiment
from ranking.service.experiments import STEPS, Step
from ranking.service.keys import Wanted
from ranking.service.overrides import Mourning
from ranking.service.profiles import Publication, Return
from ranking.settings_log.drafts import DraftRequest
from ranking.settings_log.overrides import Override
from ranking.settings_log.webhooks import Webhook

MODELS = (DraftRequest, Experiment, Step, Webhook, Override, Wanted, Mourning, Publication, Return)
LIST = [
    {"name": name, "in": "query", "schema": {"type": "string"}}
    for name in ("edition", "surface", "section", "profile")
]
READOUTS = {
    "readout": "What may be said of an experiment by now",
    "evidence": "Plan, profiles, offsets, looks and sums, from which the readout follows",
    "sums.csv": "The sums by bucket",
    "report": "The experiment as one page that proves itself",
}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def paths() -> dict[str, Any]:
    """Describe every route."""
    return {
        "/v1/profiles": {
            "get": _asks("All parameters, and those that each scope sets"),
            "put": _decides("Publish a scope's parameters", Publication),
        },
        "/v1/profiles/effective": {"get": _asks("The profile of a list", LIST)},
        "/v1/profiles/history": {"get": _asks("All versions of a scope", LIST[:3])},
        "/v1/profiles/export": {"get": _asks("A scope's parameters as a file", LIST[:3])},
        "/v1/profiles/drafts": {"post": _decides("Store a draft until it expires", DraftRequest)},
        "/v1/profiles/rollback": {"post": _decides("Publish an earlier version again", Return)},
        "/v1/preview": {
            "get": _asks("A list live and under a draft", [*LIST, _text("page"), _text("n")])
        },
        "/v1/explain": {
            "get": _asks("Why an article has its rank", [*LIST, _text("article"), _text("page")])
        },
        "/v1/overrides": {
            "get": _asks("Overrides that are not cancelled"),
            "post": _decides("Create an override", Override),
        },
        "/v1/overrides/preview": {
            "post": _decides("Articles that an override would affect, by edition", Override, "200")
        },
        "/v1/overrides/mourning": {"post": _decides("Bury in every edition", Mourning)},
        "/v1/overrides/{id}": {"delete": _asks("Cancel an override", [ID], "204")},
        "/v1/hooks": {
            "get": _asks("All webhooks"),
            "post": _decides("Register a webhook", Webhook),
        },
        "/v1/hooks/{id}": {"delete": _asks("Delete a webhook", [ID], "204")},
        **_experiments(),
        "/v1/keys": {
            "get": _asks("All keys that are not revoked"),
            "post": _decides("Make a key", Wanted),
        },
        "/v1/keys/{id}": {"delete": _asks("Revoke a key", [ID], "204")},
        "/v1/audit": {"get": _asks("Who decided what", [_text("limit")])},
        "/v1/traffic": {"get": _asks("Views an hour of every edition")},
    }


def _experiments() -> dict[str, Any]:
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    one = "/v1/experiments/{name}"
    return {
        "/v1/experiments": {"get": _asks("All experiments")},
        "/v1/experiments/planned": {
            "post": _decides("How many visits and days a plan would need", Experiment)
        },
        "/v1/experiments/live": {"get": _asks("What pages need to find their arms", LIST[:1])},
        one: {
            "get": _asks("An experiment and its versions", [name]),
            "put": _decides("Write a plan", Experiment) | {"parameters": [name]},
            "delete": _asks("Take an experiment away", [name], "204"),
        },
        **{f"{one}/{what}": {"get": _asks(summary, [name])} for what, summary in READOUTS.items()},
        **{
            f"{one}/{step}": {"post": _decides(f"Next step: {step}", Step) | {"parameters": [name]}}
            for step in STEPS
        },
    }


def _text(name: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "string"}}


def _asks(
    summary: str, parameters: list[dict[str, Any]] | None = None, status: str = "200"
) -> dict[str, Any]:
    return {
        "summary": summary,
        "parameters": parameters or [],
        "responses": {status: {"description": "OK"}, "401": {"description": "Key required"}},
    }


def _decides(summary: str, model: type, status: str = "201") -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {
        "summary": summary,
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {
            status: {"description": "It holds" if status == "201" else "OK"},
            "400": {"description": "Refused, with field, rule and value"},
            "401": {"description": "Key required"},
            "403": {"description": "Not allowed"},
            "404": {"description": "Unknown"},
            "409": {"description": "Somebody else decided first"},
        },
    }
