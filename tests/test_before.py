"""Benchmarks of two commits: pairs in turn, older shapes and names, clear refusals, no remains."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ranking.benchmarks.before import BETTER, CARRIED, NOISE, WORSE, compared, verdict
from ranking.benchmarks.benchmark import Benchmark, BenchmarkError
from ranking.benchmarks.older_tree import git, older_tree, renamed_modules
from ranking.cli import tolqyn
from ranking.commands import bench
from tests.support.documentation import ROOT

SPEED = Benchmark("speed", "", "", "views_per_s", "views/s", "more")
DELAY = Benchmark("delay", "", "", "median_ms", "ms", "less")
PROGRAM = """
import sys
if sys.argv[1:3] == ["bench", "visible"]:
    print('{"visible": TOLD}')
elif sys.argv[1] == "bench":
    print("Error: no benchmark", sys.argv[2], file=sys.stderr)
    sys.exit(2)
"""


def test_pairs_are_in_turn_and_a_ratio_is_the_median_of_theirs() -> None:
    order: list[str] = []
    old, new = iter([10.0, 20.0, 40.0]), iter([10.0, 30.0, 30.0])

    def run_old() -> dict[str, Any]:
        order.append("A")
        return {"views_per_s": next(old), "seconds": 2.0}

    def run_new() -> dict[str, Any]:
        order.append("B")
        return {"median": next(new), "seconds": 1.0, "ratios": {}, "runs": 5}

    told = compared(SPEED, run_old, run_new, 3, lambda line: None)
    assert "".join(order) == "ABABAB"
    assert [told[key] for key in ("median", "min", "max", "runs")] == [1.0, 0.75, 1.5, 3]
    assert (told["old"], told["new"]) == (20.0, 30.0)
    assert told["ratios"] == {"seconds": 0.5}
    assert (told["verdict"], told["better"]) == (NOISE, "more")


def test_a_verdict_knows_the_direction_and_wants_all_pairs() -> None:
    assert [verdict(its, [1.1, 1.2]) for its in (SPEED, DELAY)] == [BETTER, WORSE]
    assert [verdict(its, [0.9, 0.8]) for its in (SPEED, DELAY)] == [WORSE, BETTER]
    assert [verdict(its, [0.9, 1.2]) for its in (SPEED, DELAY)] == [NOISE, NOISE]


def test_a_result_without_headline_is_refused() -> None:
    def run() -> dict[str, Any]:
        return {"median": None, "missing": ["only 1 of 3 runs were made, within 1 s"]}

    with pytest.raises(BenchmarkError, match="speed gave no views_per_s: only 1 of 3 runs"):
        compared(SPEED, run, run, 1, lambda line: None)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two commits of a small program: one with a result of the older shape, and one of today's."""
    folder = tmp_path / "small"
    (folder / "ranking").mkdir(parents=True)
    (folder / "ranking" / "__init__.py").write_text("")
    git(folder, "init", "--quiet")
    git(folder, "config", "user.name", "t")
    git(folder, "config", "user.email", "t@t.example")
    project = '[project]\nname = "small"\nversion = "1"\n'
    (folder / "pyproject.toml").write_text(project)
    for told in ('{"median_ms": 40.0}', '{"median": 30.0, "median_ms": 30.0}'):
        (folder / "ranking" / "__main__.py").write_text(PROGRAM.replace("TOLD", told))
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "-m", "x")
    monkeypatch.setattr(bench, "ROOT", folder)
    yield folder
    assert len(git(folder, "worktree", "list").splitlines()) == 1


def before(*words: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(tolqyn, ["bench", "before", *words])


def test_two_commits_of_which_one_has_the_older_shape(repository: Path) -> None:
    done = before("HEAD~1", "visible", "--runs", "2", "--format", "json")
    assert done.exit_code == 0, repr(done.exception)
    told = json.loads(done.stdout)
    assert told.keys() == {"visible", "machine", "before"}
    its = told["visible"]
    assert [its[key] for key in ("median", "old", "new", "verdict")] == [0.75, 40.0, 30.0, BETTER]
    assert told["before"]["commit"] == git(repository, "rev-parse", "HEAD~1")[:12]
    assert "uncommitted" not in done.stderr


def test_a_dirty_checkout_is_told_and_the_table_fits(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with (repository / "ranking" / "__main__.py").open("a") as program:
        program.write("# changed\n")
    done = before("HEAD", "visible", "--runs", "1")
    assert "uncommitted changes" in done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "visible: median_ms 30 before, 30 now (ms)" in done.stdout


def test_what_cannot_be_compared_is_refused_in_one_line(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commit = git(repository, "rev-parse", "--short=12", "HEAD")
    missing = "No module named 'ranking.benchmarks'"
    faults = {
        ("nonsense", "visible"): "revision must name a commit of this checkout, got 'nonsense'",
        ("HEAD", "ingest"): f"revision {commit} has no benchmark 'ingest'",
        (
            "HEAD",
            "loop",
        ): f"{commit} has no benchmark 'loop', and this checkout's does not run on it"
        f": ModuleNotFoundError: {missing}",
    }
    for words, fault in faults.items():
        done = before(*words)
        assert isinstance(done.exception, BenchmarkError)
        assert fault in str(done.exception)
        assert "\n" not in str(done.exception)
    done = before("HEAD", "ingest", "visible", "--runs", "1", "--format", "json")
    assert "visible" in json.loads(done.stdout), "what can be compared is told all the same"
    assert isinstance(done.exception, BenchmarkError)
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    assert "must run in a git checkout" in str(before("HEAD", "visible").exception)
    assert (
        "must be the first word" in CliRunner().invoke(tolqyn, ["bench", "loop", "before"]).output
    )


def test_a_worktree_is_removed_when_the_command_is_ended(repository: Path) -> None:
    commit, folders = git(repository, "rev-parse", "HEAD"), list[Path]()

    def interrupted() -> None:
        with older_tree(repository, commit) as tree:
            printed = tree.run("-c", "import ranking; print(*ranking.__path__)").stdout
            assert printed.strip() == str(tree.folder / "ranking")
            folders.append(tree.folder)
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not folders[0].exists()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_portable_benchmark_runs_on_a_tree_with_older_names(tmp_path: Path) -> None:
    """Of this checkout's engine, with a module under another name and a package that was not."""
    folder = tmp_path / "older"
    shutil.copytree(ROOT / "ranking", folder / "ranking", ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    git(folder, "init", "--quiet")
    for name in ("user.name", "user.email"):
        git(folder, "config", name, "t@t.example")
    builder, benchmarks = folder / "ranking/engine/batch_builder.py", folder / "ranking/benchmarks"
    builder.rename(folder / "ranking/engine/packer.py")
    for path in folder.rglob("*.py"):
        text = path.read_text().replace("ranking.engine.batch_builder", "ranking.engine.packer")
        path.write_text(text)
    shutil.rmtree(benchmarks)
    benchmarks.mkdir()
    (benchmarks / "__init__.py").write_text("")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "older")
    older = git(folder, "rev-parse", "HEAD")
    shutil.rmtree(folder / "ranking")
    shutil.copytree(ROOT / "ranking", folder / "ranking", ignore=shutil.ignore_patterns("*.pyc"))
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "newer")
    renames = renamed_modules(folder, older)
    assert renames == {"ranking.engine.batch_builder": "ranking.engine.packer"}
    with older_tree(folder, older) as tree:
        words = ("-P", str(CARRIED), "loop")
        assert tree.run(*words, given=json.dumps(renames)).returncode == 0
        done = tree.run(*words, given="{}")
        assert "No module named 'ranking.engine.batch_builder'" in done.stderr
