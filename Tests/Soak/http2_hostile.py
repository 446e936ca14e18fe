#!/usr/bin/env python3
"""An upstream of HTTP/2 in the clear that does its clients harm, and clients that keep asking for it.

One process is the upstream, one the clients (started by http2_attacks.py).
"""

import collections
import http.client
import json
import pathlib
import socket
import ssl
import subprocess
import sys
import threading
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "Interop" / "kit"))

from http2 import blocks, frames  # noqa: E402

PIECE = 64 << 10
OK = b"\x88"
HUGE = frames.WINDOW_MAX
FILLER = b"".join(blocks.literal(f"x-{at:04}", "v" * 100) for at in range(140))
UPSTREAMS = {}


class Upstream:
    """`greeting` follows the SETTINGS; `answer` gives the frames for a request's stream; `endless` is
    sent again and again once a request has come."""

    def __init__(self, settings=(), greeting=b"", answer=lambda stream: b"", endless=None, closes=False):
        self.settings, self.greeting, self.answer, self.closes = settings, greeting, answer, closes
        self.endless = endless


def hostile(name, **how):
    UPSTREAMS["upstream: " + name] = Upstream(**how)


def many(unit):
    return unit * max(1, PIECE // len(unit))


hostile("resets every request", answer=lambda stream: frames.rst_stream(stream, 7))
hostile("resets every request behind its head", answer=lambda stream: frames.headers(stream, OK, end=False) + frames.rst_stream(stream, 2))
hostile("resets again and again", endless=lambda stream: many(frames.rst_stream(stream)))
hostile("closes at every request", closes=True)
hostile("GOAWAY at every request", answer=lambda stream: frames.goaway(0), closes=True)
hostile("GOAWAY without end", endless=lambda stream: many(frames.goaway(HUGE)))
hostile("SETTINGS without end", endless=lambda stream: many(frames.settings()))
hostile("SETTINGS that open and shut the windows", endless=lambda stream: many(frames.settings((4, 0)) + frames.settings((4, HUGE))))
hostile("PING without end", endless=lambda stream: many(frames.ping()))
hostile("WINDOW_UPDATE without end", endless=lambda stream: many(frames.window_update(stream, 1)))
hostile("PRIORITY without end", endless=lambda stream: many(frames.priority(stream, stream + 2)))
hostile("unknown frames without end", endless=lambda stream: many(frames.frame(0xB1, 0, stream)))
hostile("empty DATA without end", answer=lambda stream: frames.headers(stream, OK, end=False), endless=lambda stream: many(frames.data(stream)))
hostile("DATA beyond the window", answer=lambda stream: frames.headers(stream, OK, end=False), endless=lambda stream: frames.data(stream, bytes(16384)) * 4)
hostile("DATA for streams that nobody opened", endless=lambda stream: many(frames.data(stream + 1000, b"x" * 100)))
hostile("CONTINUATION without end", answer=lambda stream: frames.headers(stream, OK, end=False, whole=False), endless=lambda stream: frames.continuation(stream, FILLER, False) * 4)
hostile("CONTINUATION without end, empty", answer=lambda stream: frames.headers(stream, OK, end=False, whole=False), endless=lambda stream: many(frames.continuation(stream, b"", False)))
hostile("heads of 100 KiB", answer=lambda stream: frames.headers(stream, OK + FILLER, end=False, whole=False) + b"".join(frames.continuation(stream, FILLER, at == 5) for at in range(6)))
hostile("HPACK bomb", answer=lambda stream: frames.headers(stream, OK + blocks.literal("x-bomb", "b" * 3900, blocks.INDEXED) + blocks.index(62) * 3800))
hostile("heads 103 without end", endless=lambda stream: many(frames.headers(stream, blocks.literal(8, "103") + blocks.literal("link", "</a>; rel=preload"), end=False)))
hostile("pushes", answer=lambda stream: frames.push_promise(stream, 2, blocks.get()) + frames.headers(stream, OK))
hostile("never answers", answer=lambda stream: b"")
hostile("a limit of 0 streams", settings=((3, 0),), answer=lambda stream: frames.headers(stream, OK))
hostile("no SETTINGS, garbage", greeting=bytes((at * 97 + 13) & 255 for at in range(4096)))
hostile("windows of 0 for bodies", settings=((4, 0),))
hostile("two heads for each request", answer=lambda stream: frames.headers(stream, OK) + frames.headers(stream, OK))

# As in http2_scripts: the others run with `--all`.
CHIEF = {
    "upstream: " + name
    for name in (
        "resets every request", "resets again and again", "SETTINGS without end", "PING without end",
        "WINDOW_UPDATE without end", "empty DATA without end", "CONTINUATION without end", "HPACK bomb",
        "heads 103 without end", "DATA beyond the window",
    )
}  # fmt: skip


class Hostile:
    """A connection each in a thread: the gateway has few of them."""

    def __init__(self, upstream, port):
        self.upstream, self.made, self.codes = upstream, 0, collections.Counter()
        self.listener = socket.create_server(("127.0.0.1", port), backlog=1024)
        self.is_over = threading.Event()

    def accept(self):
        while not self.is_over.is_set():
            link, _ = self.listener.accept()
            self.made += 1
            threading.Thread(target=self.serve, args=(link,), daemon=True).start()

    def serve(self, link):
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.settimeout(30)
        with link:
            try:
                self.converse(link)
            except OSError:
                pass

    def converse(self, link):
        upstream, buffer = self.upstream, bytearray()
        link.sendall(frames.settings(*upstream.settings) + frames.settings(ack=True) + upstream.greeting)
        while len(buffer) < len(frames.PREFACE):
            if not (more := link.recv(65536)):
                return
            buffer += more
        del buffer[: len(frames.PREFACE)]
        flooding = False
        while not self.is_over.is_set():
            while (came := frames.take(buffer)) is not None:
                if came.kind == frames.GOAWAY:
                    self.codes[came.code] += 1
                if came.kind != frames.HEADERS:
                    continue
                if answer := upstream.answer(came.stream):
                    link.sendall(answer)
                if upstream.closes:
                    return
                if upstream.endless and not flooding:
                    flooding = True
                    threading.Thread(target=self.flood, args=(link, came.stream), daemon=True).start()
            if not (more := link.recv(1 << 18)):
                return
            buffer += more

    def flood(self, link, stream):
        blob = self.upstream.endless(stream)
        try:
            while not self.is_over.is_set():
                link.sendall(blob)
        except OSError:
            pass


def serve(name, port, seconds):
    server = Hostile(UPSTREAMS[name], port)
    threading.Thread(target=server.accept, daemon=True).start()
    time.sleep(seconds)
    server.is_over.set()
    print(json.dumps({"made": server.made, "calm": server.codes[11], "goaways": {str(code): count for code, count in server.codes.items()}}))


def ask(port, seconds, count=32):
    """Threads that ask again and again; what is answered is not looked at."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    statuses, end = collections.Counter(), time.monotonic() + seconds

    def work():
        link = None
        while time.monotonic() < end:
            try:
                if link is None:
                    link = http.client.HTTPSConnection("127.0.0.1", port, timeout=3, context=context)
                link.request("POST", "/hostile/x", body=b"some body", headers={"te": "trailers"})
                answer = link.getresponse()
                statuses[answer.status] += 1
                answer.read()
            except (OSError, http.client.HTTPException):
                statuses["fault"] += 1
                link and link.close()
                link = None
                time.sleep(0.01)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    print(json.dumps({"statuses": {str(key): value for key, value in statuses.items()}}))


def start(name, gateway, port, seconds):
    words = [sys.executable, str(pathlib.Path(__file__).resolve())]
    upstream = subprocess.Popen([*words, "serve", name, str(port), str(seconds + 0.5)], stdout=subprocess.PIPE, text=True)
    clients = subprocess.Popen([*words, "ask", name, str(gateway), str(seconds)], stdout=subprocess.PIPE, text=True)
    return [upstream, clients]


def main():
    kind, name, port, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    if kind == "serve":
        serve(name, port, seconds)
    else:
        ask(port, seconds)


if __name__ == "__main__":
    main()
