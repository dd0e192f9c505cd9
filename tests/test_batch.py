"""Batches: what is packed comes back, and what is no batch is refused by name."""

import struct
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ranking.engine.batch import (
    COLUMNS,
    DEFAULTS,
    MAGIC,
    MAJOR,
    MINOR,
    Batch,
    BatchError,
    BatchHeader,
    decode,
    encode,
    full_columns,
)
from ranking.engine.batch_builder import is_robot, pack
from ranking.engine.event import Event
from ranking.engine.event_columns import rows_of
from ranking.engine.event_kinds import CODES
from tests.support.logs import HASHES, KK, ROBOT, RU, START_MS, packed, random_rows, view
from tests.support.thoroughness import examples

NAMES = st.text(min_size=1, max_size=12)
PREFIX = struct.Struct("<4sI")
SMALL = [view(START_MS + k, f"{k % 3}", f"{k}") for k in range(8)]


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Any batch: each column is left at its default now and then."""
    editions = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    pairs = st.tuples(st.integers(0, len(editions) - 1), NAMES)
    articles = draw(st.lists(pairs, min_size=1, max_size=9, unique=True))
    size = draw(st.integers(1, 20))
    tops = {"article": len(articles) - 1, "kind": CODES - 1, "robot": 1}
    dictionary = st.lists(NAMES, max_size=2, unique=True).map(lambda names: ("", *names))
    names = {name: draw(dictionary) for name in ("surface", "experiment", "arm", "import")}
    tops |= {name: len(its) - 1 for name, its in names.items()}
    given: dict[str, NDArray[Any]] = {}
    for name, dtype in COLUMNS.items():
        if name in ("at", "article") or draw(st.booleans()):
            info = np.iinfo(np.dtype(dtype))
            numbers = st.integers(int(info.min), tops.get(name, int(info.max)))
            values = draw(st.lists(numbers, min_size=size, max_size=size))
            given[name] = np.array(values, dtype)
    return Batch(
        draw(NAMES), draw(NAMES), draw(st.integers(0, 2**62)), draw(st.integers(0, 2**62)),
        tuple(editions), tuple(articles), names["surface"], names["experiment"], names["arm"],
        full_columns(given), names["import"],
    )  # fmt: skip


def assert_equal(one: Batch, other: Batch) -> None:
    """Compare all fields, columns with their types."""
    assert replace(one, columns={}) == replace(other, columns={})
    assert list(one.columns) == list(other.columns) == list(COLUMNS)
    for name, dtype in COLUMNS.items():
        assert one.columns[name].dtype == other.columns[name].dtype == np.dtype(dtype)
        assert one.columns[name].tolist() == other.columns[name].tolist()


@settings(deadline=None, max_examples=examples(100), derandomize=True)
@given(batches())
def test_what_is_encoded_comes_back(batch: Batch) -> None:
    data = encode(batch)
    assert_equal(decode(data), batch)
    assert encode(decode(data)) == data
    assert len(data) % 8 == 0


@settings(deadline=None, max_examples=examples(40), derandomize=True)
@given(batches(), st.integers(0, 20), st.integers(0, 20))
def test_a_part_travels_like_a_whole(batch: Batch, start: int, stop: int) -> None:
    start, stop = min(start, len(batch)), min(stop, len(batch))
    part = batch.part(start, max(start, stop))
    assert part.numbers().tolist() == batch.numbers()[start : max(start, stop)].tolist()
    assert len(part) == max(stop - start, 0)
    assert_equal(decode(encode(part)), part)


def test_columns_are_aligned_and_read_only() -> None:
    batch = decode(encode(packed(random_rows(1, 37, others=0.5, robots=0.5, ids=0.5, ours=0.5))))
    for column in batch.columns.values():
        assert column.ctypes.data % column.dtype.itemsize == 0
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1


def test_absent_columns_hold_their_defaults() -> None:
    batch = packed(SMALL)
    header = header_of(encode(batch))
    assert [name for name, _ in header.columns] == ["at", "article", "visitor", "chain"]
    back = decode(encode(batch))
    for name in set(COLUMNS) - {"at", "article", "visitor", "chain"}:
        assert set(back.columns[name].tolist()) == {DEFAULTS.get(name, 0)}
    assert set(back.columns["bucket"].tolist()) == {65535}


def test_more_surfaces_than_a_byte_counts_come_back() -> None:
    """Few travel in the narrow column that earlier versions read, many in a wide one."""
    for many, name, dtype in ((255, "surface", "u1"), (700, "surfaces", "<u2")):
        rows = [view(START_MS + k, "a", f"{k}", surface=f"list {k:03}") for k in range(many)]
        batch = packed(rows)
        assert dict(header_of(encode(batch)).columns)[name] == dtype
        back = decode(encode(batch))
        shown = [back.surfaces[k] for k in back.columns["surface"].tolist()]
        assert shown == [row.event.surface for row in rows]


def header_of(data: bytes) -> BatchHeader:
    """The header of encoded bytes."""
    length = PREFIX.unpack_from(data)[1]
    return msgspec.msgpack.decode(data[PREFIX.size : PREFIX.size + length], type=BatchHeader)


def with_header(data: bytes, header: object) -> bytes:
    """The same columns under another header."""
    columns = data[-(-(PREFIX.size + PREFIX.unpack_from(data)[1]) // 8) * 8 :]
    head = msgspec.msgpack.encode(header)
    return PREFIX.pack(MAGIC, len(head)) + head + bytes(-(PREFIX.size + len(head)) % 8) + columns


def changed(data: bytes, **fields: object) -> bytes:
    """The same batch with other header fields."""
    return with_header(
        data, [*(fields.get(n, v) for n, v in msgspec.structs.asdict(header_of(data)).items())]
    )


@pytest.mark.parametrize("dtype", ["<u2", "<f4", "u1", "<i8"])
def test_a_column_that_is_not_known_is_skipped(dtype: str) -> None:
    """Before the others, and after them."""
    data = encode(packed(SMALL))
    columns, stranger = header_of(data).columns, np.arange(8).astype(dtype).tobytes()
    last = changed(data, columns=(*columns, ("weather", dtype))) + stranger
    assert_equal(decode(last), decode(data))
    first = changed(data, columns=(("weather", dtype), *columns))
    body = len(first) - sum(np.dtype(dtype).itemsize * 8 for _, dtype in columns)
    assert_equal(decode(first[:body] + stranger + first[body:]), decode(data))


@pytest.mark.parametrize("dtype", ["decimal128", "O", "<U2", "<f8", "(", "i8,i8"])
@pytest.mark.parametrize("name", ["at", "weather"])
def test_a_column_of_another_type_is_no_crash(name: str, dtype: str) -> None:
    """One that is known must have its type; one that is not may be skipped."""
    data = encode(packed(SMALL))
    columns = [(n, dtype if n == name else d) for n, d in header_of(data).columns]
    columns += [(name, dtype)] if name == "weather" else []
    with pytest.raises(BatchError):
        decode(changed(data, columns=columns))


def test_a_higher_minor_version_is_read() -> None:
    data = encode(packed(SMALL))
    fields = list(msgspec.structs.asdict(header_of(data)).values())
    later = with_header(data, [MAJOR, MINOR + 7, *fields[2:], "a new field", {"another": 1}])
    assert_equal(decode(later), decode(data))


@pytest.mark.parametrize("major", [0, 2, 77])
def test_another_major_version_is_refused_naming_both(major: int) -> None:
    """Whatever else its header holds."""
    data = encode(packed(SMALL))
    for header in ([major], [major, 0, {"all": "new"}], [major, *astuple_of(data)[1:]]):
        with pytest.raises(BatchError, match=f"version {major}, this reader knows {MAJOR}"):
            decode(with_header(data, header))


def astuple_of(data: bytes) -> tuple[object, ...]:
    """Fields of a header."""
    return msgspec.structs.astuple(header_of(data))


@pytest.mark.parametrize("rows", [1, 3, 8, 21])
def test_bytes_cut_anywhere_are_refused(rows: int) -> None:
    """At every length; only the zeros after the last column may go."""
    batch = packed(random_rows(2, rows, others=0.5, robots=0.5, ids=0.5))
    data = encode(batch)
    name, dtype = header_of(data).columns[-1]
    needed = len(data) - (-rows * np.dtype(dtype).itemsize % 8)
    for length in range(needed):
        with pytest.raises(BatchError):
            decode(data[:length])
    for length in range(needed, len(data) + 1):
        assert_equal(decode(data[:length]), batch)
    assert name in COLUMNS


def test_a_cut_column_is_named() -> None:
    with pytest.raises(BatchError, match=r"column chain ends at \d+ of \d+ bytes"):
        decode(encode(packed(SMALL))[:-1])


@pytest.mark.parametrize(
    "data", [b"TQB2" + bytes(20), b"\x00" * 64, b"{}" * 9, MAGIC + b"\xff" * 40]
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(BatchError):
        decode(data)


@settings(deadline=None, max_examples=examples(400), derandomize=True)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_flipped_byte_of_the_header_gives_a_batch_or_a_refusal(place: int, flip: int) -> None:
    """Never another exception."""
    data = bytearray(encode(packed(SMALL)))
    data[place % (PREFIX.size + PREFIX.unpack_from(data)[1])] ^= flip
    try:
        batch = decode(bytes(data))
    except BatchError:
        return
    assert all(column.size == len(batch) for column in batch.columns.values())


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("size", -1, "batch"),
        ("size", 2**62, "cut"),
        ("articles", [[0, "a"]], "article"),
        ("articles", [[0, "a"], [5, "b"], [0, "c"]], "edition"),
        ("articles", [[0, "a"], [-1, "b"], [0, "c"]], "edition"),
        ("columns", [["article", "<u4"]], "at"),
    ],
)
def test_headers_that_lie_are_refused(name: str, value: object, reason: str) -> None:
    with pytest.raises(BatchError, match=reason):
        decode(changed(encode(packed(SMALL)), **{name: value}))


def test_a_kind_beyond_the_list_is_refused() -> None:
    """The loop would count it in another article's memory."""
    batch = packed(SMALL)
    kinds = np.full(8, CODES, np.uint8)
    with pytest.raises(BatchError, match="kind"):
        decode(encode(replace(batch, columns={**batch.columns, "kind": kinds})))


