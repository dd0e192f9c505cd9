"""Extensions: a signal, a list, a kernel and a re-rank rule, each one file and one registration.

They pass the checks of their protocols and appear in the API, OpenAPI, console, profiles, backtest
and explanations, with no other file touched.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from ranking.benchmarks.processes import Server, await_until, spawned
from ranking.checks import kernels, lists, rules, signals
from ranking.checks.events import SMALL, batches, log
from ranking.checks.requirement import CheckError
from ranking.cli import tolqyn
from ranking.engine.batch import Batch
from ranking.engine.decay.kernels import KERNELS
from ranking.engine.event import read_events
from ranking.engine.event_kinds import EVENT_KINDS, EventKind
from ranking.engine.registry import RegistryError
from ranking.engine.signals.signal import ArticleSignal
from ranking.engine.signals.signals import SIGNALS
from ranking.extensions import ExtensionError, load_extensions
from ranking.facade import Engine
from ranking.lists.lists import LISTS
from ranking.lists.ranked_list import RESERVED, RankedList
from ranking.lists.rerank.rules import RULES
from ranking.profiles.parameters import parameters
from ranking.profiles.profile import ProfileError, profile_from, settings_of
from ranking.ranker import Ranker
from ranking.service.openapi import document
from tests.support.chromium import Chromium
from tests.support.extensions.loaded import ALL, SHARES, registered

EDITION = "paper/en"
SHARE = EventKind("share", 4)
SUITES: list[tuple[Any, str, Any]] = [
    (SIGNALS, "shares", signals), (LISTS, "most_shared", lists),
    (KERNELS, "two_speeds", kernels), (RULES, "tag_cap", rules),
]  # fmt: skip


@pytest.fixture
def loaded() -> Iterator[None]:
    """All four extensions."""
    with registered(*ALL):
        yield


def cases() -> Iterator[Any]:
    for registry, name, suite in SUITES:
        for check in suite.CHECKS:
            yield pytest.param(registry, name, check, id=f"{name}-{check.__name__}")


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(("registry", "name", "check"), list(cases()))
def test_an_extension_passes_the_checks(
    registry: Any, name: str, check: Callable[[Any], None]
) -> None:
    check(registry[name])


def test_each_is_one_short_file() -> None:
    folder = Path(__file__).parent / "support" / "extensions"
    for name in ("shares", "most_shared", "two_speeds", "tag_cap"):
        assert len((folder / f"{name}.py").read_text().splitlines()) < 60, name


@pytest.mark.usefixtures("loaded")
def test_profiles_take_its_parameters() -> None:
    assert {its.name for its in parameters()} > {"shared_views", "two_speeds", "tag_cap"}
    profile = profile_from({"shared_views": 0.5, "tag_cap": 2})
    assert (profile.value("shared_views"), profile.value("two_speeds")) == (0.5, 0.0)
    assert settings_of(profile)["tag_cap"] == 2.0
    assert profile_from({"half_life": 600}, profile).value("tag_cap") == 2.0
    with pytest.raises(
        ProfileError, match=r"tag_cap must be between 0 and 100 and whole, got 2\.5"
    ):
        profile_from({"tag_cap": 2.5})
    with pytest.raises(ProfileError, match="did you mean shared_views"):
        profile_from({"shared_view": 1})


def test_the_state_survives_restarts_and_the_removal() -> None:
    """What ships has the same bytes with the extension, without it, and after it is gone."""
    events = log((SHARE,))
    with registered(*ALL):
        parts = batches(events, range(0, len(events), 100))
        ranker = applied(parts)
        shares = SIGNALS["shares"]
        held = shares.arrays(ranker.sites["check"])["shares"].copy()
        assert held["mass"].any()
        saved = ranker.checkpoint()
        again = Ranker.restore(saved, SMALL)
        assert (shares.arrays(again.sites["check"])["shares"] == held).all()
        assert again.sites["check"].since == {"shares": 0}
    plain = applied(parts)
    without = Ranker.restore(saved, SMALL)
    assert without.sites["check"].tables == {}
    assert without.state() == plain.state()
    later = without.checkpoint()
    with registered(*ALL):  # it counts from here on
        back = Ranker.restore(later, SMALL)
        assert back.sites["check"].since == {"shares": len(events)}
        assert not shares.arrays(back.sites["check"])["shares"]["mass"].any()


def applied(parts: list[Batch]) -> Ranker:
    ranker = Ranker(SMALL)
    for position, batch in enumerate(parts):
        ranker.apply(batch, position)
    return ranker


def test_a_kind_is_known_while_its_signal_is() -> None:
    body = b'[{"visitor": "v", "article": "a", "kind": "share"}]'
    assert read_events(body)[2][0].reason == (
        "must be one of view, read, impression, click, got 'share'"
    )
    with registered(SHARES):
        assert read_events(body)[1][0].kind == "share"
        signal = SIGNALS["shares"]
        assert isinstance(signal, ArticleSignal)
    assert "share" not in EVENT_KINDS


def test_an_extension_that_cannot_be_loaded_is_named() -> None:
    with pytest.raises(ExtensionError, match=r"extension no\.such cannot be loaded: No module"):
        load_extensions(["no.such"])


FAULTY = "tests.support.extensions.faulty"
VIEWS = '[{"visitor": "1", "article": "a"}, {"visitor": "2", "article": "b"}]'


def test_a_faulty_list_harms_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """What no list may hold is left out; a list that raises is empty, and the log says so once."""
    with registered(FAULTY):
        engine = Engine()
        engine.update(json.loads(VIEWS))
        engine.update(json.loads(VIEWS))
        assert [item.id for item in engine.ranked("unsound")] == ["b", "a"]
        assert [item.id for item in engine.popular()] == ["a", "b"]
    said = [record.message for record in caplog.records]
    assert said == ["the list raising is empty: an extension failed"]


def test_checks_find_what_a_faulty_list_ranks() -> None:
    with registered(FAULTY), pytest.raises(CheckError, match="unsound: a score is not finite"):
        lists.check_order(LISTS["unsound"])


def test_members_that_ship_come_first_whoever_loads_first() -> None:
    program = (
        "from ranking.extensions import load_extensions\n"
        "load_extensions(['tests.support.extensions.two_speeds'])\n"
        "from ranking.engine.decay.kernel import KERNELS, kernel_of\n"
        "from ranking.profiles.profile import profile_from\n"
        "print(KERNELS.names(), kernel_of(profile_from({'two_speeds': 600.0}).value).name)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    shipped = ("half_life", "mixture", "power_law", "hard_window")
    assert ran.stdout.strip() == f"{(*shipped, 'two_speeds')} two_speeds"


def test_a_list_may_not_take_the_name_of_another_route() -> None:
    routes = {path.split("/")[2] for path in document()["paths"] if path.startswith("/v1/")}
    names = {route.partition(".")[0] for route in routes} - set(LISTS.names())
    assert names <= RESERVED
    events = type("Events", (RankedList,), {"name": "events"})()
    with pytest.raises(RegistryError, match="must not have the name of another route, got 'event"):
        LISTS.register(events)


def test_a_refused_signal_leaves_nothing_behind() -> None:
    with registered(SHARES):
        before = EVENT_KINDS.names()
        kinds = (EventKind("first", 6), EventKind("second", 4))
        twice = type("Twice", (ArticleSignal,), {"name": "twice", "kinds": kinds})()
        with pytest.raises(RegistryError, match="'second' has the code 4, which is share's"):
            SIGNALS.register(twice)
        assert EVENT_KINDS.names() == before


def hand_out(url: str) -> None:
    """Three articles with cards, views and shares; the least read one is shared most."""
    now = time.time()
    cards = [
        {"edition": EDITION, "id": id_, "title": f"Title of {id_}", "tags": ["city"],
         "section": "city", "published_at": now - 600}
        for id_ in "abc"
    ]  # fmt: skip
    events = [
        {"visitor": f"{id_}{k}", "article": id_, "edition": EDITION, "kind": kind}
        for id_, views, shares in (("a", 9, 0), ("b", 6, 1), ("c", 2, 4))
        for kind, count in (("view", views), ("share", shares))
        for k in range(count)
    ]
    assert httpx.post(f"{url}/v1/articles", json=cards).status_code == 202
    told = httpx.post(f"{url}/v1/events", json=events).json()
    assert (told["accepted"], told["rejected"]) == (len(events), [])


def ids(url: str, path: str, **query: Any) -> list[str]:
    answer = httpx.get(url + path, params={"edition": EDITION, **query})
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


@pytest.mark.server
@pytest.mark.browser
def test_it_appears_everywhere(
    tmp_path: Path, page: Chromium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLQYN_EXTENSIONS", ",".join(ALL))
    with spawned(Server(tmp_path)) as extended:
        url = extended.url
        hand_out(url)
        await_until(lambda: ids(url, "/v1/most_shared") == ["c", "b", "a"], "shares rank")
        assert ids(url, "/v1/popular") == ["a", "b", "c"]
        in_the_api(url)
        in_the_console(url, page)
        extended.kill()
        extended.start()
        assert ids(url, "/v1/most_shared") == ["c", "b", "a"]
        extended.stop()
    monkeypatch.delenv("TOLQYN_EXTENSIONS")
    with spawned(Server(tmp_path)) as plain:
        assert httpx.get(f"{plain.url}/v1/most_shared").status_code == 404
        assert ids(plain.url, "/v1/popular") == ["a", "b", "c"]
        profile = httpx.get(f"{plain.url}/v1/profiles/effective", params={"edition": EDITION})
        assert "tag_cap" not in profile.json()["profile"]
        plain.stop()
    said = plain.said()
    assert "is for the list 'most_shared', which no extension registers here" in said
    assert "sets tag_cap, which no extension declares here" in said


def in_the_api(url: str) -> None:
    paths = httpx.get(f"{url}/openapi.json").json()
    known = paths["components"]["schemas"]["Parameters"]["properties"]
    assert known["tag_cap"]["maximum"] == 100
    assert paths["paths"]["/v1/most_shared"]["get"]["summary"] == "Most shared"
    assert "share" in paths["components"]["schemas"]["Event"]["properties"]["kind"]["enum"]
    known = {its["name"]: its for its in httpx.get(f"{url}/v1/lists").json()["lists"]}
    assert known["most_shared"]["basis"] == "edition"
    told = httpx.get(f"{url}/v1/profiles").json()["parameters"]
    assert {"shared_views", "two_speeds", "tag_cap"} <= {its["name"] for its in told}
    draft = {"edition": EDITION, "set": {"shared_views": 1.0, "tag_cap": 1, "two_speeds": 600}}
    made = httpx.post(f"{url}/v1/profiles/drafts", json=draft)
    assert made.status_code == 201, made.text
    of_draft = {"profile": made.json()["id"]}
    assert ids(url, "/v1/most_shared", **of_draft) == ["a"]
    effective = httpx.get(f"{url}/v1/profiles/effective", params={"edition": EDITION, **of_draft})
    assert effective.json()["profile"]["two_speeds"] == 600
    asked = {"edition": EDITION, "surface": "most_shared", "article": "c", **of_draft}
    why = httpx.get(f"{url}/v1/explain", params=asked).json()
    assert why["draft_kept_out"] == "tag_cap: the list has 1 of the tag city"
    assert [(its["name"], its["text"]) for its in why["components"]] == [
        ("shares", "decayed shares"), ("views", "decayed views"),
    ]  # fmt: skip
    pinned = {"action": "pin", "edition": EDITION, "surface": "most_shared", "articles": ["b"]}
    assert httpx.post(f"{url}/v1/overrides", json=pinned).status_code == 201
    await_until(lambda: ids(url, "/v1/most_shared")[0] == "b", "a pin holds in the list")
    (act,) = httpx.get(f"{url}/v1/overrides").json()["overrides"]
    assert httpx.delete(f"{url}/v1/overrides/{act['id']}").status_code == 204
    await_until(lambda: ids(url, "/v1/most_shared")[0] == "c", "the pin ends")
    published = {"edition": EDITION, "surface": "popular", "set": {"tag_cap": 3}, "parent": 0}
    assert httpx.put(f"{url}/v1/profiles", json=published).status_code == 201


def in_the_console(url: str, page: Chromium) -> None:
    page.open(f"{url}/console#tune?edition={EDITION}&surface=most_shared")
    page.wait("!!document.querySelector('select[name=surface] option[value=most_shared]')")
    page.wait("!!document.querySelector('input[name=shared_views]')")
    assert not page.complaints


def test_a_backtest_measures_it(tmp_path: Path) -> None:
    views = tmp_path / "views.csv"
    rows = ["at,visitor,article,kind"]
    for k in range(1500):
        at = 1_700_000_000 + 90 * k
        rows.append(f"{at},v{k // 3 % 200},a{k * k % 17},{'share' if k % 4 == 3 else 'view'}")
    views.write_text("\n".join(rows))
    with registered(*ALL):
        line = ["backtest", "--views", str(views), "--format", "json"]
        done = CliRunner().invoke(tolqyn, line)
    assert done.exit_code == 0, done.output + repr(done.exception)
    measures = json.loads(done.stdout)
    assert 0.0 < measures["most_shared"]["hr@5"] <= 1.0
    assert measures["popular"]["hr@5"] > 0.0
