"""Co-visitation graph: which pages follow and precede which in one visit, at four half-lives.

A view of b follows pages [a1, a2, a3] (newest first) of its visit. For each level l with half-life
h_l it adds forward_l^j to N_l[a_j][b] and backward_l·forward_l^(j-1) to N_l[b][a_j], with forward
decay like the masses. T_l holds the row's whole sum. Rows exist for recently co-read articles, in a
pool. Each holds a bounded number of neighbours; a full row keeps the three quarters with the
greatest decayed sum. Cost: six row scans a view.

Levels are I, F, M, S: instant, fast, middle, slow.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import borrowed, compiled, inlined
from ranking.engine.decay.bank import moved_base, rebased
from ranking.engine.decay.portable_math import exp2
from ranking.engine.event_kinds import VIEW
from ranking.engine.quickselect import kth_smallest
from ranking.engine.settings import EngineSettings
from ranking.engine.signals.signal import Signal

if TYPE_CHECKING:
    from ranking.engine.site import Site

LEVELS = 4
REBASE = 96
"""A level's base moves every so many half-lives: single precision holds weights below 2^96."""

ROW = np.dtype(
    [
        ("total", np.float64, (LEVELS,)),  # row sums, dropped neighbours included
        ("touched", np.int64),  # log position of the last change
        ("size", np.int32),  # neighbours in use
        ("owner", np.int32),  # article slot; -1 = free
        ("free", np.int32),  # stack of free rows, valid up to `free_rows`
    ],
    align=True,
)
LEVEL = np.dtype(
    [
        ("base_ms", np.int64, (LEVELS,)),
        ("half_life_ms", np.int64, (LEVELS,)),
        ("due_ms", np.int64),  # when the next base moves
        ("step", np.float64, (LEVELS, 3, 2)),  # weight by level, steps between, direction
        ("weight", np.float64, (LEVELS,)),  # of the co-readings of the view at hand
        ("free_rows", np.int64),
        ("freed", np.int64),  # rows taken from articles so far
    ],
    align=True,
)


class Graph(NamedTuple):
    """A pool of rows.

    Attributes
    ----------
    row : (n_rows,) ROW
    neighbour : (n_rows, width) int32
        Article slots, in order of arrival.
    mass : (n_rows, width, LEVELS) float32
        Forward-decayed co-readings.
    level : (1,) LEVEL
    """

    row: NDArray[Any]
    neighbour: NDArray[np.int32]
    mass: NDArray[np.float32]
    level: NDArray[Any]


def new_graph(settings: EngineSettings) -> Graph:
    """Create an empty pool; the system gives it memory as rows are used."""
    rows, width = settings.rows, settings.neighbours
    row = np.zeros(rows, ROW)
    row["owner"] = -1
    row["free"] = np.arange(rows - 1, -1, -1)
    level = np.zeros(1, LEVEL)
    level["half_life_ms"] = np.array(settings.coread_half_lives) * 1000
    level["step"] = settings.step_weights()
    level["free_rows"] = rows
    neighbour = np.zeros((rows, width), np.int32)
    return Graph(row, neighbour, np.zeros((rows, width, LEVELS), np.float32), level)


@inlined
def borrowed_graph(g: Graph) -> Graph:
    """The same graph, uncounted."""
    return Graph(borrowed(g.row), borrowed(g.neighbour), borrowed(g.mass), borrowed(g.level))


@compiled
def rebase_graph(g: Graph, newest_ms: int) -> None:
    """Move the base of every level that the log has outgrown; an exact power of two."""
    levels = g.level[0]
    due = newest_ms + levels["half_life_ms"][LEVELS - 1] * REBASE
    for level in range(LEVELS):
        half_life = levels["half_life_ms"][level]
        base = moved_base(newest_ms, levels["base_ms"][level], half_life, REBASE)
        due = min(due, base + half_life * REBASE)
        if base > levels["base_ms"][level]:
            factor = rebased(levels["base_ms"][level], base, half_life)
            levels["base_ms"][level] = base
            for row in range(g.row.size):
                g.row[row]["total"][level] *= factor
                for place in range(g.row[row]["size"]):
                    g.mass[row, place, level] *= np.float32(factor)
    levels["due_ms"] = due


@inlined
def graph_row(g: Graph, articles: NDArray[Any], slot: int, position: int) -> int:
    """Give an article's row, a new one if it has none, the least recent ones if all are taken."""
    row = int(articles[slot]["row"])
    if row < 0:
        if g.level[0]["free_rows"] == 0:
            free_oldest_rows(g, articles)
        g.level[0]["free_rows"] -= 1
        row = int(g.row[g.level[0]["free_rows"]]["free"])
        articles[slot]["row"] = row
        fresh = g.row[row]
        fresh["owner"] = slot
        fresh["size"] = 0
        for level in range(LEVELS):
            fresh["total"][level] = 0.0
    g.row[row]["touched"] = position
    return row


