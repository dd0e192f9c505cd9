"""The view loop: what one event does to a site's state.

The steps, in order: an event whose id is known is dropped. A robot's event is accepted and goes no
further. A repeat is accepted but not counted. A counted view adds to masses, window counts and the
co-visitation graph. The view is added to its visit. The live loop, replay and backtest share this
function.

Invariant: the state is a function of the sequence of views, however they are batched. Hence the
clock moves, tables grow and windows begin between two views, never between two batches.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.engine.batch import Batch
from ranking.engine.compiled import borrowed, compiled, inlined
from ranking.engine.deduplication import NEVER, NOTHING, is_seen, mix, seen_key
from ranking.engine.event_ids import event_key, is_known_id
from ranking.engine.hash_tables import LONG_IDS, READERS, SIGHTS, VISITS, room_of
from ranking.engine.outcomes import COUNTED as HAS_COUNTED
from ranking.engine.outcomes import REPEAT, ROBOT
from ranking.engine.sessions import DEPTH, is_alive, remember_page, visit_place
from ranking.engine.signals.covisitation import (
    Graph,
    add_coread,
    borrowed_graph,
    rebase_graph,
    weigh_coreads,
)
from ranking.engine.signals.decayed_counts import LANDING, ONWARD, OURS, add_mass, rebase
from ranking.engine.signals.window_counts import DAY_MS, DAYS, HOUR_MS, HOURS, ring_add

KINDS = 4
"""Kinds of events that ship: views, reads, impressions, clicks."""
DONE, NEW_WINDOW, ROOM = 0, 1, 2
LONGEST_STAY = 600
"""Seconds on a page beyond which a reader is taken to have been away."""
READER_SALT = np.uint64(0xD1B54A32D192ED03)
LABELLED, COUNTED, BEGUN, SECOND, FIRST_SEEN = 1, 2, 4, 8, 16
"""Flags of an event that names experiments: it names one, it counted, a visit began with it, it was
a visit's second page, its reader had named no experiment within the window."""

VIEW = np.dtype(
    [
        ("at", np.int64),  # ms
        ("visitor", np.uint64),
        ("chain", np.uint64),
        ("event_id", np.uint64),
        ("key", np.uint64),  # hash of edition and id; used when rereading
        ("slot", np.int32),  # below 0 = an article evicted since
        ("kind", np.uint8),
        ("outcome", np.uint8),  # set by the loop
        ("robot", np.uint8),
        ("ours", np.uint8),  # caused by one of our lists
        ("flags", np.uint8),  # LABELLED, and then those that the loop sets
        ("stay", np.uint16),  # s on the page before, set by the loop
    ],
    align=True,
)
ARTICLE = np.dtype(
    [
        ("key", np.uint64),  # hash of edition and id
        ("accepted", np.int64),  # views that came
        ("counted", np.int64, (KINDS,)),  # views, reads, impressions, clicks that counted
        ("last", np.int64),  # log position of the last view
        ("born", np.int64),  # and of the first
        ("hour", np.int64),  # newest period of each ring
        ("day", np.int64),
        ("edition", np.int32),
        ("row", np.int32),  # co-read row; -1 = none
        ("hourly", np.uint32, (HOURS,)),
        ("daily", np.uint32, (DAYS,)),
        ("touched", np.uint8),  # on the list of touched articles
    ],
    align=True,
)
LOG = np.dtype(
    [
        ("newest_ms", np.int64),  # running maximum of stamps: the clock of the site's boards
        ("views", np.int64),  # views of the log so far
        ("window", np.int64),  # the repeat window that the clock is in, from the epoch
        ("window_ms", np.int64),
        ("due_ms", np.int64),  # when the next window or generation of ids begins
        ("room", np.int64),  # views that certainly find room in all memories
        ("generation", np.int64, (2,)),  # of ids: number of the newest
        ("fresh", np.int64, (2,)),  # and how many it has
        ("articles", np.int64),  # slots in use
        ("touched", np.int64),  # entries of the list of touched articles
    ]
)


class State(NamedTuple):
    """All of a site's arrays.

    Attributes
    ----------
    article : (n,) ARTICLE
    mass : (n, 3, n_rungs) float64
        Forward-decayed masses.
    total : (n_editions, 3, n_rungs) float64
        Masses of whole editions.
    graph : Graph
    weights : (1,) WEIGHTS
    of_millisecond : (1000, n_rungs) float64
    seen : 5 of (size,) SEEN
        Sights of each kind of event, and of readers of experiments.
    visits : (size,) VISIT
    ids : 2 of (size,) SEEN
        Ids of events: of views and clicks, of reads and impressions.
    fresh : 2 of (n,) uint64
        The ids of the newest generations, in the order in which they came.
    memory : (8,) MEMORY
        What is counted of seen, visits and ids.
    touched : (n,) int32
        Articles touched since the last read.
    log : (1,) LOG
    """

    article: NDArray[Any]
    mass: NDArray[np.float64]
    total: NDArray[np.float64]
    graph: Graph
    weights: NDArray[Any]
    of_millisecond: NDArray[np.float64]
    seen: tuple[NDArray[Any], ...]
    visits: NDArray[Any]
    ids: tuple[NDArray[Any], ...]
    fresh: tuple[NDArray[np.uint64], ...]
    memory: NDArray[Any]
    touched: NDArray[np.int32]
    log: NDArray[Any]


