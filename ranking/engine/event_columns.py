"""Event columns: events as they are read, before they are packed into batches.

A column that holds nothing but its field's default is left out, which is most of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from ranking.engine.event import DEFAULT_EDITION, Event, site_of

FIELDS = Event.__struct_fields__
_READERS = {field: attrgetter(field) for field in FIELDS if field != "at"}
DEFAULTS = dict(zip(FIELDS[2:], Event.__struct_defaults__, strict=True)) | {"import": "", "row": 0}
"""Of optional fields, and of the two columns that label the rows of an import."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Some events.

    Attributes
    ----------
    at_ms : list of int
        Their stamps.
    columns : dict of str to list
        `visitor`, `article` and those other fields of an event that are not all default. Events
        of an import have its label in `import` and their number in it in `row`.
    """

    at_ms: list[int]
    columns: dict[str, list[Any]]

    def __len__(self) -> int:
        """Count the events."""
        return len(self.at_ms)

    def column(self, field: str) -> list[Any]:
        """Values of a field, one an event."""
        given = self.columns.get(field)
        return [DEFAULTS[field]] * len(self) if given is None else given

    def part(self, start: int, stop: int) -> "Rows":
        """Events `start` to `stop`."""
        columns = {field: values[start:stop] for field, values in self.columns.items()}
        return Rows(self.at_ms[start:stop], columns)

    def taken(self, indices: Sequence[int]) -> "Rows":
        """Some of the events, in the given order."""
        columns = {f: [values[i] for i in indices] for f, values in self.columns.items()}
        return Rows([self.at_ms[i] for i in indices], columns)

    def by_site(self) -> "dict[str, Rows]":
        """The events of each site, in their order."""
        editions = self.columns.get("edition", [DEFAULT_EDITION])
        sites = {edition: site_of(edition) for edition in dict.fromkeys(editions)}
        names = dict.fromkeys(sites.values())
        if len(names) == 1:
            return {next(iter(names)): self}
        return {
            name: self.taken([i for i, edition in enumerate(editions) if sites[edition] == name])
            for name in names
        }


def rows_of(events: Sequence[Event], at_ms: list[int]) -> Rows:
    """Put events into columns.

    Examples
    --------
    >>> rows_of([Event(visitor="v", article="a"), Event(visitor="w", article="b")], [1, 2]).columns
    {'visitor': ['v', 'w'], 'article': ['a', 'b']}
    """
    columns: dict[str, list[Any]] = {}
    for field, read in _READERS.items():
        values = list(map(read, events))
        if field not in DEFAULTS or values.count(DEFAULTS[field]) < len(values):
            columns[field] = values
    return Rows(at_ms, columns)


def joined(parts: Sequence[Rows]) -> Rows:
    """Put events one after the other."""
    if len(parts) == 1:
        return parts[0]
    fields = dict.fromkeys(field for rows in parts for field in rows.columns)
    columns = {field: [v for rows in parts for v in rows.column(field)] for field in fields}
    return Rows([at for rows in parts for at in rows.at_ms], columns)
