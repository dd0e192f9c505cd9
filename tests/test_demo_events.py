"""Events of the demo's pages in a real browser, and the experiments of the demo."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ranking.benchmarks.processes import await_until
from ranking.engine.experiment_labels import split
from ranking.experiments.memberships import fields_of
from tests.support.chromium import Chromium, chromium
from tests.support.cluster import need
from tests.support.demo import demo_in

pytestmark = [pytest.mark.server, pytest.mark.browser]

KEEP = """
window.told = [];
navigator.sendBeacon = (url, body) => {
  body.text().then((text) => told.push(...JSON.parse(text)));
  return true;
};
addEventListener("click", (click) => click.preventDefault());
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Run the demo until its experiments run."""
    need("chromium")
    with (
        demo_in(tmp_path_factory.mktemp("demo")) as url,
        httpx.Client(base_url=url, timeout=10.0) as client,
    ):
        await_until(lambda: len(plans(client)) == 2, "both experiments run", 60)
        yield client


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Chromium]:
    """A browser."""
    with chromium(tmp_path) as browser:
        yield browser


def plans(client: httpx.Client) -> list[dict[str, Any]]:
    """What pages are told."""
    answer = client.get("/v1/experiments/live", params={"edition": "inform/ru"})
    found: list[dict[str, Any]] = answer.raise_for_status().json()["experiments"]
    return found


def told(page: Chromium, kind: str) -> list[dict[str, Any]]:
    """Events of a kind that the page sent."""
    kept = page.read(f"JSON.stringify(told.filter((its) => (its.kind ?? 'view') === '{kind}'))")
    events: list[dict[str, Any]] = json.loads(kept)
    return events


def test_the_demo_runs_an_aa_test_and_one_experiment(demo: httpx.Client) -> None:
    live = {its["name"]: its for its in plans(demo)}
    assert {name: its["own_lists"] for name, its in live.items()} == {"calm": True, "meter": False}
    meter = demo.get("/v1/experiments/meter").json()
    assert (meter["layer"], meter["weeks"], meter["edition"]) == ("meter", 52, "")
    assert meter["metric"] == "clicks_per_visit"


def test_a_page_asks_for_its_arm_and_tells_what_is_seen_clicked_and_read(
    demo: httpx.Client, page: Chromium
) -> None:
    item = demo.get("/v1/popular?edition=inform/ru&n=1").json()["items"][0]
    page.prepare(KEEP)
    page.open(f"{item['url']}#popular-2-abc12")
    page.wait("document.querySelectorAll('[data-list=popular] li.item').length === 5")
    page.wait("document.querySelectorAll('[data-list=related] li.item').length === 4")
    assert page.read("location.hash") == ""
    bucket = page.read("Number(localStorage.getItem('tolqyn-bucket'))")
    experiment, arm = fields_of(plans(demo))[bucket]
    mine = dict(split(experiment, arm))
    assert list(mine) == ["calm", "meter"]
    asked = page.read(
        "performance.getEntriesByType('resource').map((its) => its.name)"
        ".filter((name) => name.includes('/v1/popular')).join(' ')"
    )
    assert f"&arm=calm:{mine['calm']}" in asked
    for name, places in (("popular", 5), ("related", 4)):
        for place in range(1, places + 1):
            item_at = f"document.querySelectorAll('[data-list={name}] li.item')[{place - 1}]"
            page.read(f"{item_at}.scrollIntoView({{ block: 'center' }})")
            page.wait(
                "told.filter((its) => its.kind === 'impression' && its.surface === "
                f"'{name}').length >= {place}", 20,
            )  # fmt: skip
    page.click("[data-list=popular] li:nth-child(3) a")
    page.wait("told.some((its) => its.kind === 'click')", 20)
    page.wait("told.some((its) => its.kind === 'read')", 40)
    (view,) = told(page, "view")
    assert (view["surface"], view["slot"], view["list_id"]) == ("popular", 2, "abc12")
    events = [view, *told(page, "impression"), *told(page, "click"), *told(page, "read")]
    fields = {(its["experiment"], its["arm"], its["bucket"]) for its in events}
    assert fields == {(experiment, arm, bucket)}
    seen = [(its["surface"], its["article"]) for its in told(page, "impression")]
    assert len(set(seen)) == len(seen)
    (click,) = told(page, "click")
    assert (click["surface"], click["slot"]) == ("popular", 3)
    assert len(click["list_id"]) == 8
    (read,) = told(page, "read")
    assert read["article"] == item["id"]
    assert page.complaints == []