def views_of(batch: Batch, slots: NDArray[np.int32]) -> NDArray[Any]:
    """Views of a batch as records, (n_views,) VIEW; `slots` is by dictionary entry."""
    c = batch.columns
    views = np.empty(len(batch), VIEW)
    for name in ("at", "visitor", "chain", "event_id", "kind", "robot"):
        views[name] = c[name]
    views["slot"] = slots[c["article"]]
    views["ours"] = (c["surface"] != 0) | (c["list_id"] != 0)
    views["flags"], views["stay"], views["outcome"] = c["experiment"] != 0, 0, 0
    return views


@inlined
def borrowed_state(s: State) -> State:
    """The same state with borrowed arrays, for loops over views."""
    seen, ids, fresh = s.seen, s.ids, s.fresh
    return State(
        borrowed(s.article), borrowed(s.mass), borrowed(s.total), borrowed_graph(s.graph),
        borrowed(s.weights), borrowed(s.of_millisecond),
        (
            borrowed(seen[0]), borrowed(seen[1]), borrowed(seen[2]), borrowed(seen[3]),
            borrowed(seen[4]),
        ),
        borrowed(s.visits), (borrowed(ids[0]), borrowed(ids[1])),
        (borrowed(fresh[0]), borrowed(fresh[1])),
        borrowed(s.memory), borrowed(s.touched), borrowed(s.log),
    )  # fmt: skip


@inlined
def interruption(s: State, at: int) -> int:
    """Say what must happen before a view: nothing, a new window, or room in a memory."""
    log = s.log[0]
    if at >= log["due_ms"]:
        return NEW_WINDOW
    if log["room"] <= 0:
        log["room"] = least_room(s)
        if log["room"] <= 0:
            return ROOM
    log["room"] -= 1
    return DONE


@compiled
def least_room(s: State) -> int:
    """Views that certainly find room in all memories."""
    room = room_of(s.memory, VISITS, s.visits.size)
    for which in range(SIGHTS):
        room = min(room, room_of(s.memory, which, s.seen[which].size))
    for which in range(2):
        room = min(room, room_of(s.memory, LONG_IDS + which, s.ids[which].size))
        room = min(room, s.fresh[which].size - s.log[0]["fresh"][which])
    return room


@compiled
def apply_views(s: State, views: NDArray[Any], start: int) -> tuple[int, int]:
    """Apply views from `start` on; returns where it stopped and why."""
    s, views = borrowed_state(s), borrowed(views)
    for i in range(start, views.size):
        reason = interruption(s, views[i]["at"])
        if reason != DONE:
            return i, reason
        apply_view(s, views, i)
    return views.size, DONE


@inlined
def apply_view(s: State, views: NDArray[Any], i: int) -> bool:
    """Apply view `i` and say whether it counted."""
    view = views[i]
    at, slot, kind = view["at"], view["slot"], view["kind"]
    article, log = s.article[slot], s.log[0]
    article["last"] = log["views"]
    log["views"] += 1
    if at > log["newest_ms"]:
        move_time(s, at)
    if not article["touched"]:
        article["touched"] = 1
        s.touched[log["touched"]] = slot
        log["touched"] += 1
    again = has_come(s, view["event_id"], kind)
    if kind == 0 and not again:
        article["accepted"] += 1
    if view["robot"]:
        view["outcome"] = ROBOT
        return False
    if view["flags"] and not sight(s, READERS, reader_key(view["visitor"]), at) and not again:
        view["flags"] |= FIRST_SEEN
    key = seen_key(view["visitor"], article["key"], kind)
    counts = not sight(s, memory_of(kind), key, at) and not again
    view["outcome"] = HAS_COUNTED if counts else REPEAT
    if counts:
        if kind < KINDS:
            article["counted"][kind] += 1
        if view["flags"]:
            view["flags"] |= COUNTED
    if kind == 0:
        visits = s.memory[VISITS]
        place = visit_place(s.visits, view["chain"], visits)
        if counts:
            count_view(s, view, place)
        remember_page(s.visits, place, slot, article["key"], article["last"], at, visits)
    return counts


