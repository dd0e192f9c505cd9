"""Experiment schedule: the task that takes interim looks at experiments when they are due.

Each process that answers looks; of two that look at once the first is kept, and the other's look
says the same.
"""

import asyncio
import logging
import time

import msgspec
from starlette.concurrency import run_in_threadpool

from ranking.experiments.interim_looks import is_due, look_at
from ranking.experiments.plans import Experiment
from ranking.service.ports import Lists, Refused, Settings
from ranking.settings_log.book import ConflictError

KIND = "look"
PAUSE = 5.0

log = logging.getLogger("tolqyn")


async def keep_looking(lists: Lists, settings: Settings) -> None:
    """Look for ever; what cannot be counted or written now is tried again."""
    while True:
        await asyncio.sleep(PAUSE)
        for name, plan in settings.book.experiments().items():
            if not is_due(plan, settings.book.looks(name), time.time()):
                continue
            try:
                await look(lists, settings, name, plan)
            except ConflictError:
                continue
            except Refused as refused:
                log.warning("experiment %s cannot be looked at: %s", name, refused)


async def look(lists: Lists, settings: Settings, name: str, plan: Experiment) -> None:
    """Look at an experiment now, and keep it.

    Raises
    ------
    ConflictError
        If another process was first.
    Refused
        If it cannot be counted or written.
    """
    parent, at = settings.book.latest(KIND, name), time.time()
    counted = await lists.counted(name, plan)
    seen = await run_in_threadpool(look_at, plan, counted.tallies, at)
    body = msgspec.to_builtins(seen)
    await settings.write(settings.book.following(KIND, name, body, "", "", parent))
