"""Requests to a collector as a browser sends them, and the counts that follow."""

import httpx

from ranking.benchmarks.processes import await_until

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/130.0.0.0 Safari/537.36"
)


EVENT = {"visitor": "v", "article": "a"}


def pixel(client: httpx.Client, method: str = "GET", line: str = "", **headers: str) -> int:
    """Ask for the pixel; returns the status."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    headers = {"user-agent": CHROME, **named}
    return client.request(method, f"/v1/pixel.gif?{line}", headers=headers).status_code


def counts(client: httpx.Client, edition: str, article: str = "a") -> tuple[int, int]:
    """Views of an article that came, and that counted."""
    answer = client.get(f"/v1/articles/{edition}/{article}")
    if answer.status_code == 404:
        return 0, 0
    shown = answer.json()
    return shown["accepted"], shown["views"]


def await_counts(client: httpx.Client, edition: str, wanted: tuple[int, int]) -> None:
    """Wait until so many views came and counted."""
    await_until(lambda: counts(client, edition) == wanted, f"{edition} has {wanted}", 5)
