"""Registered members: each signal, kernel, list and re-rank rule that ships passes its checks."""

from collections.abc import Callable
from typing import Any

import pytest

from ranking.checks import kernels, lists, rules, signals
from ranking.checks.requirement import CheckError
from ranking.engine.decay.kernels import KERNELS
from ranking.engine.parameters import EXTENSIONS
from ranking.engine.registry import Registry, RegistryError
from ranking.engine.signals.signal import FUSED, ArticleSignal
from ranking.engine.signals.signals import SIGNALS
from ranking.lists.lists import LISTS
from ranking.lists.rerank.rules import RULES
from ranking.profiles.parameters import parameters
from tests.support.broken_members import BROKEN, EXCHANGED

SUITES: list[tuple[Registry[Any], Any]] = [
    (SIGNALS, signals), (KERNELS, kernels), (LISTS, lists), (RULES, rules),
]  # fmt: skip
MEMBERS = [
    pytest.param(member, check, id=f"{member.name}-{check.__name__}")
    for registry, suite in SUITES
    for member in registry
    for check in suite.CHECKS
]


@pytest.mark.parametrize(("member", "check"), MEMBERS)
def test_a_member_keeps_the_rules_of_its_protocol(
    member: Any, check: Callable[[Any], None]
) -> None:
    check(member)


@pytest.mark.parametrize(("check", "member"), BROKEN)
def test_a_check_finds_the_member_that_breaks_its_rule(
    check: Callable[[Any], None], member: Any
) -> None:
    """Each check fails for a member that was made to break it."""
    with pytest.raises(CheckError, match=member.name):
        check(member)


@pytest.mark.parametrize(("registry", "check", "member"), EXCHANGED)
def test_a_check_finds_the_broken_member_in_its_registry(
    registry: Registry[Any], check: Callable[[Any], None], member: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The member stands in for the one of its name, since live lists are asked."""
    monkeypatch.setitem(registry._members, member.name, member)
    with pytest.raises(CheckError, match=member.name):
        check(member)


def test_the_registries_hold_what_ships() -> None:
    assert SIGNALS.names() == FUSED
    assert KERNELS.names() == ("half_life", "mixture", "power_law", "hard_window")
    assert LISTS.names() == ("popular", "trending", "related", "foryou")
    assert len(EXTENSIONS) == 0


def test_every_parameter_is_of_a_list_or_of_all() -> None:
    assert {its.group for its in parameters()} <= {*LISTS.names(), "all"}


class Nameless(ArticleSignal):
    """A signal with a name that no route can have."""

    name = "Most Shared!"


def test_a_bad_name_and_a_taken_one_are_refused() -> None:
    with pytest.raises(RegistryError, match=r"must have a name of a-z, 0-9 and _, got 'Most Sh"):
        SIGNALS.register(Nameless())
    with pytest.raises(RegistryError, match="list 'popular' is registered already"):
        LISTS.register(LISTS["popular"])
    assert len(LISTS) == 4
