"""Tuning: successive halving finds the better settings, and continues after an interruption."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from ranking.backtest.tuning import GROUPS, Journal, Trial, search, trials_of, written
from ranking.cli import tolqyn
from ranking.profiles.profile import DEFAULT, Profile, read_profile

EVERYS = (9, 3, 1)


class Bowl:
    """Scores with a best half-life and a best visit decay, coarse where few visits count."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, profile: Profile, every: int) -> Mapping[str, float]:
        self.asked.append(every)
        blur = 1e-3 * every * (profile.landing_weight - 0.5)
        return {
            "popular": -abs(profile.half_life - 1800) / 1800 + blur,
            "related": -abs(profile.visit_decay - 0.6) + blur,
        }


def test_the_better_settings_are_found(tmp_path: Path) -> None:
    measure = Bowl()
    found = search(measure, Journal(tmp_path / "t", "a log"), 81, EVERYS)
    assert measure.asked.count(9) == 81
    assert [measure.asked.count(every) for every in EVERYS] == trials_of(81, EVERYS)
    assert abs(found["half_life"] - 1800) < abs(DEFAULT.half_life - 1800) / 4
    assert abs(found["visit_decay"] - 0.6) < 0.1
    assert found.keys() == {name for ranges in GROUPS.values() for name in ranges}


def test_what_nothing_beats_stays(tmp_path: Path) -> None:
    def measure(profile: Profile, every: int) -> Mapping[str, float]:
        own = profile.half_life == DEFAULT.half_life, profile.visit_decay == DEFAULT.visit_decay
        return {"popular": float(own[0]), "related": float(own[1])}

    found = search(measure, Journal(tmp_path / "t", "a log"), 9, (3, 1))
    assert found["half_life"] == DEFAULT.half_life
    assert found["visit_decay"] == DEFAULT.visit_decay


def test_a_search_goes_on_where_it_was_broken_off(tmp_path: Path) -> None:
    whole = search(Bowl(), Journal(tmp_path / "whole", "a log"), 27, EVERYS)
    measure, made = Bowl(), list[Trial]()

    class Broken(Exception):
        """The process dies here."""

    def broken(trial: Trial) -> None:
        made.append(trial)
        if len(made) == 10:
            raise Broken

    with pytest.raises(Broken):
        search(measure, Journal(tmp_path / "t", "a log"), 27, EVERYS, progress=broken)
    again = search(measure, Journal(tmp_path / "t", "a log"), 27, EVERYS)
    assert again == whole
    assert len(measure.asked) == sum(trials_of(27, EVERYS))
    other = Bowl()
    search(other, Journal(tmp_path / "t", "another log"), 27, EVERYS)
    assert len(other.asked) == len(measure.asked)


def test_a_file_holds_what_differs(tmp_path: Path) -> None:
    found = search(Bowl(), Journal(tmp_path / "t", "a log"), 27, EVERYS)
    path = tmp_path / "tuned.toml"
    path.write_text(written("tuned", found, ["measured so"]))
    profile = read_profile(path)
    assert {name: getattr(profile, name) for name in found} == found
    assert written("same", {"visit_decay": DEFAULT.visit_decay}, []) == 'name = "same"\n'


def test_the_command_writes_a_profile(tmp_path: Path) -> None:
    rows = [f"{1_700_000_000 + 60 * n},v{n % 40},a{n * n % 23}" for n in range(4000)]
    log = tmp_path / "log.csv"
    log.write_text("\n".join(["at,visitor,article", *rows]))
    out = tmp_path / "mine.toml"
    line = ["tune", "--views", str(log), "--out", str(out), "--candidates", "3"]
    done = CliRunner().invoke(tolqyn, line)
    assert done.exit_code == 0, done.output
    assert "held out" in done.output
    assert read_profile(out).name == "mine"
    assert out.read_text().startswith("# tuned on log.csv")
    assert len((tmp_path / "mine.trials").read_text().splitlines()) == 6
