"""Recent hours: what a list was worth in the last hours of a log, replayed from a past state.

The same replay as of a whole log, from a restored site on. What of a visit came before the state's
moment is not known to it, hence the moment lies a repeat window before the first prediction.
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
"""Views in every visit that is predicted where the live lists are asked, some hundred a second."""
TOLD = ("hr@5", "mrr@5", "clicks")


def every_of(ranker: Ranker, batches: Sequence[Batch], profiles: Sequence[Profile]) -> int:
    """Every how many-th visit is predicted, so that an answer does not take minutes."""
    editions = ranker.lists.editions()
    if all(is_plain(profile, ranker.catalogue, editions) for profile in profiles):
        return 1
    return 1 + sum(len(batch) for batch in batches) // ASKED


def lately(
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
        As it stood before the batches; spent afterwards.
    batches : sequence of Batch
        Of the edition's site, not empty.
    edition, surface : str
    profile : Profile
    span : Span

    Returns
    -------
    dict
        `hr@5`, `mrr@5` and `clicks`, of how many they are the means.
    """
    site = ranker.sites.get(batches[0].site)
    cards = ranker.catalogue.copy()  # the newsroom goes on
    done = replay(list(batches), cards, span, profile, ranker.settings, site=site)
    index = done.site.editions.index(edition) if edition in done.site.editions else -1
    target = done.plan.slot[done.plan.asked]
    mine = np.flatnonzero(done.site.state.article["edition"][target] == index)
    measures = next_click(done.answers.place[mine, predicted_lists().index(surface)])
    return {name: measures[name] for name in TOLD}