def test_events_become_columns() -> None:
    """One event with everything, one with nothing."""
    full = Event(
        visitor="anna", article=7, edition=KK, session="s", kind="click", id="e1",
        surface="related", slot=3, list_id="l", experiment="decay", arm="b", bucket=0,
        agent=ROBOT, network="10.0.0.0/8",
    )  # fmt: skip
    plain = Event(visitor=12, article="7", edition=RU)
    batch = pack("inform", "s1", 41, 99, rows_of([full, plain], [START_MS, START_MS + 1]), HASHES)
    shown = {name: column.tolist() for name, column in batch.columns.items()}
    assert (batch.site, batch.source, batch.first, batch.stamp_ms) == ("inform", "s1", 41, 99)
    assert [(batch.editions[e], a) for e, a in batch.articles] == [(KK, "7"), (RU, "7")]
    assert (batch.surfaces, batch.experiments, batch.arms) == (
        ("", "related"), ("", "decay"), ("", "b")
    )  # fmt: skip
    assert shown == {
        "at": [START_MS, START_MS + 1],
        "article": [0, 1],
        "visitor": [HASHES["anna"], HASHES[12]],
        "chain": [HASHES["s"], HASHES[12]],
        "event_id": [HASHES["e1"], 0],
        "kind": [3, 0],
        "robot": [1, 0],
        "surface": [1, 0],
        "slot": [3, 0],
        "bucket": [0, 65535],
        "experiment": [1, 0],
        "arm": [1, 0],
        "network": [HASHES["10.0.0.0/8"] & 0xFFFFFFFF, 0],
        "list_id": [HASHES["l"], 0],
        "gap": [0, 0],
        "import": [0, 0],
        "row": [0, 0],
    }


def test_numbers_and_texts_name_the_same() -> None:
    events = [Event(visitor=7, article=7), Event(visitor="7", article="7")]
    batch = pack("site", "s", 0, 0, rows_of(events, [1, 2]), HASHES)
    assert batch.articles == ((0, "7"),)
    assert len(set(batch.columns["visitor"].tolist())) == 1


def test_no_id_leaves_as_it_was_received() -> None:
    secret = "anna-secret-4711"
    data = encode(packed([view(START_MS, "a", secret, session=secret + "s", id=secret + "i")]))
    assert b"secret" not in data


def test_robots_are_known_by_their_agent() -> None:
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    assert (is_robot(ROBOT), is_robot(firefox), is_robot("")) == (True, False, False)
