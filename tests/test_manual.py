"""The manual: every server shows it, the terminal shows it, its links and names are right."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from ranking.benchmarks.processes import Server
from ranking.cli import tolqyn
from ranking.manual.contents import LINK, NAMES, topics
from ranking.manual.pages import slug
from ranking.service.api import Api
from ranking.service.openapi import document
from ranking.service.prometheus import Metrics
from ranking.service.static_pages import POLICY
from tests.support.chromium import chromium
from tests.support.cluster import need
from tests.support.documentation import FOLDER, ROOT, pages

README_LINES = 150
PATH = re.compile(r"`((?:ranking|streams|tests|deploy)/[\w./-]*)(?: [\w -]+)?`")
README_LINK = re.compile(r"\]\(((?!https?://)[^)#]+)(?:#([a-z0-9-]+))?\)")


def anchors(name: str) -> list[str]:
    """Ids of the headings of a topic."""
    text = re.sub(r"^```.*?^```$", "", topics()[name].text, flags=re.M | re.S)
    return [slug(heading) for heading in re.findall(r"^##+ (.*)$", text, re.M)]


def shell(*line: str) -> Result:
    """Run `tolqyn manual` on a terminal of 80 columns."""
    return CliRunner().invoke(tolqyn, ["manual", *line], env={"COLUMNS": "80"})


def test_the_readme_is_short() -> None:
    assert pages()["README"].count("\n") <= README_LINES


def test_links_of_the_readme_lead_somewhere() -> None:
    found = README_LINK.findall(pages()["README"])
    linked = {Path(path).stem for path, _ in found}
    assert linked == set(NAMES)
    for path, anchor in found:
        assert (ROOT / path).exists(), path
        assert not anchor or anchor in anchors(Path(path).stem), (path, anchor)


@pytest.mark.parametrize("name", NAMES)
def test_links_of_a_topic_lead_somewhere(name: str) -> None:
    for _, other, anchor in LINK.findall(topics()[name].text):
        assert other in NAMES, other
        assert not anchor or anchor[1:] in anchors(other), (other, anchor)
    assert len(set(anchors(name))) == len(anchors(name))


@pytest.mark.parametrize("name", ["README", *NAMES])
def test_named_modules_exist(name: str) -> None:
    for path in PATH.findall(pages()[name]):
        assert (ROOT / path).exists(), path


def test_every_file_is_a_topic() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == set(NAMES)
    for topic in topics().values():
        assert re.fullmatch(r"[A-Z][^\n]*\.", topic.summary), topic.name


def test_every_route_is_in_the_manual() -> None:
    named = set(re.findall(r"^\| `([A-Z]+ /[^`]*)` \|", topics()["api"].text, re.M))
    known = {
        f"{method.upper()} {path}"
        for path, methods in document()["paths"].items()
        for method, about in methods.items()
        if isinstance(about, dict)
    }
    pages_alone = {"GET /console", "GET /manual", "GET /openapi.json"}
    assert named == known | pages_alone


def test_a_term_is_defined_once_and_in_order() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", topics()["glossary"].text, re.M)[1:]
    terms = [term.lower() for term, _ in rows]
    assert terms == sorted(set(terms))
    for term, text in rows:
        assert len(re.findall(r"[.](?: |$)", text)) in (1, 2), term


@pytest.mark.server
@pytest.mark.parametrize("name", NAMES)
def test_a_server_shows_a_topic(client: httpx.Client, name: str) -> None:
    answer = client.get(f"/manual/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"] == POLICY
    topic = topics()[name]
    assert f"<title>{topic.title} · Tolqyn manual</title>" in answer.text
    assert f"<h1>{topic.title}</h1>" in answer.text
    assert all(f'id="{anchor}"' in answer.text for anchor in anchors(name))
    assert "<script>" not in answer.text
    prose = re.sub(r"<pre>.*?</pre>", "", answer.text, flags=re.S)
    assert not re.search(r" style=| on\w+=|&lt;!--|\.md[#\"]", prose)
    again = client.get(f"/manual/{name}", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.server
def test_a_server_lists_topics_and_has_an_index(client: httpx.Client) -> None:
    first = client.get("/manual").text
    assert all(f'href="/manual/{name}"' in first for name in NAMES)
    index: list[dict[str, Any]] = client.get("/manual/search.json").json()
    assert {section["topic"] for section in index} == set(NAMES)
    assert [s["anchor"] for s in index if s["topic"] == "operator"] == ["", *anchors("operator")]
    (keys,) = [s for s in index if (s["topic"], s["heading"]) == ("operator", "Keys")]
    assert "only SHA-256 hashes of keys" in keys["text"]
    for file in ("search.js", "colours.css", "manual.css", "wave.svg"):
        assert client.get(f"/manual/{file}").status_code == 200
    for unknown in ("nothing", "pages.py", "portal.md"):
        assert client.get(f"/manual/{unknown}").status_code == 404


def test_a_collector_shows_it_too() -> None:
    paths = {getattr(route, "path", "") for route in Api(Metrics()).app().routes}
    assert paths >= {"/manual", *(f"/manual/{name}" for name in NAMES)}


@pytest.mark.server
@pytest.mark.browser
def test_a_browser_finds_a_section(server: Server, tmp_path: Path) -> None:
    need("chromium")
    with chromium(tmp_path) as page:
        page.open(f"{server.url}/manual")
        page.read(
            "{ const words = document.getElementById('words'); words.value = 'sha-256 hash';"
            " words.dispatchEvent(new Event('input')); }"
        )
        page.wait("document.querySelector('#found a') !== null")
        first = "document.querySelector('#found a').getAttribute('href')"
        assert page.read(first) == "/manual/operator#keys"
        assert page.read("document.querySelector('article').hidden") is True
        assert page.complaints == []


@pytest.mark.parametrize("name", NAMES)
def test_a_terminal_shows_a_topic(name: str) -> None:
    done = shell(name)
    assert done.exit_code == 0
    assert topics()[name].title in done.stdout.splitlines()[0]
    assert max(cell_len(line) for line in done.stdout.splitlines()) <= 80
    for heading in re.findall(r"^## (.*)$", topics()[name].text, re.M):
        assert heading in done.stdout
    told = json.loads(shell(name, "--format", "json").stdout)
    assert told["markdown"] == topics()[name].text


def test_a_terminal_lists_topics() -> None:
    done = shell()
    assert all(f" {name}: " in done.stdout for name in NAMES)
    assert [its["topic"] for its in json.loads(shell("--format", "json").stdout)] == list(NAMES)


def test_a_slip_is_asked_about() -> None:
    done = shell("operators")
    assert done.exit_code == 2
    assert "did you mean operator?" in done.output


def test_the_command_loads_nothing_heavy() -> None:
    code = """
import sys
from ranking.cli import tolqyn
tolqyn.main(["manual", "files"], standalone_mode=False)
print([name for name in ("numba", "numpy", "starlette", "kafka") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
