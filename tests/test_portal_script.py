"""The manual's page for portals: its snippet runs in a browser, and what it tells is counted."""

import csv
import io
import json
import time
from pathlib import Path

import httpx
import pytest

from ranking.benchmarks.processes import Server, await_until
from ranking.experiments.assignment import arms_of
from tests.support.chromium import chromium
from tests.support.cluster import need
from tests.support.documentation import block

pytestmark = [pytest.mark.server, pytest.mark.browser]

SHOW = """
globalThis.show = (item, { seen, clicked }) => { seen(); if (item.id === "a2") clicked(); };
"""


def test_a_page_takes_part(server: Server, client: httpx.Client, tmp_path: Path) -> None:
    need("chromium")
    events = [
        {"visitor": f"other-{reader}", "article": article, "edition": "paper/en"}
        for reader in range(9)
        for article in ("a2", "a3")
    ]
    client.post("/v1/events", json=events).raise_for_status()
    arms = [{"name": "now", "version": 0}, {"name": "calm", "set": {"half_life": 3600}}]
    phases = [{"at": time.time(), "traffic": 1000, "shares": [500, 500]}]
    plan = {"edition": "paper/en", "surface": "popular", "arms": arms, "phases": phases}
    client.put("/v1/experiments/calm", json=plan).raise_for_status()
    client.post("/v1/experiments/calm/start", json={}).raise_for_status()
    line = "/v1/popular?edition=paper/en&n=5"
    await_until(lambda: len(client.get(line).json()["items"]) == 2, "both are listed", 20)
    script = json.dumps(SHOW + block("js").replace("12000", "500"))
    with chromium(tmp_path) as page:
        page.pass_for_a_reader()
        page.open(f"{server.url}/healthz")
        page.read(
            "{ const made = document.createElement('script'); made.type = 'module';"
            f" made.textContent = {script}; document.body.append(made); }}"
        )
        await_until(lambda: counted(client).get("reads") == 1, "all is counted", 30)
        bucket = page.read("Number(localStorage.getItem('tolqyn-bucket'))")
        assert [its for its in page.complaints if "favicon" not in its] == []
    mine = arms[arms_of("lists", "calm", [500, 500])[bucket]]["name"]
    told = counted(client)
    assert (told["bucket"], told["arm"]) == (bucket, mine)
    assert [told[name] for name in ("visits", "views", "impressions", "clicks")] == [1, 1, 2, 1]


def counted(client: httpx.Client) -> dict[str, object]:
    """What is summed of the only reader; nothing before it is."""
    text = client.get("/v1/experiments/calm/sums.csv").raise_for_status().text
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["visits"] not in ("0", "")]
    return {k: v if k == "arm" else int(v) for k, v in rows[0].items()} if rows else {}
