"""The console's page of experiments in a real browser, on what real servers counted."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ranking.benchmarks.processes import Server, await_until, spawned
from tests.support import trials
from tests.support.chromium import Chromium
from tests.support.cluster import need
from tests.test_console import CONTRAST, CONTROLS, MISSED, sign

pytestmark = [pytest.mark.server, pytest.mark.browser]

SPLIT = [{"at": 0.0, "traffic": 1000, "shares": [500, 500]}]
THIRDS = [{"at": 0.0, "traffic": 1000, "shares": [334, 333, 333]}]
ARMS: list[dict[str, Any]] = [
    {"name": "now", "version": 0}, {"name": "calm", "set": {"half_life": 3600}},
]  # fmt: skip
CALM = {
    "arms": ARMS,
    "phases": SPLIT, "edition": "paper/en", "surface": "popular",
}  # fmt: skip
SHELF = {
    "arms": [*ARMS, {"name": "none", "holdout": True}], "phases": THIRDS,
    "edition": "paper/ru", "surface": "popular", "weeks": 1,
}  # fmt: skip
PAGES = ("experiments", "experiments?name=calm", "experiments?name=shelf")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server with two experiments that began days ago."""
    need("chromium")
    folder = tmp_path_factory.mktemp("data")
    events = trials.lived(folder, "calm", CALM, (0.3, 0.36), count=4000)
    events += trials.lived(folder, "shelf", SHELF, (0.3, 0.3, 0.2), days=8, count=3000, seed=2)
    with (
        spawned(Server(folder)) as server,
        httpx.Client(base_url=server.url, timeout=30.0) as connected,
    ):
        trials.send(connected, events)
        await_until(lambda: visits(connected, "shelf") == 3000, "all is counted", 20)
        yield server.url


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    """A client of the server."""
    with httpx.Client(base_url=url, timeout=30.0) as connected:
        yield connected


def readout(client: httpx.Client, name: str) -> dict[str, Any]:
    """A readout."""
    found: dict[str, Any] = client.get(f"/v1/experiments/{name}/readout").raise_for_status().json()
    return found


def visits(client: httpx.Client, name: str) -> int:
    """Visits of an experiment."""
    return sum(readout(client, name)["health"]["visits"].values())


def text(page: Chromium, selector: str) -> str:
    """What an element says, once it is there."""
    found: str = page.wait(f"document.querySelector({json.dumps(selector)})?.innerText")
    return found


def test_what_is_shown_is_what_was_counted(url: str, client: httpx.Client, page: Chromium) -> None:
    page.open(f"{url}/console#experiments")
    page.wait("document.querySelectorAll('.trial-card').length === 2")
    page.click(".trial-card a[href*='calm']")
    page.wait("!!document.querySelector('.path .band')")
    told = readout(client, "calm")
    (one,) = told["readout"]["main"]
    row = page.read("document.querySelectorAll('.view tbody tr')[1].innerText")
    for shown in (f"{told['health']['visits']['calm']:,}", f"+{100 * one['lift']:.0f}%", "1 h"):
        assert shown in row
    assert page.read("document.querySelectorAll('.path .band').length") == 1
    looks = page.read("document.querySelector('.path .line').getAttribute('points').split(' ')")
    assert len(looks) == told["looks"] + 1
    assert page.read("document.querySelectorAll('.places rect').length") == 2 * trials.SLOTS
    assert "Sample ratio OK" in text(page, ".healths")
    assert "Valid at every look" in text(page, ".healths")
    share = page.read("document.querySelector('[role=progressbar]').getAttribute('aria-valuenow')")
    assert int(share) == pytest.approx(100 * told["planned"]["progress"], abs=1)
    links = "[...document.querySelectorAll('.chips a')].map((a) => a.getAttribute('href'))"
    files = [client.get(line) for line in page.read(links)]
    assert [file.status_code for file in files] == [200] * 4


def test_three_arms_are_told_apart_without_colour(url: str, page: Chromium) -> None:
    page.open(f"{url}/console#experiments?name=shelf")
    page.wait("document.querySelectorAll('.path .band').length === 2")
    shapes = page.read(
        "[...document.querySelectorAll('.legend.arms')].map((all) => [...all.querySelectorAll("
        "'.mark')].map((mark) => mark.tagName + mark.classList.length))[0]"
    )
    assert len(set(shapes)) == 3
    dashes = page.read(
        "[...document.querySelectorAll('.path polyline.line')]"
        ".map((line) => getComputedStyle(line).strokeDasharray)"
    )
    assert len(set(dashes)) == 2
    assert {"calm", "none"} <= set(page.read(
        "[...document.querySelectorAll('.path .name')].map((name) => name.textContent)"
    ))  # fmt: skip


def test_an_interleaved_list_has_no_sample_ratio(
    url: str, client: httpx.Client, page: Chromium
) -> None:
    both = {"mode": "interleave", "metric": "click_through", "edition": "paper/kk"}
    made = trials.begun(client, "mixed", **CALM | both)
    events, _ = trials.events("mixed", trials.plan_of(made), 2000, (0.2, 0.4))
    views = [event for event in events if event.get("kind") != "click"]
    clicks = [event for event in events if event.get("kind") == "click"]
    trials.send(client, [event | {"arm": ""} for event in views] + clicks)
    page.open(f"{url}/console#experiments?name=mixed")
    page.wait("!!document.querySelector('.path .band')")
    assert "interleaving" in text(page, ".trial-heading")
    assert "Sample ratio" not in text(page, ".trial-heading")
    assert (
        page.read("document.querySelectorAll('.view tbody tr')[1].innerText")
        .strip()
        .startswith("calm")
    )
    client.post("/v1/experiments/mixed/stop", json={}).raise_for_status()


