"""Sending a log by HTTP: what was refused is named by its row, what was sent twice counts once."""

from pathlib import Path

import httpx
import pytest

from ranking.benchmarks.spawned import Server
from ranking.lists.cards import Card
from ranking.replay.files import CHUNK, label_of, view_chunks
from ranking.replay.send import TARGETS, SendError, SendStopped, Taken, send_views
from ranking.server.collector import Label
from tests.test_cli import tolqyn
from tests.written import GOOD, written

pytestmark = pytest.mark.server


def test_the_first_refused_row_is_named(server: Server, tmp_path: Path) -> None:
    """By its number in the file, in a later request too."""
    rows = [{**GOOD, "visitor": f"{k}", "kind": ""} for k in range(CHUNK + 9)]
    rows[CHUNK + 5]["kind"] = rows[CHUNK + 7]["kind"] = "buy"
    rows[3]["kind"] = "click"
    sent = send_views(view_chunks(written(tmp_path, "views.csv", rows), {}), server.url)
    assert (sent.accepted, sent.rejected) == (CHUNK + 7, 2)
    assert sent.first_fault == f"row {CHUNK + 6}: kind: Invalid enum value 'buy'"


def test_a_send_that_stops_says_how_it_goes_on(tmp_path: Path) -> None:
    """Rows of the requests that were answered are taken; the next ones are not."""
    rows = [{**GOOD, "visitor": f"{k}"} for k in range(2 * CHUNK + 9)]
    path, asked = written(tmp_path, "views.csv", rows), []

    class Breaking:
        """Takes two requests."""

        def __enter__(self) -> "Breaking":
            return self

        def __exit__(self, *error: object) -> None:
            pass

        def take(self, body: bytes, label: Label | None = None) -> Taken:
            asked.append(label)
            if len(asked) > 2:
                message = "the line is cut"
                raise SendError(message)
            return Taken(CHUNK, [])

        def put(self, cards: list[Card]) -> Taken:
            return Taken(len(cards), [])

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TARGETS, "broken", lambda url: Breaking())
        with pytest.raises(SendStopped, match="cut; 10000 rows were taken, and the same"):
            send_views(view_chunks(path, {}), "broken://x", label="0123456789abcdef")
    assert asked == [Label("0123456789abcdef", first) for first in (1, CHUNK + 1, 2 * CHUNK + 1)]


def test_a_send_of_nothing_right_is_a_mistake(server: Server, tmp_path: Path) -> None:
    """With the first fault, for views and for articles."""
    views = written(tmp_path, "views.csv", [{**GOOD, "kind": "buy"}] * 3)
    done = tolqyn("send", "--views", str(views), "--to", server.url)
    assert done.returncode == 2
    assert "3 views rejected; the first: row 1: kind: Invalid enum value 'buy'" in done.stderr


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
