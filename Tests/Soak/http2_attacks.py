#!/usr/bin/env python3
"""Hostile peers of HTTP/2, one after the other, each from two processes at full speed.

Throughout, a canary must be answered within a second; the server may grow by 50 MiB, and two seconds
after the end its CPU must be given back. With `--against nghttpx` another server stands in for the
gateway: to try the attacks themselves. The chief ones of each kind run, in 20 s each and 14 minutes; all
of them with `--all` or by name with `--only`.
"""

import argparse
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "Interop" / "kit"))

import http2_hostile  # noqa: E402
import http2_scripts  # noqa: E402
from http2_canary import Canary  # noqa: E402
from kit import Lab, Verdict, free_ports, need, wait_for_port  # noqa: E402

GROWTH_MAX = 50
"""MiB."""
CPU_MAX = 5.0
"""Per cent of a core, over a second that begins two seconds after the end."""
TICKS = os.sysconf("SC_CLK_TCK")

CONF = """
workers 2;
access_log off;
error_log stderr warning;
listen 127.0.0.1:{tls} {{ tls_certificate tls/server.crt; tls_certificate_key tls/server.key; protocols h2 http/1.1; }}
listen 127.0.0.1:{plain};
admin 127.0.0.1:{admin};
upstream origin {{ server 127.0.0.1:{origin}; }}
upstream files {{ server 127.0.0.1:{files}; }}
upstream stall {{ server 127.0.0.1:{stall}; }}
upstream hostile {{ server h2c://127.0.0.1:{hostile}; }}
route / {{ upstream origin; access public; }}
route /large {{ upstream files; access public; }}
route /stall {{ upstream stall; access public; }}
route /hostile/ {{ upstream hostile; access public; }}
"""
ORIGIN = """
location /canary {{ return 200 "fine\\n"; }}
location /sink {{ proxy_pass http://127.0.0.1:{origin}/canary; }}
"""

# By a server of its own: thousands of large answers keep it busy, and the canary's is not to wait for them.
FILES = """
daemon off; worker_processes 1; pid files.pid; error_log files.err;
events {{ worker_connections 16384; }}
http {{ access_log off; server {{ listen 127.0.0.1:{port} backlog=4096; location /large {{ alias {folder}/large.bin; }} }} }}
"""


class Server:
    """The server under attack: its processes, memory, CPU time, counters."""

    def __init__(self, process, admin=None):
        self.process, self.admin = process, admin

    def pids(self):
        """It and its children (nghttpx works in a child)."""
        found, rest = [], [self.process.pid]
        while rest:
            pid = rest.pop()
            found.append(pid)
            try:
                rest += map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
            except OSError:
                pass
        return found

    def memory(self):
        """MiB."""
        total = 0
        for pid in self.pids():
            try:
                lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
            except OSError:
                continue
            total += sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
        return total / 1024

    def cpu(self):
        """Seconds so far."""
        total = 0
        for pid in self.pids():
            try:
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def counters(self):
        if not self.admin:
            return {}
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/metrics", timeout=5) as answer:
                lines = answer.read().decode().splitlines()
        except OSError:
            return {}
        own = [line.rpartition(" ") for line in lines if "http2" in line and not line.startswith("#")]
        return {name: float(value) for name, _, value in own}


