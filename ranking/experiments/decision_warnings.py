"""Decision warnings: the reasons against a decision for an arm.

A decision with warnings needs a confirmation, and its record names them.
"""

import msgspec

from ranking.experiments.metrics import METRICS
from ranking.experiments.plans import Experiment
from ranking.experiments.readout import MISMATCH, ArmComparison, Readout

MISPLACED = 0.01
"""Share of events with an arm that is not their bucket's, above which a warning is given."""


class DecisionWarning(msgspec.Struct, frozen=True):
    """One reason against a decision.

    Attributes
    ----------
    kind : str
        `mismatch`, `misplaced`, `size`, `worse`, `better` or `harm`.
    text : str
        One sentence, without a full stop.
    facts : dict
        The values in the text.
    """

    kind: str
    text: str
    facts: dict[str, str | float] = {}


def doubts(experiment: Experiment, readout: Readout, winner: str) -> list[DecisionWarning]:
    """Find the reasons against a winner.

    Parameters
    ----------
    experiment : Experiment
    readout : Readout
        The current readout.
    winner : str
        Name of an arm.

    Returns
    -------
    list of Doubt
        The most serious first.
    """
    found = []
    if readout.mismatch < MISMATCH:
        found.append(
            DecisionWarning("mismatch", "sample-ratio mismatch: the results are not valid")
        )
    if (share := readout.left_out) > MISPLACED:
        text = f"{share:.1%} of its events carry an arm that is not their bucket's"
        found.append(DecisionWarning("misplaced", text, {"share": share}))
    progress = min((one.progress for one in readout.main), default=0.0)
    if progress < 1.0:
        text = f"it has {progress:.0%} of the planned information"
        found.append(DecisionWarning("size", text, {"share": progress}))
    return [*found, *_against(experiment, readout, winner)]


def _against(experiment: Experiment, readout: Readout, winner: str) -> list[DecisionWarning]:
    """Warnings from intervals: the winner is worse, or worsens a guardrail metric."""
    sign, control, found = METRICS[experiment.metric].sign, experiment.names[0], []
    for one in readout.main:
        is_more, is_less = one.low > 0.0, one.high < 0.0
        is_better, is_worse = (is_more, is_less) if sign > 0 else (is_less, is_more)
        if one.arm == winner and is_worse:
            found.append(_interval("worse", one, control))
        if control == winner and is_better:
            found.append(_interval("better", one, control))
    for one in readout.guardrails:
        harm = one.high if METRICS[one.metric].sign > 0 else -one.low
        if one.arm == winner and harm < 0.0:
            text = f"{winner} worsens a guardrail metric: {METRICS[one.metric].text}"
            found.append(DecisionWarning("harm", text, {"arm": winner, "metric": one.metric}))
    return found


def _interval(kind: str, one: ArmComparison, control: str) -> DecisionWarning:
    text = f"{one.arm} is {kind} than {control}: {one.low:+.2%} to {one.high:+.2%}"
    facts: dict[str, str | float] = {
        "arm": one.arm,
        "control": control,
        "low": one.low,
        "high": one.high,
    }
    return DecisionWarning(kind, text, facts)
