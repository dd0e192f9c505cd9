"""The topics' specification, and `tolqyn topics` on a real broker."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ranking.benchmarks.processes import free_port
from streams.broker import Broker, BrokerError, PlainProducer
from streams.topic_names import TopicNames
from streams.topics import TopicsError, differences, missing, specification
from tests.support.cluster import new_namespace
from tests.test_cli import expect_refusal, tolqyn


@pytest.fixture
def broker(kafka: str) -> Iterator[Broker]:
    """A connection to the broker."""
    with Broker(kafka) as connected:
        yield connected


def test_specification_names_every_topic_once() -> None:
    names = [topic.name for topic in specification("n", 7)]
    assert len(set(names)) == 10
    assert all(name.startswith("n.") for name in names)
    assert [topic.name for topic in specification()] == [name[2:] for name in names]


def test_partitions_are_of_views_articles_and_checkpoints() -> None:
    counts = {topic.name: topic.partitions for topic in specification(partitions=7)}
    spread = {name for name, count in counts.items() if count == 7}
    kept = {"checkpoints", "hourly-checkpoints", "boards"}
    assert spread == {"page-views", "raw-views", "articles"} | kept
    assert {count for name, count in counts.items() if name not in spread} == {1}


def test_a_dead_letter_holds_the_largest_batch() -> None:
    sizes = {t.name: t.configs.get("max.message.bytes", 0) for t in specification()}
    assert float(sizes["dead-letters"]) > float(sizes["page-views"])


def test_the_log_and_settings_are_never_compacted() -> None:
    policies = {t.name: t.configs["cleanup.policy"] for t in specification()}
    compacted = {name for name, policy in policies.items() if policy == "compact"}
    assert compacted == {"articles", "checkpoints", "id-keys"}


@pytest.mark.parametrize("namespace", ["a b", ".a", "a/b", "x" * 101, "é"])
def test_impossible_namespace(namespace: str) -> None:
    with pytest.raises(TopicsError, match="namespace must be"):
        specification(namespace)


@pytest.mark.parametrize("partitions", [0, -1, 1025])
def test_impossible_count(partitions: int) -> None:
    with pytest.raises(TopicsError, match=f"between 1 and 1024, got {partitions}"):
        specification("", partitions)


def test_no_difference_to_itself() -> None:
    wanted = specification()
    assert differences(wanted, {topic.name: topic for topic in wanted}) == []


def test_each_setting_differs_with_its_line() -> None:
    wanted = specification()
    same = {topic.name: topic for topic in wanted}
    for topic in wanted:
        for setting, value in topic.configs.items():
            other = replace(topic, configs={**topic.configs, setting: "77"})
            (line,) = differences(wanted, same | {topic.name: other})
            assert line.startswith(f"topic {topic.name}: {setting} must be {value}, got 77")
        (line,) = differences(wanted, same | {topic.name: replace(topic, partitions=9)})
        assert line.startswith(f"topic {topic.name}: partitions must be {topic.partitions}, got 9")


def test_missing_topics_are_named() -> None:
    wanted = specification()
    found = {topic.name: topic for topic in wanted[2:]}
    assert missing(wanted, found) == wanted[:2]
    lines = differences(wanted, found)
    assert [line.split(":")[0] for line in lines] == ["topic page-views", "topic raw-views"]


def test_create_verify_list(kafka: str) -> None:
    where = ("--kafka", kafka, "--namespace", new_namespace())
    before = tolqyn("topics", "verify", *where)
    expect_refusal(before, "page-views: missing; `tolqyn topics create`", "dead-letters: missing")
    assert len(before.stderr.splitlines()) == 10
    assert "articles is missing" in tolqyn("topics", "list", *where).stdout
    made = tolqyn("topics", "create", *where, "--partitions", "3")
    assert made.returncode == 0, made.stderr
    assert ".checkpoints, 3 partitions" in made.stdout
    again = tolqyn("topics", "create", *where, "--partitions", "3")
    assert again.stdout == "all 10 topics match their specification\n"
    assert tolqyn("topics", "verify", *where, "--partitions", "3").returncode == 0
    assert "0 0 0" in tolqyn("topics", "list", *where).stdout


@pytest.mark.parametrize("namespace", [2], indirect=True)
def test_another_count_is_refused(kafka: str, namespace: str) -> None:
    for verb in ("verify", "create"):
        done = tolqyn("topics", verb, "--kafka", kafka, "--namespace", namespace)
        expect_refusal(done, f"topic {namespace}.page-views: partitions must be 4, got 2; a count")
        assert "--partitions 2" in done.stderr
        assert len(done.stderr.splitlines()) == 6


@pytest.mark.parametrize(
    ("name", "setting", "value"),
    [
        ("page-views", "cleanup.policy", "compact"),
        ("raw-views", "retention.ms", "3600000"),
        ("checkpoints", "max.message.bytes", "1048588"),
    ],
)
def test_what_differs_is_refused(broker: Broker, name: str, setting: str, value: str) -> None:
    namespace = new_namespace()
    wanted = {topic.name: topic for topic in specification(namespace)}
    topic = wanted[f"{namespace}.{name}"]
    broker.create([replace(topic, configs={**topic.configs, setting: value})])
    done = tolqyn("topics", "create", "--kafka", broker.address, "--namespace", namespace)
    expect_refusal(done, f"topic {topic.name}: {setting} must be", f"got {value}")
    assert list(broker.topics(wanted)) == [topic.name], "created beside a topic that differs"


@pytest.mark.server
def test_no_broker() -> None:
    started = time.monotonic()
    done = tolqyn("topics", "create", "--kafka", f"127.0.0.1:{free_port()}")
    assert time.monotonic() - started < 10
    expect_refusal(done, "no Kafka broker answered at 127.0.0.1:")
    assert len(done.stderr.splitlines()) == 1
    expect_refusal(tolqyn("topics", "list", "--kafka", "nonsense"), "must be HOST:PORT")


@pytest.mark.parametrize("namespace", [2], indirect=True)
def test_producer_sends_in_order(broker: Broker, namespace: str) -> None:
    producer, topics = PlainProducer(broker.address), TopicNames(namespace)
    large = b"x" * (8 << 20)
    for n in range(50):
        producer.send(topics.checkpoints, n % 2, b"%d" % n, b"v")
    for _ in range(5):
        producer.send(topics.views, 1, None, large[:-1000])
    producer.flush()
    assert broker.end_offsets(topics.checkpoints) == [25, 25]
    assert broker.end_offsets(topics.views) == [0, 5]
    producer.send(topics.raw, 0, None, large)
    with pytest.raises(BrokerError, match="did not take every record"):
        producer.flush()
    producer.close()


def test_unknown_topic(broker: Broker) -> None:
    with pytest.raises(BrokerError, match="topic nowhere: missing"):
        broker.end_offsets("nowhere")
    producer = PlainProducer(broker.address, patience=1.0)
    with pytest.raises(BrokerError, match="cannot take records of nowhere"):
        producer.send("nowhere", 0, None, b"v")
    producer.close()
