"""Client: requests to a running system, and its options."""

import os
import time
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console

from ranking.commands.settings import KEY, TIMEZONE, URL, option_of
from ranking.engine.durations import seconds_of
from ranking.engine.event import canonical_edition
from ranking.engine.quotation import suggestion
from ranking.engine.timestamps import TimestampError, stamp_ms, zone_of

SPAN_DIGITS = 7
console = Console(highlight=False)


class RefusedError(click.ClickException):
    """The system refused a request.

    Parameters
    ----------
    status : int
    title : str
        Kind of problem.
    detail : str
        Text of the system.
    """

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(f"{detail} ({status})")
        self.title = title


class Client:
    """Client of a running system, for operators.

    Parameters
    ----------
    url : str
    key : str
    """

    def __init__(self, url: str, key: str) -> None:
        self._url = url.rstrip("/")
        self._headers = {"authorization": f"Bearer {key}"} if key else {}

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Send a request and parse the answer.

        Raises
        ------
        click.ClickException
            If the system refuses, with its text, or does not answer.
        """
        import httpx

        given = {name: value for name, value in query.items() if value not in (None, "")}
        try:
            answer = httpx.request(
                method, self._url + path, json=body, params=given, headers=self._headers, timeout=30
            )
        except httpx.HTTPError as error:
            is_late = isinstance(error, httpx.ReadTimeout)
            what = "no answer in time from" if is_late else "nothing answers at"
            message = f"{what} {self._url}; --to names the system's address"
            raise click.ClickException(message) from error
        if answer.is_success:
            is_json = answer.headers.get("content-type", "").startswith("application/json")
            return answer.json() if is_json else answer.text
        try:
            problem = answer.json()
            title, detail = str(problem["title"]), str(problem["detail"])
        except (ValueError, KeyError, TypeError):
            title, detail = "", answer.text
        raise RefusedError(answer.status_code, title, detail)


def moment_of(text: str | None) -> float | None:
    """Parse a moment: ISO 8601, seconds since the epoch, or a span from now such as 30m or 2d.

    Up to seven digits are a span in seconds. A moment without a zone is in the setting `timezone`.

    Examples
    --------
    >>> moment_of("2026-01-01T00:00:00Z"), moment_of("1767225600")
    (1767225600.0, 1767225600.0)
    """
    if not text:
        return None
    span = seconds_of(text)
    if span is not None and not (text.isdigit() and len(text) > SPAN_DIGITS):
        return time.time() + span
    try:
        return stamp_ms(text, zone_of(os.environ.get(TIMEZONE.variable)), "a moment") / 1000
    except TimestampError as error:
        message = f"{error}; a span such as 90s, 30m, 6h or 2d counts from now"
        raise click.BadParameter(message) from error


def hint_edition(client: "Client", edition: str) -> None:
    """Suggest a similar edition on standard error if an edition is unknown."""
    if not edition or edition.endswith("/*"):
        return
    edition = canonical_edition(edition)
    known = [one["edition"] for one in client.ask("GET", "/v1/traffic")["editions"]]
    if edition not in known and (asked := suggestion(edition, known)):
        click.echo(f"no edition '{edition}' is known yet{asked}", err=True)


def when(at: float | None) -> str:
    """Format a moment; empty for 0."""
    return datetime.fromtimestamp(at, UTC).isoformat(" ", "seconds") if at else ""


def on_system(command: click.Command) -> click.Command:
    """Add the options for a system and a key to a command."""
    command.params += [option_of(URL), option_of(KEY)]
    return command


def of_scope(command: click.Command) -> click.Command:
    """Add the options of a scope to a command."""
    for name in ("edition", "surface", "section"):
        command.params.append(click.Option([f"--{name}"], default="", help="Empty = all."))
    return on_system(command)


def with_reason(command: click.Command) -> click.Command:
    """Add the options of the audit log to a command."""
    command.params.append(click.Option(["--reason"], default="", help="For the audit log."))
    command.params.append(
        click.Option(["--author"], default="", help="Name of the decision's author.")
    )
    return command
