"""Memberships: the experiment fields of each bucket's events, from the plans that pages receive.

The same as `fieldsOf` of `ranking/service/experiment.js`, for all buckets at once.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ranking.engine.batch import BUCKETS
from ranking.engine.experiment_labels import MOST
from ranking.experiments.assignment import OUTSIDE, arms_of


def fields_of(plans: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Fields `experiment` and `arm` of every bucket's events, by bucket.

    Parameters
    ----------
    plans : sequence of mapping
        Plans from `/v1/experiments/live`.

    Examples
    --------
    >>> cut = {"layer": "lists", "salt": "s", "offset": 0, "traffic": 1000, "shares": [1, 999]}
    >>> arms = {"mode": "split", "arms": [{"name": "a"}, {"name": "b"}]}
    >>> sorted(set(fields_of([{"name": "calm", "label": "calm.1", **cut, **arms}])))
    [('calm.1', 'a'), ('calm.1', 'b')]
    """
    found: list[list[tuple[str, str]]] = [[] for _ in range(BUCKETS)]
    for plan in sorted(plans, key=lambda plan: str(plan["name"])):
        if not plan["label"]:
            continue
        cut = (plan["layer"], plan["salt"], plan["shares"], plan["traffic"], plan["offset"])
        is_mixed = plan["mode"] == "interleave"
        names = ["" if is_mixed else arm["name"] for arm in plan["arms"]]
        for bucket, arm in enumerate(arms_of(*cut).tolist()):
            if arm != OUTSIDE:
                found[bucket].append((plan["label"], names[arm]))
    return [
        (",".join(label for label, _ in pairs[:MOST]), ",".join(arm for _, arm in pairs[:MOST]))
        for pairs in found
    ]
