"""Experiments: the routes that begin, ramp, stop and decide, and the route for pages.

A page requests `/v1/experiments/live`, which is public and cached for some seconds, and finds the
arm of its bucket by `/experiment.js`. `ranking.experiments` decides what an operator may do next. A
malformed request gets 400; a step that is not allowed now gets 409. A decision that the evidence
does not support gets 409 until it is confirmed.
"""

import time
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ranking.engine.event import canonical_edition
from ranking.experiments import transitions
from ranking.experiments.arms import has_own_lists
from ranking.experiments.decision_warnings import DecisionWarning, doubts
from ranking.experiments.plans import (
    Experiment,
    ExperimentError,
    Name,
    NotAllowedError,
    Phase,
    Thousandths,
    changes_of,
    experiment_of,
)
from ranking.service.ports import Settings
from ranking.service.problems import Problem
from ranking.service.readouts import Readouts
from ranking.service.request_parameters import OPEN, json_response
from ranking.service.settings_routes import asked, decide
from ranking.settings_log.book import name_of
from ranking.settings_log.decisions import Decision

KIND, RESERVED = "experiment", "live"
UNCONFIRMED = "Confirmation needed"
KEPT = {"cache-control": "max-age=5, stale-while-revalidate=5"}


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a request that changes an experiment.

    Attributes
    ----------
    at : float or None
        Of a start or a phase; wall clock, seconds; None = now.
    traffic, shares
        Of a phase; None = as before.
    winner : str
        Of a decision.
    confirm : bool
        Of a decision: it is made whatever speaks against it.
    parent : int or None
        Version that its author saw.
    """

    at: float | None = None
    traffic: Thousandths | None = None
    shares: list[Thousandths] | None = None
    winner: str = ""
    confirm: bool = False
    parent: int | None = None
    reason: str = ""
    author: str = ""


Taken = Callable[[Experiment, Step], Experiment]
STEPS: dict[str, Taken] = {
    "start": lambda plan, step: transitions.started(plan, step.at or time.time()),
    "phase": lambda plan, step: transitions.ramped(
        plan, step.at or time.time(), step.traffic, step.shares
    ),
    "freeze": lambda plan, step: transitions.frozen(plan),
    "resume": lambda plan, step: transitions.resumed(plan),
    "stop": lambda plan, step: transitions.stopped(plan),
    "decide": lambda plan, step: transitions.decided(plan, step.winner),
}


class Named(msgspec.Struct, frozen=True):
    """The name of an experiment."""

    name: Annotated[Name, Meta(description="lower case letters, digits, - and _")]


class ExperimentRoutes:
    """Routes of experiments.

    Parameters
    ----------
    settings : Settings
    readouts : Readouts or None
        Tell what speaks against a decision; None where nothing is counted.
    """

    def __init__(self, settings: Settings, readouts: Readouts | None = None) -> None:
        self._settings, self._readouts = settings, readouts

    def public(self) -> list[BaseRoute]:
        """Routes that every page may ask."""
        return [Route("/v1/experiments/live", self.live)]

    def reading(self) -> list[BaseRoute]:
        """Routes that change nothing."""
        return [
            Route("/v1/experiments", self.all),
            Route("/v1/experiments/{name}", self.one),
        ]

    def writing(self) -> list[BaseRoute]:
        """Routes that decide."""
        return [
            Route("/v1/experiments/{name}", self.write, methods=["PUT"]),
            Route("/v1/experiments/{name}", self.remove, methods=["DELETE"]),
            Route("/v1/experiments/{name}/{step}", self.step, methods=["POST"]),
        ]

    async def live(self, request: Request) -> Response:
        """The assignment that a page needs to find its arms, by edition."""
        edition = canonical_edition(request.query_params.get("edition", ""))
        now = time.time()
        book = self._settings.book
        found = [
            {
                **_for_pages(name, plan, plan.phases[plan.phase_at(now)]),
                "label": plan.label_at(name, now),
                "own_lists": has_own_lists(plan, book.profiles, book.published),
            }
            for name, plan in sorted(book.experiments().items())
            if plan.is_live(now) and edition in ("", plan.edition or edition)
        ]
        return Response(
            msgspec.json.encode({"experiments": found}), headers=OPEN | KEPT,
            media_type="application/json",
        )  # fmt: skip

    async def all(self, request: Request) -> Response:
        """All experiments."""
        records = self._settings.book.things(KIND)
        return json_response({"experiments": [_shown(record) for record in records]})

    async def one(self, request: Request) -> Response:
        """One experiment, and all its versions, newest first."""
        record = self._current(request)
        history = self._settings.book.history(KIND, record.name)
        return json_response(
            {**_shown(record), "versions": [_shown(version) for version in reversed(history)]}
        )

    async def write(self, request: Request) -> Response:
        """Write or replace a plan."""
        wanted = await asked(request, dict[str, Any])
        signature = {name: str(wanted.pop(name, "") or "") for name in ("author", "reason")}
        parent = wanted.pop("parent", None)
        name = request.path_params["name"]
        try:
            msgspec.convert({"name": name}, Named)
        except msgspec.ValidationError as error:
            raise Problem(400, "Experiment refused", f"name: {error}") from error
        if name == RESERVED:
            raise Problem(400, "Experiment refused", f"name must not be {RESERVED!r}, got it")
        wanted.setdefault("salt", name)
        return await self._decide(request, name, wanted, parent, **signature)

    async def step(self, request: Request) -> Response:
        """Start, add a phase, freeze, resume, stop or decide."""
        which, step = request.path_params["step"], await asked(request, Step)
        if which not in STEPS:
            detail = f"step must be one of {', '.join(STEPS)}, got {which!r}"
            raise Problem(404, "Unknown step", detail)
        name = self._current(request).name
        old = self._settings.book.experiments()[name]
        try:
            body = msgspec.to_builtins(STEPS[which](old, step))
        except NotAllowedError as error:
            raise Problem(409, "Experiment not allowed", f"{name!r}: {error}") from error
        self._check(name, body)
        reason = step.reason or which
        if which == "decide":
            if against := await self._against(name, experiment_of(body), step):
                reason = f"{reason} (confirmed, although {against})"
            await self._publish(request, name, experiment_of(body), step, reason)
        return await self._decide(
            request, name, body, step.parent, author=step.author, reason=reason
        )

    async def remove(self, request: Request) -> Response:
        """Take an experiment away that no reader sees."""
        name, query = self._current(request).name, request.query_params
        self._check(name, None)
        await decide(
            self._settings, request, KIND, name, None,
            author=query.get("author", ""), reason=query.get("reason", ""),
        )  # fmt: skip
        return Response(status_code=204)

    async def _against(self, name: str, plan: Experiment, step: Step) -> str:
        """Reasons against a decision, which then needs a confirmation."""
        if self._readouts:
            found = doubts(plan, await self._readouts.read_out(name), plan.winner)
        else:
            found = [DecisionWarning("unknown", "this process does not know what was counted")]
        against = "; ".join(doubt.text for doubt in found)
        if found and not step.confirm:
            detail = f"{name} must be confirmed to be decided for {plan.winner}: {against}"
            more = {"doubts": msgspec.to_builtins(found)}
            raise Problem(409, UNCONFIRMED, f"{detail}; send confirm: true", more=more)
        return against

    async def _publish(
        self, request: Request, name: str, plan: Experiment, step: Step, reason: str
    ) -> None:
        """Let the scope have what the winner has; a hold-out that won changes nothing."""
        (arm,) = (arm for arm in plan.arms if arm.name == plan.winner)
        if arm.holdout:
            return
        changes = dict(changes_of(plan, arm, self._settings.book.published))
        await decide(
            self._settings, request, "profile", name_of(plan.scope), changes or None,
            author=step.author,
            reason=reason if step.reason else f"{arm.name} won experiment {name}: {reason}",
        )  # fmt: skip

    async def _decide(
        self, request: Request, name: str, body: dict[str, Any], parent: int | None,
        *, author: str, reason: str,
    ) -> Response:  # fmt: skip
        self._check(name, body)
        whole = msgspec.to_builtins(experiment_of(body))
        record = await decide(
            self._settings, request, KIND, name, whole,
            author=author, reason=reason, parent=parent,
        )  # fmt: skip
        return json_response(_shown(record), 201)

    def _check(self, name: str, body: dict[str, Any] | None) -> None:
        try:
            self._settings.book.check_experiment(name, body, time.time())
        except NotAllowedError as error:
            raise Problem(409, "Experiment not allowed", str(error)) from error
        except ExperimentError as error:
            raise Problem(400, "Experiment refused", str(error)) from error

    def _current(self, request: Request) -> Decision:
        name = request.path_params["name"]
        record = self._settings.book.current(KIND, name)
        if record is None:
            raise Problem(404, "Unknown experiment", f"no experiment {name!r} is known")
        return record


def _for_pages(name: str, plan: Experiment, phase: Phase) -> dict[str, Any]:
    return {
        "name": name,
        "edition": plan.edition,
        "section": plan.section,
        "surface": plan.surface,
        "mode": plan.mode.value,
        "arms": [{"name": arm.name, "holdout": arm.holdout} for arm in plan.arms],
        "layer": plan.layer,
        "salt": plan.salt,
        "offset": plan.offset,
        "traffic": phase.traffic,
        "shares": phase.shares,
    }


def _shown(record: Decision) -> dict[str, Any]:
    return {
        "name": record.name,
        "version": record.version,
        "author": record.author,
        "reason": record.reason,
        "at": record.at,
        **(record.body or {}),
    }
