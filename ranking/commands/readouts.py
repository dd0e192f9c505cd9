"""`tolqyn experiments status` and `report`: current results, and a report in one file."""

from pathlib import Path
from typing import Any

import click
import orjson

import ranking.commands.experiment_changes  # noqa: F401  adds commands to the group
from ranking.commands.client import Client, console, on_system, when
from ranking.commands.experiments import content_of, experiments
from ranking.commands.output import print_json, print_table, with_format

__all__ = ["experiments"]  # with all its commands

FILE = click.Path(path_type=Path)
KINDS = click.Choice(["html", "json", "csv"])
DRAFT, ENDED = "draft", ("stopped", "decided")


@experiments.command()
@click.argument("name", required=False)
def status(name: str | None, form: str, to: str, key: str) -> None:
    """Show current results of experiments: lift, interval, p-value, sample ratio, progress.

    Intervals and p-values are valid at every look. Without NAME, all started experiments; with NAME
    also guardrail metrics, other metrics and the verdict.
    """
    client = Client(to, key)
    names = [name] if name else _begun(client)
    found = [client.ask("GET", f"/v1/experiments/{one}/readout") for one in names]
    if form == "json":
        print_json(found[0] if name else found)
        return
    if not found:
        console.print("no experiment has started; use tolqyn experiments write and start")
        return
    _print(found, whole=bool(name))
    if name:
        (one,) = found
        console.print(f"{one['readout']['verdict']}\n{_progress(one)}", markup=False)


@experiments.command()
@click.argument("name", required=False)
@click.option("--from", "source", type=FILE, help="Evidence from a JSON file.")
@click.option("--out", "--html", "out", type=FILE, help="Output file; default: standard output.")
@click.option("--csv", "sums", type=FILE, help="File for the sums by bucket.")
@click.option(
    "--format", "form", type=KINDS, default="html", show_default=True,
    help="The report, the evidence for --from, or the sums by bucket.",
)  # fmt: skip
@click.option("--verify", type=FILE, help="Recompute the figures of a report.")
def report(
    name: str | None, source: Path | None, out: Path | None, sums: Path | None, form: str,
    verify: Path | None, to: str, key: str,
) -> None:  # fmt: skip
    """Write an experiment's report in one file, or verify a report against its sums.

    \b
    tolqyn experiments report calm --html calm.html
    tolqyn experiments report calm --format json --out calm.json
    tolqyn experiments report --from calm.json --html again.html
    tolqyn experiments report --verify calm.html
    """
    from ranking.experiments.evidence import evidence_of
    from ranking.experiments.report import verified

    if sum(given is not None for given in (name, source, verify)) != 1:
        message = "report needs one of NAME, --from and --verify"
        raise click.UsageError(message)
    if verify is not None:
        result = verified(content_of(verify).decode())
        console.print(f"{verify.name} is verified by its sums: {result.verdict}")
        return
    if source is not None:
        given = content_of(source)
    else:
        asked = Client(to, key).ask("GET", f"/v1/experiments/{name}/evidence")
        given = orjson.dumps(asked)
    evidence = evidence_of(given)
    if sums is not None:
        sums.write_text(evidence.sums, encoding="utf-8")
    written = _written(evidence, form)
    if out is None:
        click.echo(written, nl=False)
        return
    out.write_text(written, encoding="utf-8")
    again = f"; tolqyn experiments report --verify {out}" if form == "html" else ""
    console.print(f"{out} holds experiment {evidence.name}{again}", soft_wrap=True)


def _written(evidence: Any, form: str) -> str:
    import msgspec

    from ranking.experiments.report import report as page_of

    if form == "json":
        return msgspec.json.encode(evidence).decode() + "\n"
    text: str = evidence.sums if form == "csv" else page_of(evidence)
    return text


def _begun(client: Client) -> list[str]:
    found = client.ask("GET", "/v1/experiments")["experiments"]
    return [one["name"] for one in found if one["status"] != DRAFT]


def _print(readouts: list[dict[str, Any]], *, whole: bool) -> None:
    heads = ["arm", "status", "visits", "metric", "rate", "lift", "interval", "p"]
    rows: list[tuple[str, ...]] = []
    for one in readouts:
        read, plan = one["readout"], one["plan"]
        control, metric = plan["arms"][0]["name"], plan["metric"]
        shown = [*read["main"], *(read["guardrails"] + read["others"] if whole else ())]
        first = (f"{one['name']}: {control}", one["status"], _visits(one, control), metric)
        ends = () if whole else (_health(one), _percent(one["planned"]["progress"]))
        rows.append((*first, _rate(read, metric, control), "control", "", "", *ends))
        for row in shown:
            arm = row["arm"]
            facts = (_visits(one, arm), row["metric"], _rate(read, row["metric"], arm))
            name = f"{one['name']}: {arm}"
            rows.append((name, "", *facts, *_change(row), *("" for _ in ends)))
    print_table([*heads, *(() if whole else ("sample ratio", "progress"))], rows)


def _visits(one: dict[str, Any], arm: str) -> str:
    return f"{one['health']['visits'][arm]:,}"


def _rate(read: dict[str, Any], metric: str, arm: str) -> str:
    rate = read["rates"].get(metric, {}).get(arm)
    return "" if rate is None else f"{rate:.4g}"


def _change(row: dict[str, Any]) -> tuple[str, str, str]:
    """Lift, interval and p-value; no figures while the interval is unbounded."""
    if row["high"] is None:
        return "", "no estimate yet", ""
    p = f"{row['p']:.3g}" if row["p"] >= 1e-4 else "below .0001"
    return f"{row['lift']:+.2%}", f"{row['low']:+.2%} to {row['high']:+.2%}", p


def _health(one: dict[str, Any]) -> str:
    text = "ok" if one["health"]["is_sound"] else "mismatch"
    share = one["health"]["left_out"]
    if share:
        text += f"; {max(share, 1e-4):.2%} of the events excluded: wrong arm for their bucket"
    return text


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _progress(one: dict[str, Any]) -> str:
    planned, progress = one["planned"], _percent(one["planned"]["progress"])
    text = f"Sample ratio: {_health(one)}. {progress} of the planned information"
    if one["status"] in ENDED:
        return f"{text}."
    needed = "unknown" if planned["visits"] is None else f"{planned['visits']:,}"
    days = "" if planned["days"] is None else f", by day {planned['days']:.1f}"
    rough = " (rough estimate: too few visits)" if planned["is_rough"] else ""
    return f"{text}; needs {needed} visits{days}{rough}. Ends {when(one['end'])}."


on_system(with_format(status))
on_system(report)
