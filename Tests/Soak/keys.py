#!/usr/bin/env python3
"""A partner issuer's key set, rotated, taken down, slowed, filled and asked for what it lacks.

Two issuers of the same server, under load. `slow` has the default `keys_refresh` of ten minutes, so
that only unknown key ids can make the gateway fetch within the experiment; `quick` has
`keys_refresh 20s`, so that the scheduled fetches are seen too, which by default would take hours.
All else is as it is by default.

What must hold, whatever the issuer does:
- no token of a key that has been published for 35 s is refused;
- no token of a key is accepted once a set without it was fetched (two seconds for its way in);
- the issuer is not asked more often than the rules allow.
"""

import http.client
import json
import pathlib
import random
import signal
import socket
import subprocess
import threading
import time

from kit import Key, Lab, Verdict, need, unknown_key_token

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
issuer https://slow.test {{
    jwks_uri http://127.0.0.1:{spare}/slow.json; audience orders-api; algorithms ES256;
}}
issuer https://quick.test {{
    jwks_uri http://127.0.0.1:{spare}/quick.json; audience orders-api; algorithms ES256;
    keys_refresh 20s;
}}
upstream orders {{ server 127.0.0.1:{origin}; keepalive 256; }}
route /orders/ {{ upstream orders; scope orders:read; }}
"""
PROMISE = 35
GRACE = 2


class Published:
    """One key: when a good answer could first have named it, and when the first without it went out."""

    def __init__(self, key, token):
        self.key, self.token = key, token
        self.available = None
        self.removed_since = None
        self.unseen = None

    @property
    def removed(self):
        return self.removed_since is not None

    def was_removed(self, moment):
        return self.removed and moment >= self.removed_since


class Issuer:
    """The server of both key sets, and what it is made to suffer."""

    def __init__(self, folder, port):
        self.folder, self.port = folder, port
        self.mode = "good"
        self.lock = threading.Lock()
        self.keys = {"slow": [], "quick": []}
        self.fetches = {"slow": [], "quick": []}
        self.listener = None
        self.open()

    def open(self):
        self.listener = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def accept(self, listener):
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            if self.mode == "down":
                link.close()
                continue
            threading.Thread(target=self.serve, args=(link,), daemon=True).start()

    def serve(self, link):
        with link, link.makefile("rb") as stream:
            try:
                line = stream.readline()
                if not line:
                    return
                name = line.split()[1].decode().strip("/").removesuffix(".json")
                http.client.parse_headers(stream)
                self.answer(link, name)
            except OSError:
                pass

    def answer(self, link, name):
        with self.lock:
            self.fetches[name].append((time.monotonic(), self.mode))
            mode = self.mode
        if mode == "down":
            return
        if mode == "slow":
            time.sleep(10)
        if mode == "late":
            time.sleep(4)
        with self.lock:
            named = [one for one in self.keys[name] if not one.removed]
            body = {"keys": [one.key.jwk for one in named]}
        if mode == "big":
            body["filling"] = "x" * (10 << 20)
        text = json.dumps(body).encode()
        link.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(text), text)
        )
        if mode in ("good", "late"):
            with self.lock:
                for one in self.keys[name]:
                    if one not in named and one.unseen is None and one.removed:
                        one.unseen = time.monotonic()

    def become(self, mode):
        """A key that waits for a recovery counts as published from the recovery on."""
        with self.lock:
            was, self.mode = self.mode, mode
            if mode in ("good", "late") and was not in ("good", "late"):
                now = time.monotonic()
                for keys in self.keys.values():
                    for one in keys:
                        if one.available is None and not one.removed:
                            one.available = now
        if mode == "down":
            # Shut as well as closed: a close alone does not end the wait in `accept`.
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
        elif was == "down":
            self.open()

    def rotate(self, keeping=1):
        """Publishes one key more in each set, and removes all but the last ones before it."""
        for name in self.keys:
            key = Key(self.folder, f"{name}-{len(self.keys[name]) + 1}")
            entry = Published(key, key.token(f"https://{name}.test"))
            with self.lock:
                if self.mode in ("good", "late"):
                    entry.available = time.monotonic()
                for old in self.keys[name][: len(self.keys[name]) - keeping]:
                    old.removed_since = old.removed_since or time.monotonic()
                self.keys[name].append(entry)


class Client(threading.Thread):
    """Asks with every key there ever was, in turn, and notes each answer."""

    def __init__(self, lab, issuer):
        super().__init__(daemon=True)
        self.lab, self.issuer = lab, issuer
        self.is_over = threading.Event()
        self.answers = []

    def run(self):
        link = None
        while not self.is_over.is_set():
            with self.issuer.lock:
                entries = [one for keys in self.issuer.keys.values() for one in keys[-5:]]
            for entry in entries:
                begin = time.monotonic()
                try:
                    link = link or connect(self.lab.plain, "127.0.0.1")
                    status, reason = ask(link, entry.token)
                except (OSError, http.client.HTTPException) as fault:
                    status, reason, link = 0, repr(fault), None
                end = time.monotonic()
                self.answers.append((begin, end, entry, status, reason))
                self.is_over.wait(0.02)


def connect(port, source):
    return http.client.HTTPConnection("127.0.0.1", port, timeout=15, source_address=(source, 0))


def ask(link, token):
    link.request("GET", "/orders/1", headers={"Authorization": f"Bearer {token}"})
    answer = link.getresponse()
    body = answer.read()
    if answer.status == 200:
        return 200, ""
    try:
        said = json.loads(body)
        return answer.status, f"{said.get('reason')} {said.get('detail')}"
    except ValueError:
        return answer.status, body[:80].decode(errors="replace")


def flood(lab, name, count, statuses):
    """Tokens of `count` key ids that nobody knows, from other addresses, 64 at a time."""
    numbers = iter(range(count))
    lock = threading.Lock()

    def work(source):
        link = connect(lab.plain, source)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            token = unknown_key_token(f"https://{name}.test", f"no-such-{number}-{random.random()}")
            try:
                status, reason = ask(link, token)
            except (OSError, http.client.HTTPException):
                status, reason, link = 0, "no answer", connect(lab.plain, source)
            with lock:
                statuses[(status, reason)] = statuses.get((status, reason), 0) + 1

    workers = [
        threading.Thread(target=work, args=(f"127.0.1.{1 + index}",), daemon=True)
        for index in range(64)
    ]
    for one in workers:
        one.start()
    return workers


def judge(verdict, issuer, answers, began, ended):
    print(f"\n{len(answers)} requests with tokens of {sum(map(len, issuer.keys.values()))} keys")
    refused_late, accepted_late, no_answer, too_late = [], [], [], []
    waits = {}
    for begin, end, entry, status, reason in answers:
        if status == 0:
            no_answer.append(reason)
        published = entry.available is not None and begin >= entry.available + PROMISE
        is_gone = entry.unseen is not None and begin >= entry.unseen + GRACE
        if status != 200 and published and not entry.was_removed(end):
            refused_late.append((begin - began, entry.key.id, status, reason))
        if status == 200 and is_gone:
            accepted_late.append((begin - began, entry.key.id))
        if status == 200 and entry.available and entry.key.id not in waits:
            waits[entry.key.id] = end - entry.available
        if status == 200:
            too_late.append(end - begin)
    longest = max(waits.values(), default=0)
    print("first accepted, seconds after publication: "
          + ", ".join(f"{name} {wait:.1f}" for name, wait in sorted(waits.items())))  # fmt: skip
    verdict.hold(not no_answer, f"every request was answered {no_answer[:3]}")
    verdict.hold(not refused_late, f"no key published for {PROMISE} s was refused "
                 f"{refused_late[:5]}")  # fmt: skip
    verdict.hold(longest <= PROMISE, f"the longest wait of a key was {longest:.1f} s")
    verdict.hold(not accepted_late, f"no removed key was accepted {accepted_late[:5]}")
    gone = [one for keys in issuer.keys.values() for one in keys if one.unseen]
    refused = {entry.key.id for begin, _, entry, status, _ in answers
               if status == 401 and entry.unseen and begin >= entry.unseen + GRACE}  # fmt: skip
    verdict.hold(len(refused) > 0, f"{len(refused)} of {len(gone)} removed keys were seen refused")
    verdict.hold(max(too_late, default=0) < 10, f"slowest good answer {max(too_late):.2f} s")
    count_fetches(verdict, issuer, ended - began)


def count_fetches(verdict, issuer, seconds):
    for name, every in (("slow", 300), ("quick", 10)):
        fetches = issuer.fetches[name]
        by_mode = {}
        for _, mode in fetches:
            by_mode[mode] = by_mode.get(mode, 0) + 1
        # Scheduled, a fifth early; the bucket of three and one each 30 s; retries at 1, 2, 4, 8, 16
        # and then every 30 s in each of the three outages.
        scheduled = seconds / (every * 0.8) + 1
        most = scheduled + 3 + seconds / 30 + 3 * 6 + 3
        verdict.hold(len(fetches) <= most,
                     f"{name}: {len(fetches)} fetches in {seconds:.0f} s, at most {most:.0f}: "
                     f"{by_mode}")  # fmt: skip


def play(lab, issuer):
    """The story, and when each part of it began."""
    began = time.monotonic()
    floods = []

    def part(title):
        print(f"{time.monotonic() - began:6.1f} s  {title}", flush=True)

    part("good; load only")
    time.sleep(8)
    for number in range(4):
        part(f"rotated ({number + 1} of 4, ten seconds apart)")
        issuer.rotate()
        time.sleep(10)
    part("10 000 unknown key ids at each issuer; rotated five seconds into it")
    statuses = {}
    floods += flood(lab, "slow", 10_000, statuses) + flood(lab, "quick", 10_000, statuses)
    time.sleep(5)
    issuer.rotate()
    time.sleep(37)
    part("down")
    issuer.become("down")
    time.sleep(5)
    part("rotated while down")
    issuer.rotate()
    time.sleep(30)
    part("up again")
    issuer.become("good")
    time.sleep(37)
    part("answers after 10 s; rotated")
    issuer.become("slow")
    issuer.rotate()
    time.sleep(35)
    part("good again")
    issuer.become("good")
    time.sleep(37)
    part("10 MB; rotated")
    issuer.become("big")
    issuer.rotate()
    time.sleep(30)
    part("good again")
    issuer.become("good")
    time.sleep(37)
    part("answers after 4 s; rotated")
    issuer.become("late")
    issuer.rotate()
    time.sleep(40)
    part("end")
    for one in floods:
        one.join(60)
    print("\nthe floods' answers: "
          + ", ".join(f"{key[0]} {key[1]}: {n}" for key, n in sorted(statuses.items())))  # fmt: skip
    return began


def main():
    need("nginx", "openssl", "wrk")
    lab = Lab("keys")
    verdict = Verdict("A partner issuer's keys")
    wrk = None
    try:
        lab.nginx('location / { return 200 "fine\\n"; }')
        issuer = Issuer(lab.folder / "keys", lab.spare)
        issuer.rotate()
        gateway = lab.gateway(CONF.format(**vars(lab)))
        load = ["wrk", "-t1", "-c8", "-d340s", "-H", f"Authorization: Bearer {lab.token()}",
                f"https://localhost:{lab.tls}/orders/1"]  # fmt: skip
        wrk = subprocess.Popen(load, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        clients = [Client(lab, issuer) for _ in range(4)]
        for one in clients:
            one.start()
        began = play(lab, issuer)
        ended = time.monotonic()
        for one in clients:
            one.is_over.set()
            one.join()
        wrk.send_signal(signal.SIGINT)
        output = wrk.communicate(timeout=20)[0]
        answers = [answer for one in clients for answer in one.answers]
        judge(verdict, issuer, answers, began, ended)
        print(output)
        verdict.hold("Non-2xx" not in output, "the other issuer's load saw nothing of it")
        verdict.hold(gateway.poll() is None, "the gateway runs")
        said = pathlib.Path(lab.folder / "gateway.out").read_text().splitlines()
        print("\n".join(line for line in said if "keys" in line or "fetch" in line)[-6000:])
    finally:
        if wrk and wrk.poll() is None:
            wrk.kill()
        lab.close()
    verdict.end(lab)


if __name__ == "__main__":
    main()
