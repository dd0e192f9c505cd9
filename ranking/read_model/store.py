"""Store: only this file speaks to Redis.

Values can be overwritten and expire; all of them can be computed again. A write names its log
positions, of views and of articles. It is refused whole when the store holds values of later
positions, so that a worker that resumes after a long pause cannot write an old board. One script
compares and writes atomically. A writer also learns when the store has lost its values, and writes
all of them again.
"""

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar, cast

import msgspec
import redis
import redis.asyncio

from ranking.read_model.store_keys import OnDemandKey, StoreKeys, question_of, text_of

KEEP = 3600
"""Seconds that a value stays without being written again."""
WANTED = 30.0
"""Seconds that a board is made after it was last asked for."""
CHUNK = 250
_GUARDED = """
local kept = redis.call('HMGET', KEYS[1], 'views', 'articles')
if kept[1] and (tonumber(kept[1]) > tonumber(ARGV[1]) or tonumber(kept[2]) > tonumber(ARGV[2])) then
  return 'refused'
end
redis.call('HSET', KEYS[1], 'views', ARGV[1], 'articles', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[4])
for i = 3, #KEYS do redis.call('SET', KEYS[i], ARGV[i + 4], 'EX', ARGV[3]) end
local notice = #KEYS + 5
if #ARGV >= notice then
  for i = notice + 1, #ARGV do redis.call('HSET', KEYS[2], ARGV[i], ARGV[5]) end
  redis.call('PUBLISH', ARGV[6], ARGV[notice])
end
redis.call('EXPIRE', KEYS[2], ARGV[4])
return kept[1] and 'written' or 'forgot'
"""
T = TypeVar("T")


class StoreError(OSError):
    """The store does not answer; it will be tried again."""


class Outcome(Enum):
    """The result of a write."""

    WRITTEN = "written"
    FORGOT = "forgot"
    """Written, but the store had nothing of the partition: all must be written anew."""
    REFUSED = "refused"
    """The store holds values of later log positions."""


class Changed(msgspec.Struct, frozen=True):
    """Notifies readers of changed values: editions, tags, and boards on demand.

    In `listed` editions other articles may be listed than before.
    """

    editions: list[str] = []
    tags: list[str] = []
    boards: list[OnDemandKey] = []
    listed: list[str] = []


@dataclass(frozen=True, slots=True)
class StorePositions:
    """Log positions of the values in the store.

    Attributes
    ----------
    partition : int
    views, articles : int
        Next offsets of the two topics.
    """

    partition: int
    views: int
    articles: int


@dataclass(frozen=True, slots=True)
class Write:
    """Values to write together.

    Attributes
    ----------
    stand : StorePositions
    values : mapping of str to bytes
        By key.
    changed : Changed or None
        What to tell readers.
    keep : int
        Seconds that the values stay.
    """

    stand: StorePositions
    values: Mapping[str, bytes]
    changed: Changed | None = None
    keep: int = KEEP


