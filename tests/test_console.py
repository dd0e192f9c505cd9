"""The console in a real browser: what an operator does, and what readers then see."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ranking.benchmarks.processes import await_until
from tests.support.chromium import Chromium
from tests.support.cluster import need
from tests.support.demo import demo_in, far, is_by_score

pytestmark = [pytest.mark.server, pytest.mark.browser]

EDITION = "inform/ru"
POPULAR = f"/v1/popular?edition={EDITION}&n=5"
SCOPE = {"edition": EDITION, "surface": "popular", "section": ""}
LONG = {"half_life": 2_592_000}
SHORT = {"half_life": 300, "popular_evidence": 200}
TUNE = f"/console#tune?edition={EDITION}"
VIEWS = (
    "boards", f"tune?edition={EDITION}", "experiments", "overrides", "tags", "traffic", "audit",
    "keys",
)  # fmt: skip
SLIDER = ".decay input[name=half_life]"
LIVE = "[...document.querySelectorAll('.side-by-side > :first-child li')].map((l) => l.dataset.id)"
DRAFT = "[...document.querySelectorAll('.side-by-side .drafted li')].map((l) => l.dataset.id)"
SOON = """(() => {
  const end = new Date(Date.now() + 20000 - new Date().getTimezoneOffset() * 60000);
  const at = document.querySelector("dialog input[name=at]");
  at.value = end.toISOString().slice(0, 19);
  return new Date(at.value).getTime() / 1000;
})()"""
CONTROLS = """(() => {
  const all = [...document.querySelectorAll("a[href], button, input, select, summary")];
  const seen = all.filter((e) => !e.disabled && e.checkVisibility());
  window.wanted = new Set(seen.filter((e) => e.type !== "radio" || e.checked));
  window.reached = new Set();
  document.addEventListener("focusin", (e) => window.reached.add(e.target));
  return window.wanted.size;
})()"""
MISSED = """[...window.wanted].filter((e) => e.isConnected && !window.reached.has(e))
  .map((e) => e.outerHTML.slice(0, 120))"""
CONTRAST = """(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0);
  const ground = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || e.closest("svg, .unseen, :disabled") || !e.checkVisibility()) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) low.push(`${ratio.toFixed(2)} ${e.outerHTML.slice(0, 100)}`);
  }
  return low;
})()"""
PORTAL = "[...document.querySelectorAll('.ranks a')].map((a) => a.pathname.split('/').pop())"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a demo."""
    need("chromium")
    with demo_in(tmp_path_factory.mktemp("demo")) as address:
        yield address


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    """A client of the demo."""
    with httpx.Client(base_url=url, timeout=60.0) as connected:
        yield connected
        if set_of(connected):
            version = connected.get("/v1/profiles/effective", params=SCOPE).json()["version"]
            back = SCOPE | {"version": 0, "parent": version, "reason": "The test is over"}
            connected.post("/v1/profiles/rollback", json=back).raise_for_status()


def ids(client: httpx.Client, line: str = POPULAR) -> list[str]:
    """Articles of a list."""
    return [item["id"] for item in client.get(line).json()["items"]]


def set_of(client: httpx.Client) -> dict[str, Any]:
    """What the edition's Popular has of its own."""
    its: dict[str, Any] = client.get("/v1/profiles/effective", params=SCOPE).json()["set"]
    return its


def drag(page: Chromium, selector: str, share: float) -> None:
    """Drag a slider's knob to a share of its way, and hold it."""
    _, y = page.middle(selector)
    box = page.read(
        f"(() => {{ const i = document.querySelector({json.dumps(selector)});"
        "const r = i.getBoundingClientRect(); return [r.x, r.width, i.value / i.max]; })()"
    )
    page.mouse("mousePressed", box[0] + 8 + (box[1] - 16) * box[2], y)
    for step in range(1, 11):
        at = box[2] + (share - box[2]) * step / 10
        page.mouse("mouseMoved", box[0] + 8 + (box[1] - 16) * at, y)


def sign(page: Chromium, reason: str) -> None:
    """Say why and who, and send the form of the open dialog."""
    page.write("dialog input[name=reason]", reason)
    page.write("dialog input[name=author]", "Aigerim")
    page.click("dialog form .primary")


