"""The commands and code blocks of README and manual run; their tables are complete."""

import io
import re
import shlex
import subprocess
from contextlib import redirect_stdout
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ranking.benchmarks.processes import Server
from ranking.cli import tolqyn
from ranking.commands.settings import EXTENSIONS, KEY, SETTINGS, URL
from ranking.profiles.profile import read_profile
from streams.commands.settings import SETTINGS as CLUSTER_SETTINGS
from tests.support.documentation import ROOT, block, blocks, command_lines, pages
from tests.support.thoroughness import scaled
from tests.test_benchmarks import NUMBERS, bench

LINES = command_lines()
ELSEWHERE = {
    "deploy/check": "",  # runs this test
    "deploy/demo": "test_demo.py",
    "deploy/local": "test_local_cluster.py",
    "deploy/install": "test_walks.py",
    ". .venv/bin/activate": "test_walks.py",
    "tolqyn serve": "test_walks.py",
    "tolqyn tune": "test_tuning.py",
    "tolqyn bench": "test_benchmarks.py",
}
"""Commands that other files run, with what they mean."""
HERE = ("curl", "tolqyn profiles", "tolqyn overrides", "tolqyn experiments", "tolqyn send",
    "tolqyn backtest",
)  # fmt: skip


def test_every_block_is_run_by_a_test() -> None:
    assert {its.language for its in blocks()} == {"", "sh", "toml", "js", "html", "python"}
    assert len(blocks("toml")) == 3
    assert len(blocks("js")) == len(blocks("html")) == 1
    for line in LINES:
        assert line.startswith((*HERE, *ELSEWHERE)), line
    for beginning, file in ELSEWHERE.items():
        assert any(line.startswith(beginning) for line in LINES), beginning
        assert (ROOT / "tests" / file).exists()


@pytest.mark.parametrize("name", [its.page for its in blocks("python")])
def test_python_prints_what_the_page_shows(name: str) -> None:
    ours = [its for its in blocks() if its.page == name]
    (number,) = [k for k, its in enumerate(ours) if its.language == "python"]
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(ours[number].text, name, "exec"), {})
    assert printed.getvalue() == ours[number + 1].text


BENCHMARKS = [line.removeprefix("tolqyn bench ") for line in LINES if "tolqyn bench" in line]


@pytest.mark.server
@pytest.mark.parametrize("line", [line for line in BENCHMARKS if line.startswith("visible-")])
def test_benchmarks_of_large_portals(line: str) -> None:
    found = bench(line)
    assert found["probes"] >= 1
    assert found["articles"] > 0


def test_other_benchmarks_are_known() -> None:
    known = {"before", *NUMBERS, *(entry.name for entry in entry_points(group="tolqyn.benchmarks"))}
    names = {line.split()[0] for line in BENCHMARKS}
    assert {name for name in names if not name.startswith("visible-")} <= known


def test_commands_of_tables_exist() -> None:
    """Commands that pages name within a sentence or table."""
    context = click.Context(tolqyn)
    for name, text in pages().items():
        for words in re.findall(r"`tolqyn ([a-z]+)[^`]*`", text):
            assert tolqyn.get_command(context, words), (name, words)


def test_settings_table_lists_every_setting() -> None:
    text = pages()["settings"]
    rows = re.findall(r"^\| `(--[a-z-]+)` \| `(TOLQYN_\w+)` \|(.*?)\| (.*?) \|$", text, re.M)
    wanted = [
        (s.option, s.variable, "" if s.default in (None, "") else f"`{s.default}`", s.text)
        for s in (*SETTINGS, *CLUSTER_SETTINGS, URL, KEY, EXTENSIONS)
    ]
    assert [(o, v, d.strip(), t) for o, v, d, t in rows] == wanted


def test_profile_of_the_manual_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "calm.toml"
    path.write_text(block("toml", "# calm.toml"))
    assert read_profile(path).section_cap == 2


