"""The shell: tables within 80 columns, JSON for programs, answers to mistakes."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import httpx
import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from ranking.backtest.ablation import Ablated
from ranking.benchmarks.processes import Server
from ranking.cli import tolqyn
from ranking.commands.durations import Duration
from ranking.commands.measure_tables import print_ablation, print_columns, print_rows
from ranking.commands.output import print_table
from tests.support import trials

WIDTH = 80
EDITION = "paper/en"
WHY = "an opening night that everybody in the city and beyond has been waiting for since the spring"


def shell(*line: str, url: str = "") -> Result:
    """Run a command on a terminal of 80 columns."""
    to = ["--to", url] if url else []
    return CliRunner().invoke(tolqyn, [*line, *to], env={"COLUMNS": str(WIDTH)})


def assert_fits(text: str) -> None:
    """No line is longer than the terminal, and nothing is cut off."""
    assert text.strip()
    assert "…" not in text
    assert max(cell_len(line) for line in text.splitlines()) <= WIDTH


@pytest.fixture(scope="module")
def busy(server: Server) -> Server:
    """A server with overrides, an experiment, keys' state, and profiles with a history."""
    with httpx.Client(base_url=server.url, timeout=30.0) as client:
        cards = [
            {"id": f"a{k}", "edition": EDITION, "title": f"{WHY} {k}", "section": "Culture"}
            for k in range(6)
        ]
        client.post("/v1/articles", json=cards).raise_for_status()
        views = [
            {"visitor": f"v{k}", "article": f"a{k % 6}", "edition": EDITION} for k in range(60)
        ]
        client.post("/v1/events", json=views).raise_for_status()
        override = {
            "action": "bury", "edition": EDITION, "articles": [f"a{k}" for k in range(6)],
            "reason": WHY, "author": "anna",
        }  # fmt: skip
        client.post("/v1/overrides", json=override).raise_for_status()
        body = {"edition": EDITION, "surface": "popular", "reason": WHY, "parent": 0}
        changes = {"half_life": 3600, "section_cap": 2, "freshness": 0.5, "landing_weight": 0.25}
        client.put("/v1/profiles", json=body | {"set": changes}).raise_for_status()
        made = trials.begun(client, "an-experiment-with-a-long-name", metric="clicks_per_visit")
        events, _ = trials.events(made["name"], trials.plan_of(made), 200, (0.3, 0.5))
        trials.send(client, events)
        client.post("/v1/keys", json={"role": "write", "label": WHY}).raise_for_status()
    return server


TRIAL = "an-experiment-with-a-long-name"
ON_SYSTEM = {
    "profiles list": ("profiles", "list"),
    "profiles show": ("profiles", "show", "--edition", EDITION, "--surface", "popular"),
    "profiles try": ("profiles", "try", "half_life=2h", "--edition", EDITION, "--n", "3"),
    "profiles history": ("profiles", "history", "--edition", EDITION, "--surface", "popular"),
    "overrides list": ("overrides", "list"),
    "overrides preview": ("overrides", "mourning", "--section", "Culture", "--preview"),
    "experiments list": ("experiments", "list"),
    "experiments status": ("experiments", "status"),
    "experiments status NAME": ("experiments", "status", TRIAL),
    "keys list": ("keys", "list"),
}  # fmt: skip


@pytest.mark.server
@pytest.mark.parametrize("name", ON_SYSTEM)
def test_data_fits_a_terminal_and_is_json_for_programs(busy: Server, name: str) -> None:
    done = shell(*ON_SYSTEM[name], url=busy.url)
    assert done.exit_code == 0, done.output
    assert_fits(done.output)
    assert not re.search(r"\{'|\['|None|True|False", done.output), "Python's own writing"
    told = shell(*ON_SYSTEM[name], "--format", "json", url=busy.url)
    assert json.loads(told.output)


@pytest.mark.server
def test_acts_are_json_too(busy: Server) -> None:
    def made(*line: str) -> Any:
        done = shell(*line, "--format", "json", url=busy.url)
        assert done.exit_code == 0, done.output
        return json.loads(done.output)

    pin = made("overrides", "add", "pin", "--edition", EDITION, "--article", "a1")
    assert 7190 < pin["end"] - time.time() < 7200, "two hours unless said otherwise"
    assert made("overrides", "end", pin["id"]) == {"id": pin["id"], "active": False}
    block = made("overrides", "add", "block", "--edition", EDITION, "--article", "a1")
    assert block["end"] is None
    made("overrides", "end", block["id"])
    published = made("profiles", "publish", "half_life=1h", "--edition", EDITION)
    assert published["set"]["half_life"] == 3600
    held = made("profiles", "export", "--edition", EDITION)
    assert held["half_life"] == 3600


