"""Report: an experiment as one self-contained page that can be verified.

The page carries its evidence: the sums by bucket as CSV, the rest as JSON, and the digits of its
readout. Verification extracts the evidence, recomputes the readout and compares the digits. For a
page of the same version it also compares the whole page, byte for byte.
"""

import html
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
import numpy as np

from ranking import __version__
from ranking.engine.quotation import quoted
from ranking.experiments.bucket_sums import TalliesError
from ranking.experiments.effect_history import Point, path_of
from ranking.experiments.evidence import Evidence, evidence_of, profile_hash
from ranking.experiments.interim_looks import look_at
from ranking.experiments.metrics import METRICS
from ranking.experiments.readout import ArmComparison, Readout, readout
from ranking.templates import templates_of

UNKNOWN = "no estimate yet"
PART = re.compile(r'<(pre|script)[^>]* id="(\w+)">(.*?)</\1>', re.S)


class ScaleMark(NamedTuple):
    """A mark of a scale: position in percent, label and style."""

    at: float
    text: str
    kind: str


class Path(NamedTuple):
    """Change of an arm over the looks, for an SVG of 1000 by 100."""

    arm: str
    text: str
    line: str
    band: str
    rows: list[ScaleMark]
    columns: list[ScaleMark]


def report(evidence: Evidence) -> str:
    """Write the page.

    Raises
    ------
    ExperimentError, TalliesError
        If plan or sums are invalid.
    """
    result, plan = readout(evidence), evidence.experiment
    filters: dict[str, Callable[..., object]] = {
        "rate": _rate, "change": _change, "interval": _interval, "lift": _lift, "share": _share,
        "percent": _percent, "chance": _chance, "moment": _moment,
    }  # fmt: skip
    page = templates_of("ranking.experiments", filters).get_template("readout.html")
    used = [k for k in range(20) if any(row[k] is not None for row in result.slots.values())]
    rest = msgspec.structs.replace(evidence, sums="")
    return page.render(
        evidence=evidence, plan=plan, readout=result, metrics=METRICS, places=used,
        level=f"{100 * (1 - plan.alpha / (len(plan.arms) - 1)):.4g} %",
        paths=_paths(evidence), terms=_terms(evidence), sums_note=f"SHA-256 {result.sums}.",
        rest=_inside(msgspec.json.encode(rest)), digits=_inside(msgspec.json.encode(result)),
    )  # fmt: skip


def verified(page: str) -> Readout:
    """Recompute a page's digits.

    Raises
    ------
    TalliesError
        If the page has no evidence, or its figures do not follow from it.
    """
    parts = {name: text for _, name, text in PART.findall(page)}
    if not {"sums", "evidence", "readout"} <= set(parts):
        message = "the page must be a report of an experiment, with its evidence"
        raise TalliesError(message)
    evidence = evidence_of(parts["evidence"].encode())
    evidence = msgspec.structs.replace(evidence, sums=html.unescape(parts["sums"]))
    result = readout(evidence)
    stated, follows = (_flat(msgspec.json.decode(x)) for x in (
        parts["readout"], msgspec.json.encode(result)))  # fmt: skip
    is_older = evidence.code != __version__ or "left_out" not in stated
    if is_older:
        follows = {
            name: value for name, value in follows.items() if _is_comparable(stated, name, value)
        }
        stated = {name: value for name, value in stated.items() if name in follows}
    for name in sorted(stated.keys() | follows.keys()):
        if stated.get(name) != follows.get(name):
            right, wrong = quoted(follows.get(name)), quoted(stated.get(name))
            message = f"{name} must be {right} by the sums, got {wrong}"
            raise TalliesError(message)
    if not is_older and report(evidence) != page:
        message = "the page must follow from its evidence, but its text was changed"
        raise TalliesError(message)
    return result


def _inside(data: bytes) -> str:
    """JSON that cannot close its HTML element."""
    return data.decode().replace("<", "\\u003c")


def _is_comparable(stated: dict[str, Any], name: str, follows: Any) -> bool:
    """Whether a page of another version must have the same digit; texts and limits may differ."""
    return name in stated and name != "verdict" and follows is not None


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = {str(place): part for place, part in enumerate(value)}.items()
    else:
        return {name: value}
    return {k: v for key, part in pairs for k, v in _flat(part, f"{name}.{key}".strip(".")).items()}


