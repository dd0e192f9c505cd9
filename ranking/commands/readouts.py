"""`tolqyn experiments status` and `report`: what one shows by now, and a page that freezes it."""

from pathlib import Path
from typing import Any

import click
import orjson

import ranking.commands.experiment_changes  # noqa: F401  its commands join the group
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
    """What experiments show by now: lift, interval, p-value, health, progress.

    Intervals and p-values hold whenever one looks. Without NAME all that have begun; with NAME
    guardrails, other metrics and the verdict besides.
    """
    client = Client(to, key)
    names = [name] if name else _begun(client)
    told = [client.ask("GET", f"/v1/experiments/{its}/readout") for its in names]
    if form == "json":
        print_json(told[0] if name else told)
        return
    if not told:
        console.print("no experiment has begun; tolqyn experiments write and start begin one")
        return
    _print(told, whole=bool(name))
    if name:
        (one,) = told
        console.print(f"{one['readout']['verdict']}\n{_progress(one)}", markup=False)


@experiments.command()
@click.argument("name", required=False)
@click.option("--from", "source", type=FILE, help="Evidence from a file instead, as JSON.")
@click.option("--out", "--html", "out", type=FILE, help="Write here; else standard output.")
@click.option("--csv", "sums", type=FILE, help="Write the sums by bucket here besides.")
@click.option(
    "--format", "form", type=KINDS, default="html", show_default=True,
    help="The page, the evidence that --from reads, or the sums by bucket.",
)  # fmt: skip
@click.option("--verify", type=FILE, help="Compute the digits of a page again.")
def report(
    name: str | None, source: Path | None, out: Path | None, sums: Path | None, form: str,
    verify: Path | None, to: str, key: str,
) -> None:  # fmt: skip
    """Freeze an experiment into a page of one file, or check that a page follows from its sums.

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
        told = verified(content_of(verify).decode())
        console.print(f"{verify.name} follows from its sums: {told.verdict}")
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
    return [its["name"] for its in found if its["status"] != DRAFT]


def _print(told: list[dict[str, Any]], *, whole: bool) -> None:
    heads = ["arm", "status", "visits", "metric", "rate", "lift", "interval", "p"]
    rows: list[tuple[str, ...]] = []
    for one in told:
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
    print_table([*heads, *(() if whole else ("health", "progress"))], rows)


def _visits(one: dict[str, Any], arm: str) -> str:
    return f"{one['health']['visits'][arm]:,}"


def _rate(read: dict[str, Any], metric: str, arm: str) -> str:
    rate = read["rates"].get(metric, {}).get(arm)
    return "" if rate is None else f"{rate:.4g}"


def _change(row: dict[str, Any]) -> tuple[str, str, str]:
    """Lift, interval and p; nothing while the interval has no end."""
    if row["high"] is None:
        return "", "not known yet", ""
    p = f"{row['p']:.3g}" if row["p"] >= 1e-4 else "below .0001"
    return f"{row['lift']:+.2%}", f"{row['low']:+.2%} to {row['high']:+.2%}", p


def _health(one: dict[str, Any]) -> str:
    said = "ok" if one["health"]["is_sound"] else "arms of the wrong sizes"
    share = one["health"]["left_out"]
    if share:
        said += f"; {max(share, 1e-4):.2%} of its events left out: not their bucket's arm"
    return said


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _progress(one: dict[str, Any]) -> str:
    planned, progress = one["planned"], _percent(one["planned"]["progress"])
    told = f"Health: {_health(one)}. {progress} of the information planned"
    if one["status"] in ENDED:
        return f"{told}."
    needed = "unknown" if planned["visits"] is None else f"{planned['visits']:,}"
    days = "" if planned["days"] is None else f", by day {planned['days']:.1f}"
    rough = " (a guess until there are more visits)" if planned["is_rough"] else ""
    return f"{told}; needs {needed} visits{days}{rough}. Ends {when(one['end'])}."


on_system(with_format(status))
on_system(report)