class StoreWriter:
    """Writes values; blocking, for a thread of its own.

    Parameters
    ----------
    url : str
        Such as redis://127.0.0.1:6379/0.
    names : StoreKeys
    """

    def __init__(self, url: str, names: StoreKeys) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=5.0, socket_connect_timeout=2.0)
        self._script = self._redis.register_script(_GUARDED)
        self._names = names

    def write(self, write: Write) -> Outcome:
        """Write values unless later ones are there.

        Raises
        ------
        StoreError
            If the store does not answer.
        """
        keys, forgot = list(write.values), False
        for start in range(0, max(len(keys), 1), CHUNK):
            part = keys[start : start + CHUNK]
            outcome = self._write(write, part, is_last=start + CHUNK >= len(keys))
            if outcome is Outcome.REFUSED:
                return outcome
            forgot = forgot or outcome is Outcome.FORGOT
        return Outcome.FORGOT if forgot else Outcome.WRITTEN

    def position(self, partition: int) -> tuple[int, int] | None:
        """Positions of views and articles that a partition's values stand for."""
        kept = _asked(
            lambda: self._redis.hmget(self._names.position(partition), "views", "articles")
        )
        views, articles = cast(list[bytes | None], kept)
        return (int(views), int(articles)) if views and articles else None

    def values(self, keys: Sequence[str]) -> list[bytes | None]:
        """Values of some keys."""
        return cast(list[bytes | None], _asked(lambda: self._redis.mget(keys)) if keys else [])

    def forget_position(self, partition: int) -> None:
        """Let values of any position be written; for a log that was begun anew."""
        _asked(lambda: self._redis.delete(self._names.position(partition)))

    def wanted(self) -> list[OnDemandKey]:
        """Boards that were requested in the last `WANTED` seconds."""
        since = time.time() - WANTED
        _asked(lambda: self._redis.zremrangebyscore(self._names.wanted, "-inf", since))
        found = _asked(lambda: self._redis.zrange(self._names.wanted, 0, -1))
        return [question_of(text) for text in cast(list[bytes], found)]

    def claim(self, worker: str, token: bytes, seconds: float) -> bytes:
        """Say that a worker lives; returns the token of whoever says so under that name.

        Parameters
        ----------
        worker : str
        token : bytes
        seconds : float
            How long the claim stands.
        """
        key, ms = self._names.worker(worker), int(seconds * 1000)
        held = _asked(lambda: self._redis.set(key, token, px=ms, nx=True, get=True))
        if held in (None, token):
            _asked(lambda: self._redis.set(key, token, px=ms))
            return token
        return cast(bytes, held)

    def unclaim(self, worker: str, token: bytes) -> None:
        """Take back a claim of one's own."""
        if _asked(lambda: self._redis.get(self._names.worker(worker))) == token:
            _asked(lambda: self._redis.delete(self._names.worker(worker)))

    def _write(self, write: Write, keys: Sequence[str], *, is_last: bool) -> Outcome:
        stand, notice = write.stand, list[Any]()
        if write.changed and is_last:
            notice = [msgspec.json.encode(write.changed), *write.changed.editions]
        version = f"{stand.views}:{stand.articles}:{time.time_ns()}"
        place = [stand.views, stand.articles, write.keep, KEEP]
        arguments: list[Any] = [*place, version, self._names.changes]
        values = [write.values[key] for key in keys]
        where = [self._names.position(stand.partition), self._names.directory, *keys]
        done = _asked(lambda: self._script(where, [*arguments, *values, *notice]))
        return Outcome(cast(bytes, done).decode())


class StoreReader:
    """Reads values, for an event loop.

    Parameters
    ----------
    url : str
    names : StoreKeys
    """

    def __init__(self, url: str, names: StoreKeys) -> None:
        self._redis = redis.asyncio.Redis.from_url(
            url, socket_timeout=2.0, socket_connect_timeout=2.0
        )
        self._names = names

    async def read(self, keys: Sequence[str]) -> list[bytes | None]:
        """Values by key; None where there is none.

        Raises
        ------
        StoreError
            If the store does not answer.
        """
        if not keys:
            return []
        try:
            return cast(list[bytes | None], await self._redis.mget(keys))
        except redis.RedisError as error:
            raise StoreError(str(error)) from error

    async def directory(self) -> dict[str, bytes]:
        """All editions, each with the version of its value."""
        try:
            found = await cast(Any, self._redis.hgetall(self._names.directory))
        except redis.RedisError as error:
            raise StoreError(str(error)) from error
        return {name.decode(): version for name, version in found.items()}

    async def want(self, *questions: OnDemandKey) -> None:
        """Ask for boards that are not made otherwise."""
        now = time.time()
        try:
            await self._redis.zadd(
                self._names.wanted, {text_of(question): now for question in questions}
            )
        except redis.RedisError as error:
            raise StoreError(str(error)) from error

    async def keep(self, key: str, value: bytes, seconds: float) -> None:
        """Keep a value of one's own for a while."""
        try:
            await self._redis.set(key, value, px=max(int(seconds * 1000), 1))
        except redis.RedisError as error:
            raise StoreError(str(error)) from error

    async def changes(self) -> AsyncIterator[Changed | None]:
        """Change notices as they come; None about once a second, and at the beginning."""
        try:
            async with self._redis.pubsub() as channel:
                await channel.subscribe(self._names.changes)
                while True:
                    message = await channel.get_message(ignore_subscribe_messages=True, timeout=1.0)
                    yield msgspec.json.decode(message["data"], type=Changed) if message else None
        except redis.RedisError as error:
            raise StoreError(str(error)) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


def _asked(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except redis.RedisError as error:
        raise StoreError(str(error)) from error
