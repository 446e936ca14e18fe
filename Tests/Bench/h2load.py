"""Load over HTTP/2, by Debian's `h2load`, told in the words of our own loader for HTTP/1.1.

It is always given a number of requests and never a time: when its time is up it cuts what is under
way, and no two logs could agree on a count.
"""

import re
import subprocess

import material
from cases import WrongCount, expect
from servers import cores

# The message of a unary call, after the flag and the length that gRPC sets before each.
MESSAGE = b"\x0a\x1e" + b"thirty bytes of one field, all"
UNARY_FIELDS = ("content-type: application/grpc", "te: trailers")
# As our own loader asks, so that HTTP/1.1 and HTTP/2 pay the same for TLS.
CIPHER, GROUP = "TLS_AES_256_GCM_SHA384", "X25519"


def request_words(case):
    """The options that say what to send; `nghttp` and `h2load` agree on them."""
    words = []
    if case.tokens:
        token = (material.MATERIAL / case.tokens).read_text().splitlines()[0]
        words += ["-H", f"authorization: Bearer {token}"]
    if case.is_unary:
        path = material.SCRATCH / "unary.bin"
        path.write_bytes(b"\0" + len(MESSAGE).to_bytes(4, "big") + MESSAGE)
        words += ["-d", str(path)]
        for field in UNARY_FIELDS:
            words += ["-H", field]
    return words


def address(server, case):
    scheme, port = ("https", server.tls) if case.tls else ("http", server.plain)
    return f"{scheme}://127.0.0.1:{port}{case.path_at(server.name)}"


def try_unary(server, case):
    """One call by `nghttp`, which shows the trailers that `h2load` does not look at."""
    done = subprocess.run(
        ["nghttp", "-v", "-y", *request_words(case), address(server, case)],
        capture_output=True, stdin=subprocess.DEVNULL, text=True, errors="replace",
    )  # fmt: skip
    statuses = re.findall(r"recv \(stream_id=\d+\) grpc-status: (\d+)", done.stdout, re.M)
    expect(f"{server.name} {case.name}: grpc-status", statuses, ["0"])


def number(pattern, text):
    found = re.search(pattern, text, re.M)
    return float(found[1]) if found else None


def seconds_of(text):
    value, unit = re.search(r"^finished in ([\d.]+)(us|ms|s),", text, re.M).groups()
    return float(value) * {"us": 1e-6, "ms": 1e-3, "s": 1}[unit]


def drive(server, case, count):
    """Sends so many requests, waits for every answer, and returns what was counted."""
    log = server.folder / "h2load.log"
    log.unlink(missing_ok=True)
    words = [
        "h2load", "-n", str(count), "-c", str(case.connections), "-m", str(case.streams),
        "-w", "30", "-W", "30", f"--tls13-ciphers={CIPHER}", f"--groups={GROUP}",
        f"--log-file={log}", *request_words(case), address(server, case),
    ]  # fmt: skip
    done = subprocess.run(
        ["taskset", "-c", str(cores()[1]), *words],
        capture_output=True, stdin=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    where, said = f"{server.name} {case.name}", done.stdout
    if done.returncode != 0 or "finished in" not in said:
        raise WrongCount(f"{where}: h2load: {done.stderr.strip()} {said.strip()[-500:]}")
    counts = re.search(r"^requests: (\d+) total, (\d+) started, (\d+) done, (\d+) succeeded", said, re.M)
    expect(f"{where}: (total, started, done)", counts.groups()[:3], (str(count),) * 3)
    if case.tls:
        expect(f"{where}: protocol", re.findall(r"^Application protocol: (.*)$", said, re.M), ["h2"])
        expect(f"{where}: cipher", re.findall(r"^Cipher: (.*)$", said, re.M), [CIPHER])
    data = int(re.search(r"^traffic:.*\((\d+)\) data$", said, re.M)[1])
    if case.answer_bytes:
        expect(f"{where}: bytes of bodies", data, count * case.answer_bytes)
    return {**read_log(log), "seconds": seconds_of(said), "bytes": data, "resumed": 0}


def read_log(path):
    """Statuses and times of every request: when it began, its status, microseconds."""
    statuses, times = {}, []
    with open(path) as file:
        for line in file:
            _, status, microseconds = line.split()
            statuses[status] = statuses.get(status, 0) + 1
            times.append(int(microseconds))
    path.unlink()
    times.sort()
    return {"requests": len(times), "statuses": statuses, "p99_us": times[len(times) * 99 // 100]}
