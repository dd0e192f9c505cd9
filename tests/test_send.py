"""Sending a log by HTTP: what was refused is named by its row, what was sent twice counts once."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import pytest

from ranking.backtest.files import CHUNK, label_of, view_chunks
from ranking.backtest.send import TARGETS, SendError, SendStopped, Taken, Target, send_views
from ranking.benchmarks.processes import Server
from ranking.content.cards import Card
from ranking.service.collector import Label
from tests.support.written import GOOD, written
from tests.test_cli import tolqyn

pytestmark = pytest.mark.server
BUY = "kind: must be one of view, read, impression, click, got 'buy'"


class Breaking:
    """Takes two requests."""

    def __enter__(self) -> "Breaking":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __init__(self) -> None:
        self.asked: list[Label | None] = []

    def take(self, body: bytes, label: Label | None = None, *, outcome: bool = False) -> Taken:
        self.asked.append(label)
        if len(self.asked) > 2:
            message = "the line is cut"
            raise SendError(message)
        return Taken(CHUNK, [])

    def put(self, cards: list[Card]) -> Taken:
        return Taken(len(cards), [])


def made_of(kind: Callable[[], Target], url: str) -> Target:
    """A target of a kind, wherever it is."""
    return kind()


def test_the_first_refused_row_is_named(server: Server, tmp_path: Path) -> None:
    """By its number in the file, in a later request too."""
    rows = [{**GOOD, "visitor": f"{k}", "kind": ""} for k in range(CHUNK + 9)]
    rows[CHUNK + 5]["kind"] = rows[CHUNK + 7]["kind"] = "buy"
    rows[3]["kind"] = "click"
    sent = send_views(view_chunks(written(tmp_path, "views.csv", rows), {}), server.url)
    assert (sent.accepted, sent.rejected) == (CHUNK + 7, 2)
    assert sent.first_fault == f"row {CHUNK + 6}: {BUY}"


def test_a_send_that_stops_says_how_it_goes_on(tmp_path: Path) -> None:
    """Rows of the requests that were answered are taken; the next ones are not."""
    rows = [{**GOOD, "visitor": f"{k}"} for k in range(2 * CHUNK + 9)]
    path, target = written(tmp_path, "views.csv", rows), Breaking()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TARGETS, "broken", lambda url: target)
        with pytest.raises(SendStopped, match="cut; 10000 rows were taken, and the same"):
            send_views(view_chunks(path, {}), "broken://x", label="0123456789abcdef")
    assert target.asked == [
        Label("0123456789abcdef", first) for first in (1, CHUNK + 1, 2 * CHUNK + 1)
    ]


def test_a_send_of_nothing_right_is_a_mistake(server: Server, tmp_path: Path) -> None:
    """With the first fault, for views and for articles."""
    views = written(tmp_path, "views.csv", [{**GOOD, "kind": "buy"}] * 3)
    done = tolqyn("send", "--views", str(views), "--to", server.url)
    assert done.returncode == 2
    assert f"3 views rejected; the first: row 1: {BUY}" in done.stderr


def test_two_files_of_the_same_minutes_are_both_counted(
    client: httpx.Client, tmp_path: Path
) -> None:
    """Their ids are of their content."""
    for name in ("x", "y"):
        rows = [{**GOOD, "visitor": f"{name}{k}", "article": "minutes"} for k in range(20)]
        path = written(tmp_path, f"{name}.csv", rows)
        url = str(client.base_url)
        send_views(view_chunks(path, {}), url, label=label_of(path), with_ids=True)
    shown = client.get("/v1/articles/site/und/minutes").json()
    assert (shown["accepted"], shown["views"]) == (40, 40)


def test_views_sent_twice_with_ids_count_once(client: httpx.Client, tmp_path: Path) -> None:
    """Views that have no id get one beside those that have."""
    rows = [{**GOOD, "visitor": f"{k}", "article": "twice", "id": ""} for k in range(20)]
    rows[4]["id"] = "mine"
    path = written(tmp_path, "views.csv", rows)
    label = label_of(path)
    for _ in range(2):
        sent = send_views(view_chunks(path, {}), str(client.base_url), label=label, with_ids=True)
        assert sent.accepted == 20
    shown = client.get("/v1/articles/site/und/twice").json()
    assert (shown["accepted"], shown["views"]) == (20, 20)


def sent_of(server: Server, views: Path, *options: str) -> str:
    """What a send of a file says."""
    to = ("--edition", f"said/{views.stem}", "--to", server.url, *options)
    done = tolqyn("send", "--views", str(views), *to)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_file_sent_again_says_so(server: Server, client: httpx.Client, tmp_path: Path) -> None:
    """In another zone and shifted to now too; it is counted once more when that is wanted."""
    path = written(tmp_path, "en.csv", [{**GOOD, "visitor": f"{k}"} for k in range(80)])
    assert "80 views accepted" in sent_of(server, path)
    for options in ((), ("--timezone", "Asia/Almaty"), ("--shift-to-now",)):
        told = sent_of(server, path, *options)
        assert "80 views accepted" in told
        assert "; 80 of them were known before" in told
    assert "before" not in sent_of(server, path, "--anew", "--shift-to-now")
    shown = client.get("/v1/articles/said/en/a").json()
    assert shown["accepted"] == 160


def test_it_is_asked_only_while_all_was_there(tmp_path: Path) -> None:
    """And a cluster, which does not tell, once."""
    asked: list[bool] = []
    path = written(tmp_path, "views.csv", [dict(GOOD)] * (3 * CHUNK))

    class Telling(Breaking):
        """Has the first request, and of the second a part."""

        known: tuple[int, ...] = (CHUNK, 7, 0)

        def take(self, body: bytes, label: Label | None = None, *, outcome: bool = False) -> Taken:
            asked.append(outcome)
            return Taken(CHUNK, [], self.known[len(asked) - 1] if outcome else -1)

    class Silent(Telling):
        """A cluster."""

        known = (-1, -1, -1)

    with pytest.MonkeyPatch.context() as patch:
        for kind, known, wanted in (
            (Telling, CHUNK + 7, [True, True, False]), (Silent, 0, [True, False, False]),
        ):  # fmt: skip
            asked.clear()
            patch.setitem(TARGETS, "told", partial(made_of, kind))
            sent = send_views(view_chunks(path, {}), "told://x", label="0123456789abcdef")
            assert (sent.known, asked) == (known, wanted)


BROKEN_ROWS = {
    "csv": (
        'at,visitor,article\n1700000000000,v,a\nsoon,v,b\n1700000000000,v\n1700000000000,v,"a"b\n'
        "1700000000000,,c\n1700000000000,w,a\n",
        "row 2: at must be",
    ),
    "jsonl": (
        '{"at": 1700000000000, "visitor": "v", "article": "a"}\noops\n[1]\n'
        '{"at": 5, "visitor": "v", "article": ""}\n{"visitor": "v", "article": "b"}\n'
        '{"at": 1700000000000, "visitor": "w", "article": "a"}\n',
        "line 2: must be a JSON object",
    ),
}


@pytest.mark.parametrize("name", BROKEN_ROWS)
def test_rows_that_break_a_rule_do_not_stop_a_file(
    server: Server, client: httpx.Client, tmp_path: Path, name: str
) -> None:
    """They are rejected at their place, so that what is sent again is known by its row."""
    text, fault = BROKEN_ROWS[name]
    path = tmp_path / "broken.txt"
    path.write_text(text)
    for again in ("", "; 2 of them were known before"):
        done = tolqyn(
            "send", "--views", str(path), "--edition", f"broken-{name}/en", "--to", server.url,
            "--shift-to-now",
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert "2 views accepted" in done.stdout
        assert again in done.stdout
        assert f"4 views rejected; the first: {fault}" in done.stdout
    assert client.get(f"/v1/articles/broken-{name}/en/a").json()["accepted"] == 2


def test_articles_that_break_a_rule_do_not_stop_a_file(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "articles.csv"
    path.write_text("ID,title,url\n1,x,/a\n2,y,\n,z,\n3,y,https://a.kz\n")
    done = tolqyn("send", "--articles", str(path), "--to", server.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 articles accepted" in done.stdout
    assert "2 articles rejected; the first: row 1: url must be absolute" in done.stdout


def test_a_file_that_breaks_off_says_what_was_taken(server: Server, tmp_path: Path) -> None:
    path = written(tmp_path, "views.csv", [{**GOOD, "visitor": f"{k}"} for k in range(CHUNK + 5)])
    path.write_text(path.read_text() + '1700000000000,"v,a\n')
    done = tolqyn("send", "--views", str(path), "--to", server.url)
    assert done.returncode == 2
    assert "a quotation mark is not closed; 5000 rows were taken" in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("text", ["", "\n\n", " \r\n", "at,visitor,article\n", "[]", "\ufeff"])
def test_a_file_without_rows_is_a_mistake(server: Server, tmp_path: Path, text: str) -> None:
    """To send, to replay, and packed."""
    path = tmp_path / "views.csv"
    path.write_text(text)
    for command in (("send", "--to", server.url), ("backtest",)):
        done = tolqyn(*command, "--views", str(path))
        assert done.returncode == 2, done.stdout
        assert "views.csv" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_column_is_known_by_its_letters(server: Server, tmp_path: Path) -> None:
    """One that is only like it is asked about; and where to send is what other commands ask."""
    path = tmp_path / "views.csv"
    path.write_text("At, VISITOR ,Article\n1700000000000,v,a\n")
    done = tolqyn("send", "--views", str(path), TOLQYN_URL=server.url)
    assert "1 views accepted" in done.stdout
    path.write_text("at,Visitr,article\n1700000000000,v,a\n")
    done = tolqyn("send", "--views", str(path), TOLQYN_URL=server.url)
    assert done.returncode == 2
    assert "did you mean Visitr? --columns visitor=Visitr" in done.stderr
