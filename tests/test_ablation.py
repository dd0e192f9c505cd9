"""Ablation: every component can be turned off, and does what it should when it is."""

from dataclasses import replace

import msgspec
import pytest

from ranking.backtest.ablation import COMPONENTS, WHOLE, ablate
from ranking.backtest.visits import Span
from ranking.content.catalogue import Catalogue
from ranking.engine.settings import EngineSettings
from ranking.profiles.profile import DEFAULT, Profile
from tests.support.logs import KK, RU, packed
from tests.support.slow_backtest import ALL, log
from tests.test_live_predictions import cards


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_a_component_names_what_there_is(component: object) -> None:
    for name, value in getattr(component, "profile", {}).items():
        assert getattr(msgspec.structs.replace(DEFAULT, **{name: value}), name) == value
    assert replace(EngineSettings(), **getattr(component, "settings", {}))


def test_what_has_no_part_is_not_tried() -> None:
    """Without cards no tags, in one edition no siblings; nothing that the profile leaves out."""
    plain = ablate([packed(log(3, 120))], Catalogue(), ALL, Profile(visit_depth=1))
    names = [row.name for row in plain]
    assert names[0] == WHOLE
    assert "steadiness" in names
    assert not {
        "tags and headlines",
        "freshness",
        "sibling editions",
        "pages before the last",
        "cooldown",
    } & {*names}
    carded = ablate([packed(log(3, 60, editions=(RU, KK)))], cards(3), ALL, DEFAULT)
    assert {"tags and headlines", "sibling editions"} <= {row.name for row in carded}


@pytest.mark.parametrize("refresh", [0.0, 3600.0])
def test_effects(refresh: float) -> None:
    """Without co-reading, Related is what is popular; a page's weight tells on one list alone."""
    told: list[tuple[int, int]] = []
    span = Span(0, 2**62, refresh=refresh)
    rows = ablate(
        [packed(log(4, 400))], Catalogue(), span, progress=lambda *step: told.append(step)
    )
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    found = {row.name: row for row in rows}
    whole = found[WHOLE]
    assert set(whole.effects.values()) == {0.0}
    for row in rows[1:]:
        for name, (low, high) in row.intervals.items():
            assert low <= row.effects[name] <= high
            assert row.effects[name] == pytest.approx(row.measures[name] - whole.measures[name])
    related = found["co-reading"].measures["related mrr@5"]
    assert related == found["steadiness"].measures["popular mrr@5"]
    assert related != whole.measures["related mrr@5"]
    for name in ("later pages count more", "what has led counts less"):
        effects = found[name].effects
        assert effects["foryou mrr@5"] != 0.0
        assert effects["related mrr@5"] == effects["popular mrr@5"] == 0.0
    assert found["steadiness"].effects["popular order_changes"] >= 0.0
    assert found["steadiness"].effects["related hr@5"] == 0.0