def test_tables_stay_where_they_were_scrolled(url: str, page: Chromium) -> None:
    page.look(360, 740)
    page.open(f"{url}/console#experiments?name=shelf")
    page.wait("document.querySelectorAll('.scroll').length === 2")
    page.read("document.querySelector('.scroll').scrollLeft = 60")
    page.read("window.before = document.querySelector('.scroll')")
    page.wait("document.querySelector('.scroll') !== window.before")
    assert page.read("document.querySelector('.scroll').scrollLeft") == 60


def test_the_a_a_check_starts_at_one_press(url: str, client: httpx.Client, page: Chromium) -> None:
    page.open(f"{url}/console#experiments")
    page.click("button[name=meter]")
    sign(page, "Let us see it")
    await_until(lambda: "meter" in names(client, "running"), "it runs", 10)
    made = client.get("/v1/experiments/meter").json()
    assert made["reason"] == "Let us see it"
    assert (made["layer"], made["weeks"], made["edition"], made["surface"]) == ("meter", 52, "", "")
    assert made["phases"][0]["shares"] == [500, 500]
    page.wait("!!document.querySelector('.meter a') && !document.querySelector('[name=meter]')")
    assert "Too few clicks" in text(page, ".meter")


def names(client: httpx.Client, status: str) -> set[str]:
    """Experiments of a status."""
    found = client.get("/v1/experiments").json()["experiments"]
    return {its["name"] for its in found if its["status"] == status}


def test_a_plan_from_the_form_to_its_removal(
    url: str, client: httpx.Client, page: Chromium
) -> None:
    page.open(f"{url}/console#experiments")
    page.click(".planning summary")
    page.write(".planning input[name=name]", "weekend")
    needs = "document.querySelector('.needs').textContent"
    first = page.wait(f"{needs}.includes('visits') && {needs}")
    page.write(".planning input[name=effect]", "10")
    page.wait(f"{needs} !== {json.dumps(first)} && {needs}.includes('visits')")
    page.write(".planning input[name=reason]", "Slower on weekends")
    page.write(".planning input[name=author]", "Aigerim")
    page.click(".planning form .primary")
    page.wait("location.hash.includes('weekend') && !!document.querySelector('button[name=start]')")
    plan = client.get("/v1/experiments/weekend").json()
    assert (plan["status"], plan["effect"]) == ("draft", 0.1)
    assert plan["arms"][1]["set"] == {"half_life": 3600}
    page.click("button[name=remove]")
    sign(page, "Not now")
    await_until(lambda: "weekend" not in names(client, "draft"), "it is gone", 10)
    page.wait("location.hash === '#experiments'")


def test_an_experiment_is_led_to_its_decision(
    url: str, client: httpx.Client, page: Chromium
) -> None:
    def take(step: str, shown: str) -> None:
        page.click(f"button[name={step}]")
        sign(page, f"Because of {step}")
        page.wait(f"document.querySelector('.trial-heading .badge').textContent === '{shown}'")

    client.put("/v1/experiments/short", json=CALM | {"edition": "paper/uz"}).raise_for_status()
    page.open(f"{url}/console#experiments?name=short")
    take("start", "running")
    page.click("button[name=phase]")
    page.write("dialog input[name=traffic]", "40")
    sign(page, "Fewer")
    await_until(lambda: len(readout(client, "short")["plan"]["phases"]) == 2, "a phase", 10)
    assert readout(client, "short")["plan"]["phases"][1]["traffic"] == 400
    take("freeze", "frozen")
    take("resume", "running")
    take("stop", "stopped")
    page.click("button[name=decide]")
    page.read("document.querySelector('dialog select[name=winner]').value = 'calm'")
    sign(page, "It is better")
    page.click("dialog button[name=confirm]")
    page.wait("document.querySelector('.trial-heading .badge').textContent === 'decided'")
    where = {"edition": "paper/uz", "surface": "popular"}
    profile = client.get("/v1/profiles/effective", params=where).json()
    assert profile["set"] == {"half_life": 3600}
    page.open(f"{url}/console#audit")
    said = text(page, ".audit-table")
    for shown in ("Because of stop", "Fewer", "It is better", "now / calm · 40%"):
        assert shown in said


@pytest.mark.parametrize(("languages", "is_dark"), [("en", True), ("ru", False), ("kk", True)])
def test_it_reads_well_on_a_phone(url: str, page: Chromium, languages: str, is_dark: bool) -> None:
    page.look(360, 740, dark=is_dark, languages=languages)
    for view in PAGES:
        page.open(f"{url}/console#{view}")
        page.wait("document.querySelectorAll('.panel').length > 2")
        page.read("document.querySelector('.planning')?.setAttribute('open', '')")
        time.sleep(0.5)
        assert page.read("document.documentElement.scrollWidth") <= 360, view
        assert page.read(CONTRAST) == [], view
        assert page.read("document.querySelectorAll('.fault:not([hidden])').length") == 0, view
        letters = page.read(
            "[...document.querySelectorAll('.path text')].map((t) => t.getBoundingClientRect())"
            ".map((r) => [r.x, r.right, r.height])"
        )
        assert all(x >= 0 and right <= 360 and tall >= 12 for x, right, tall in letters), view


def test_the_keyboard_reaches_every_control(url: str, page: Chromium) -> None:
    for view in PAGES:
        page.open(f"{url}/console#{view}")
        page.wait("document.querySelectorAll('.panel').length > 2")
        page.read("document.querySelector('.planning')?.setAttribute('open', '')")
        time.sleep(0.5)
        for _ in range(page.read(CONTROLS) + 15):
            page.key("Tab")
        assert page.read(MISSED) == [], view
