"""Cards change in part, and a takedown holds until it is restored, over restarts too."""

from pathlib import Path

import httpx
import msgspec
import pytest

from ranking.benchmarks.processes import Server, await_until, spawned
from ranking.content.cards import Card, first_published
from ranking.content.tombstones import Held, kept, read_kept
from ranking.embedded.log import SqliteLog
from ranking.service.log import Acknowledgement, ArticleChanges
from streams.cards import CardRecords, card_record, read_record, removal_record, restoration_record
from tests.support.processes import Cluster

EDITION = "paper/en"
CARD = Card(EDITION, "a", title="Old", tags=("oil", "gas"), published_at=1_700_000_000.0)
WHOLE = {
    "title": "Old", "tags": ["oil", "gas"], "published_at": 1_700_000_000, "author": "Anna",
    "url": "https://paper.example/a", "image": "https://paper.example/a.jpg", "type": "video",
    "access": "paid", "section": "Economy", "section_key": "economy", "story": "s",
    "updated_at": "2026-11-01T00:00:00Z", "expires_at": "2036-11-01T00:00:00Z", "listable": False,
}  # fmt: skip
ONE = f"/v1/articles/{EDITION}/a"


def test_kept_values_are_read_as_they_were_written() -> None:
    for held in (Held(CARD), Held(CARD, True), Held(None, True), Held(CARD, False, True)):
        assert read_kept(kept(held)) == held
    assert read_kept(b"") == read_kept(None) == Held(is_gone=True)
    assert read_kept(msgspec.msgpack.encode(CARD)) == Held(CARD)  # as version 0.1.0 wrote it


def test_the_first_publication_stays() -> None:
    """Once it is past; one that is still to come may be moved."""
    later = msgspec.structs.replace(CARD, published_at=1_800_000_000.0)
    assert first_published(later, CARD, 1_750_000_000.0) == CARD
    undated = msgspec.structs.replace(CARD, published_at=0.0)
    assert first_published(later, undated, 1_750_000_000.0) == later
    assert first_published(later, None, 1_750_000_000.0) == later
    assert first_published(CARD, later, 1_750_000_000.0) == CARD


def test_a_record_survives_compaction() -> None:
    """The last one of a key says all that its predecessors said."""
    back = restoration_record(EDITION, "a", CARD)
    for last in (card_record(CARD), removal_record(EDITION, "a", CARD), back):
        assert last[0] == card_record(CARD)[0]
        assert last[1]
        assert read_record(*last)[2].card == CARD


def test_a_card_after_an_old_tombstone_lifts_it() -> None:
    """As version 0.1.0 let it; after a tombstone of this version only a restoration does."""
    key, value = card_record(CARD)
    old, new = CardRecords(), CardRecords()
    assert old.read(key, None)[2].is_gone
    assert old.read(key, value)[2] == Held(CARD, is_restored=True)
    assert new.read(*removal_record(EDITION, "a", CARD))[2].is_gone
    assert new.read(key, value)[2] == Held(CARD)


def test_a_tombstone_of_an_old_folder_is_one(tmp_path: Path) -> None:
    """With no card to bring back; the row goes when it is restored."""
    with SqliteLog(tmp_path) as log:
        log._db.execute("INSERT INTO cards VALUES (?, ?, ?)", (EDITION, "a", b""))
        assert log.held([(EDITION, "a"), (EDITION, "b")]) == [Held(is_gone=True), Held()]
        answers = list[Acknowledgement]()
        log.append([], ArticleChanges(restored=[(EDITION, "a")]), answers.append)
        assert answers == [Acknowledgement()]
        assert list(log.cards()) == []


