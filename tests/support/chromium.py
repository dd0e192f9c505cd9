"""A real Chromium, driven by its DevTools protocol over a pair of pipes.

This file alone knows the protocol (https://chromedevtools.github.io/devtools-protocol/). Messages
are JSON that end with a zero byte, written to the browser's descriptor 3 and read from its 4, so
no port is opened and nothing beyond the standard library is needed. What a page complains about,
exceptions and errors of its console, is kept in `complaints`.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE = 60.0
POLL, REST = 0.05, 0.15
KEYS = {
    "Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "End": 35, "Home": 36,
    "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
}  # fmt: skip
TEXTS = {"Enter": "\r", " ": " "}


class PageError(RuntimeError):
    """A page did what it should not."""


class Chromium:
    """One page of a headless Chromium.

    Parameters
    ----------
    folder : Path
        The browser's own files.
    """

    def __init__(self, folder: Path) -> None:
        ours, theirs = os.pipe(), os.pipe()
        self._to, self._from = ours[1], theirs[0]

        def inherit() -> None:
            os.dup2(ours[0], 10)
            os.dup2(theirs[1], 11)
            os.dup2(10, 3)
            os.dup2(11, 4)

        command = [shutil.which("chromium") or "chromium", "--headless", "--no-sandbox"]
        command += ["--disable-gpu", "--remote-debugging-pipe", "--hide-scrollbars", "--mute-audio"]
        command += [f"--user-data-dir={folder}", "--lang=en", "about:blank"]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=inherit,
            close_fds=False,
        )  # fmt: skip
        os.close(ours[0])
        os.close(theirs[1])
        self._left, self._number, self._session = b"", 0, ""
        self._answers: dict[int, dict[str, Any]] = {}
        self._loaded = False
        self.complaints: list[str] = []
        target = self._send("Target.createTarget", url="about:blank")["targetId"]
        attached = self._send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._send(f"{domain}.enable")

    def close(self) -> None:
        """End the browser."""
        self._process.kill()
        self._process.wait()
        os.close(self._to)
        os.close(self._from)

    def look(
        self, width: int = 1280, height: int = 900, *, dark: bool = False, calm: bool = True,
        languages: str = "en",
    ) -> None:  # fmt: skip
        """Be a screen of a size, light or dark, with a reader of some languages."""
        self._send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
            mobile=False,
        )  # fmt: skip
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if calm else ""},
        ]
        self._send("Emulation.setEmulatedMedia", features=features)
        agent = self.read("navigator.userAgent")
        self._send("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=languages)

    def open(self, url: str) -> None:
        """Go to a page and wait until it is loaded, anew even if only its fragment differs."""
        for address in ("about:blank", url):
            self._loaded = False
            self._send("Page.navigate", url=address)
            self._await(lambda: self._loaded, f"{address} is loaded")

    def pass_for_a_reader(self) -> None:
        """Not say that nobody looks, which only robots do."""
        agent = self.read("navigator.userAgent").replace("Headless", "")
        self._send("Emulation.setUserAgentOverride", userAgent=agent)

    def prepare(self, script: str) -> None:
        """Run a script in every page that is opened from now on, before its own."""
        self._send("Page.addScriptToEvaluateOnNewDocument", source=script)

    def read(self, expression: str) -> Any:
        """Value of a JavaScript expression, a promise's when it is kept."""
        answer = self._send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            message = f"{expression}: {answer['exceptionDetails']}"
            raise PageError(message)
        return answer["result"].get("value")

    def wait(self, expression: str, seconds: float = PATIENCE) -> Any:
        """Wait until an expression is true; returns its value."""
        end = time.monotonic() + seconds
        while not (value := self.read(expression)):
            if time.monotonic() > end:
                message = f"not within {seconds:.0f} s: {expression}; {self.complaints}"
                raise TimeoutError(message)
            time.sleep(POLL)
        return value

    def middle(self, selector: str) -> tuple[float, float]:
        """Where an element's middle is, after scrolling to it, once it has come to rest."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.wait(f"!!{found}")
        self.read(f"{found}.scrollIntoView({{block: 'center'}})")
        place = f"((r) => [r.x + r.width / 2, r.y + r.height / 2])({found}.getBoundingClientRect())"
        before, now = None, self.read(place)
        while before != now:
            time.sleep(REST)
            before, now = now, self.read(place)
        x, y = now
        return x, y

    def click(self, selector: str) -> None:
        """Press the mouse's button on an element."""
        x, y = self.middle(selector)
        self.mouse("mousePressed", x, y)
        self.mouse("mouseReleased", x, y)

    def mouse(self, kind: str, x: float, y: float) -> None:
        """One event of the mouse."""
        is_down = kind != "mouseMoved"
        self._send(
            "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left",
            buttons=0 if kind == "mouseReleased" else 1, clickCount=1 if is_down else 0,
        )  # fmt: skip

    def key(self, name: str, *, shift: bool = False) -> None:
        """Press a key."""
        key = {"key": name, "code": name, "windowsVirtualKeyCode": KEYS[name]}
        key["modifiers"] = 8 if shift else 0
        down: dict[str, str] = {"type": "rawKeyDown"}
        if name in TEXTS:
            down = {"type": "keyDown", "text": TEXTS[name]}
        self._send("Input.dispatchKeyEvent", **key, **down)
        self._send("Input.dispatchKeyEvent", type="keyUp", **key)

    def write(self, selector: str, text: str) -> None:
        """Write a text into a field."""
        self.click(selector)
        self.read(f"document.querySelector({json.dumps(selector)}).select?.()")
        self._send("Input.insertText", text=text)

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Keep a picture of the page as PNG."""
        shot = self._send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def _send(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        self._await(lambda: number in self._answers, method)
        answer = self._answers.pop(number)
        if "error" in answer:
            fault = f"{method}: {answer['error']['message']}"
            raise PageError(fault)
        result: dict[str, Any] = answer["result"]
        return result

    def _await(self, holds: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not holds():
            if not select.select([self._from], [], [], max(end - time.monotonic(), 0.0))[0]:
                raise TimeoutError(what)
            read = os.read(self._from, 1 << 20)
            if not read:
                fault = "the browser ended"
                raise PageError(fault)
            *whole, self._left = (self._left + read).split(b"\0")
            for message in whole:
                self._take(json.loads(message))

    def _take(self, message: dict[str, Any]) -> None:
        if "id" in message:
            self._answers[message["id"]] = message
            return
        method, told = message["method"], message["params"]
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Runtime.exceptionThrown":
            details = told["exceptionDetails"]
            self.complaints.append(str(details.get("exception", details)))
        elif method == "Runtime.consoleAPICalled" and told["type"] in ("error", "assert"):
            self.complaints.append(" ".join(str(a.get("value")) for a in told["args"]))
        elif method == "Log.entryAdded" and told["entry"]["level"] == "error":
            entry = told["entry"]
            self.complaints.append(f"{entry['text']} {entry.get('url', '')}")


@contextmanager
def chromium(folder: Path) -> Iterator[Chromium]:
    """Run a browser for a while."""
    browser = Chromium(folder)
    try:
        yield browser
    finally:
        browser.close()
