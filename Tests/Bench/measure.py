"""One measured run of one server, and what must be true of its counts."""

import dataclasses
import json
import subprocess
import time

import h2load
import material
from cases import WrongCount, expect
from servers import cores

# Longest wait for a log to be written out after the last answer.
LOG_SECONDS = 5


@dataclasses.dataclass
class Sample:
    """What one run gave."""

    microseconds: float
    requests: int
    per_second: float
    p99_microseconds: int


def load_words(server, case, *more):
    port = server.tls if case.tls else server.plain
    words = [material.loader(), "127.0.0.1", port, case.path_at(server.name), "-c", case.connections]
    if case.tls:
        words.append("-t")
    if case.tokens:
        words += ["-a", material.MATERIAL / case.tokens]
    if case.closes:
        words.append("-x")
    if server.name in case.droppers:
        words.append("-k")
    return ["taskset", "-c", str(cores()[1]), *map(str, words), *map(str, more)]


def drive(server, case, count):
    """Sends so many requests, waits for every answer, and returns what the loader counted."""
    if case.streams:
        return h2load.drive(server, case, count)
    return run_loader(server, case, "-n", count)


def drive_for(server, case, seconds, warmed):
    """The same for about so many seconds; `warmed` is what an earlier, shorter run counted."""
    if case.streams:
        rate = warmed["requests"] / warmed["seconds"]
        return h2load.drive(server, case, max(warmed["requests"], int(rate * seconds)))
    return run_loader(server, case, "-s", seconds)


def run_loader(server, case, *more):
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


def settle(origin, case, count):
    """Waits until the origin has written its log out."""
    end = time.monotonic() + LOG_SECONDS
    while origin.count(case.is_unary) < count and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.15)


def warm(server, case, origin):
    """Fills caches and pools, and lets every log come to rest."""
    count = case.warm_up
    if case.tokens == "tokens-1000.txt":
        count += 1000
    if case.is_unary:
        h2load.try_unary(server, case)
    counted = drive(server, case, count)
    settle(origin, case, 0)
    return counted


def measure(server, case, origin, seconds):
    """CPU microseconds per request over some seconds of load, with every count checked."""
    warmed = warm(server, case, origin)
    origin_before, log_before = origin.count(case.is_unary), log_size(server)
    cpu_before = server.cpu_seconds()
    counted = drive_for(server, case, seconds, warmed)
    forwarded = counted["requests"] if case.status == "200" else 0
    settle(origin, case, origin_before + forwarded)
    cpu = server.cpu_seconds() - cpu_before
    lines = read_log(server, log_before, counted["requests"])
    check_counts(server, case, counted, origin.count(case.is_unary) - origin_before, lines)
    return Sample(
        microseconds=cpu * 1e6 / counted["requests"],
        requests=counted["requests"],
        per_second=counted["requests"] / counted["seconds"],
        p99_microseconds=counted["p99_us"],
    )


def measure_idle(server, case):
    """KiB that one idle TLS connection adds, after one request on each."""
    small = dataclasses.replace(case, connections=64)
    drive(server, small, 2000)
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