def check_cards(client: httpx.Client, reading: httpx.Client) -> None:
    """Put, change, take down, fail to bring back, restore."""

    def shown(name: str) -> object:
        answer = reading.get(ONE)
        return answer.json().get(name) if answer.status_code == 200 else None

    assert client.patch(ONE, json={"title": "x"}).status_code == 404
    assert client.put(ONE, json=WHOLE).status_code == 202
    await_until(lambda: shown("title") == "Old", "the card is there", 10)
    before = reading.get(ONE).json()
    assert (before["type"], before["access"], before["listable"]) == ("video", "paid", False)
    assert (before["updated_at"], before["section_key"]) == (1_793_491_200, "economy")
    change = {"title": "New", "image": None, "published_at": 1_800_000_000, "listable": True}
    assert client.patch(ONE, json=change).status_code == 202
    await_until(lambda: shown("title") == "New", "the card has changed", 10)
    after = {"title": "New", "image": "", "listable": True}
    assert reading.get(ONE).json() | {"as_of": 0} == before | after | {"as_of": 0}
    for bad in ({"url": "/a"}, {"type": "x"}, {"id": "b"}, {"edition": "paper/de"}, {"tags": 5}):
        assert client.patch(ONE, json=bad).status_code == 400
    assert client.patch(ONE, json=[1]).status_code == 400

    assert client.delete(ONE).status_code == 204
    await_until(lambda: shown("title") is None, "the card is gone", 10)
    assert client.put(ONE, json=WHOLE).status_code == 409
    assert client.patch(ONE, json={"title": "x"}).status_code == 409
    both = [{"id": "a", "edition": EDITION}, {"id": "b", "edition": EDITION, "title": "b"}]
    answer = client.post("/v1/articles", json=both).json()
    assert (answer["accepted"], [(r["index"], r["field"]) for r in answer["rejected"]]) == (
        1, [(0, "id")],
    )  # fmt: skip
    assert shown("title") is None
    assert client.post(f"{ONE}/restore").json() == {"restored": True}
    assert client.post(f"{ONE}/restore").json() == {"restored": False}
    await_until(lambda: shown("title") == "New", "the card is back", 10)
    moved = WHOLE | {"published_at": 1_800_000_000, "title": "Third"}
    assert client.put(ONE, json=moved).status_code == 202
    await_until(lambda: shown("title") == "Third", "the card is replaced", 10)
    assert shown("published_at") == 1_700_000_000


@pytest.mark.server
def test_cards_of_a_server_and_after_its_kill(tmp_path: Path) -> None:
    """Takedowns and first publications hold after a kill."""
    server = Server(tmp_path)
    with spawned(server), httpx.Client(base_url=server.url, timeout=30.0) as client:
        check_cards(client, client)
        client.put("/v1/articles/paper/en/c", json={"title": "c"})
        client.delete("/v1/articles/paper/en/c")
        server.kill()
        server.start()
        assert client.get(ONE).json()["published_at"] == 1_700_000_000
        assert client.get("/v1/articles/paper/en/c").status_code == 404
        assert client.put("/v1/articles/paper/en/c", json={"title": "c"}).status_code == 409
        client.post("/v1/articles/paper/en/c/restore")
        line = "/v1/articles/paper/en/c"
        await_until(lambda: client.get(line).status_code == 200, "the card is back", 10)
        assert client.get(line).json()["title"] == "c"


@pytest.mark.server
def test_cards_of_a_cluster_and_of_a_new_collector(cluster: Cluster) -> None:
    """The collector follows the compacted topic: a second one knows what the first took."""
    cluster.worker()
    collector = cluster.collector()
    cluster.api()
    with (
        httpx.Client(base_url=cluster.url("collect"), timeout=30.0) as client,
        httpx.Client(base_url=cluster.url("api"), timeout=30.0) as reading,
    ):
        await_until(lambda: client.patch(ONE, json={}).status_code == 404, "cards are read", 30)
        check_cards(client, reading)
        client.delete(ONE)
        collector.kill()
        cluster.collector()
        await_until(lambda: client.put(ONE, json={}).status_code != 503, "cards are read", 30)
        assert client.put(ONE, json=WHOLE).status_code == 409
        client.post(f"{ONE}/restore")
        await_until(lambda: reading.get(ONE).status_code == 200, "the card is back", 10)
        assert reading.get(ONE).json()["title"] == "Third"
