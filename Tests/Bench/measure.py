"""One measured run of one server, and what must be true of its counts."""

import dataclasses
import json
import subprocess
import time

import material
from servers import cores

# Longest wait for a log to be written out after the last answer.
LOG_SECONDS = 5


@dataclasses.dataclass
class Case:
    """One line of the table."""

    name: str
    title: str
    path: str
    servers: tuple
    tls: bool = True
    tokens: str = ""
    connections: int = 64
    closes: bool = False
    status: str = "200"
    # Requests that fill caches and pools before the clock starts.
    warm_up: int = 2000
    # Servers known to drop connections here; what they answered is what counts.
    droppers: tuple = ()


ALL = ("gatehouse", "nginx", "haproxy")
CHECKING = ("gatehouse", "nginx-lua", "haproxy")
CASES = [
    Case("plain", "plain HTTP/1.1", "/public/1", ALL, tls=False),
    Case("tls", "TLS 1.3", "/public/1", ALL),
    Case("token", "TLS + RS256, same token", "/orders/1", ("gatehouse", "nginx", "nginx-lua", "haproxy"),
         tokens="tokens-1.txt"),
    Case("token-1000", "TLS + RS256, 1 000 tokens", "/orders/1", CHECKING, tokens="tokens-1000.txt"),
    Case("token-20000", "TLS + RS256, 20 000 tokens", "/orders/1", CHECKING,
         tokens="tokens-20000.txt"),
    Case("forged", "TLS + forged tokens", "/orders/1", CHECKING, tokens="forged.txt", status="401",
         droppers=("haproxy",)),
    Case("forged-plain", "forged tokens, no TLS", "/orders/1", CHECKING, tls=False,
         tokens="forged.txt", status="401"),
    Case("handshake", "full handshake + 1 request", "/public/1", ALL, closes=True, warm_up=200),
    Case("body", "1 MiB body over TLS", "/public/large", ALL, connections=16, warm_up=100),
]  # fmt: skip
IDLE = Case("idle", "KiB per idle TLS connection", "/public/1", ALL, connections=2000)


@dataclasses.dataclass
class Sample:
    """What one run gave."""

    microseconds: float
    requests: int
    per_second: float
    p99_microseconds: int


class WrongCount(Exception):
    """The numbers of a run contradict each other: the run proves nothing."""


def load_words(server, case, *more):
    port = server.tls if case.tls else server.plain
    words = [material.loader(), "127.0.0.1", port, case.path, "-c", case.connections]
    if case.tls:
        words.append("-t")
    if case.tokens:
        words += ["-a", material.MATERIAL / case.tokens]
    if case.closes:
        words.append("-x")
    if server.name in case.droppers:
        words.append("-k")
    return ["taskset", "-c", str(cores()[1]), *map(str, words), *map(str, more)]


def drive(server, case, *more):
    """Runs the loader to its end and returns what it counted."""
    done = subprocess.run(
        load_words(server, case, *more), capture_output=True, stdin=subprocess.DEVNULL, text=True
    )
    if done.returncode != 0:
        raise WrongCount(f"{server.name} {case.name}: {done.stderr.strip()} {done.stdout.strip()}")
    return json.loads(done.stdout)


def log_size(server):
    return server.log.stat().st_size if server.log.exists() else 0


def read_log(server, offset, count):
    """The lines written since an offset, once there are as many as expected or time is up."""
    end = time.monotonic() + LOG_SECONDS
    while True:
        with open(server.log, "rb") as file:
            file.seek(offset)
            lines = file.read().splitlines()
        if len(lines) >= count or time.monotonic() > end:
            return lines
        time.sleep(0.05)


def expect(what, found, wanted):
    if found != wanted:
        raise WrongCount(f"{what}: {found}, not {wanted}")


def check_counts(server, case, counted, origin_count, lines):
    """One line a request, the origin's sum, and the right answer to each."""
    where = f"{server.name} {case.name}"
    requests = counted["requests"]
    expect(f"{where}: statuses", counted["statuses"], {case.status: requests})
    expect(f"{where}: resumed sessions", counted["resumed"], 0)
    forwarded = requests if case.status == "200" else 0
    expect(f"{where}: requests at the origin", origin_count, forwarded)
    if server.name in case.droppers:
        return
    expect(f"{where}: lines in the access log", len(lines), requests)
    if server.name == "gatehouse":
        check_gatehouse_log(where, case, lines)


def check_gatehouse_log(where, case, lines):
    found = {}
    for line in lines:
        record = json.loads(line)
        key = (str(record.get("status")), record.get("reason") or "")
        found[key] = found.get(key, 0) + 1
    reason = "signature_invalid" if case.status == "401" else ""
    expect(f"{where}: (status, reason) in the access log", found, {(case.status, reason): len(lines)})


def settle(origin, count):
    """Waits until the origin has written its log out."""
    end = time.monotonic() + LOG_SECONDS
    while origin.count() < count and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.15)


def warm(server, case, origin):
    """Fills caches and pools, and lets every log come to rest."""
    count = case.warm_up
    if case.tokens == "tokens-1000.txt":
        count += 1000
    counted = drive(server, case, "-n", count)
    settle(origin, 0)
    return counted


def measure(server, case, origin, seconds):
    """CPU microseconds per request over some seconds of load, with every count checked."""
    warm(server, case, origin)
    origin_before, log_before = origin.count(), log_size(server)
    cpu_before = server.cpu_seconds()
    counted = drive(server, case, "-s", seconds)
    forwarded = counted["requests"] if case.status == "200" else 0
    settle(origin, origin_before + forwarded)
    cpu = server.cpu_seconds() - cpu_before
    lines = read_log(server, log_before, counted["requests"])
    check_counts(server, case, counted, origin.count() - origin_before, lines)
    return Sample(
        microseconds=cpu * 1e6 / counted["requests"],
        requests=counted["requests"],
        per_second=counted["requests"] / counted["seconds"],
        p99_microseconds=counted["p99_us"],
    )


def measure_idle(server, case):
    """KiB that one idle TLS connection adds, after one request on each."""
    small = dataclasses.replace(case, connections=64)
    drive(server, small, "-n", 2000)
    before = server.memory_bytes()
    loader = subprocess.Popen(
        load_words(server, case, "-i"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        counted = json.loads(loader.stdout.readline() or "{}")
        expect(f"{server.name} idle: answers", counted.get("requests"), case.connections)
        time.sleep(1)
        after = server.memory_bytes()
    finally:
        loader.communicate()
    return (after - before) / 1024 / case.connections
