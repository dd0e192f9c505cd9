"""Readouts: the routes of an experiment's figures, evidence, sums and page.

Nothing is kept here: each answer follows from the plan, the looks on the settings log and the sums
that the engine has by now. What takes time runs in a worker thread.
"""

import time
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ranking import __version__
from ranking.experiments.bucket_sums import Tallies, csv_of
from ranking.experiments.decision_warnings import doubts
from ranking.experiments.duration_forecast import Habits, expected, guessed, habits_of
from ranking.experiments.effect_history import path_of, thinned
from ranking.experiments.evidence import Evidence
from ranking.experiments.interim_looks import look_at
from ranking.experiments.plans import (
    Experiment,
    ExperimentError,
    Status,
    changes_of,
    experiment_of,
)
from ranking.experiments.readout import MISMATCH, Readout, readout, verdict_of
from ranking.experiments.report import report
from ranking.service.ports import Lists, Refused, Settings
from ranking.service.problems import Problem
from ranking.service.request_parameters import json_response
from ranking.service.settings_routes import asked

KIND = "experiment"
DRAWN = 240
"""Looks that a readout carries at most; the evidence has all."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class Readouts:
    """Routes of what experiments show.

    Parameters
    ----------
    lists : Lists
        Knows the sums.
    settings : Settings
        Knows plans and looks.
    """

    def __init__(self, lists: Lists, settings: Settings) -> None:
        self._lists, self._settings = lists, settings

    def reading(self) -> list[BaseRoute]:
        """Routes that change nothing."""
        one = "/v1/experiments/{name}"
        return [
            Route(f"{one}/readout", self.readout),
            Route(f"{one}/evidence", self.evidence),
            Route(f"{one}/sums.csv", self.sums),
            Route(f"{one}/report", self.report),
            Route("/v1/experiments/planned", self.planned, methods=["POST"]),
        ]

    async def readout(self, request: Request) -> Response:
        """The readout of an experiment at present."""
        evidence = await self._evidence(request)
        plan, result = evidence.experiment, await run_in_threadpool(lambda: readout(evidence))
        tallies = await run_in_threadpool(lambda: evidence.tallies)
        own = habits_of(plan, tallies, plan.metric, evidence.at)
        habits = own or await self._other_habits(evidence.name, plan, evidence.at)
        shown = await run_in_threadpool(lambda: _shown(evidence, plan, tallies, result, habits))
        return json_response(shown)

    async def evidence(self, request: Request) -> Response:
        """All that an experiment is, from which its readout follows."""
        evidence = await self._evidence(request)
        return Response(msgspec.json.encode(evidence), media_type="application/json")

    async def sums(self, request: Request) -> Response:
        """The sums by bucket."""
        evidence = await self._evidence(request)
        return _file(evidence.sums, "text/csv", f"{evidence.name}.csv")

    async def report(self, request: Request) -> Response:
        """The experiment as one page that proves itself."""
        evidence = await self._evidence(request)
        page = await run_in_threadpool(lambda: report(evidence))
        return _file(page, "text/html", f"{evidence.name}.html")

    async def planned(self, request: Request) -> Response:
        """Visits and days that a plan needs."""
        body = {"salt": "planned", **await asked(request, dict[str, Any])}
        try:
            plan = experiment_of(body)
        except ExperimentError as error:
            raise Problem(400, "Experiment refused", str(error)) from error
        habits = await self._other_habits("", plan, time.time())
        return json_response({**expected(plan, habits)._asdict(), "a_day": habits.a_day})

    async def read_out(self, name: str) -> Readout:
        """The readout of an experiment at present.

        Raises
        ------
        Problem
            404 if it is not known, 503 if it cannot be counted now.
        """
        evidence = await self._evidence_of(name)
        return await run_in_threadpool(lambda: readout(evidence))

    async def _evidence(self, request: Request) -> Evidence:
        return await self._evidence_of(request.path_params["name"])

    async def _evidence_of(self, name: str) -> Evidence:
        book = self._settings.book
        record, plan = book.current(KIND, name), book.experiments().get(name)
        if record is None or plan is None:
            raise Problem(404, "Unknown experiment", f"no experiment {name!r} is known")
        looks, at = book.looks(name), time.time()
        try:
            counted = await self._lists.counted(name, plan)
        except Refused as refused:
            wait = {"retry-after": str(refused.wait)}
            raise Problem(503, "Sums not available", str(refused), wait) from refused
        sums = await run_in_threadpool(lambda: csv_of(counted.tallies, plan.names))
        return Evidence(
            name=name, plan=msgspec.to_builtins(plan), version=record.version,
            profiles=self._profiles(plan), code=__version__, offsets=counted.offsets, at=at,
            sums=sums, slots=counted.tallies.slots.tolist(), looks=looks,
            catalogue=counted.catalogue, events=counted.events, left_out=counted.left_out,
        )  # fmt: skip

    def _profiles(self, plan: Experiment) -> dict[str, dict[str, Any]]:
        """Whole profile of each arm that has lists; arms that all try nothing have the live one."""
        live, published = self._lists.profiles, self._settings.book.published
        made = {
            arm.name: live
            if plan.tries_nothing
            else live.with_changes(plan.scope, changes_of(plan, arm, published))
            for arm in plan.arms
            if not arm.holdout
        }
        where = (plan.edition, plan.surface, plan.section)
        return {name: msgspec.to_builtins(profiles.of(*where)) for name, profiles in made.items()}

    async def _other_habits(self, own: str, plan: Experiment, now: float) -> Habits:
        """Behaviour of the readers, from another experiment or from an assumption."""
        views = {
            traffic["edition"]: _a_day(traffic["hourly"]) for traffic in await self._lists.traffic()
        }
        scope = sum(n for edition, n in views.items() if plan.edition in ("", edition))
        for name, other in self._others(own, plan):
            try:
                counted = await self._lists.counted(name, other)
            except Refused:
                break
            found = habits_of(other, counted.tallies, plan.metric, now)
            of_other = sum(n for edition, n in views.items() if other.edition in ("", edition))
            if found is not None and of_other:
                return found._replace(a_day=found.a_day * scope / of_other)
        return guessed(scope)

    def _others(self, own: str, plan: Experiment) -> list[tuple[str, Experiment]]:
        """Experiments that count readers, those of the same lists first, then those of all."""
        found = [
            (name, other)
            for name, other in self._settings.book.experiments().items()
            if name != own and other.mode is plan.mode and other.status is not Status.DRAFT
        ]
        return sorted(found, key=lambda pair: (pair[1].edition != plan.edition, pair[1].edition))


def _shown(
    evidence: Evidence, plan: Experiment, tallies: Tallies, result: Readout, habits: Habits
) -> dict[str, Any]:
    now, visits = evidence.at, sum(result.visits.values())
    looks = [*evidence.looks, look_at(plan, tallies, now)]
    path = thinned(path_of(plan, looks), DRAWN)
    planned = expected(plan, habits, visits, min(now, plan.end))
    verdict = verdict_of(plan, result.main, result.guardrails, result.mismatch, now)
    progress = min((one.progress for one in result.main), default=0.0)
    return {
        "name": evidence.name,
        "version": evidence.version,
        "status": plan.status.value,
        "label": plan.label_at(evidence.name, now),
        "at": now,
        "start": plan.start,
        "end": plan.end,
        "plan": evidence.plan,
        "verdict": verdict._asdict(),
        "readout": msgspec.to_builtins(result),
        "path": msgspec.to_builtins(path),
        "looks": len(evidence.looks),
        "health": {
            "mismatch": result.mismatch,
            "is_sound": result.mismatch >= MISMATCH,
            "is_peeking_safe": True,
            "visits": result.visits,
            "left_out": result.left_out,
        },
        "doubts": {arm: msgspec.to_builtins(doubts(plan, result, arm)) for arm in plan.names},
        "planned": {**planned._asdict(), "progress": min(progress, 1.0)},
    }


def _a_day(hourly: list[int]) -> float:
    """Views a day, of as many hours as there were any."""
    seen = next((len(hourly) - k for k, views in enumerate(hourly) if views), 0)
    return 24.0 * sum(hourly) / seen if seen else 0.0


def _file(content: str, kind: str, name: str) -> Response:
    headers = {
        "content-disposition": f'inline; filename="{name}"',
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
    }
    return Response(content, 200, headers, kind)
