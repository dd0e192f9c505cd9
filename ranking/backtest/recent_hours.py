"""Recent hours: quality of a list in the last hours of a log, replayed from a past state.

The replay is that of a whole log, but starts from a restored site. The state does not know the
earlier part of open visits, so its moment lies a repeat window before the first prediction.
"""

from collections.abc import Sequence

import numpy as np

from ranking.backtest.backtest import replay
from ranking.backtest.live_predictions import is_plain
from ranking.backtest.measures.accuracy import next_click
from ranking.backtest.predictions import predicted_lists
from ranking.backtest.visits import Span
from ranking.engine.batch import Batch
from ranking.profiles.profile import Profile
from ranking.ranker import Ranker

ASKED = 3000
"""Number of predictions, for profiles that need the live lists, at some hundred views/s."""
TOLD = ("hr@5", "mrr@5", "clicks")


def every_of(ranker: Ranker, batches: Sequence[Batch], profiles: Sequence[Profile]) -> int:
    """Stride of the predicted visits, so that an answer does not take minutes."""
    editions = ranker.lists.editions()
    if all(is_plain(profile, ranker.catalogue, editions) for profile in profiles):
        return 1
    return 1 + sum(len(batch) for batch in batches) // ASKED


def recent_quality(
    ranker: Ranker,
    batches: Sequence[Batch],
    edition: str,
    surface: str,
    profile: Profile,
    span: Span,
) -> dict[str, float]:
    """Measure one list of one edition.

    Parameters
    ----------
    ranker : Ranker
        State before the batches; unusable afterwards.
    batches : sequence of Batch
        Batches of the edition's site, not empty.
    edition, surface : str
    profile : Profile
    span : Span

    Returns
    -------
    dict
        `hr@5`, `mrr@5`, and `clicks`, the number of predictions.
    """
    site = ranker.sites.get(batches[0].site)
    cards = ranker.catalogue.copy()  # cards may change meanwhile
    done = replay(list(batches), cards, span, profile, ranker.settings, site=site)
    index = done.site.editions.index(edition) if edition in done.site.editions else -1
    target = done.plan.slot[done.plan.asked]
    rows = np.flatnonzero(done.site.state.article["edition"][target] == index)
    measures = next_click(done.answers.place[rows, predicted_lists().index(surface)])
    return {name: measures[name] for name in TOLD}
