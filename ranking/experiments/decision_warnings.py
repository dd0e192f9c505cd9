"""Decision warnings: what speaks against a decision for an arm at present.

A decision that has any is asked for again, and the record of it names them.
"""

import msgspec

from ranking.experiments.metrics import METRICS
from ranking.experiments.plans import Experiment
from ranking.experiments.readout import MISMATCH, ArmComparison, Readout

MISPLACED = 0.01
"""Share of events with an arm that is not their bucket's, above which the sums are in doubt."""


class Doubt(msgspec.Struct, frozen=True):
    """One reason against a decision.

    Attributes
    ----------
    kind : str
        `mismatch`, `misplaced`, `size`, `worse`, `better` or `harm`.
    text : str
        In words, without a full stop.
    facts : dict
        What the words name.
    """

    kind: str
    text: str
    facts: dict[str, str | float] = {}


def doubts(its: Experiment, told: Readout, winner: str) -> list[Doubt]:
    """Tell what speaks against a winner.

    Parameters
    ----------
    its : Experiment
    told : Readout
        Of now.
    winner : str
        Name of an arm.

    Returns
    -------
    list of Doubt
        The gravest first; empty if nothing does.
    """
    found = []
    if told.mismatch < MISMATCH:
        found.append(Doubt("mismatch", "the arms are not of their sizes, and nothing is proven"))
    if (share := told.left_out) > MISPLACED:
        text = f"{share:.1%} of its events bear an arm that is not their bucket's"
        found.append(Doubt("misplaced", text, {"share": share}))
    progress = min((one.progress for one in told.main), default=0.0)
    if progress < 1.0:
        text = f"it has {progress:.0%} of the information that was planned"
        found.append(Doubt("size", text, {"share": progress}))
    return [*found, *_against(its, told, winner)]


def _against(its: Experiment, told: Readout, winner: str) -> list[Doubt]:
    """Intervals that say that the winner is worse than another arm, or does harm."""
    sign, control, found = METRICS[its.metric].sign, its.names[0], []
    for one in told.main:
        is_more, is_less = one.low > 0.0, one.high < 0.0
        is_better, is_worse = (is_more, is_less) if sign > 0 else (is_less, is_more)
        if one.arm == winner and is_worse:
            found.append(_interval("worse", one, control))
        if control == winner and is_better:
            found.append(_interval("better", one, control))
    for one in told.guardrails:
        harm = one.high if METRICS[one.metric].sign > 0 else -one.low
        if one.arm == winner and harm < 0.0:
            text = f"{winner} makes a guardrail worse: {METRICS[one.metric].text}"
            found.append(Doubt("harm", text, {"arm": winner, "metric": one.metric}))
    return found


def _interval(kind: str, one: ArmComparison, control: str) -> Doubt:
    text = f"{one.arm} is {kind} than {control}: {one.low:+.2%} to {one.high:+.2%}"
    facts: dict[str, str | float] = {
        "arm": one.arm,
        "control": control,
        "low": one.low,
        "high": one.high,
    }
    return Doubt(kind, text, facts)
