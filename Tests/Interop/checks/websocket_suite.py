"""The Autobahn test suite (PyPI, for Python 2.7) against an echo server: directly, and by both wires.

No case may do worse through the gateway than directly. The suite's client speaks HTTP/1.1 alone: for
HTTP/2 a bridge of ours stands before the gateway. The cases that measure time or throughput (9, 12,
13) run with a few of their sizes; GATEHOUSE_INTEROP_AUTOBAHN="*" runs them all, and takes long.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys
import time

from kit.bridge import Bridge
from kit.check import Report
from kit.gate import Gate, Route
from kit.strictecho import StrictEcho

# Sizes up to 1 MiB, and the first of each family of compression.
CASES = os.environ.get("GATEHOUSE_INTEROP_AUTOBAHN", "").split() or [
    "1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*",
    *(f"9.{family}.{size}" for family in (1, 2) for size in (1, 2, 3, 4)),
    *(f"9.{family}.{size}" for family in (3, 4) for size in (1, 3, 5, 8)),
    *(f"9.{family}.{size}" for family in (5, 6, 7, 8) for size in (1, 6)),
    *(f"12.{family}.{size}" for family in (1, 2, 3, 4, 5) for size in (1, 4)),
    *(f"13.{family}.{size}" for family in (1, 2, 3, 4, 5, 6, 7) for size in (1, 4)),
]  # fmt: skip
# Best first. INFORMATIONAL cases judge nobody; UNIMPLEMENTED is said of extensions that are refused.
RANK = {"OK": 0, "NON-STRICT": 1, "INFORMATIONAL": 1, "UNIMPLEMENTED": 2, "WRONG CODE": 2, "UNCLEAN": 3, "FAILED BY CLIENT": 3, "FAILED": 4}
LIMIT = float(os.environ.get("GATEHOUSE_INTEROP_AUTOBAHN_LIMIT", 180))


def find_suite():
    """The command, or why there is none, as Tests/Interop/install has found."""
    state = pathlib.Path(os.environ.get("GATEHOUSE_INTEROP_STATE") or pathlib.Path(sys.prefix).parent)
    folder = state / "autobahn"
    said = folder / "python"
    if not said.exists():
        return None, (folder / "why").read_text().strip() if (folder / "why").exists() else "it is not installed"
    # A site folder, not a path: a package of it has its parts in a .pth file.
    start = f"import site; site.addsitedir({str(folder)!r}); from autobahntestsuite.wstest import run; run()"
    return [said.read_text().strip(), "-c", start], None


def start(gate, command, name, port, cases, turn):
    """One run of the suite."""
    home = gate.folder / f"{name}-{turn}"
    home.mkdir()
    spec = {
        "outdir": str(home / "reports"), "servers": [{"agent": name, "url": f"ws://127.0.0.1:{port}/open/echo"}],
        "cases": cases, "exclude-cases": [], "exclude-agent-cases": {},
    }  # fmt: skip
    (home / "spec.json").write_text(json.dumps(spec))
    with open(home / "log", "wb") as out:
        return subprocess.Popen(
            [*command, "--mode", "fuzzingclient", "--spec", "spec.json"], cwd=home, stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        )  # fmt: skip


def outcomes(report, gate, command, ports, cases, turn):
    """The suite by all ways at once: for each, case to (behaviour, behaviour at the close)."""
    runs, found = {name: start(gate, command, name, port, cases, turn) for name, port in ports.items()}, {}
    end = time.monotonic() + LIMIT
    try:
        for name, run in runs.items():
            home = gate.folder / f"{name}-{turn}"
            try:
                run.wait(timeout=max(1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                report.ok(f"{name}: the suite ends", False, (home / "log").read_text()[-300:])
            index = home / "reports" / "index.json"
            told = json.loads(index.read_text())[name] if index.exists() else {}
            found[name] = {case: (one["behavior"], one["behaviorClose"]) for case, one in told.items()}
    finally:
        for run in runs.values():
            if run.poll() is None:
                run.terminate()
                run.wait()
    return found


def worse(found, name):
    """Cases that do worse than directly."""
    return {
        case: {"directly": direct, name: found[name].get(case)} for case, direct in found["direct"].items()
        if case not in found[name] or any(RANK[here] > RANK[there] for here, there in zip(found[name][case], direct))
    }  # fmt: skip


def suite(report, gate, command, ports):
    found = outcomes(report, gate, command, ports, CASES, 0)
    direct = found["direct"]
    log = (gate.folder / "direct-0" / "log").read_text()[-600:]
    report.must(f"{len(direct)} cases ran against the server itself", len(direct) > 200 or len(CASES) < 10, log)
    bad = {case: told for case, told in direct.items() if max(RANK[one] for one in told) > 2}
    report.ok("which fails none", not bad, bad)
    # What is strict is at times a matter of which of two things comes first: what was worse is run
    # again, and counts when it is worse each time.
    first = {name: worse(found, name) for name in ports}
    for turn in range(1, 4):
        again = sorted({case for name in ports for case in worse(found, name)})
        if not again or len(again) > 60:
            break
        for name, told in outcomes(report, gate, command, ports, again, turn).items():
            for case in again:
                if case in told and (name == "direct" or case in worse(found, name)):
                    found[name][case] = told[case]
    for name in ports:
        if name != "direct":
            counts = dict(collections.Counter(behaviour for behaviour, _ in found[name].values()))
            report.ok(f"{name}: no case does worse than directly: {counts}, {len(first[name])} run again", not worse(found, name), worse(found, name))


def main():
    report = Report("websocket_suite")
    command, why = find_suite()
    if command is None:
        report.skip("all", why)
        report.end()
    server, gate = StrictEcho(), Gate("autobahn")
    try:
        gate.begin([Route("/open/", server.port)])
        bridge = Bridge(gate.port, gate.certificate)
        ports = {"direct": server.port, "HTTP1": gate.plain_port, "HTTP2": bridge.port}
        report.part("Autobahn", suite, gate, command, ports)
        report.ok("the bridge spoke HTTP/2", bridge.carried > 0, bridge.carried)
    finally:
        gate.end(report)
    report.end()


main()
