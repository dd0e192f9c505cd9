"""Experiment labels: the experiments that an event belongs to, and its arm in each.

The label of an experiment is its name, from its second phase on with the phase's number, since
phases are compared within themselves. A reader of several experiments sends all their labels in
`experiment`, separated by commas, and his arms in `arm` in the same order. This file needs nothing
but the two texts, so that a log alone says who was where.
"""

MOST = 8
"""Experiments that one event may belong to."""


def label_of(name: str, phase: int) -> str:
    """Name one phase of an experiment.

    Parameters
    ----------
    name : str
    phase : int
        Its number, from 0.

    Examples
    --------
    >>> label_of("calm", 0), label_of("calm", 2)
    ('calm', 'calm.2')
    """
    return f"{name}.{phase}" if phase > 0 else name


def split(experiment: str, arm: str) -> list[tuple[str, str]]:
    """Read the experiments of an event.

    Parameters
    ----------
    experiment, arm : str
        As an event carries them.

    Returns
    -------
    list of (str, str)
        Label and arm of each, in their order; at most `MOST`. A label that is named twice counts
        once, an empty one not at all; an arm that is not given is empty.

    Examples
    --------
    >>> split("calm,meter.1", "b,a"), split("calm,,calm,wide", "b")
    ([('calm', 'b'), ('meter.1', 'a')], [('calm', 'b'), ('wide', '')])
    """
    if "," not in experiment:
        return [(experiment, arm.partition(",")[0])] if experiment else []
    arms = iter(arm.split(","))
    found: dict[str, str] = {}
    for label in experiment.split(","):
        arm = next(arms, "")
        if label:
            found.setdefault(label, arm)
    return list(found.items())[:MOST]
