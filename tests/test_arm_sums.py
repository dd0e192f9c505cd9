"""Sums by arm: what the engine keeps of experiments, against a count that a reader can check."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ranking.engine.compiled import compiled
from ranking.engine.experiment_labels import label_of
from ranking.engine.hyperloglog import REGISTERS, distinct, see
from ranking.engine.settings import EngineSettings
from ranking.engine.signals.experiment_sums import (
    BOUNCES,
    VIEWS,
    VISITORS,
    VISITS,
)
from ranking.experiments.bucket_sums import no_tallies
from ranking.experiments.counting import counted
from ranking.experiments.plans import Experiment, experiment_of
from ranking.ranker import Ranker
from tests.support.arms import ArmsTruth, Cell, Name
from tests.support.logs import (
    MINUTE_MS,
    ROBOT,
    START_MS,
    Kind,
    Row,
    chopped,
    packed,
    random_rows,
    view,
)
from tests.support.restarts import TINY, applied, log_for, restarted


def kept(ranker: Ranker) -> dict[Name, tuple[dict[Cell, int], dict[tuple[int, ...], int]]]:
    """Sums that are not zero, by label and arm."""
    found = {}
    for _, _, rows in ranker.arms():
        for row in rows:
            cells = {(b, c): int(row.sums[b, c]) for b, c in np.argwhere(row.sums).tolist()}
            slots = {tuple(k): int(row.slots[tuple(k)]) for k in np.argwhere(row.slots).tolist()}
            found[row.label, row.arm] = (cells, slots)
    return found


def plan(**more: object) -> Experiment:
    """A plan of two arms."""
    arms = [{"name": "a", "set": {}}, {"name": "b", "set": {}}]
    phases = [{"at": 0, "traffic": 500, "shares": [500, 500]}]
    return experiment_of({"arms": arms, "phases": phases, "salt": "s", **more})


@pytest.mark.parametrize("engine", [EngineSettings(), EngineSettings(arms=8)], ids=["all", "few"])
@pytest.mark.parametrize("seed", range(3))
def test_sums_equal_the_truth_through_restarts(engine: EngineSettings, seed: int) -> None:
    rows = log_for(engine, seed=30 + seed)
    truth = ArmsTruth(engine)
    truth.add_all(rows)
    log = chopped(rows, range(0, len(rows), 90))
    ranker = Ranker(engine)
    for position, batch in enumerate(log):
        ranker.apply(batch, position)
        ranker = restarted(ranker, log, engine) if position % 3 == seed else ranker
    told = {
        name: ({k: n for k, n in its.cells.items() if n}, dict(its.slots))
        for name, its in truth.arms.items()
    }
    assert kept(ranker) == told
    assert sum(n for cells, _ in told.values() for n in cells.values()) > 500
    assert engine.arms > 8 or len(told) == 8


def test_a_visit_counts_once_and_bounces_until_its_second_page() -> None:
    said: dict[str, Any] = {"experiment": "calm", "arm": "b", "bucket": 7}
    rows = [view(START_MS + k * 20 * MINUTE_MS, f"{k}", **said) for k in range(5)]
    for stop, bounces in ((1, 1), (2, 0), (5, 0)):
        (cells, _), *_ = kept(applied([packed(rows[:stop])], EngineSettings())).values()
        assert cells.get((7, BOUNCES), 0) == bounces
        assert cells[7, VISITS] == cells[7, VISITORS] == 1
        assert cells[7, VIEWS] == stop
    later = view(START_MS + 200 * MINUTE_MS, "9", **said)
    (cells, _), *_ = kept(applied([packed([*rows, later])], EngineSettings())).values()
    assert (cells[7, VISITS], cells[7, BOUNCES], cells[7, VISITORS]) == (2, 1, 2)


def test_own_lists_phases_and_clicks_of_all_lists() -> None:
    phases = [{"at": at, "traffic": 500, "shares": [500, 500]} for at in (0, 9)]
    its = plan(surface="popular", phases=phases)
    buckets = {arm: int(np.flatnonzero(its.assigned(0) == k)[0]) for k, arm in enumerate("ab")}

    def event(kind: Kind, surface: str, article: int, experiment: str, arm: str) -> Row:
        return view(
            START_MS + article, f"{article}", kind=kind, surface=surface, slot=2,
            experiment=experiment, arm=arm, bucket=buckets.get(arm[-1], buckets["a"]),
        )  # fmt: skip

    rows = [
        event("impression", "popular", 1, "calm", "a"),
        event("impression", "related", 2, "calm", "a"),
        event("click", "popular", 1, "meter,calm", "b,a"),
        event("click", "related", 2, "calm.1", "b"),
        event("click", "", 4, "calm.1", "b"),
        event("click", "popular", 5, "calm.2", "b"),
        event("click", "popular", 6, "calmer", "a"),
        event("click", "popular", 7, "calm", "c"),
    ]
    ranker = applied([packed(rows)], EngineSettings())
    tallies, offsets, catalogue, events, left_out = counted("calm", its, ranker.arms())
    sums = {
        name: tallies.column(name).sum(axis=2).tolist()
        for name in ("impressions", "clicks", "all_clicks")
    }
    assert sums == {
        "impressions": [[1, 0], [0, 0]], "clicks": [[1, 0], [0, 1]],
        "all_clicks": [[1, 0], [0, 2]],
    }  # fmt: skip
    assert tallies.slots[:, :, 1].tolist() == [[[1, 1], [0, 0]], [[0, 0], [0, 1]]]
    assert offsets == {"inform": (0, 1)}
    assert catalogue == {"": 2, "a": 2, "b": 0}
    assert (events, left_out) == (7, 2), "a phase and an arm that the plan does not have"
    assert counted("calm", plan(phases=phases), ranker.arms()).tallies.column("clicks").sum() == 3


@pytest.mark.parametrize("seed", range(4))
def test_only_what_the_plan_assigns_is_summed(seed: int) -> None:
    """Events of random arms and buckets against a naive sum of those that agree with the plan."""
    drawn = np.random.default_rng(seed)
    phases = [{"at": at, "traffic": 300 + 400 * at, "shares": [300, 700]} for at in (0, 1)]
    its = plan(phases=phases)
    right, rows, truth = 0, [], no_tallies(2, 2)
    for number in range(400):
        phase, arm, bucket = (int(drawn.integers(n)) for n in (2, 2, 1000))
        said: dict[str, Any] = {
            "experiment": label_of("calm", phase),
            "arm": "ab"[arm],
            "bucket": bucket,
        }
        rows.append(view(START_MS + number, f"{number}", f"v{number}", **said))
        if its.assigned(phase)[bucket] == arm:
            right += 1
            truth.column("views")[phase, arm, bucket] += 1
    found = counted("calm", its, applied([packed(rows)], EngineSettings()).arms())
    assert (found.tallies.column("views") == truth.column("views")).all()
    assert (found.tallies.column("visitors") == truth.column("views")).all()
    assert (found.events, found.left_out) == (400, 400 - right)
    assert 0 < right < 400


def test_sums_are_of_all_sites() -> None:
    """Each site has its own rows of an experiment; what is read is their sum."""
    its, ranker = plan(), Ranker()
    bucket = int(np.flatnonzero(its.assigned(0) == 0)[0])
    said: dict[str, Any] = {"experiment": "calm", "arm": "a", "bucket": bucket}
    for number, edition in enumerate(("inform/ru", "paper/ru", "hit/ru")):
        rows = [view(START_MS + k, f"{k}", f"v{k}", edition=edition, **said) for k in range(5)]
        ranker.apply(packed(rows), number)
    found = counted("calm", its, ranker.arms())
    assert found.tallies.column("views").sum() == found.events == 15


def test_interleaved_clicks_are_of_the_team_and_the_rest_is_of_all() -> None:
    its = plan(mode="interleave", metric="click_through")
    bucket, stranger = (int(np.flatnonzero(its.assigned(0) == k)[0]) for k in (0, -1))
    said: dict[str, Any] = {"experiment": "calm", "surface": "popular", "slot": 1}
    rows = [
        view(START_MS, "1", kind="impression", arm="", bucket=bucket, **said),
        view(START_MS + 1, "2", kind="impression", arm="b", bucket=bucket, **said),
        view(START_MS + 2, "1", kind="click", arm="b", bucket=bucket, **said),
        view(START_MS + 3, "2", kind="click", arm="", bucket=bucket, **said),
        view(START_MS + 4, "3", kind="click", arm="b", bucket=stranger, **said),
    ]
    found = counted("calm", its, applied([packed(rows)], EngineSettings()).arms())
    assert found.tallies.column("impressions")[0, :, bucket].tolist() == [2, 0]
    assert found.tallies.column("clicks")[0, :, bucket].tolist() == [0, 1]
    assert found.tallies.column("all_clicks")[0, :, bucket].tolist() == [2, 0]
    assert found.tallies.column("clicks").sum() == 1
    assert (found.events, found.left_out) == (5, 1)


def test_invented_names_do_not_push_out_large_experiments() -> None:
    """However many names a sender invents, the experiments with many events stay."""
    many = [
        view(START_MS + k, f"{k}", f"{k}", experiment="calm", arm="ab"[k % 2], bucket=k % 1000)
        for k in range(200)
    ]
    noise = [
        view(START_MS + 1000 + k, f"{k}", "x", experiment=f"n{k}", bucket=1) for k in range(3000)
    ]
    truth = ArmsTruth(TINY)
    truth.add_all([*many, *noise])
    ranker = applied([packed([*many, *noise])], TINY)
    names = {name for _, _, rows in ranker.arms() for name in ((r.label, r.arm) for r in rows)}
    assert names == set(truth.arms)
    assert {("calm", "a"), ("calm", "b"), ("n2999", "")} < names
    one_by_one = applied(chopped([*many, *noise], range(0, 3200, 7)), TINY)
    assert one_by_one.state() == ranker.state()


def test_events_without_labels_leave_no_sums() -> None:
    rows = random_rows(1, 300, others=0.3)
    assert kept(applied([packed(rows)], EngineSettings())) == {}
    robot = view(START_MS, "1", agent=ROBOT, experiment="calm", arm="a", bucket=5)
    rows = [robot, view(START_MS, "2", bucket=1), view(START_MS, "3", experiment="calm")]
    assert kept(applied([packed(rows)], EngineSettings())) == {}


@compiled
def see_all(registers: NDArray[np.uint8], keys: NDArray[np.uint64]) -> None:
    """Take many articles in."""
    for key in keys:
        see(registers, key)


@pytest.mark.parametrize("count", [1, 50, 2000, 6000, 9000, 40_000])
def test_how_many_articles_came_into_sight(count: int) -> None:
    """Within four standard errors, in the middle range too, where plain formulas are biased."""
    keys = np.random.default_rng(count).integers(0, 1 << 64, count, np.uint64)
    one, other = (np.zeros(REGISTERS, np.uint8) for _ in range(2))
    see_all(one, keys[::2])
    see_all(other, np.concatenate([keys[1::2], keys[: count // 3]]))
    together = np.maximum(one, other)
    assert distinct(together) == pytest.approx(count, rel=4 * 0.023, abs=0.5)