@compiled
def free_oldest_rows(g: Graph, articles: NDArray[Any]) -> None:
    """Free the sixteenth of the rows that changed longest ago."""
    rows = g.row.size
    touched = np.empty(rows)
    for row in range(rows):
        touched[row] = g.row[row]["touched"]
    limit = kth_smallest(touched, rows // 16)
    for row in range(rows - 1, -1, -1):
        if g.row[row]["touched"] <= limit:
            free_row(g, articles, row)


@compiled
def free_row(g: Graph, articles: NDArray[Any], row: int) -> None:
    """Take a row from its article."""
    articles[g.row[row]["owner"]]["row"] = -1
    g.row[row]["owner"] = -1
    g.row[row]["size"] = 0
    g.row[g.level[0]["free_rows"]]["free"] = row
    g.level[0]["free_rows"] += 1
    g.level[0]["freed"] += 1


@inlined
def neighbour_place(g: Graph, row: int, slot: int, newest_ms: int) -> int:
    """Place of a neighbour in a row, made if it is new."""
    used = int(g.row[row]["size"])
    neighbours, found = g.neighbour[row], np.int32(-1)
    for place in range(np.int32(used)):  # no early exit: compiles to vector instructions
        if neighbours[place] == slot:
            found = np.int32(place)
    if found >= 0:
        return int(found)
    if used == g.neighbour.shape[1]:
        keep_greatest(g, row, used * 3 // 4, newest_ms)
        used = int(g.row[row]["size"])
    g.neighbour[row, used] = slot
    for level in range(LEVELS):
        g.mass[row, used, level] = np.float32(0.0)
    g.row[row]["size"] = used + 1
    return used


@compiled
def keep_greatest(g: Graph, row: int, kept: int, newest_ms: int) -> None:
    """Keep the neighbours with the greatest decayed sums, in their order of arrival."""
    used = g.row[row]["size"]
    sums = np.zeros(used)
    for level in range(LEVELS):
        age = newest_ms - g.level[0]["base_ms"][level]
        scale = exp2(-age / g.level[0]["half_life_ms"][level])
        for place in range(used):
            sums[place] += g.mass[row, place, level] * scale
    limit = kth_smallest(sums.copy(), used - kept)
    ties = kept
    for place in range(used):
        ties -= sums[place] > limit
    to = 0
    for place in range(used):
        if sums[place] > limit or (sums[place] == limit and ties > 0):
            ties -= sums[place] == limit
            move_neighbour(g, row, place, to)
            to += 1
    g.row[row]["size"] = to


@compiled
def move_neighbour(g: Graph, row: int, place: int, to: int) -> None:
    """Move a neighbour within its row."""
    g.neighbour[row, to] = g.neighbour[row, place]
    for level in range(LEVELS):
        g.mass[row, to, level] = g.mass[row, place, level]


@inlined
def weigh_coreads(g: Graph, at_ms: int) -> None:
    """Set what the co-readings of a view weigh."""
    levels = g.level[0]
    for level in range(LEVELS):
        age = at_ms - levels["base_ms"][level]
        levels["weight"][level] = exp2(age / levels["half_life_ms"][level])


@inlined
def add_coread(
    g: Graph,
    articles: NDArray[Any],
    earlier: int,
    later: int,
    step: int,
    newest_ms: int,
    position: int,
) -> None:
    """Tell both articles that `later` was read `step` + 1 pages after `earlier`."""
    from_row = graph_row(g, articles, earlier, position)
    to_row = graph_row(g, articles, later, position)
    forward = neighbour_place(g, from_row, later, newest_ms)
    backward = neighbour_place(g, to_row, earlier, newest_ms)
    levels = g.level[0]
    for level in range(LEVELS):
        ahead = levels["weight"][level] * levels["step"][level, step, 0]
        back = levels["weight"][level] * levels["step"][level, step, 1]
        g.mass[from_row, forward, level] += np.float32(ahead)
        g.mass[to_row, backward, level] += np.float32(back)
        g.row[from_row]["total"][level] += ahead
        g.row[to_row]["total"][level] += back


@compiled
def forget_articles(g: Graph, articles: NDArray[Any], gone: NDArray[np.bool_]) -> None:
    """Free the rows of evicted articles and drop them from the rows of others."""
    for row in range(g.row.size - 1, -1, -1):
        owner = g.row[row]["owner"]
        if owner >= 0 and gone[owner]:
            free_row(g, articles, row)
    for row in range(g.row.size):
        to = 0
        for place in range(g.row[row]["size"]):
            if not gone[g.neighbour[row, place]]:
                move_neighbour(g, row, place, to)
                to += 1
        g.row[row]["size"] = to


class Covisitation(Signal):
    """The co-visitation graph as a registered signal; the view loop updates it."""

    name = "covisitation"
    kinds = (VIEW,)

    def arrays(self, site: "Site") -> dict[str, NDArray[Any]]:
        """Rows in the order of their owners' slots, their neighbours and masses, and the bases."""
        g, rows = site.state.graph, self._rows(site)
        held = np.arange(g.neighbour.shape[1])[None, :] < g.row["size"][rows][:, None]
        return {
            "owner": g.row["owner"][rows],
            "total": g.row["total"][rows],
            "neighbour": np.where(held, g.neighbour[rows], -1),
            "mass": np.where(held[:, :, None], g.mass[rows], np.float32(0.0)),
            "base_ms": g.level["base_ms"][0],
        }

    def readings(self, site: "Site", at_ms: int) -> dict[str, NDArray[np.float64]]:
        """Co-readings decayed to a moment, (n_rows, width, LEVELS) and (n_rows, LEVELS)."""
        arrays, level = self.arrays(site), site.state.graph.level[0]
        ages = (at_ms - level["base_ms"]) / level["half_life_ms"]
        left = np.array([exp2(-age) for age in ages.tolist()])
        return {"mass": arrays["mass"] * left, "total": arrays["total"] * left}

    def _rows(self, site: "Site") -> NDArray[np.int32]:
        rows: NDArray[np.int32] = site.state.article["row"][: len(site.ids)]
        return rows[rows >= 0]
