"""For this visit out of Related answers: Python and the browser's module mix alike."""

import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from ranking.benchmarks.processes import Server
from ranking.lists.edition_reader import Scored
from ranking.lists.related_mixture import mix
from ranking.profiles.profile import DEFAULT
from tests.support.cluster import need

CASES = 40


def drawn_cases() -> list[dict[str, Any]]:
    """Visits of one to six pages, with candidates that overlap, some of them read."""
    drawn, cases = random.Random(11), []
    for _ in range(CASES):
        pages = [
            [
                {
                    "id": str(article),
                    "score": round(drawn.random(), 6),
                    "worn": round(drawn.uniform(0.2, 1.0), 6),
                }
                for article in drawn.sample(range(30), drawn.randint(0, 12))
            ]
            for _ in range(drawn.randint(1, 6))
        ]
        read = [str(drawn.randrange(30)) for _ in range(drawn.randint(0, 8))]
        answers = [{"candidates": page, "visit_decay": 0.35} for page in pages]
        cases.append({"answers": answers, "read": read, "n": drawn.randint(1, 12)})
    return cases


def mixed(case: dict[str, Any]) -> list[Scored]:
    """What Python makes of a case."""
    answers: list[dict[str, list[dict[str, Any]]]] = case["answers"]
    pages = [
        [Scored(str(c["id"]), float(c["score"]), float(c["worn"])) for c in a["candidates"]]
        for a in answers
    ]
    return mix(pages, case["read"], case["n"], 0.35)


def test_what_was_read_is_left_out_and_one_page_keeps_its_order() -> None:
    page = [Scored("a", 0.5), Scored("b", 0.2), Scored("c", 0.2)]
    assert mix([page], ["b"], 5, 0.35) == [Scored("a", 0.5), Scored("c", 0.2)]
    assert mix([], [], 5, 0.35) == []


def test_newer_pages_weigh_more() -> None:
    pages = [[Scored("new", 0.3)], [Scored("old", 0.3)]]
    assert [item.id for item in mix(pages, [], 5, 0.35)] == ["new", "old"]


def test_what_has_led_for_long_counts_less_from_the_second_page_on() -> None:
    page = [Scored("old", 0.5, discount=0.5), Scored("new", 0.3)]
    assert [item.id for item in mix([page], [], 5, 0.35)] == ["old", "new"]
    assert [item.id for item in mix([page, []], [], 5, 0.35)] == ["new", "old"]


@pytest.mark.browser
@pytest.mark.server
def test_the_browser_mixes_alike(server: Server, tmp_path: Path) -> None:
    need("chromium")
    cases = drawn_cases()
    page = tmp_path / "page.html"
    page.write_text(
        f"""<!doctype html><pre id="out"></pre><script type="module">
        import {{ mix }} from "{server.url}/visit.js";
        const cases = {orjson.dumps(cases).decode()};
        const made = cases.map((c) => mix(c.answers, c.read, c.n).map((i) => [i.id, i.score]));
        document.getElementById("out").textContent = JSON.stringify(made);
        </script>"""
    )
    command = [shutil.which("chromium") or "", "--headless", "--no-sandbox", "--disable-gpu"]
    command += [f"--user-data-dir={tmp_path / 'chromium'}", "--virtual-time-budget=5000"]
    done = subprocess.run(
        [*command, "--dump-dom", page.as_uri()], capture_output=True, text=True, check=True
    )
    made = orjson.loads(done.stdout.split('<pre id="out">')[1].split("</pre>")[0])
    assert len(made) == CASES
    for case, items in zip(cases, made, strict=True):
        expected = mixed(case)
        assert [id_ for id_, _ in items] == [item.id for item in expected]
        assert [score for _, score in items] == pytest.approx([i.score for i in expected])


def test_related_carries_candidates(client: httpx.Client) -> None:
    events = [
        {"visitor": f"v{n}", "article": str(n * k % 30), "edition": "mixed/en"}
        for n in range(60)
        for k in (1, 7, 11)
    ]
    cards = [{"id": str(n), "edition": "mixed/en", "title": f"Title {n}"} for n in range(30)]
    assert client.post("/v1/articles", json=cards).status_code == 202
    assert client.post("/v1/events", json=events).status_code == 202
    answer: dict[str, Any] = {}
    while len(answer.get("candidates", [])) < 20:
        answer = client.get("/v1/related/7?edition=mixed/en&candidates=20").json()
    assert len(answer["items"]) == 4
    assert answer["visit_decay"] == DEFAULT.visit_decay
    candidates = answer["candidates"]
    assert [c["id"] for c in candidates[:4]] == [i["id"] for i in answer["items"]]
    assert all("title" in c for c in candidates[:8])
    assert all(c.keys() == {"id", "score", "worn"} for c in candidates[8:])
    assert client.get("/v1/related/7?edition=mixed/en").json().keys() == answer.keys() - {
        "candidates",
        "visit_decay",
    }
