"""Sending a log by HTTP: what was refused is named by its row, what was sent twice counts once."""

from pathlib import Path

import httpx
import pytest

from ranking.benchmarks.spawned import Server
from ranking.replay.files import CHUNK, label_of, view_chunks
from ranking.replay.send import send_views
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