class Stall(threading.Thread):
    """Accepts, and neither reads nor says anything."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.port, self.links = self.listener.getsockname()[1], []
        self.start()

    def run(self):
        while True:
            try:
                self.links.append(self.listener.accept()[0])
            except OSError:
                time.sleep(0.1)

    def drop(self):
        for link in self.links:
            link.close()
        self.links = []


def start(lab, against, stall, hostile):
    (lab.folder / "large.bin").write_bytes(bytes(10 << 20))
    lab.nginx(ORIGIN.format(origin=lab.origin))
    files = start_files(lab)
    if against == "gateway":
        conf = CONF.format(tls=lab.tls, plain=lab.plain, admin=lab.admin, origin=lab.origin, stall=stall, hostile=hostile, files=files)
        return Server(lab.gateway(conf), lab.admin)
    process = lab.start("nghttpx", [
        "nghttpx", f"--frontend=127.0.0.1,{lab.tls}", f"--backend=127.0.0.1,{lab.origin}",
        f"--backend=127.0.0.1,{stall};/stall", f"--backend=127.0.0.1,{files};/large", f"--backend=127.0.0.1,{hostile};/hostile/;proto=h2",
        "--workers=2", "--no-ocsp", "--conf=/dev/null", "--log-level=FATAL",
        lab.folder / "tls/server.key", lab.folder / "tls/server.crt",
    ])  # fmt: skip
    wait_for_port(lab.tls, process, lab.folder / "nghttpx.out")
    return Server(process)


def start_files(lab):
    (port,) = free_ports(1)
    user = "user root;" if os.getuid() == 0 else ""
    (lab.folder / "files.conf").write_text(user + FILES.format(port=port, folder=lab.folder))
    process = lab.start("files", ["nginx", "-e", "files.err", "-p", lab.folder, "-c", lab.folder / "files.conf"])
    wait_for_port(port, process, lab.folder / "files.out")
    return port


class Result:
    """What one attack did."""

    def __init__(self, name):
        self.name, self.growth, self.settled, self.cpu = name, 0.0, 0.0, 0.0
        self.made, self.calm, self.goaways, self.changes, self.why = 0, 0, {}, {}, []

    def judge(self, canary, server):
        self.worst, self.asked, self.faults = canary.worst * 1000, canary.count, canary.faults
        if canary.faults:
            self.why.append(f"canary: {canary.faults[0]}")
        if canary.worst >= 1:
            self.why.append("canary beyond 1 s")
        if self.growth >= GROWTH_MAX:
            self.why.append(f"grew by {self.growth:.0f} MiB")
        if self.cpu >= CPU_MAX:
            self.why.append(f"CPU {self.cpu:.0f} % after the end")
        if server.process.poll() is not None:
            self.why.append(f"the server ended with {server.process.returncode}")

    def line(self):
        codes = " ".join(f"{code}:{count}" for code, count in sorted(self.goaways.items()))
        text = (
            f"{'FAIL' if self.why else 'ok  '} {self.name}: canary {self.asked} asked, worst {self.worst:.0f} ms, "
            f"{len(self.faults)} failed; +{self.growth:.1f} MiB (then {self.settled:+.1f}); CPU after {self.cpu:.1f} %; "
            f"{self.made} connections, {self.calm} calmed{f' (GOAWAY {codes})' if codes else ''}"
        )
        for name, change in self.changes.items():
            text += f"\n       {name} {change:+.0f}"
        return text + "".join(f"\n       {why}" for why in self.why)

    def row(self):
        return (
            f"| {self.name} | {self.worst:.0f} | {len(self.faults)} of {self.asked} | {self.growth:.1f} | "
            f"{self.cpu:.1f} | {self.made} | {self.calm} | {'**fails**' if self.why else 'holds'} |"
        )


def attack(name, lab, server, seconds, begin):
    """Runs `begin`, which starts two processes, beside the canary; waits, and looks at what it cost."""
    result = Result(name)
    before, counters = server.memory(), server.counters()
    canary = Canary(lab.tls, lab.client_context())
    canary.start()
    processes = begin()
    most, limit = before, time.monotonic() + seconds + 20
    while any(one.poll() is None for one in processes) and time.monotonic() < limit:
        most = max(most, server.memory())
        time.sleep(0.05)
    for one in processes:
        if one.poll() is None:
            one.kill()
        said = one.communicate()[0]
        told = json.loads(said) if said.strip() else {}
        result.made += told.get("made", 0)
        result.calm += told.get("calm", 0)
        for code, count in told.get("goaways", {}).items():
            result.goaways[code] = result.goaways.get(code, 0) + count
    canary.stop()
    time.sleep(2)
    spent, then = server.cpu(), time.monotonic()
    time.sleep(1)
    result.cpu = 100 * (server.cpu() - spent) / (time.monotonic() - then)
    result.growth, result.settled = most - before, server.memory() - before
    now = server.counters()
    result.changes = {key: value - counters.get(key, 0) for key, value in now.items() if value != counters.get(key, 0)}
    result.judge(canary, server)
    print(result.line(), flush=True)
    return result


def flood(name, port, seconds):
    """Two processes of a client's attack."""
    words = [sys.executable, str(HERE / "http2_flood.py"), name, str(port), str(seconds)]
    return [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(2)]


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--seconds", type=float, default=20)
    words.add_argument("--only", default="", help="part of the names of the attacks to run")
    words.add_argument("--all", action="store_true", help="those too that are near to another")
    words.add_argument("--side", default="both", choices=["both", "client", "upstream"])
    words.add_argument("--against", default="gateway", choices=["gateway", "nghttpx"])
    given = words.parse_args()
    need("nginx", "openssl", *(["nghttpx"] if given.against == "nghttpx" else []))
    lab = Lab("http2")
    stall, hostile = Stall(), lab.spare
    if given.against == "gateway":
        verdict = Verdict("Hostile peers of HTTP/2")
    else:
        os.environ.setdefault("GATEHOUSE", sys.executable)
        os.environ.setdefault("GATEHOUSE_HTTP2_STREAMS", "100")
        verdict = Verdict(f"Hostile peers of HTTP/2, against {given.against}")
    results = []
    try:
        server = start(lab, given.against, stall.port, hostile)
        for name in http2_scripts.ATTACKS if given.side != "upstream" else ():
            if is_wanted(name, http2_scripts.CHIEF, given):
                results.append(attack(name, lab, server, given.seconds, lambda name=name: flood(name, lab.tls, given.seconds)))
                stall.drop()
                if server.process.poll() is not None:
                    break
        for name in http2_hostile.UPSTREAMS if given.side != "client" else ():
            if is_wanted(name, http2_hostile.CHIEF, given) and server.process.poll() is None:
                begin = lambda name=name: http2_hostile.start(name, lab.tls, hostile, given.seconds)  # noqa: E731
                results.append(attack(name, lab, server, given.seconds, begin))
    finally:
        lab.close()
    table(results)
    for one in results:
        verdict.failures += bool(one.why)
    if not results:
        verdict.hold(False, "no attack of that name")
    verdict.end(lab)


def is_wanted(name, chief, given):
    return given.only in name and (given.all or given.only != "" or name in chief)


def table(results):
    print("\n| Attack | Canary worst, ms | Canary failed | Growth, MiB | CPU after, % | Connections | Calmed | |")
    print("|---|---:|---:|---:|---:|---:|---:|---|")
    for one in results:
        print(one.row())
    print()


if __name__ == "__main__":
    main()
