"""The demo, whole: seven editions with full lists, and portal pages in every script."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ranking.benchmarks.processes import await_until
from tests.support.demo import LANGUAGES, demo_in

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Run the demo until every edition has a full Popular."""
    folder = tmp_path_factory.mktemp("demo")
    with demo_in(folder) as url, httpx.Client(base_url=url, timeout=10.0) as client:
        yield client


@pytest.mark.parametrize("lang", LANGUAGES)
def test_lists_are_full_for_every_article(demo: httpx.Client, lang: str) -> None:
    edition = f"inform/{lang}"
    popular = demo.get(f"/v1/popular?edition={edition}&n=100").json()["items"]
    assert len(popular) == 100
    for item in popular:
        related = demo.get(f"/v1/related/{item['id']}?edition={edition}&n=4").json()["items"]
        assert len({other["id"] for other in related} - {item["id"]}) == 4
        assert all(other["title"] for other in related)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_article_pages_have_their_furniture(demo: httpx.Client, lang: str) -> None:
    item = demo.get(f"/v1/popular?edition=inform/{lang}&n=1").json()["items"][0]
    page = demo.get(item["url"]).text
    direction = "rtl" if lang == "kk-Arab" else "ltr"
    assert f'<html lang="{lang}" dir="{direction}">' in page
    assert item["title"].split(" ")[0] in page
    for other in LANGUAGES:
        assert re.search(rf'href="/demo/{other}[/"]', page)


def test_readers_move_the_lists(demo: httpx.Client) -> None:
    line = "/v1/boards"
    before = demo.get(line).json()["boards"]
    until = time.monotonic() + 30
    while time.monotonic() < until and demo.get(line).json()["boards"] == before:
        time.sleep(0.2)
    assert demo.get(line).json()["boards"] != before


def test_pages_need_nothing_from_elsewhere() -> None:
    pages = Path(__file__).parents[1] / "ranking" / "demo" / "pages"
    for path in pages.iterdir():
        assert not re.search(r"(src|href|url)\s*[=(]\s*['\"]?https?://", path.read_text())


def test_the_demo_goes_on_with_keys(demo: httpx.Client) -> None:
    """Its readers and its pages send keys of this process; others are refused."""
    made = demo.post("/v1/keys", json={"role": "administer"}).raise_for_status().json()
    own = {"authorization": f"Bearer {made['key']}"}
    article = demo.get("/v1/popular?edition=inform/en&n=1").json()["items"][0]

    def accepted() -> int:
        told: int = demo.get("/v1/traffic", headers=own).raise_for_status().json()["accepted"]
        return told

    before = accepted()
    await_until(lambda: accepted() > before + 100, "readers go on", 60)
    found = re.search(r'data-key="([^"]+)"', demo.get(article["url"]).text)
    assert found
    event = {"visitor": "v", "article": article["id"], "edition": "inform/en"}
    assert demo.post("/v1/events", params={"key": found[1]}, json=event).status_code == 202
    assert demo.post("/v1/events", json=event).status_code == 401
    assert demo.get("/v1/keys", params={"key": found[1]}).status_code == 403
