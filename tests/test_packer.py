"""The packer: single events become batches whose numbers are their offsets."""

import random

import orjson

from ranking.engine.batch_builder import Hasher
from ranking.ranker import Ranker
from streams.packer import packed_events

HASHES = Hasher(b"tests")
NOW_MS = 1_800_000_000_000


def values_of(seed: int, count: int) -> list[bytes]:
    """Events of two sites, a few of them none."""
    drawn = random.Random(seed)
    values = []
    for number in range(count):
        event = {
            "at": 1_700_000_000 + number,
            "visitor": f"v{drawn.randrange(9)}",
            "article": f"a{drawn.randrange(20)}",
            "edition": drawn.choice(["inform/ru", "paper/en"]),
        }
        if drawn.random() < 0.05:
            del event["article"]
        values.append(orjson.dumps(event) if drawn.random() > 0.03 else b"{broken")
    return values


def test_numbers_are_offsets_and_faults_are_named() -> None:
    values = [
        b'{"visitor":"v","article":"a","edition":"inform/ru"}',
        b"{broken",
        b'{"visitor":"v","article":"b","edition":"paper/en"}',
        b'{"visitor":"v","edition":"inform/ru"}',
        b'{"visitor":"v","article":"c","edition":"inform/ru","at":1700000000}',
        b'[{"visitor":"v","article":"d"},{"visitor":"v","article":"e"}]',
    ]
    numbers, stamps = [10, 11, 13, 14, 15, 20], [NOW_MS + k for k in range(6)]
    batches, buried = packed_events("raw 0", values, numbers, stamps, HASHES)
    shown = {
        batch.site: (batch.numbers().tolist(), batch.columns["at"].tolist()) for batch in batches
    }
    assert shown == {
        "inform": ([10, 15], [NOW_MS, 1_700_000_000_000]),
        "paper": ([13], [NOW_MS + 2]),
    }
    assert [value for _, value in buried] == [values[1], values[3], values[5]]
    assert b"raw 0 11: body must be JSON" in buried[0][0]
    assert b"raw 0 14: Object missing required field `article`" in buried[1][0]
    assert b"raw 0 20: a record must hold one event" in buried[2][0]


def test_however_it_is_cut_and_repeated_the_state_is_the_same() -> None:
    values = values_of(1, 600)

    def carried(cuts: list[tuple[int, int]]) -> Ranker:
        ranker, position = Ranker(), 0
        for start, stop in cuts:
            part = values[start:stop]
            stamps = [NOW_MS] * len(part)
            for batch in packed_events("raw 0", part, range(start, stop), stamps, HASHES)[0]:
                ranker.apply(batch, position)
                position += 1
        return ranker

    whole = carried([(0, 600)])
    assert carried([(0, 100), (50, 300), (50, 310), (310, 600), (599, 600)]).state() == (
        whole.state()
    )
    assert carried([(k, k + 1) for k in range(600)]).state() == whole.state()