def _terms(evidence: Evidence) -> list[tuple[str, str]]:
    plan, terms = evidence.experiment, []
    for arm in plan.arms:
        profile = evidence.profiles.get(arm.name)
        what = f"profile {profile_hash(profile)}" if profile else "no list"
        own = f", {arm.set}" if arm.set else ""
        of = f", version {arm.version} of {plan.scope}" if arm.version is not None else ""
        terms.append((f"Arm {arm.name}", what + own + of))
    for number, phase in enumerate(plan.phases):
        shares = ", ".join(f"{share / 10:g} %" for share in phase.shares)
        text = f"from {_moment(phase.at)}, {phase.traffic / 10:g} % of readers: {shares}"
        terms.append((f"Phase {number}", text))
    offsets = ", ".join(f"{n} {a} to {b}" for n, (a, b) in sorted(evidence.offsets.items()))
    return [
        *terms, ("Lists", str(plan.scope)), ("Mode", plan.mode.value),
        ("Metric", METRICS[plan.metric].text), 
        ("Minimum detectable effect", f"{100 * plan.effect:.4g} %"),
        ("Weeks", str(plan.weeks)), ("Alpha, power", f"{plan.alpha:g}, {plan.power:g}"),
        ("Layer, offset, salt", f"{plan.layer}, {plan.offset}, {plan.salt}"),
        ("Settings record", f"version {evidence.version}"), ("Log", offsets),
        ("Counted by", f"Tolqyn {evidence.code}"),
    ]  # fmt: skip


def _paths(evidence: Evidence) -> list[Path]:
    """Each arm at each look and at the last count."""
    plan = evidence.experiment
    points = path_of(plan, [*evidence.looks, look_at(plan, evidence.tallies, evidence.at)])
    if len(points) < 2:
        return []
    at, reach, found = [point.at for point in points], _reach(plan.effect, points[-1]), []
    for place, arm in enumerate(plan.names[1:]):
        seen = [point.arms[place] for point in points]
        curves = np.array([(one.low, one.lift, one.high) for one in seen]).T
        found.append(_path(arm, at, curves, reach))
    return found


def _path(arm: str, at: Sequence[float], curves: Any, reach: float) -> Path:
    """Draw one arm; `reach` is half the height of the scale."""
    x = (np.array(at) - at[0]) / max(at[-1] - at[0], 1e-9) * 1000.0
    low, line, high = (
        [f"{a:.1f},{b:.2f}" for a, b in zip(x, _down(curve, reach), strict=True)]
        for curve in curves
    )
    step = _step(reach)
    rows = [
        ScaleMark(float(_down(k * step, reach)), _level(k * step), "grid" if k else "zero")
        for k in range(-int(reach / step), int(reach / step) + 1)
    ]
    columns = [ScaleMark(0.0, _moment(at[0]), "start"), ScaleMark(100.0, _moment(at[-1]), "end")]
    text = f"{_interval(curves[0][-1], curves[2][-1])} at the last look"
    return Path(arm, text, " ".join(line), " ".join([*high, *low[::-1]]), rows, columns)


def _reach(effect: float, last: Point) -> float:
    """Half the height of the scale: the last interval, and at least the plan's effect."""
    ends = [abs(end) for one in last.arms for end in (one.low, one.high) if np.isfinite(end)]
    return min(max(1.3 * max(ends, default=0.0), 2.0 * effect), 12.0 * effect)


def _step(reach: float) -> float:
    """A round step of a scale, with about three lines on either side."""
    power = 10.0 ** np.floor(np.log10(reach / 2.0))
    return float(max(part * power for part in (1.0, 2.0, 5.0) if part * power <= reach / 2.0))


def _level(level: float) -> str:
    return f"{100 * level:+.4g} %".replace("-", "−") if level else "0 %"


def _down(level: Any, reach: float) -> Any:
    return np.clip(50.0 - 50.0 * np.asarray(level) / reach, -100.0, 200.0).round(3)


def _rate(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"


def _change(value: float) -> str:
    if not value:
        return "0 %"
    return f"{value:+.2%}".replace("-", "−").replace("%", " %") if np.isfinite(value) else "∞"


def _interval(low: float, high: float) -> str:
    return f"{_change(low)} to {_change(high)}" if np.isfinite(high) else UNKNOWN


def _lift(one: ArmComparison) -> str:
    return _change(one.lift) if np.isfinite(one.high) else ""


def _share(share: float) -> str:
    return f"{max(100 * share, 0.01):.3g} %"


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"


def _chance(value: float) -> str:
    return f"{value:.3g}" if value >= 1e-4 else "below .0001"


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
