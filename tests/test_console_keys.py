"""Keys in the console: the first one made, asked for elsewhere, refused where its role ends."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ranking.benchmarks.processes import Server
from tests.support.chromium import Chromium, chromium
from tests.support.cluster import need

pytestmark = [pytest.mark.server, pytest.mark.browser]

SECRET = "document.querySelector('.secret')?.textContent"


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Chromium]:
    """A browser."""
    need("chromium")
    with chromium(tmp_path / "chromium") as browser:
        browser.look()
        yield browser


def made(page: Chromium, role: str, label: str) -> str:
    """Make a key and read what it is."""
    page.wait("!!document.querySelector('select[name=role]')")
    page.read(f"document.querySelector('select[name=role]').value = '{role}'")
    page.write("input[name=label]", label)
    page.click("form .primary")
    page.wait(f"document.querySelector('table')?.textContent.includes('{label}')")
    return str(page.wait(SECRET))


def given(page: Chromium, key: str) -> None:
    """Enter a key in the dialog."""
    page.write("dialog input[name=key]", key)
    page.click("dialog .primary")
    page.wait("!document.querySelector('dialog')")


def test_keys(server: Server, client: httpx.Client, page: Chromium) -> None:
    views = [{"visitor": f"v{k}", "article": "a1", "edition": "paper/en"} for k in range(9)]
    assert client.post("/v1/events", json=views).status_code == 202
    page.open(f"{server.url}/console#keys")
    page.wait("document.querySelector('select[name=role]')?.value === 'administer'")
    page.wait("document.querySelector('#first-keys .unsound')?.textContent.includes('9')")
    page.click("button[name=portal-key]")
    portal = page.wait("document.querySelector('#first-keys .secret')?.textContent")
    assert client.post("/v1/events", json=views).status_code == 202, "nothing is locked yet"
    signed = {"authorization": f"Bearer {portal}"}
    assert client.post("/v1/events", json=views, headers=signed).status_code == 202
    page.read("document.querySelector('#first-keys').remove()")
    first = made(page, "administer", "Aigerim")
    reader = made(page, "read", "Screen in the hall")
    assert page.complaints == []
    held = {"authorization": f"Bearer {first}"}
    assert client.get("/v1/audit").status_code == 401
    records = client.get("/v1/audit", headers=held).json()["records"]
    assert first not in str(records)

    page.read("sessionStorage.clear()")
    page.open(f"{server.url}/console#overrides")
    page.wait("!!document.querySelector('dialog input[name=key]')")
    given(page, reader)
    page.wait("!!document.querySelector('#mourning form')")
    page.write("#mourning input[name=mourning-tags]", "opera")
    page.wait("document.querySelector('#mourning .reach .zero')?.textContent === 'en 0'")
    page.write("#mourning input[name=reason]", "National mourning")
    page.write("#mourning input[name=author]", "Daniyar")
    page.click("#mourning .primary")
    page.wait("document.querySelector('dialog')?.textContent.includes('role')")
    given(page, first)
    page.click("#mourning .primary")
    page.wait("document.querySelector('.acts')?.textContent.includes('National mourning')")
    (act,) = client.get("/v1/overrides", headers=held).json()["overrides"]
    assert (act["action"], act["tags"], act["edition"]) == ("bury", ["opera"], "")
    assert "Daniyar" in act["author"]
    page.open(f"{server.url}/console#audit")
    page.wait("document.querySelector('table')?.textContent.includes('National mourning')")
    assert first not in page.read("document.body.innerText")
