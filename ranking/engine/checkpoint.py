"""Checkpoints: a site's state as bytes, and back.

Two parts. The state is a function of the site's views alone: equal logs give equal bytes, however
they were chopped and whoever sent them. The place says what of each source is in it, and where
to begin rereading the memory of repeats and visits, of which the bytes hold nothing. Co-read rows
are written in the order of their articles, so that a row's place in the pool does not show.
"""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranking.engine.arrays import LENGTH, pack_arrays, unpack_arrays
from ranking.engine.coread import Graph
from ranking.engine.settings import EngineSettings
from ranking.engine.site import Site, Turn
from ranking.engine.tables import FIRST_SLOTS, empty_articles
from ranking.engine.views import ARTICLE

ARTICLE_FIELDS = tuple(name for name in ARTICLE.names or () if name not in ("row", "touched"))
LOG_FIELDS = ("newest_ms", "views", "window", "forgotten_ms")


class Names(msgspec.Struct, array_like=True, frozen=True):
    """What of a site's state is not an array."""

    site: str
    editions: list[str]
    ids: list[str]
    free_slots: list[int]


class Place(msgspec.Struct, array_like=True, frozen=True):
    """Where in the log a site's state stands."""

    turns: list[tuple[int, int, int, tuple[tuple[str, int], ...]]]
    sequences: list[tuple[str, int]]


def state_bytes(site: Site) -> bytes:
    """Write all that follows from the site's views, and nothing else."""
    names = Names(site.name, site.editions, site.ids, site.free_slots)
    head = msgspec.msgpack.encode(names)
    return LENGTH.pack(len(head)) + head + pack_arrays(_arrays(site))


def place_of(site: Site) -> Place:
    """Say what the site has applied, and where its memory has to be reread from."""
    turns = [(t.window, t.position, t.views, t.sequences) for t in site.turns]
    return Place(turns, list(site.sequences.items()))


def restored_site(data: bytes, place: Place, settings: EngineSettings) -> Site:
    """Build a site from its bytes; its memory of repeats and visits is empty.

    Parameters
    ----------
    data : bytes
        What `state_bytes` wrote.
    place : Place
    settings : EngineSettings
        Those that the state grew under.
    """
    (length,) = LENGTH.unpack_from(data)
    offset = LENGTH.size + length
    names = msgspec.msgpack.decode(data[LENGTH.size : offset], type=Names)
    arrays = unpack_arrays(data[offset:])
    site = Site(names.site, settings)
    site.editions, site.ids, site.free_slots = names.editions, names.ids, names.free_slots
    site.sequences = dict(place.sequences)
    site.turns = [Turn(*turn) for turn in place.turns]
    site.slots = [{} for _ in names.editions]
    free = set(names.free_slots)
    for slot, (article, edition) in enumerate(
        zip(names.ids, arrays["edition"].tolist(), strict=True)
    ):
        if slot not in free:
            site.slots[edition][article] = slot
    _fill(site, arrays)
    site.arrivals = len(names.ids)
    site.evictions = int(bool(free))
    return site


def _arrays(site: Site) -> dict[str, NDArray[Any]]:
    s = site.state
    used = len(site.ids)
    arrays = {name: s.article[name][:used] for name in ARTICLE_FIELDS}
    arrays["mass"] = s.mass[:used]
    arrays["total"] = s.total
    arrays["base_ms"] = s.weights["base_ms"][0]
    arrays["log"] = np.array([site.log[name] for name in LOG_FIELDS], np.int64)
    return arrays | _graph_arrays(s.graph, s.article["row"][:used])


def _graph_arrays(g: Graph, row: NDArray[np.int32]) -> dict[str, NDArray[Any]]:
    owners = np.flatnonzero(row >= 0).astype(np.int32)
    rows = row[owners]
    size = g.row["size"][rows]
    held = np.arange(g.neighbour.shape[1])[None, :] < size[:, None]
    return {
        "row_owner": owners,
        "row_size": size,
        "row_total": g.row["total"][rows],
        "row_touched": g.row["touched"][rows],
        "row_neighbour": g.neighbour[rows][held],
        "row_mass": g.mass[rows][held],
        "graph_base_ms": g.level["base_ms"][0],
    }


def _fill(site: Site, arrays: dict[str, NDArray[Any]]) -> None:
    used = len(site.ids)
    article = empty_articles(max(used, FIRST_SLOTS))
    for name in ARTICLE_FIELDS:
        article[name][:used] = arrays[name]
    mass = np.zeros((article.size, *arrays["mass"].shape[1:]))
    mass[:used] = arrays["mass"]
    site.state = site.state._replace(
        article=article,
        mass=mass,
        total=arrays["total"].copy(),
        touched=np.zeros(article.size, np.int32),
    )
    site.state.weights["base_ms"][0] = arrays["base_ms"]
    for name, value in zip(LOG_FIELDS, arrays["log"], strict=True):
        site.log[name] = value
    site.log["articles"] = used
    _fill_graph(site.state.graph, article["row"], arrays)


def _fill_graph(g: Graph, row: NDArray[np.int32], arrays: dict[str, NDArray[Any]]) -> None:
    owners = arrays["row_owner"]
    count = owners.size
    row[owners] = np.arange(count, dtype=np.int32)
    for name in ("owner", "size", "total", "touched"):
        g.row[name][:count] = arrays[f"row_{name}"]
    held = np.arange(g.neighbour.shape[1])[None, :] < g.row["size"][:count][:, None]
    g.neighbour[:count][held] = arrays["row_neighbour"]
    g.mass[:count][held] = arrays["row_mass"]
    free = g.row.size - count
    g.level["free_rows"] = free
    g.row["free"][:free] = np.arange(g.row.size - 1, count - 1, -1)
    g.level["base_ms"][0] = arrays["graph_base_ms"]