@compiled
def move_time(s: State, at: int) -> None:
    """Let the log's clock follow a newer stamp."""
    s.log[0]["newest_ms"] = at
    if at >= s.weights[0]["due_ms"]:
        rebase(at, s.weights, s.mass, s.total, s.log[0]["articles"])
    if at >= s.graph.level[0]["due_ms"]:
        rebase_graph(s.graph, at)


@inlined
def has_come(s: State, event_id: np.uint64, kind: int) -> bool:
    """Say whether an event of this id came before; events without one never did."""
    if event_id == NOTHING:
        return False
    which = 0 if kind == 0 or kind == 3 else 1
    count = s.log[0]["fresh"][which]
    number, memory = s.log[0]["generation"][which], s.memory[LONG_IDS + which]
    known = is_known_id(s.ids[which], event_key(event_id), number, memory, s.fresh[which], count)
    if not known:
        s.log[0]["fresh"][which] = count + 1
    return known


@inlined
def memory_of(kind: int) -> int:
    """Memory in which sights of a kind are kept; kinds of extensions share that of reads."""
    return kind if kind < KINDS else 1


@inlined
def reader_key(visitor: np.uint64) -> np.uint64:
    """Key of a reader who takes part in experiments."""
    return mix(visitor ^ READER_SALT) | np.uint64(1)


@inlined
def sight(s: State, which: int, key: np.uint64, at: int) -> bool:
    """Remember a sight in one of the memories and say whether it repeats another one."""
    log = s.log[0]
    return is_seen(s.seen[which], key, at, s.memory[which], log["newest_ms"], log["window_ms"])


@inlined
def count_view(s: State, view: Any, place: int) -> None:
    """Let a counted view tell on masses, rings and the co-read graph."""
    at, slot = view["at"], view["slot"]
    article, log, visit = s.article[slot], s.log[0], s.visits[place]
    edition = article["edition"]
    steps, links, before, horizon = 0, 0, NEVER, s.memory[VISITS]["horizon"]
    for step in range(DEPTH):
        page, page_at = visit["page"][step], visit["page_at"][step]
        if page == slot or page_at < horizon or not is_alive(s.article, visit, step):
            continue
        if abs(at - page_at) >= log["window_ms"]:
            continue
        if s.article[page]["edition"] == edition:
            newest, position = log["newest_ms"], log["views"]
            if links == 0:
                weigh_coreads(s.graph, at)
            links += 1
            add_coread(s.graph, s.article, page, slot, steps, newest, position)
        if steps == 0:
            before = page_at
        steps += 1
    if view["flags"]:
        view["flags"] |= place_flags(visit, steps, before, horizon, log["window_ms"])
        if steps > 0 and at > before:
            view["stay"] = min((at - before) // 1000, LONGEST_STAY)
    of_class = OURS if view["ours"] else (ONWARD if steps > 0 else LANDING)
    add_mass(at, s.weights, s.of_millisecond, s.mass, s.total, slot, edition, of_class)
    article["hour"] = ring_add(article["hourly"], article["hour"], at // HOUR_MS)
    article["day"] = ring_add(article["daily"], article["day"], at // DAY_MS)


@inlined
def place_flags(visit: Any, steps: int, before: int, horizon: int, window_ms: int) -> int:
    """Say whether a visit begins with a view, or it is the second page after one at `before`."""
    if steps == 0:
        return BEGUN
    near = 0
    for step in range(DEPTH):
        page_at = visit["page_at"][step]
        if page_at >= horizon and abs(before - page_at) < window_ms:
            near += 1
    return SECOND if steps == 1 and near == 1 else 0


@compiled
def reread_views(s: State, views: NDArray[Any], number: int, clock_ms: int) -> None:
    """Feed the memories of sights and of visits with views that the state already holds.

    Parameters
    ----------
    views : (n_views,) VIEW
        With `key`, for articles that were evicted since.
    number : int
        The first view's number in the site's log.
    clock_ms : int
        The site's clock before them.
    """
    s, views = borrowed_state(s), borrowed(views)
    window = s.log[0]["window_ms"]
    for i in range(views.size):
        view = views[i]
        at, kind = view["at"], int(view["kind"])
        clock_ms = max(clock_ms, at)
        if view["robot"]:
            continue
        if view["flags"]:
            key = reader_key(view["visitor"])
            is_seen(s.seen[READERS], key, at, s.memory[READERS], clock_ms, window)
        key = seen_key(view["visitor"], view["key"], kind)
        which = memory_of(kind)
        is_seen(s.seen[which], key, at, s.memory[which], clock_ms, window)
        if kind == 0:
            visits = s.memory[VISITS]
            place = visit_place(s.visits, view["chain"], visits)
            remember_page(s.visits, place, view["slot"], view["key"], number + i, at, visits)
