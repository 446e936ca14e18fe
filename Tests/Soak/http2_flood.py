#!/usr/bin/env python3
"""One process of an attack: connections that send as fast as they are let, and begin anew when closed.

Started by http2_attacks.py; says what it did as one line of JSON.
"""

import collections
import heapq
import json
import pathlib
import selectors
import socket
import ssl
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "Interop" / "kit"))

import http2_scripts  # noqa: E402

CHUNK = 64 << 10
GOAWAY_HEAD = b"\x07\x00\x00\x00\x00\x00"
ENHANCE_YOUR_CALM = 11


class Link:
    """One connection, and what its script wants next."""

    def __init__(self, flood):
        self.flood, self.tail, self.wanted, self.handshaking = flood, b"", 0, True
        self.plan = flood.attack.plan()
        self.pending = memoryview(b"")
        self.asleep = False
        plain = socket.socket()
        if flood.attack.receive_buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, flood.attack.receive_buffer)
        plain.settimeout(1)
        plain.connect(("127.0.0.1", flood.port))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.setblocking(False)
        self.socket = flood.context.wrap_socket(plain, server_hostname="localhost", do_handshake_on_connect=False)
        self.register(selectors.EVENT_READ | selectors.EVENT_WRITE)

    def register(self, events):
        if events == self.wanted:
            return
        if self.wanted and events:
            self.flood.selector.modify(self.socket, events, self)
        elif events:
            self.flood.selector.register(self.socket, events, self)
        else:
            self.flood.selector.unregister(self.socket)
        self.wanted = events

    def rest(self):
        """What to wait for: to read if this attack reads, to write if there is something."""
        reads = selectors.EVENT_READ if self.flood.attack.reads else 0
        self.register(reads | (0 if self.asleep else selectors.EVENT_WRITE))

    def step(self, events):
        if self.handshaking:
            self.socket.do_handshake()
            self.handshaking = False
            self.rest()
            return
        if events & selectors.EVENT_READ:
            self.read()
        if events & selectors.EVENT_WRITE and not self.asleep:
            self.write()

    def read(self):
        for _ in range(4):
            try:
                more = self.socket.recv(1 << 18)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
                return
            if not more:
                raise ConnectionError
            self.flood.received += len(more)
            self.tail = (self.tail + more)[-400:] if len(more) < 400 else more[-400:]

    def write(self):
        """A chunk; then the others have their turn."""
        if not self.pending:
            wanted = next(self.plan, None)
            if wanted is None:
                self.asleep = True
                self.rest()
                return
            if isinstance(wanted, float):
                self.asleep = True
                heapq.heappush(self.flood.sleepers, (time.monotonic() + wanted, id(self), self))
                self.rest()
                return
            self.pending = memoryview(wanted)
        try:
            count = self.socket.send(self.pending[:CHUNK])
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            return
        self.pending = self.pending[count:]
        self.flood.sent += count

    def end(self):
        """Reads what is left for a GOAWAY, and is gone."""
        try:
            for _ in range(64):
                if self.handshaking or not (more := self.socket.recv(1 << 16)):
                    break
                self.tail = (self.tail + more)[-400:]
        except (OSError, ValueError):
            pass
        at = self.tail.rfind(GOAWAY_HEAD)
        if at >= 0 and len(self.tail) >= at + 14:
            self.flood.goaways[int.from_bytes(self.tail[at + 10 : at + 14], "big")] += 1
        self.register(0)
        self.socket.close()


class Flood:
    def __init__(self, attack, port, seconds):
        self.attack, self.port, self.seconds = attack, port, seconds
        self.selector, self.sleepers, self.links = selectors.DefaultSelector(), [], set()
        self.sent, self.received, self.made, self.failed = 0, 0, 0, 0
        self.goaways = collections.Counter()
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self.context.set_alpn_protocols(["h2"])

    def connect(self):
        try:
            self.links.add(Link(self))
            self.made += 1
        except OSError:
            self.failed += 1
            time.sleep(0.01)

    def run(self):
        end = time.monotonic() + self.seconds
        while (now := time.monotonic()) < end:
            # A few at a time, so that those which run are not held up by those which begin.
            for _ in range(min(4, self.attack.connections - len(self.links))):
                self.connect()
            while self.sleepers and self.sleepers[0][0] <= now:
                link = heapq.heappop(self.sleepers)[2]
                if link in self.links:
                    link.asleep = False
                    link.rest()
            wait = 0.05 if not self.sleepers else max(0.0, min(0.05, self.sleepers[0][0] - now))
            for key, events in self.selector.select(wait):
                try:
                    key.data.step(events)
                except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    pass
                except (OSError, ValueError):
                    key.data.end()
                    self.links.discard(key.data)
        for link in list(self.links):
            link.end()
        return {
            "sent": self.sent, "received": self.received, "made": self.made, "failed": self.failed,
            "open": len(self.links), "calm": self.goaways[ENHANCE_YOUR_CALM],
            "goaways": {str(code): count for code, count in self.goaways.items()},
        }  # fmt: skip


def main():
    name, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    flood = Flood(http2_scripts.ATTACKS[name], port, seconds)
    # Encodes what it will send before the clock starts.
    try:
        list(zip(range(3), flood.attack.plan()))
    except ConnectionError:
        pass
    print(json.dumps(flood.run()))


if __name__ == "__main__":
    main()
