"""Presence: one worker per name. Two with one name would take each other's partitions in turn.

A worker claims its name in the store and renews the claim. The claim of a dead process of this
machine does not count, so that a restart after a crash need not wait. For the claim of another
machine a worker waits until it expires.
"""

import asyncio
import logging
import os
import socket
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from ranking.read_model.store import StoreError, StoreWriter

STANDS, RENEW = 3.0, 1.0

log = logging.getLogger("tolqyn")


class PresenceError(ValueError):
    """Another worker has the name: the operator's fault."""


class Holder(msgspec.Struct, frozen=True):
    """The holder of a worker's name.

    Attributes
    ----------
    host : str
    pid, born : int
        Process, and when the kernel started it.
    """

    host: str
    pid: int
    born: int


class Presence:
    """The claim of this process.

    Parameters
    ----------
    store : StoreWriter
    worker : str
    """

    def __init__(self, store: StoreWriter, worker: str) -> None:
        self._store, self._worker = store, worker
        self._me = Holder(socket.gethostname(), os.getpid(), _born(os.getpid()))
        self._token = msgspec.json.encode(self._me)

    def claim(self) -> None:
        """Claim the name.

        Raises
        ------
        PresenceError
            If another live worker has it.
        """
        until = time.monotonic() + STANDS + RENEW
        while True:
            try:
                held = self._store.claim(self._worker, self._token, STANDS)
            except StoreError as error:
                log.warning("the store is away, no claim of the name %s: %s", self._worker, error)
                return
            if held == self._token:
                return
            holder = msgspec.json.decode(held, type=Holder)
            if holder.host == self._me.host and _born(holder.pid) != holder.born:
                self._store.unclaim(self._worker, held)
            elif holder.host == self._me.host or time.monotonic() > until:
                message = (
                    f"id must be unique among workers, got {self._worker!r}, which process"
                    f" {holder.pid} on {holder.host} has"
                )
                raise PresenceError(message)
            else:
                time.sleep(0.2)

    async def keep_forever(self) -> None:
        """Renew the claim."""
        while True:
            with suppress(StoreError):
                await asyncio.to_thread(self._store.claim, self._worker, self._token, STANDS)
            await asyncio.sleep(RENEW)


def _born(pid: int) -> int:
    """The start of a process, in the kernel's ticks; 0 if there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    fields = stat.rpartition(")")[2].split()
    return 0 if fields[0] == "Z" else int(fields[19])
