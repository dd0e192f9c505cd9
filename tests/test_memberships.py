"""Memberships: what events say, and which lists a page asks for, in the browser as in Python."""

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ranking.engine.batch import BUCKETS
from ranking.engine.experiment_labels import MOST, split
from ranking.experiments.assignment import arms_of
from ranking.experiments.memberships import fields_of
from tests.support.cluster import need
from tests.test_assignment import MODULE

LISTS = [
    {"edition": edition, "surface": surface, "section": section}
    for edition in ("paper/en", "paper/kk")
    for surface, section in (("popular", ""), ("popular", "Sport"), ("related", ""))
]


def live(name: str, **changes: Any) -> dict[str, Any]:
    """An experiment as pages are told of it."""
    return {
        "name": name, "label": name, "edition": "", "section": "", "surface": "", "mode": "split",
        "arms": [{"name": "a", "holdout": False}, {"name": "b", "holdout": False}],
        "layer": name, "salt": name, "offset": 0, "traffic": 1000, "shares": [500, 500],
        "own_lists": True, **changes,
    }  # fmt: skip


PLANS = [
    live("wide", layer="second", traffic=700, edition="paper/en"),
    live("calm", label="calm.1", surface="popular", edition="paper/en", shares=[200, 800]),
    live("mix", mode="interleave", edition="paper/kk"),
    live("meter", own_lists=False),
    live("still", label="", surface="related", edition="paper/en"),
]
ORDER = ("calm", "meter", "mix", "still", "wide")


def arms(plan: dict[str, Any]) -> list[str | None]:
    """Each bucket's arm; None where it takes no part."""
    cut = {name: plan[name] for name in ("layer", "salt", "shares", "traffic", "offset")}
    names = [arm["name"] for arm in plan["arms"]]
    return [None if arm < 0 else names[arm] for arm in arms_of(**cut).tolist()]


def test_fields_are_those_of_all_that_a_bucket_takes_part_in() -> None:
    its = {plan["name"]: arms(plan) for plan in PLANS}
    for bucket, (experiment, arm) in enumerate(fields_of(PLANS)):
        wanted = {"calm.1": its["calm"][bucket], "meter": its["meter"][bucket], "mix": ""}
        if its["wide"][bucket]:
            wanted["wide"] = its["wide"][bucket]
        assert dict(split(experiment, arm)) == wanted
        assert list(wanted) == experiment.split(",")


def test_nothing_is_told_of_no_experiment_and_no_more_than_eight_of_many() -> None:
    assert set(fields_of([])) == set(fields_of([live("still", label="")])) == {("", "")}
    for experiment, arm in fields_of([live(f"e{number}") for number in range(10)]):
        assert experiment.split(",") == [f"e{number}" for number in range(MOST)]
        assert len(arm.split(",")) == MOST


@pytest.mark.browser
def test_the_browser_says_and_asks_the_same(tmp_path: Path) -> None:
    need("chromium")
    plans = random.Random(5).sample(PLANS, len(PLANS))
    module = MODULE.read_text(encoding="utf-8").replace("export function", "function")
    page = tmp_path / "page.html"
    page.write_text(
        f"""<!doctype html><meta charset="utf-8"><pre id="out"></pre><script type="module">
        {module}
        const [plans, lists] = [{json.dumps(plans)}, {json.dumps(LISTS)}];
        const told = [...Array(BUCKETS).keys()].map((bucket) => {{
          const its = membershipsOf(bucket, plans);
          return {{
            fields: fieldsOf(bucket, its),
            picked: fieldsOf(bucket, its, {{ experiment: "mix", arm: "b" }}).arm,
            nobody: fieldsOf(bucket, its, {{ experiment: "mix", arm: null }}).arm,
            asked: lists.map((list) => armFor(its, list, () => 0.5)),
          }};
        }});
        const drawn = new Set([...Array(2000).keys()].map(
          () => armFor(membershipsOf(1, plans), lists[3])));
        document.getElementById("out").textContent = JSON.stringify({{
          told, drawn: [...drawn], none: fieldsOf(7, []), nothing: armFor([], lists[0]),
        }});
        </script>""",
        encoding="utf-8",
    )
    command = [shutil.which("chromium") or "chromium", "--headless", "--no-sandbox"]
    command += ["--disable-gpu", f"--user-data-dir={tmp_path / 'kept'}"]
    command += ["--virtual-time-budget=60000", "--dump-dom", page.as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    made = json.loads(shown.stdout.partition('<pre id="out">')[2].partition("</pre>")[0])
    assert made["none"] == {"experiment": "", "arm": "", "bucket": 7}
    assert made["nothing"] == ""
    assert set(made["drawn"]) == {f"mix:{drawing}" for drawing in range(16)}
    assert len(made["told"]) == BUCKETS
    for bucket, ((experiment, arm), its) in enumerate(
        zip(fields_of(plans), made["told"], strict=True)
    ):
        assert its["fields"] == {"experiment": experiment, "arm": arm, "bucket": bucket}
        assert dict(split(experiment, its["picked"])) == dict(split(experiment, arm)) | {"mix": "b"}
        assert its["nobody"] == arm
        assert its["asked"] == [asked(plans, bucket, where) for where in LISTS]


def asked(plans: list[dict[str, Any]], bucket: int, where: dict[str, str]) -> str:
    """What the page of a bucket asks a list for."""
    own = {
        plan["name"]: plan
        for plan in plans
        if plan["own_lists"]
        and arms(plan)[bucket]
        and all(not plan[part] or plan[part] == where[part] for part in where)
    }
    if "mix" in own:
        return "mix:8"
    return ",".join(f"{name}:{arms(own[name])[bucket]}" for name in ORDER if name in own)