def follows(page: Chromium, client: httpx.Client, mine: Any, other: Any) -> bool:
    """Say whether the portal's page has the list that some parameters make, and not another's."""
    items = client.get(POPULAR).json()["items"]
    best = max(item["score"] for item in items)
    is_mine = far(client, SCOPE, best, mine) < far(client, SCOPE, best, other)
    return is_mine and page.read(PORTAL) == [item["id"] for item in items]


def test_drag_publish_and_roll_back(url: str, client: httpx.Client, page: Chromium) -> None:
    page.open(url + TUNE)
    page.wait(f"{LIVE}.length === 5")
    drag(page, SLIDER, 1.0)
    page.wait(f"{DRAFT}.length === 5 && {DRAFT}.join() !== {LIVE}.join()")
    assert page.read("document.querySelector('.decay output').textContent") == "30 d"
    x, y = page.middle(SLIDER)
    page.mouse("mouseReleased", x, y)
    assert "enter" in page.read("document.querySelector('.summary').textContent")
    assert set_of(client) == {}, "a draft changes nothing that readers see"

    page.click("button[name=publish]")
    sign(page, "Long memory for the holidays")
    page.wait("!document.querySelector('dialog')")
    await_until(lambda: set_of(client) == LONG, "published", 30)
    page.open(f"{url}/demo/ru")
    await_until(lambda: follows(page, client, LONG, SHORT), "the portal's page follows", 60)

    page.open(url + TUNE)
    page.wait(f"{LIVE}.length === 5")
    page.click(".history summary")
    page.wait("document.querySelector('.versions').textContent.includes('holidays')")
    page.click("button[name=back]")
    sign(page, "Holidays are over")
    await_until(lambda: set_of(client) == {}, "rolled back", 30)
    page.open(f"{url}/demo/ru")
    await_until(lambda: follows(page, client, SHORT, LONG), "the portal's page is back", 60)
    said = [record["reason"] for record in client.get("/v1/audit").json()["records"]]
    assert {"Long memory for the holidays", "Holidays are over"} <= set(said)


def test_a_pin_holds_and_ends(url: str, client: httpx.Client, page: Chromium) -> None:
    page.open(f"{url}/console#boards")
    fifth = (
        f"document.querySelector(\"section[aria-labelledby='board-{EDITION}'] li:nth-child(5)\")"
    )
    page.wait(f"!!{fifth}")
    wanted = page.read(
        f"((row) => {{ row.querySelector('button').click(); return row.dataset.id; }})({fifth})"
    )
    page.wait("!!document.querySelector('dialog form')")
    page.read("document.querySelector('dialog select[name=end]').value = 'at'")
    page.read(
        "document.querySelector('dialog select[name=end]').dispatchEvent(new Event('change'))"
    )
    ends = page.read(SOON)
    sign(page, "The minister speaks")
    await_until(lambda: ids(client)[0] == wanted, "the pin holds", 20)
    assert time.time() < ends
    page.wait(f"{fifth}.parentElement.firstChild.dataset.id === {json.dumps(wanted)}")
    page.open(f"{url}/console#overrides")
    page.wait("document.querySelector('.acts')?.textContent.includes('The minister speaks')")
    await_until(
        lambda: time.time() > ends and is_by_score(client.get(POPULAR).json()), "the pin ends", 40
    )
    page.wait("!document.querySelector('.acts')")


def test_who_was_first_wins_and_the_second_is_told(
    url: str, client: httpx.Client, page: Chromium
) -> None:
    page.open(url + TUNE)
    page.wait(f"{LIVE}.length === 5")
    drag(page, SLIDER, 0.5)
    page.mouse("mouseReleased", *page.middle(SLIDER))
    page.click("button[name=publish]")
    version = client.get("/v1/profiles/effective", params=SCOPE).json()["version"]
    first = {"set": {"section_cap": 2}, "parent": version, "author": "Daniyar", "reason": "Variety"}
    assert client.put("/v1/profiles", json=SCOPE | first).status_code == 201
    page.complaints.clear()
    sign(page, "Slower")
    told = page.wait("document.querySelector('dialog .fault:not([hidden])')?.innerText")
    assert "Daniyar" in told
    assert "Variety" in told
    assert set_of(client) == {"section_cap": 2}, "nothing is overwritten"
    page.click("button[name=both]")
    page.wait("!document.querySelector('dialog button[name=both]')")
    sign(page, "Slower, and varied")
    await_until(lambda: "half_life" in set_of(client), "both hold", 30)
    assert set_of(client)["section_cap"] == 2
    page.complaints = [c for c in page.complaints if "409" not in c]


