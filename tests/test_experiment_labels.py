"""Labels say of an event alone which experiments and arms it belongs to."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.engine.experiment_labels import MOST, label_of, split


@pytest.mark.parametrize(
    ("experiment", "arm", "found"),
    [
        ("", "", []),
        ("", "b", []),
        ("calm", "b", [("calm", "b")]),
        ("calm", "", [("calm", "")]),
        ("calm", "b,a", [("calm", "b")]),
        ("calm,meter.1", "b,a", [("calm", "b"), ("meter.1", "a")]),
        ("calm,meter.1", "b", [("calm", "b"), ("meter.1", "")]),
        ("calm,meter", ",a", [("calm", ""), ("meter", "a")]),
        ("calm,,meter", "b,x,a", [("calm", "b"), ("meter", "a")]),
        (",calm", "x,b", [("calm", "b")]),
        ("calm,calm", "b,a", [("calm", "b")]),
        ("calm,calm.1", "b,a", [("calm", "b"), ("calm.1", "a")]),
        (",", ",", []),
    ],
)
def test_an_event_names_its_experiments(
    experiment: str, arm: str, found: list[tuple[str, str]]
) -> None:
    assert split(experiment, arm) == found


def test_no_more_than_eight_are_read() -> None:
    labels = [f"e{number}" for number in range(12)]
    found = split(",".join(labels), ",".join("ab"[number % 2] for number in range(12)))
    assert found == [(label, "ab"[number % 2]) for number, label in enumerate(labels[:MOST])]


LABELS = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,9}", fullmatch=True)


@given(st.dictionaries(LABELS, st.sampled_from("ab")))
def test_what_is_joined_is_split_again(memberships: dict[str, str]) -> None:
    found = split(",".join(memberships), ",".join(memberships.values()))
    assert found == list(memberships.items())[:MOST]


def test_a_phase_has_a_label_of_its_own() -> None:
    assert [label_of("calm", phase) for phase in (0, 1, 31)] == ["calm", "calm.1", "calm.31"]


def test_a_log_is_read_without_the_libraries_of_lists() -> None:
    script = "import sys, ranking.engine.experiment_labels; print('numpy' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert told.stdout.strip() == b"False"
