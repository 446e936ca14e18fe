"""Pass and fail lines, counted: a check goes on after the first failure."""

import json
import os
import pathlib
import sys
import traceback


class Failed(Exception):
    """What was expected did not come."""


class Report:
    """The lines of one script."""

    def __init__(self, name):
        self.name = name
        self.passed = 0
        self.failed = 0
        self.skipped = 0

    def ok(self, what, holds, seen=""):
        """One statement: holds, or what was seen instead."""
        if holds:
            self.passed += 1
            print(f"  pass  {what}", flush=True)
        else:
            self.failed += 1
            print(f"  FAIL  {what}: {describe(seen)}", flush=True)
        return bool(holds)

    def equal(self, what, seen, wanted):
        return self.ok(what, seen == wanted, f"{seen!r}, not {wanted!r}")

    def skip(self, what, why):
        self.skipped += 1
        print(f"  skip  {what}: {why}", flush=True)

    def must(self, what, holds, seen=""):
        """The same where nothing that follows makes sense without it."""
        if not self.ok(what, holds, seen):
            raise Failed(what)

    def part(self, title, work, *arguments):
        """Runs a part; a fault of it ends it alone."""
        print(f" {title}", flush=True)
        try:
            return work(self, *arguments)
        except Failed:
            return None
        except Exception as fault:  # noqa: BLE001: a test says what it met, whatever it is
            self.failed += 1
            place = traceback.extract_tb(fault.__traceback__)[-1]
            print(f"  FAIL  {title}: {type(fault).__name__}: {fault}"[:600], flush=True)
            for frame in traceback.extract_tb(fault.__traceback__):
                if "Interop" in frame.filename:
                    place = frame
            print(f"        at {pathlib.Path(place.filename).name}:{place.lineno}", flush=True)
            return None

    def end(self):
        print(f"{self.name}: {self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        sys.exit(1 if self.failed else 0)


def describe(seen):
    """A response in one line, or the value."""
    if hasattr(seen, "status_code"):
        shown = {
            name: seen.headers[name]
            for name in ("location", "x-stack-known-error", "www-authenticate", "content-type")
            if name in seen.headers
        }
        asked = seen.request
        return (
            f"{asked.method} {asked.url[:300]} -> {seen.status_code} {shown} {seen.text[:400]!r}"
        )
    return str(seen)[:600]


def lab():
    """What run.py started: addresses, ids and secrets."""
    path = os.environ.get("GATEHOUSE_INTEROP_LAB")
    if not path:
        sys.exit("interop: start this with Tests/Interop/run")
    return Lab(json.loads(pathlib.Path(path).read_text()))


class Lab:
    """The values as attributes."""

    def __init__(self, values):
        self.__dict__.update(values)