def test_the_keyboard_reaches_every_control(url: str, page: Chromium) -> None:
    for view in VIEWS:
        page.open(f"{url}/console#{view}")
        page.wait("document.querySelector('.view')?.children.length > 0")
        time.sleep(1.0)
        wanted, rounds = page.read(CONTROLS), 3 if view == "boards" else 1  # rows move meanwhile
        for _ in range(rounds * (wanted + 15)):
            page.key("Tab")
        assert page.read(MISSED) == [], view


def test_arrow_keys_move_a_slider(url: str, page: Chromium) -> None:
    page.open(url + TUNE)
    page.wait(f"{LIVE}.length === 5")
    page.read(f"document.querySelector('{SLIDER}').focus()")
    page.key("End")
    page.wait(f"document.querySelector('{SLIDER}').getAttribute('aria-valuetext') === '30 d'")
    for _ in range(30):
        page.key("ArrowLeft")
    page.wait(f"document.querySelector('{SLIDER}').getAttribute('aria-valuetext') !== '30 d'")
    assert page.wait(f"{DRAFT}.length === 5")


@pytest.mark.parametrize(("languages", "is_dark"), [("en", False), ("ru", True), ("kk", False)])
def test_every_view_reads_well_on_a_phone(
    url: str, page: Chromium, languages: str, is_dark: bool
) -> None:
    page.look(360, 740, dark=is_dark, languages=languages)
    for view in VIEWS:
        page.open(f"{url}/console#{view}")
        page.wait("document.querySelector('.view')?.children.length > 0")
        time.sleep(0.7)
        assert page.read("document.documentElement.lang") == languages
        assert page.read("document.documentElement.scrollWidth") <= 360, view
        assert page.read(CONTRAST) == [], view
        assert page.read("document.querySelectorAll('.fault:not([hidden])').length") == 0, view
        nameless = page.read(
            "[...document.querySelectorAll('input, select')].filter((e) => !e.labels.length"
            " && !e.getAttribute('aria-label')).map((e) => e.outerHTML)"
        )
        assert nameless == [], view


def test_lists_of_arabic_script_run_from_the_right(url: str, page: Chromium) -> None:
    page.open(f"{url}/console#boards")
    found = page.wait("document.querySelector('.listing[lang=\"kk-Arab\"] li')?.parentElement.dir")
    assert found == "rtl"
    places = page.read(
        "['.rank', 'button'].map((s) => document.querySelector(`.listing[lang='kk-Arab'] li ${s}`)"
        ".getBoundingClientRect().x)"
    )
    assert places[0] > places[1]


def test_pages_are_kept_by_their_etag(client: httpx.Client) -> None:
    page = client.get("/console")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    again = client.get("/console", headers={"if-none-match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("console.js", "theme.css", "locales/kk.json", "wave.svg"):
        assert client.get(f"/console/{name}").status_code == 200
    assert client.get("/console/pages.py").status_code == 404


def test_one_stream_carries_several_boards(client: httpx.Client) -> None:
    line = f"/v1/stream?edition={EDITION}&edition=inform/kk&surface=popular&surface=trending&n=2"
    found = set()
    with client.stream("GET", line) as stream:
        for text in stream.iter_lines():
            if text.startswith("data: "):
                board = json.loads(text.removeprefix("data: "))
                assert len(board["items"]) <= 2
                found.add((board["edition"], board["surface"]))
            if len(found) == 4:
                break
    assert client.get("/v1/stream?edition=nonsense").status_code == 400
