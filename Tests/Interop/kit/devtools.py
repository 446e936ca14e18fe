"""Chromium, headless, by the DevTools protocol: clicks, types, takes pictures, and hears complaints."""

import base64
import json
import pathlib
import shutil
import subprocess
import tempfile
import time
import urllib.request

from websockets.sync.client import connect


class Browser:
    """One browser with one page; a picture of each page that is named."""

    def __init__(self, shots, spki):
        self.shots = pathlib.Path(shots)
        self.shots.mkdir(parents=True, exist_ok=True)
        self.profile = pathlib.Path(tempfile.mkdtemp(prefix="gatehouse-chromium-"))
        self.process = subprocess.Popen(
            [
                "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--remote-debugging-port=0", f"--user-data-dir={self.profile}",
                f"--ignore-certificate-errors-spki-list={spki}", "--window-size=1000,900",
                "--proxy-server=direct://", "about:blank",
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.complaints = []
        self.next = 0
        self.loads = 0
        self.statuses = {}
        port = self._port()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=10) as answer:
            pages = [one for one in json.load(answer) if one["type"] == "page"]
        self.socket = connect(pages[0]["webSocketDebuggerUrl"], max_size=64 << 20)
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def _port(self):
        place = self.profile / "DevToolsActivePort"
        for _ in range(300):
            if place.exists() and place.read_text().strip():
                return int(place.read_text().split()[0])
            if self.process.poll() is not None:
                raise RuntimeError(f"chromium ended with {self.process.returncode}")
            time.sleep(0.1)
        raise RuntimeError("chromium does not listen")

    def call(self, method, **parameters):
        self.next += 1
        mine = self.next
        self.socket.send(json.dumps({"id": mine, "method": method, "params": parameters}))
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            message = json.loads(self.socket.recv(timeout=30))
            if message.get("id") == mine:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.hear(message)
        raise RuntimeError(f"{method}: no answer")

    def hear(self, message):
        """Console errors, violations of the policy, exceptions, failed loads."""
        method, told = message.get("method"), message.get("params", {})
        if method == "Page.loadEventFired":
            self.loads += 1
        elif method == "Log.entryAdded":
            entry = told["entry"]
            if entry["level"] in ("error", "warning"):
                self.complaints.append(f"{entry['source']}: {entry['text']} {entry.get('url', '')}")
        elif method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning"):
            self.complaints.append("console: " + json.dumps(told["args"])[:300])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append("exception: " + json.dumps(told["exceptionDetails"])[:300])
        elif method == "Network.responseReceived" and told["type"] == "Document":
            self.statuses[told["response"]["url"]] = told["response"]["status"]

    def listen(self, seconds):
        """Takes in what the browser says."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                self.hear(json.loads(self.socket.recv(timeout=left)))
            except TimeoutError:
                return

    def settle(self, loads):
        """Waits until a page after this many loads has loaded and stays for a moment."""
        deadline = time.monotonic() + 25
        while self.loads <= loads and time.monotonic() < deadline:
            self.listen(0.1)
        seen = -1
        while seen != self.loads and time.monotonic() < deadline:
            seen = self.loads
            self.listen(0.5)

    def open(self, url):
        before = self.loads
        self.call("Page.navigate", url=url)
        self.settle(before)

    def run(self, script):
        return self.call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    @property
    def url(self):
        return self.run("location.href")

    @property
    def text(self):
        return self.run("document.body ? document.body.innerText : ''")

    @property
    def title(self):
        return self.run("document.title")

    @property
    def status(self):
        return self.statuses.get(self.url)

    def has(self, selector):
        return self.run(f"!!document.querySelector({json.dumps(selector)})")

    def type(self, selector, text):
        """As a person does: into the field that has the focus."""
        found = self.run(
            f"(e => e ? (e.focus(), e.select && e.select(), true) : false)"
            f"(document.querySelector({json.dumps(selector)}))"
        )
        if not found:
            raise AssertionError(f"no {selector} at {self.url}: {self.text[:300]}")
        self.call("Input.insertText", text=text)

    def click(self, selector=None, words=None):
        """A press of the mouse on the middle of a button or link, by selector or by its words."""
        find = (
            f"document.querySelector({json.dumps(selector)})"
            if selector
            else f"[...document.querySelectorAll('a,button')].find(e => e.innerText.trim()"
            f".toLowerCase().includes({json.dumps((words or '').lower())}))"
        )
        place = self.run(
            f"(e => {{ if (!e) return null; e.scrollIntoView({{block: 'center', behavior: 'instant'}});"
            f" const r = e.getBoundingClientRect();"
            f" return [r.x + r.width / 2, r.y + r.height / 2]; }})({find})"
        )
        if not place:
            raise AssertionError(f"no {selector or words!r} at {self.url}: {self.text[:400]}")
        before = self.loads
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)
        self.settle(before)

    def shoot(self, name):
        picture = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        (self.shots / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))

    def end(self):
        try:
            self.socket.close()
        finally:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            shutil.rmtree(self.profile, ignore_errors=True)