@pytest.mark.server
@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("curl")])
def test_curls(server: Server, line: str) -> None:
    command = shlex.split(line.replace("http://127.0.0.1:8080", server.url))
    done = subprocess.run([*command, "-sSf"], capture_output=True, text=True, check=True)
    assert '"accepted":1' in done.stdout or '"items":[' in done.stdout


def shell(line: str, *more: str) -> str:
    """Output of a command line of `tolqyn`, which must succeed."""
    done = CliRunner().invoke(tolqyn, [*shlex.split(line)[1:], *more])
    assert done.exit_code == 0, (line, done.output, done.exception)
    return done.stdout


@pytest.mark.server
def test_tuning_from_a_shell(server: Server) -> None:
    groups = ("tolqyn profiles", "tolqyn overrides")
    commands = [line for line in LINES if line.startswith(groups)]
    assert len(commands) == 7
    for line in commands:
        assert shell(line, "--to", server.url)


@pytest.mark.server
def test_an_experiment_from_a_shell(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Simulated readers need half a minute: a usual run only reads the options of that line."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOLQYN_URL", server.url)
    Path("calm.plan.toml").write_text(block("toml", "# calm.plan.toml"))
    commands = [line for line in LINES if line.startswith("tolqyn experiments")]
    assert len(commands) == 10
    for line in commands:
        if "simulate" in line and scaled(True, False):
            accepted(line)
        else:
            assert shell(line.replace("--paths 200", "--paths 2"))


@pytest.mark.server
def test_send_and_backtest(server: Server, tmp_path: Path) -> None:
    log = written(tmp_path)
    commands = [line for line in LINES if line.startswith(("tolqyn send", "tolqyn backtest"))]
    commands = [line for line in commands if "kafka://" not in line]
    assert len(commands) == 5
    for line in commands:
        line = (
            line.partition(" > ")[0]
            .replace("clicks.csv.gz", str(log))
            .replace("http://127.0.0.1:8080", server.url)
        )
        backtest = ("--from", "1700000100", "--format", "json")
        shown = shell(line, *(backtest if line.startswith("tolqyn backtest") else ()))
        assert "500 views accepted" in shown or 'hr@5"' in shown


@pytest.mark.server
def test_commands_of_the_cluster(
    kafka: str, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLQYN_NAMESPACE", namespace)
    log = written(tmp_path)
    commands = [line for line in LINES if "kafka://" in line]
    assert len(commands) == 2
    for line in commands:
        line = line.replace("clicks.csv.gz", str(log)).replace("127.0.0.1:9092", kafka)
        assert "500 views accepted" in shell(line)


def accepted(line: str) -> None:
    """Check that a command line of `tolqyn` has only known options with allowed values."""
    command: click.Command = tolqyn
    words = shlex.split(line)[1:]
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words.pop(0))
        assert found, line
        command = found
    command.make_context("tolqyn", words)


@pytest.mark.parametrize("line", BENCHMARKS)
def test_options_of_benchmarks_are_known(line: str, tmp_path: Path) -> None:
    log = written(tmp_path)
    accepted(f"tolqyn bench {line}".replace("clicks.csv.gz", str(log)).partition(" > ")[0])


def written(folder: Path) -> Path:
    """Write a log of 500 views."""
    rows = [f"{1_700_000_000 + n},v{n % 50},a{n % 7}" for n in range(500)]
    log = folder / "clicks.csv"
    log.write_text("\n".join(["ts_ms,user,article", *rows]))
    return log


def test_set_up_commands_exist() -> None:
    for line in LINES:
        if line.startswith("deploy/"):
            assert (ROOT / line.split()[0]).stat().st_mode & 0o111


def test_the_check_says_what_it_takes() -> None:
    command = [str(ROOT / "deploy" / "check"), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Installs what the tests need and runs the whole suite")
    assert "--long" in done.stdout
