"""Engine settings: what is baked into the state as it grows.

Changing one means a rebuild from the log, unlike a profile's parameters, which are read-time.
"""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray


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
        Articles of a site that have state; the longest unseen are evicted first.
    visitors : int
        Remembered (visitor, article) pairs of a site, and visits.
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
    arms: int = 256

    def __post_init__(self) -> None:
        """Refuse what no engine can run with, naming the setting."""
        rules = {
            "window": 1 <= self.window <= 86_400,
            "neighbours": 8 <= self.neighbours <= 1024,
            "rows": 16 <= self.rows <= 1_000_000,
            "articles": 64 <= self.articles <= 10_000_000,
            "visitors": 1024 <= self.visitors <= 100_000_000,
            "arms": 8 <= self.arms <= 10_000,
        }
        for name, holds in rules.items():
            if not holds:
                value = getattr(self, name)
                message = f"engine setting {name} is out of its range, got {value}"
                raise ValueError(message)

    def as_dict(self) -> dict[str, object]:
        """Plain values, for a checkpoint's header."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    def step_weights(self) -> NDArray[np.float64]:
        """Weights of co-read steps, (4 levels, 3 steps, 2 directions) float64.

        The step from the page before last weighs `forward` times less than from the last one.
        """
        forward = np.array(self.coread_forward)[:, None] ** np.arange(3)[None, :]
        backward = np.array(self.coread_backward)[:, None] * forward
        return np.stack([forward, backward], axis=2)