def commands_of(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command of the shell, by its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands_of(command, (*path, name))
        else:
            yield (*path, name)


PROCESSES = {"serve", "demo", "warm", "api", "collect", "pack", "worker"}
SAYS_OK = {("topics", "create"), ("topics", "verify"), ("send",)}
"""They print no data, but that something was done."""


@pytest.mark.parametrize("words", list(commands_of(tolqyn)), ids=" ".join)
def test_every_command_that_prints_data_has_json(words: tuple[str, ...]) -> None:
    if words[0] in PROCESSES or words in SAYS_OK:
        pytest.skip("prints no data")
    done = shell(*words, "--help")
    assert "--format" in done.output


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        (("backtst",), "no command 'backtst'; did you mean backtest?"),
        (("profiles", "lst"), "no command 'lst'; did you mean list?"),
        (("overrides", "mournin"), "did you mean mourning?"),
        (("topics", "veryfy"), "did you mean verify?"),
        (("nonsense",), "there are api, backtest, bench"),
        (("bench", "visble"), "did you mean visible?"),
        (("backtest", "--view", "x"), "--views"),
        (("profiles", "try", "halflife=3600"), "did you mean half_life?"),
        (("backtest", "--views", "x", "--refresh", "soon"), "must be a duration such as 90s"),
        (("experiments", "phase", "e", "--shares", "half"), "shares must be percents as 50,50"),
        (("keys", "create", "write", "--grace", "8d"), "must be from 0s to 7d, got 8d"),
    ],
)
def test_a_slip_is_answered(line: tuple[str, ...], asked: str) -> None:
    done = shell(*line)
    assert done.exit_code != 0
    assert not isinstance(done.exception, ValueError), done.exception
    assert asked in " ".join(done.output.split())


@pytest.mark.server
def test_an_edition_like_one_that_is_known(busy: Server) -> None:
    done = shell("profiles", "show", "--edition", "paper/eng", url=busy.url)
    assert "no edition 'paper/eng' is known yet; did you mean paper/en?" in done.output
    assert (
        "did you mean" not in shell("profiles", "show", "--edition", EDITION, url=busy.url).output
    )


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("90", "s", 90.0), ("1h", "s", 3600.0), ("30m", "s", 1800.0), ("2d", "s", 172_800.0),
        ("0.5h", "s", 1800.0), ("48", "h", 48.0), ("2d", "h", 48.0), ("90m", "h", 1.5),
    ],
)  # fmt: skip
def test_durations(text: str, unit: str, value: float) -> None:
    assert Duration(unit=unit).convert(text, None, None) == value


def test_every_option_in_seconds_is_a_duration() -> None:
    for words in commands_of(tolqyn):
        command: Any = tolqyn
        for word in words:
            command = command.get_command(click.Context(command), word)
        for option in command.params:
            text = f"{getattr(option, 'help', '')} {option.name}".lower()
            if re.search(r"\bseconds\b|_hours|_every\b|\brefresh\b|\bgrace\b", text):
                assert isinstance(option.type, Duration) or option.name == "speed", (words, option)


WIDE = {f"measure number {k}": 1.0 / (k + 3) for k in range(9)}


def test_tables_of_measures_fit(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    intervals = {name: (0.1, 0.2) for name in WIDE}
    print_rows("benchmark", {"visible": WIDE})
    print_columns("profile", {f"list {k}": WIDE for k in range(5)}, {"list 0": intervals})
    print_ablation("profile", [Ablated("whole", WIDE, {}, {}), Ablated("less", WIDE, WIDE, {})])
    print_table(("id", "что", "何"), [("a" * 200, "слово " * 30, "字" * 100)], "cards [bold]")
    text = capsys.readouterr().out
    assert_fits(text)
    assert "cards [bold]" in text
    assert text.replace("\n", "").replace(" ", "").count("字") == 100


def test_a_table_that_fits_is_a_table(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    print_table(("name", "role"), [("portal", "write"), ("ops", "administer")])
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split() == ["portal", "write"] for line in lines)


def test_a_profile_file_with_a_slip(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("halflife = 3600\n")
    log = tmp_path / "views.csv"
    log.write_text("at,visitor,article\n1700000000,v,a\n")
    done = shell("backtest", "--views", str(log), "--profile", str(path))
    assert "halflife is no profile parameter; did you mean half_life?" in str(done.exception)


def test_slips_of_an_override_are_told(busy: Server) -> None:
    """A span that is too long, a word that is like another, an edition in another spelling."""
    line = ("overrides", "add")
    bury = (*line, "bury", "--tag", "rain")
    told = shell(*bury, "--end", "8d", url=busy.url)
    assert "bury must end within 7d of its start, got 8d" in plain(told)
    assert "did you mean pin?" in plain(shell(*line, "pim", "--article", "a1", url=busy.url))
    spelt = shell(*bury, "--edition", EDITION.upper().replace("PAPER", "paper"), url=busy.url)
    assert spelt.exit_code == 0
    assert "did you mean" not in plain(spelt)


def plain(done: Result) -> str:
    """What a command said, and why it was refused, in one line."""
    return " ".join(f"{done.output} {done.exception}".split())
