"""Malformed inputs: each is understood, or refused with row and rule."""

import gzip
from pathlib import Path

import httpx
import pytest

from ranking.benchmarks.processes import Server, await_until
from tests.test_cli import tolqyn

pytestmark = [pytest.mark.server, pytest.mark.data]
VIEWS = {"web1": 40, "web2": 40, "six-hours": 80, "bom": 20}


def counted(client: httpx.Client, edition: str) -> int:
    """Counted views of an edition."""
    line = f"/v1/popular?edition={edition}&n=100&window=604800"
    return sum(item["views"] for item in client.get(line).json()["items"])


@pytest.mark.parametrize("name", VIEWS)
def test_a_file_of_views_is_counted(
    server: Server, client: httpx.Client, cases: Path, name: str
) -> None:
    """Two files of the same minutes in one edition too."""
    edition = f"files/{'en' if name.startswith('web') else 'ru'}"
    before = counted(client, edition)
    views = str(cases / f"{name}.csv")
    sent = tolqyn("send", "--views", views, "--edition", edition, "--with-ids", "--to", server.url)
    assert sent.returncode == 0, sent.stderr
    wanted = before + VIEWS[name]
    await_until(lambda: counted(client, edition) == wanted, f"{wanted} views are counted", 10)


def test_a_file_that_is_sent_again_adds_nothing(
    server: Server, client: httpx.Client, cases: Path, tmp_path: Path
) -> None:
    """Its readers come back hours later within it, so the window alone would count it twice."""
    packed = tmp_path / "other.log"
    packed.write_bytes(gzip.compress((cases / "six-hours.csv").read_bytes()))
    for views in (cases / "six-hours.csv", packed):
        to = ("--edition", "again/en", "--to", server.url)
        assert tolqyn("send", "--views", str(views), *to).returncode == 0
    probe = {"visitor": "last", "article": "last", "edition": "again/en", "at": 1795815600000}
    told = client.post("/v1/events?outcome=1", json=probe).json()
    assert told["counted"] == 1
    assert counted(client, "again/en") == 81


def test_a_mark_before_lines_is_passed_over(
    server: Server, client: httpx.Client, cases: Path
) -> None:
    tolqyn("send", "--views", str(cases / "bom.jsonl"), "--edition", "mark/en", "--to", server.url)
    await_until(lambda: counted(client, "mark/en") == 20, "20 views are counted", 10)


@pytest.mark.parametrize("name", ["mw14", "ymd", "gadate"])
def test_compact_dates_are_refused_or_understood(cases: Path, name: str) -> None:
    """A backtest of nothing is an error either way."""
    views = str(cases / f"{name}.csv")
    refused = tolqyn("backtest", "--views", views)
    assert refused.returncode == 2
    assert "row 1: at must have a zone" in refused.stderr
    assert "timezone" in refused.stderr
    empty = tolqyn("backtest", "--views", views, TOLQYN_TIMEZONE="Asia/Almaty")
    assert empty.returncode == 2
    assert "a backtest must predict something" in empty.stderr


def test_compact_dates_of_a_zone_are_sent(
    server: Server, client: httpx.Client, cases: Path
) -> None:
    views = ("--views", str(cases / "mw14.csv"), "--edition", "dates/en")
    sent = tolqyn("send", *views, "--timezone", "Asia/Almaty", "--to", server.url)
    assert "199 views accepted" in sent.stdout
    as_of = client.get("/v1/popular?edition=dates/en").json()["as_of"]
    assert 1_513_735_000 < as_of < 1_513_750_000


def test_articles_of_programs_are_read(server: Server, client: httpx.Client, cases: Path) -> None:
    for name in ("art_null.jsonl", "art_badtags.csv"):
        to = ("--edition", "read/en", "--to", server.url)
        assert tolqyn("send", "--articles", str(cases / name), *to).returncode == 0
    for article in ("1", "2"):
        line = f"/v1/articles/read/en/{article}"
        await_until(lambda line=line: client.get(line).status_code == 200, "the card is there", 10)  # type: ignore[misc]
        assert client.get(line).json()["tags"] == ["rain", "wind"]
