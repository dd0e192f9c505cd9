"""The book: all decisions of the settings log in order, and the settings that follow from them.

Every reader ignores a record whose parent is not the latest version of its subject. So of two
operators who decide at once, the second gets a conflict. A record of a newer format is ignored and
reported as a fault: this program is too old. Looks at experiments are records of the log, but not
decisions, so the audit trail omits them. One thread takes records; any thread may read.
"""

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from ranking.experiments.evidence import Look
from ranking.experiments.interim_looks import look_of
from ranking.experiments.lifecycle import check, check_name, check_removal
from ranking.experiments.plans import Experiment, NotAllowedError, experiment_of
from ranking.lists.ranked_list import list_names
from ranking.lists.rerank.editorial import NO_OVERRIDES, ActiveOverrides
from ranking.profiles.profile import DEFAULT, Profile, known_settings
from ranking.profiles.scopes import Changes, Profiles, Scope
from ranking.settings_log.decisions import FORMAT, KINDS, Decision, RecordError
from ranking.settings_log.keys import Key
from ranking.settings_log.overrides import Override, override_of
from ranking.settings_log.webhooks import Webhook, hook_of

T = TypeVar("T")
Subject = tuple[str, str]
"""Kind and name."""


class ConflictError(ValueError):
    """Another decision was first."""


