"""Assignment: shares exact, layers apart, readers who stay, and the browser's module alike."""

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare

from ranking.engine.batch import BUCKETS
from ranking.experiments.assignment import OUTSIDE, arms_of, hashed, places
from tests.support.cluster import need

ROOT = Path(__file__).parents[1]
MODULE = ROOT / "ranking" / "service" / "experiment.js"
VECTORS = json.loads((ROOT / "tests" / "assignment.json").read_text(encoding="utf-8"))


def drawn_plans(count: int) -> list[dict[str, Any]]:
    """Experiments of all kinds, names in several scripts among them."""
    drawn, plans = random.Random(3), []
    for number in range(count):
        arms = drawn.randint(2, 5)
        cuts = sorted(drawn.sample(range(1, BUCKETS), arms - 1))
        shares = np.diff([0, *cuts, BUCKETS]).tolist()
        offset = drawn.choice([0, 0, drawn.randrange(BUCKETS)])
        plans.append(
            {
                "layer": drawn.choice(["lists", "related", "hold"]),
                "salt": f"{drawn.choice(['popular', 'танымал', '热门', '🌊'])}-{number}",
                "shares": shares,
                "offset": offset,
                "traffic": drawn.randint(1, BUCKETS - offset),
            }
        )
    return plans


def arms(plan: dict[str, Any]) -> list[int]:
    """What Python makes of a plan."""
    found: list[int] = arms_of(**plan).tolist()
    return found


def test_fixed_vectors() -> None:
    assert {text: hashed(text) for text in VECTORS["hashes"]} == VECTORS["hashes"]
    for vector in VECTORS["plans"]:
        assert arms(vector["plan"]) == vector["arms"]


def test_a_million_drawn_buckets_have_the_shares() -> None:
    drawn = np.random.default_rng(4).integers(0, BUCKETS, 1_000_000)
    for salt, shares in (("a", [500, 500]), ("b", [100, 200, 700]), ("c", [1, 999])):
        counts = np.bincount(arms_of("lists", salt, shares)[drawn])
        assert chisquare(counts, np.array(shares) * 1000.0).pvalue > 0.001


def test_layers_and_experiments_know_nothing_of_one_another() -> None:
    names = [f"layer/{n}" for n in range(40)] + [f"experiment-{n}" for n in range(40)]
    told = np.corrcoef([places(name) for name in names])[np.triu_indices(80, 1)]
    assert np.abs(told).max() < 5.0 / np.sqrt(BUCKETS)
    assert np.std(told) == pytest.approx(1.0 / np.sqrt(BUCKETS), rel=0.1)
    drawn = np.random.default_rng(5).integers(0, BUCKETS, 1_000_000)
    one, other = (arms_of(layer, f"s-{layer}", [500, 500])[drawn] for layer in ("a", "b"))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.1  # of 1000 buckets, not of a million readers


def test_neighbours_in_name_or_number_are_apart() -> None:
    flips = [bin(hashed(f"s:{n}") ^ hashed(f"s:{n + 1}")).count("1") for n in range(999)]
    assert 15.5 < np.mean(flips) < 16.5


def test_who_is_in_stays_in_his_arm_while_traffic_grows() -> None:
    before = arms_of("lists", "ramp", [300, 700], traffic=10, offset=20)
    for traffic in (50, 200, 980):
        after = arms_of("lists", "ramp", [300, 700], traffic=traffic, offset=20)
        kept = before != OUTSIDE
        assert (after[kept] == before[kept]).all()
        assert np.count_nonzero(after != OUTSIDE) == traffic
        before = after


def test_experiments_side_by_side_in_a_layer_share_nobody() -> None:
    one = arms_of("lists", "one", [500, 500], traffic=400)
    other = arms_of("lists", "other", [500, 500], traffic=600, offset=400)
    assert ((one == OUTSIDE) != (other == OUTSIDE)).all()


@pytest.mark.browser
def test_the_browser_draws_the_same_arms(tmp_path: Path) -> None:
    need("chromium")
    plans = drawn_plans(100)
    module = MODULE.read_text(encoding="utf-8").replace("export function", "function")
    page = tmp_path / "page.html"
    page.write_text(
        f"""<!doctype html><meta charset="utf-8"><pre id="out"></pre><script type="module">
        {module}
        const plans = {json.dumps(plans)};
        const buckets = [...Array(BUCKETS).keys()];
        const arms = plans.map((plan) => buckets.map((bucket) => armOf(bucket, plan)));
        const kept = new Map(), store = {{ getItem: (k) => kept.get(k) ?? null,
          setItem: (k, v) => kept.set(k, v) }};
        const drawn = bucketOf(store), again = bucketOf(store), without = bucketOf(null);
        document.getElementById("out").textContent = JSON.stringify({{ arms, drawn, again, without,
          hashes: {json.dumps(list(VECTORS["hashes"]))}.map((text) => [text, hashed(text)]) }});
        </script>""",
        encoding="utf-8",
    )
    command = [shutil.which("chromium") or "", "--headless", "--no-sandbox", "--disable-gpu"]
    command += [f"--user-data-dir={tmp_path / 'chromium'}", "--virtual-time-budget=5000"]
    done = subprocess.run(
        [*command, "--dump-dom", page.as_uri()], capture_output=True, text=True, check=True
    )
    made = json.loads(done.stdout.split('<pre id="out">')[1].split("</pre>")[0])
    assert made["arms"] == [arms(plan) for plan in plans]
    assert dict(made["hashes"]) == VECTORS["hashes"]
    assert made["drawn"] == made["again"]
    assert {0 <= made[name] < BUCKETS for name in ("drawn", "without")} == {True}
