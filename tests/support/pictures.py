"""Pictures of the console and of the portal: light, dark, on a phone, and written from the right.

Run by `deploy/screenshots FOLDER`; the demo runs meanwhile. Pages that complain end it with 1.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from tests.support.chromium import Chromium, chromium
from tests.support.demo import demo_in
from tests.support.trials import lived, send

WIDE, PHONE = (1440, 1000), (360, 780)
LIVES = 15.0
"""Seconds that the demo lives before the first picture."""
SETTLED = 3.0
SLOWER = """(() => {
  const slider = document.querySelector(".decay input[name=half_life]");
  slider.value = 260;
  slider.dispatchEvent(new Event("input"));
})()"""
EXPLAINED = "document.querySelector('.listing button').click()"
VIEWS = {
    "boards": ("/console#boards", ""),
    "tune": ("/console#tune?edition=inform/ru", SLOWER),
    "article": ("/console#tune?edition=inform/en", EXPLAINED),
    "overrides": ("/console#overrides", ""),
    "tags": ("/console#tags?edition=inform/ru", ""),
    "traffic": ("/console#traffic", ""),
    "portal": ("/demo/ru", ""),
}
"""Pages, and what is done there first."""
ARABIC = {
    "tune-kk-Arab": ("/console#tune?edition=inform/kk-Arab", SLOWER),
    "tags-kk-Arab": ("/console#tags?edition=inform/kk-Arab", ""),
    "portal-kk-Arab": ("/demo/kk-Arab", ""),
}


TRIALS = {
    "experiments": ("/console#experiments", ""),
    "experiment": ("/console#experiments?name=calm", ""),
}
PLANS: dict[str, tuple[dict[str, Any], tuple[float, ...]]] = {
    "meter": (
        {"arms": [{"name": "a", "set": {}}, {"name": "b", "set": {}}], "layer": "meter",
         "weeks": 52},
        (0.3, 0.3),
    ),
    "calm": (
        {"arms": [{"name": "live", "version": 0}, {"name": "calm", "set": {"half_life": 3600}}],
         "edition": "inform/ru", "surface": "popular"},
        (0.3, 0.34),
    ),
}  # fmt: skip
"""Experiments that began days ago: a plan, and how often readers of each arm click."""


def begun(folder: Path) -> list[dict[str, Any]]:
    """Let a data folder hold the experiments; gives what their readers did."""
    phases = [{"at": 0.0, "traffic": 1000, "shares": [500, 500]}]
    return [
        event
        for seed, (name, (plan, clicking)) in enumerate(PLANS.items(), 1)
        for event in lived(folder, name, plan | {"phases": phases}, clicking, seed=seed)
    ]


def taken(page: Chromium, url: str, act: str, path: Path) -> None:
    """Take one picture."""
    page.open(url)
    time.sleep(SETTLED)
    if act:
        page.read(act)
        time.sleep(SETTLED)
    page.picture(path)
    print(path)


def take(url: str, folder: Path, page: Chromium, events: list[dict[str, Any]]) -> None:
    """Take all pictures, those of experiments last, once their readers' events are there."""
    for looks, size in (("light", WIDE), ("dark", WIDE), ("phone", PHONE)):
        page.look(*size, dark=looks == "dark")
        for name, (address, act) in VIEWS.items():
            taken(page, url + address, act, folder / f"{name}-{looks}.png")
    for looks, size in (("light", WIDE), ("phone", PHONE)):
        page.look(*size, languages="kk")
        for name, (address, act) in ARABIC.items():
            taken(page, url + address, act, folder / f"{name}-{looks}.png")
    with httpx.Client(base_url=url, timeout=60.0) as client:
        send(client, events)
    for looks, size in (("light", WIDE), ("dark", WIDE), ("phone", PHONE)):
        page.look(*size, dark=looks == "dark")
        for name, (address, act) in TRIALS.items():
            taken(page, url + address, act, folder / f"{name}-{looks}.png")


def main() -> int:
    """Take them into the folder that the command line names."""
    if len(sys.argv) != 2:
        print("usage: deploy/screenshots FOLDER", file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, tempfile.TemporaryDirectory() as own:
        events = begun(Path(data))
        with demo_in(Path(data)) as url, chromium(Path(own)) as page:
            time.sleep(LIVES)
            take(url, folder, page, events)
            for complaint in page.complaints:
                print(complaint, file=sys.stderr)
            return 1 if page.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
