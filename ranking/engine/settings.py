"""Engine settings: what is baked into the state as it grows.

Changing one means a rebuild from the log, unlike a profile's parameters, which are read-time.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVELS = 4
LATE_WINDOWS = 3
LONGEST_COREAD = 30 * 86_400
RANGES = {
    "window": (1, 86_400),
    "neighbours": (8, 1024),
    "rows": (16, 1_000_000),
    "articles": (64, 10_000_000),
    "visitors": (256, 100_000_000),
    "reads": (256, 100_000_000),
    "impressions": (256, 100_000_000),
    "clicks": (256, 100_000_000),
    "ids": (256, 100_000_000),
    "sites": (1, 10_000),
    "editions": (1, 10_000),
    "arms": (8, 10_000),
    "late": (60, 366 * 86_400),
    "ahead": (0, 86_400),
}
"""Least and greatest value of each whole number."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Constants of one engine.

    Attributes
    ----------
    window : int
        Repeat window W in seconds: the same visitor, article and kind counts once within it;
        a visit's predecessors are those within it.
    coread_half_lives : tuple of int
        Half-lives in seconds of the four levels of the co-read graph, ascending.
    coread_forward, coread_backward : tuple of float
        Weight of a step from an earlier page to a later one and back, for each level.
    neighbours : int
        Neighbours a co-read row holds.
    rows : int
        Co-read rows of a site, for recently co-read articles.
    articles : int
        Articles of a site that have state. Beyond them those with at most one counted view are
        evicted first; of these, and then of the others, the longest unseen.
    visitors : int
        Views (pairs of visitor and article) that a site remembers, and visits.
    reads, impressions, clicks : int
        Events of the other kinds that a site remembers.
    ids : int
        Ids of views and clicks that a site remembers, and likewise of reads and impressions.
    sites, editions : int
        Sites of one log, and editions of a site; events beyond them are rejected.
    late, ahead : int
        Seconds that an event may be stamped before its site's clock, and after the moment at which
        it was packed; an event beyond either counts for nothing.
    arms : int
        Arms of experiments that a site has sums of; 140 kB each.

    References
    ----------
    The co-read constants were tuned on the whole G1 week (Moreira et al. 2018) and on that week
    thinned by visitors; no part of it was held out.
    """

    window: int = 1800
    coread_half_lives: tuple[int, int, int, int] = (300, 1200, 5760, 46080)
    coread_forward: tuple[float, float, float, float] = (0.6, 0.6, 0.6, 0.5)
    coread_backward: tuple[float, float, float, float] = (0.1, 0.2, 0.3, 0.6)
    neighbours: int = 96
    rows: int = 20_000
    articles: int = 1_000_000
    visitors: int = 8_000_000
    reads: int = 2_000_000
    impressions: int = 8_000_000
    clicks: int = 1_000_000
    ids: int = 20_000_000
    sites: int = 64
    editions: int = 256
    late: int = 72 * 3600
    ahead: int = 300
    arms: int = 256

    def __post_init__(self) -> None:
        """Refuse what no engine can run with, naming setting, rule and value.

        Raises
        ------
        ValueError
        """
        for name, (least, most) in RANGES.items():
            value = getattr(self, name)
            if not least <= value <= most:
                _refuse(name, f"be between {least} and {most}", value)
        lives = self.coread_half_lives
        if len(lives) != LEVELS or list(lives) != sorted(set(lives)) or lives[0] < 1:
            _refuse("coread_half_lives", "be four ascending numbers of seconds above 0", lives)
        if lives[-1] > LONGEST_COREAD:
            _refuse("coread_half_lives", f"be at most {LONGEST_COREAD}", lives)
        for name in ("coread_forward", "coread_backward"):
            weights = getattr(self, name)
            if len(weights) != LEVELS or not all(0.0 <= weight <= 1.0 for weight in weights):
                _refuse(name, "be four weights from 0 to 1", weights)
        if self.late < LATE_WINDOWS * self.window:
            _refuse("late", f"be at least {LATE_WINDOWS} times window, {self.window}", self.late)

    def as_dict(self) -> dict[str, object]:
        """Plain values, for a checkpoint's header."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    def step_weights(self) -> NDArray[np.float64]:
        """Weights of co-read steps, (4 levels, 3 steps, 2 directions) float64.

        The step from the page before last weighs `forward` times less than from the last one.
        """
        last = np.array(self.coread_forward)
        forward = np.stack([np.ones(LEVELS), last, last * last], axis=1)
        backward = np.array(self.coread_backward)[:, None] * forward
        return np.stack([forward, backward], axis=2)

    @classmethod
    def completed(cls, given: dict[str, object]) -> dict[str, object]:
        """Settings as an earlier version wrote them, with the defaults of those that came since."""
        return cls().as_dict() | given

    @classmethod
    def of(cls, given: dict[str, object]) -> "EngineSettings":
        """Settings out of plain values, absent ones at their defaults.

        Raises
        ------
        ValueError
            If a value is out of its range, or a name is unknown.
        """
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in given.items()
        }
        try:
            return cls(**values)
        except TypeError as error:
            message = f"engine settings are not known: {error}"
            raise ValueError(message) from error


def _refuse(name: str, rule: str, value: object) -> None:
    message = f"engine setting {name} must {rule}, got {value}"
    raise ValueError(message)
