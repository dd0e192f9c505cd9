"""Accuracy: the rank of the read pages (hit rate, MRR, NDCG).

Next click: HR@5 and HR@20 are the shares of predictions with the page among the first 5 or 20;
MRR@5 is the mean reciprocal rank. Last click: the last page of every visit, from the pages before,
by the protocol of the Transformers4Rec paper (RecSys 2021,
https://doi.org/10.1145/3460231.3474255). It ranks all articles; NDCG@20 and HR@20 are means over
the log's hours.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.backtest.backtest import Replay
from ranking.backtest.predictions import FOR_YOU, predicted_lists

HOUR_MS = 3_600_000
Measures = dict[str, dict[str, float]]


def accuracy(replay: Replay) -> Measures:
    """Accuracy of the lists.

    Returns
    -------
    dict
        For each list `hr@5`, `mrr@5`, `hr@20` and `clicks`; `last_item` with `ndcg@20`, `hr@20`.
    """
    places = replay.answers.place
    measures = {name: next_click(places[:, which]) for which, name in enumerate(predicted_lists())}
    chosen, hour = last_clicks(replay)
    measures["last_item"] = last_click(places[chosen, FOR_YOU], hour)
    return measures


def next_click(place: NDArray[np.uint8]) -> dict[str, float]:
    """Measures of one list over all predictions, (n,) uint8."""
    values = {name: _mean(gain) for name, gain in next_gains(place).items()}
    return {**values, "clicks": float(place.size)}


def last_click(place: NDArray[np.uint8], hour: NDArray[np.int64]) -> dict[str, float]:
    """Measures of one list over last clicks, mean over their hours."""
    values = {name: mean_over(hour, gain) for name, gain in last_gains(place).items()}
    return {**values, "clicks": float(place.size)}


def next_gains(place: NDArray[np.uint8]) -> dict[str, NDArray[np.float64]]:
    """Terms of each prediction in the means of next clicks.

    Examples
    --------
    >>> {name: gain.tolist() for name, gain in next_gains(np.array([1, 19], np.uint8)).items()}
    {'hr@5': [1.0, 0.0], 'mrr@5': [0.5, 0.0], 'hr@20': [1.0, 1.0]}
    """
    rank = place.astype(float)
    return {
        "hr@5": (rank < 5).astype(float),
        "mrr@5": np.where(rank < 5, 1.0 / (rank + 1.0), 0.0),
        "hr@20": (rank < 20).astype(float),
    }


def last_gains(place: NDArray[np.uint8]) -> dict[str, NDArray[np.float64]]:
    """Terms of each prediction in the means of last clicks."""
    rank = place.astype(float)
    gain = np.where(rank < 20, 1.0 / np.log2(rank + 2.0), 0.0)
    return {"ndcg@20": gain, "hr@20": (rank < 20).astype(float)}


def last_clicks(replay: Replay) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which predictions are last clicks, and their hours."""
    asked = replay.plan.asked
    chosen = np.flatnonzero(replay.visits.is_last[asked])
    return chosen, replay.views["at"][asked[chosen]] // HOUR_MS


def mean_over(group: NDArray[np.int64], values: NDArray[np.float64]) -> float:
    """Mean of the groups' means; 0 without values."""
    if not values.size:
        return 0.0
    _, index = np.unique(group, return_inverse=True)
    return float((np.bincount(index, values) / np.bincount(index)).mean())


def _mean(values: NDArray[Any]) -> float:
    return float(values.mean()) if values.size else 0.0