class Book:
    """The decisions in force.

    Parameters
    ----------
    base : Profile
        Base of all lists, before any record.
    """

    def __init__(self, base: Profile = DEFAULT) -> None:
        self.records: list[Decision] = []
        self.faults: list[str] = []
        """Records that this process cannot read: it must not serve."""
        self.warnings: list[str] = []
        """Records without effect here, since an extension is not loaded."""
        self.profiles = Profiles(base)
        self._history: dict[Subject, list[Decision]] = defaultdict(list)
        self._overrides: dict[str, Override] = {}
        self._keys: dict[str, Key] = {}
        self._experiments: dict[str, Experiment] = {}
        self._looks: dict[str, list[Look]] = defaultdict(list)
        self._refused: dict[Subject, str] = {}
        self._hooks: dict[str, Webhook] = {}
        self._active, self._active_until = NO_OVERRIDES, 0.0

    @property
    def version(self) -> int:
        """Return the number of decisions."""
        return len(self.records)

    def rebased(self, base: Profile) -> None:
        """Replace the base profile."""
        if base != self.profiles.base:
            self.profiles = Profiles(base, self.profiles.changes)

    def current(self, kind: str, name: str) -> Decision | None:
        """Return the record in force of a subject, None without one or after its removal."""
        history = self._history.get((kind, name))
        return history[-1] if history and history[-1].body is not None else None

    def history(self, kind: str, name: str) -> list[Decision]:
        """Return all records of a subject, oldest first."""
        return list(self._history.get((kind, name), ()))

    def things(self, kind: str) -> list[Decision]:
        """Return the records in force of a kind, in the order of their names."""
        named = sorted(name for known, name in list(self._history) if known == kind)
        return [record for name in named if (record := self.current(kind, name))]

    def latest(self, kind: str, name: str) -> int:
        """Return the version of a subject's last record, 0 without one."""
        history = self._history.get((kind, name))
        return history[-1].version if history else 0

    def following(
        self, kind: str, name: str, body: dict[str, Any] | None, author: str, reason: str,
        parent: int | None = None, clock: Callable[[], float] = time.time,
    ) -> Decision:  # fmt: skip
        """Make the record that follows the latest version of a subject.

        Parameters
        ----------
        parent : int or None
            Version that the author saw; None = the latest.

        Raises
        ------
        ConflictError
            If the parent is not the latest version.
        """
        latest = self.latest(kind, name)
        if parent is not None and parent != latest:
            raise ConflictError(self.conflict(kind, name, parent))
        return Decision(
            kind=kind, name=name, version=latest + 1, parent=latest, author=author, at=clock(),
            reason=reason, body=body,
        )  # fmt: skip

    def conflict(self, kind: str, name: str, parent: int) -> str:
        """Return the text of a conflict: the latest version and its author."""
        if why := self._refused.get((kind, name)):
            return why
        history = self._history.get((kind, name))
        if not history:
            return f"parent must be 0, since there is no {kind} {name!r} yet, got {parent}"
        last = history[-1]
        return (
            f"parent must be {last.version}, which {last.author or 'somebody'} made"
            f" ({last.reason or 'no reason given'}), got {parent}; look at it and decide again"
        )

    def take(self, record: Decision) -> bool:
        """Take the log's next record; returns whether it is in force."""
        if record.format > FORMAT or record.kind not in KINDS:
            self.faults.append(
                f"a settings record ({record.kind} {record.name}) is of a newer version of tolqyn;"
                " upgrade this process"
            )
            return False
        subject = (record.kind, record.name)
        if record.parent != self.latest(*subject) or record.version != record.parent + 1:
            return False
        try:
            self._hold(record)
        except NotAllowedError as error:  # of two who began at once, the second
            self._refused[subject] = str(error)
            return False
        except (ValueError, msgspec.MsgspecError) as error:  # of a broken body
            if list_name := _missing_list(record):
                self.warnings.append(
                    f"{record.kind} {record.name} is for the list {list_name!r}, which no"
                    " extension registers here; it has no effect"
                )
                return False
            self.faults.append(f"settings record {record.kind} {record.name}: {error}")
            return False
        self._refused.pop(subject, None)
        if record.kind == "look":
            self._history[subject] = [record]
            return True
        self.records.append(record)
        self._history[subject].append(record)
        return True

    def new_warnings(self) -> list[str]:
        """Return the warnings since the last call."""
        warnings, self.warnings = self.warnings, []
        return warnings

    def active_overrides(self, now: float) -> ActiveOverrides:
        """Return the overrides in force at a moment, seconds since the epoch."""
        if now >= self._active_until:
            self._active, self._active_until = self._overrides_at(now)
        return self._active

    def overrides(self) -> dict[str, Override]:
        """Return all overrides that are not cancelled, by id."""
        return dict(self._overrides)

    def hooks(self) -> dict[str, Webhook]:
        """Return all webhooks that are not cancelled, by id."""
        return self._hooks

    def held_keys(self) -> list[Key]:
        """Return all keys that are not revoked."""
        return list(self._keys.values())

    def experiments(self) -> dict[str, Experiment]:
        """Return all experiments that are not removed, by name."""
        return dict(self._experiments)

    def looks(self, name: str) -> list[Look]:
        """Return the stored looks at an experiment, in their order."""
        return list(self._looks.get(name, ()))

    def check_experiment(self, name: str, body: dict[str, Any] | None, at: float) -> None:
        """Check a change of an experiment at a moment, seconds since the epoch.

        Raises
        ------
        ExperimentError
            Naming the field, the rule and the value.
        """
        if body is None:
            check_removal(name, self._experiments.get(name))
        else:
            bodies = (record.body for record in self.history("experiment", name))
            check_name(name, self._experiments, bodies)
            check(name, experiment_of(body), self._experiments, self.published, at)

    def published(self, scope: Scope) -> dict[int, Changes]:
        """Return the parameters that each version of a scope set, by version."""
        history = self._history.get(("profile", name_of(scope)), ())
        return {record.version: record.body or {} for record in history}

    def _hold(self, record: Decision) -> None:
        name, body = record.name, record.body
        if record.kind == "profile":
            scope, changes = scope_of(name), known_settings(body or {})
            self.profiles = self.profiles.with_changes(scope, changes)
            if unknown := sorted(set(body or {}) - set(changes)):
                self.warnings.append(
                    f"profile {name} sets {', '.join(unknown)}, which no extension declares here;"
                    " it has no effect"
                )
        elif record.kind == "override":
            self._active_until = 0.0
            if body is None:
                self._overrides = _without(self._overrides, name)
            else:
                self._overrides = self._overrides | {name: override_of(body)}
        elif record.kind == "key":
            if body is None:
                self._keys = _without(self._keys, name)
            else:
                self._keys = self._keys | {name: msgspec.convert(body, Key)}
        elif record.kind == "experiment":
            self.check_experiment(name, body, record.at)
            if body is None:
                self._experiments = _without(self._experiments, name)
                self._looks.pop(name, None)
                self._history.pop(("look", name), None)
            else:
                self._experiments = self._experiments | {name: experiment_of(body)}
        elif record.kind == "look":
            look = look_of(body or {}, self._experiments.get(name))
            self._looks[name].append(look)
        elif record.kind == "hook":
            if body is None:
                self._hooks = _without(self._hooks, name)
            else:
                self._hooks = self._hooks | {name: hook_of(body)}

    def _overrides_at(self, now: float) -> tuple[ActiveOverrides, float]:
        acts = self._overrides.values()
        holding = tuple(act.scoped_edit() for act in acts if act.holds(now))
        edges = [edge for act in acts for edge in (act.start, act.end) if edge and edge > now]
        return ActiveOverrides(holding) if holding else NO_OVERRIDES, min(
            edges, default=float("inf")
        )


def _missing_list(record: Decision) -> str:
    """The list that a record is for, if no list has that name here."""
    surface = (record.body or {}).get("surface", "")
    return surface if isinstance(surface, str) and surface not in ("", *list_names()) else ""


def _without(items: dict[str, T], name: str) -> dict[str, T]:
    return {key: item for key, item in items.items() if key != name}


def name_of(scope: Scope) -> str:
    """Return the name of a scope's profile in the log."""
    return "|".join((scope.edition, scope.surface, scope.section))


def scope_of(name: str) -> Scope:
    """Return the scope of a profile's name.

    Raises
    ------
    RecordError
        If the name has another form.
    """
    parts = name.split("|", 2)
    if len(parts) != 3:
        message = f"profile must be named edition|surface|section, got {name!r}"
        raise RecordError(message)
    return Scope(parts[0], parts[2], parts[1])
