"""Who may import what: data goes one way, and each technology lives in one file."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("ranking", "streams")
ONE_FILE = {
    "sqlite3": "ranking/embedded/log.py",
    "granian": "ranking/service/http_server.py",
    "numba": "ranking/engine/compiled.py",
    "prometheus_client": "ranking/service/prometheus.py",
    "crawleruseragents": "ranking/engine/batch_builder.py",
    "redis": "ranking/read_model/store.py",
    "faust": "streams/worker.py",
    "aiokafka": "streams/topic_reader.py",
    "confluent_kafka": "streams/librdkafka.py",
    "jinja2": "ranking/templates.py",
    "kafka": "streams/broker.py",
}
PURE = (
    "ranking/engine",
    "ranking/lists",
    "ranking/content",
    "ranking/profiles",
    "ranking/experiments",
    "ranking/ranker.py",
    "ranking/alerts/observer.py",
    "ranking/read_model/values.py",
    "ranking/read_model/edition_reader.py",
    "ranking/read_model/tag_graph.py",
    "ranking/read_model/value_builder.py",
)
HIGHER = (
    "ranking.service",
    "ranking.backtest",
    "ranking.commands",
    "ranking.demo",
    "ranking.embedded",
    "ranking.console",
    "ranking.read_model.store",
    "streams",
)
IMPURE = {"time", "socket", "random", "asyncio", "threading", "httpx", "starlette", "subprocess"}


def imports() -> dict[str, set[str]]:
    """Full names of the modules that each file imports."""
    found: dict[str, set[str]] = defaultdict(set)
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    found[name] |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    found[name].add(node.module or "")
    return found


def is_in(module: str, packages: tuple[str, ...]) -> bool:
    """Say whether a module is one of some packages, or in one of them."""
    return any(module == package or module.startswith(package + ".") for package in packages)


def roots(names: set[str]) -> set[str]:
    """Top-level packages."""
    return {name.partition(".")[0] for name in names}


def test_ranking_never_imports_streams() -> None:
    assert [
        f for f, names in imports().items() if f.startswith("ranking") and "streams" in roots(names)
    ] == []


@pytest.mark.parametrize("technology", sorted(ONE_FILE))
def test_a_technology_lives_in_one_file(technology: str) -> None:
    users = [file for file, names in imports().items() if technology in roots(names)]
    assert users == [ONE_FILE[technology]]


def test_the_core_is_pure() -> None:
    for file, names in imports().items():
        if file.startswith(PURE):
            assert not roots(names) & IMPURE, file
            assert not {n for n in names if is_in(n, HIGHER)}, file


def test_the_engine_knows_no_lists() -> None:
    for file, names in imports().items():
        if file.startswith("ranking/engine"):
            assert not {n for n in names if n.startswith(("ranking.lists", "ranking.ranker"))}, file


def test_top_level_holds_nothing_else() -> None:
    known = {"ranking", "streams", "tests", "deploy"}
    folders = {p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith(".")}
    assert {f for f in folders if not f.endswith((".egg-info", "__pycache__"))} <= known


def test_a_class_name_means_one_thing() -> None:
    files = defaultdict(list)
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef):
                    files[node.name].append(path.relative_to(ROOT).as_posix())
    assert {name: where for name, where in files.items() if len(where) > 1} == {}
