#!/usr/bin/env python3
"""Reload under load, and slow clients.

First `wrk -c 256` with a good token over TLS while SIGHUP comes ten times: nothing may fail. Then
slowhttptest with slow heads, slow bodies and slow readers, a thousand connections each, while a
canary that asks once a second must be answered within a second.
"""

import argparse
import http.client
import re
import signal
import subprocess
import threading
import time

from kit import Lab, Verdict, need

CONF = """
workers 2;
access_log logs/access.log format=json;
error_log stderr info;
listen 127.0.0.1:{tls} {{ tls_certificate tls/server.crt; tls_certificate_key tls/server.key; }}
listen 127.0.0.1:{plain};
admin 127.0.0.1:{admin};
issuer https://issuer.test {{
    jwks_file keys/issuer.jwks.json; audience orders-api; algorithms ES256;
}}
upstream orders {{ server 127.0.0.1:{origin}; keepalive 256; }}
route /orders/ {{ upstream orders; scope orders:read; }}
route /public/ {{ upstream orders; access public; }}
route = /alive {{ respond 200; access public; }}
"""
ORIGIN = """
location /orders/ { return 200 "fine\\n"; }
location /public/ { alias www/; }
location /public/up { proxy_pass http://127.0.0.1:@PORT@/orders/up; }
"""


def reload_under_load(lab, gateway, verdict, seconds):
    print(f"## wrk -t2 -c256 -d{seconds}s over TLS, a good token, SIGHUP ten times\n", flush=True)
    url = f"https://localhost:{lab.tls}/orders/1"
    wrk = subprocess.Popen(
        ["wrk", "-t2", "-c256", f"-d{seconds}s", "--timeout", "10s", "--latency",
         "-H", f"Authorization: Bearer {lab.token()}", url],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    for _ in range(10):
        time.sleep(seconds / 11)
        gateway.send_signal(signal.SIGHUP)
    output, _ = wrk.communicate(timeout=seconds + 60)
    print(output)
    total = int(re.search(r"(\d+) requests in", output).group(1))
    said = (lab.folder / "gateway.out").read_text()
    reloads = len(re.findall(r"reload", said, re.IGNORECASE))
    print("\n".join(line for line in said.splitlines() if "reload" in line.lower()))
    verdict.hold(wrk.returncode == 0 and total > 0, f"wrk ran, {total} requests")
    verdict.hold("Non-2xx" not in output, "no answer but 200")
    verdict.hold("Socket errors" not in output, "no socket error, no time-out")
    verdict.hold(reloads >= 10, f"{reloads} lines about reloads in the log")
    verdict.hold(gateway.poll() is None, "the gateway runs")


class Canary(threading.Thread):
    """Asks once a second on a fresh connection, and notes how long the answer took."""

    def __init__(self, lab):
        super().__init__(daemon=True)
        self.lab, self.token = lab, lab.token()
        self.context = lab.client_context()
        self.times, self.faults, self.worst = [], [], {}
        self.is_over = threading.Event()

    def run(self):
        while not self.is_over.wait(1):
            for port, context, path in (
                (self.lab.tls, self.context, "/orders/1"),
                (self.lab.plain, None, "/orders/1"),
                (self.lab.plain, None, "/alive"),
            ):
                begin = time.monotonic()
                try:
                    self.ask(port, context, path)
                    took = time.monotonic() - begin
                    self.times.append(took)
                    self.worst[path] = max(self.worst.get(path, 0), took)
                except (OSError, http.client.HTTPException, ValueError) as fault:
                    waited = time.monotonic() - begin
                    self.faults.append(f"port {port} after {waited:.2f} s: {fault!r}")

    def ask(self, port, context, path):
        if context:
            link = http.client.HTTPSConnection("localhost", port, timeout=3, context=context)
        else:
            link = http.client.HTTPConnection("localhost", port, timeout=3)
        try:
            link.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
            answer = link.getresponse()
            answer.read()
            if answer.status != 200:
                raise ValueError(answer.status)
        finally:
            link.close()


def slow_clients(lab, gateway, verdict, seconds, only):
    plain = f"http://localhost:{lab.plain}"
    for title, words in (
        ("slow heads", ["-H", "-i", "5", "-r", "500", "-u", f"{plain}/orders/1"]),
        ("slow heads over TLS",
         ["-H", "-i", "5", "-r", "500", "-u", f"https://localhost:{lab.tls}/orders/1"]),
        ("slow bodies",
         ["-B", "-i", "5", "-r", "500", "-s", "8192", "-x", "20", "-u", f"{plain}/public/up"]),
        ("slow readers",
         ["-X", "-r", "500", "-w", "512", "-y", "1024", "-n", "5", "-z", "32", "-k", "3",
          "-u", f"{plain}/public/large.bin"]),
    ):  # fmt: skip
        if only not in title:
            continue
        print(f"\n## slowhttptest, {title}: {' '.join(words)} -c 1000 -l {seconds}\n", flush=True)
        canary = Canary(lab)
        canary.start()
        began = time.monotonic()
        done = subprocess.run(
            ["slowhttptest", "-c", "1000", "-l", str(seconds), "-p", "3", *words],
            capture_output=True, text=True, timeout=seconds + 60,
        )  # fmt: skip
        elapsed = time.monotonic() - began
        canary.is_over.set()
        canary.join()
        plain_text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", done.stdout)
        wanted = r"(initializing|pending|connected|error|closed|service available|Exit status).*"
        states = re.findall(wanted, plain_text)
        lines = [line for line in plain_text.splitlines() if re.search(wanted, line)]
        print("\n".join(lines[-7:]))
        worst = max(canary.times, default=99.0)
        count = len(canary.times)
        print("\n".join(canary.faults))
        verdict.hold(bool(states), "slowhttptest ran")
        verdict.hold(not canary.faults and count >= elapsed / 2,
                     f"{count} canaries in {elapsed:.0f} s answered with 200")  # fmt: skip
        verdict.hold(worst < 1, "slowest, in ms: " + ", ".join(
            f"{path} {took * 1000:.0f}" for path, took in sorted(canary.worst.items())))  # fmt: skip
        verdict.hold(gateway.poll() is None, "the gateway runs")


def main():
    words = argparse.ArgumentParser()
    words.add_argument("--seconds", type=int, default=60)
    words.add_argument("--slow-seconds", type=int, default=25)
    words.add_argument("--only", default="slow", help="a word of the title, such as readers")
    given = words.parse_args()
    need("wrk", "nginx", "slowhttptest", "openssl")
    lab = Lab("load")
    verdict = Verdict("Reload under load, and slow clients")
    (lab.folder / "www").mkdir()
    (lab.folder / "www/large.bin").write_bytes(bytes(1 << 20))
    try:
        origin = ORIGIN.replace("www/", f"{lab.folder}/www/")
        lab.nginx(origin.replace("@PORT@", str(lab.origin)))
        gateway = lab.gateway(CONF.format(**vars(lab)))
        reload_under_load(lab, gateway, verdict, given.seconds)
        slow_clients(lab, gateway, verdict, given.slow_seconds, given.only)
        gateway.send_signal(signal.SIGTERM)
        verdict.hold(gateway.wait(40) == 0, "SIGTERM ends it with 0")
    finally:
        lab.close()
    verdict.end(lab)


if __name__ == "__main__":
    main()
