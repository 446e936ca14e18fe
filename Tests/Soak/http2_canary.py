"""Asks every 50 ms over connections of its own, by HTTP/1.1 and HTTP/2 in turn, while others attack."""

import http.client
import socket
import ssl
import threading
import time

LIMIT = 1.0
PAUSE = 0.05


class HTTP1:
    """A connection that is kept, and opened anew where the server has closed it."""

    def __init__(self, port, context, path):
        self.port, self.context, self.path, self.link = port, context, path, None

    def ask(self, deadline):
        while True:
            fresh = self.link is None
            try:
                if fresh:
                    self.link = http.client.HTTPSConnection("localhost", self.port, context=self.context, timeout=left(deadline))
                    self.link.connect()
                self.link.sock.settimeout(left(deadline))
                self.link.request("GET", self.path)
                answer = self.link.getresponse()
                answer.read()
                if answer.status != 200:
                    raise ValueError(f"status {answer.status}")
                return
            except (ConnectionError, http.client.RemoteDisconnected, http.client.CannotSendRequest):
                self.close()
                if fresh:
                    raise

    def close(self):
        if self.link:
            self.link.close()
            self.link = None


class HTTP2:
    """The same over HTTP/2, no more of which than this needs."""

    def __init__(self, port, context, path):
        from http2 import blocks, frames

        self.frames, self.port, self.context = frames, port, context
        self.block = blocks.get(path)
        self.link, self.stream, self.buffer = None, 1, bytearray()

    def ask(self, deadline):
        while True:
            fresh = self.link is None
            try:
                if fresh:
                    self.connect(deadline)
                self.exchange(deadline)
                return
            except ConnectionError:
                self.close()
                if fresh:
                    raise

    def connect(self, deadline):
        plain = socket.create_connection(("127.0.0.1", self.port), left(deadline))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.link = self.context.wrap_socket(plain, server_hostname="localhost")
        self.stream, self.buffer = 1, bytearray()
        self.link.sendall(self.frames.PREFACE + self.frames.settings() + self.frames.window_update(0, 1 << 30))

    def exchange(self, deadline):
        frames, stream = self.frames, self.stream
        self.stream += 2
        self.link.settimeout(left(deadline))
        self.link.sendall(frames.headers(stream, self.block))
        while True:
            came = frames.take(self.buffer)
            if came is None:
                self.link.settimeout(left(deadline))
                more = self.link.recv(65536)
                if not more:
                    raise ConnectionError("closed")
                self.buffer += more
                continue
            if came.kind == frames.SETTINGS and not came.has(frames.ACK):
                self.link.sendall(frames.settings(ack=True))
            elif came.kind == frames.RST_STREAM and came.stream == stream:
                raise ValueError(f"reset with {frames.code_name(came.code)}")
            elif came.kind == frames.GOAWAY and came.code:
                raise ValueError(str(came))
            elif came.stream == stream and came.kind == frames.HEADERS and 0x88 not in came.content[:4]:
                raise ValueError("no status 200")
            if came.stream == stream and came.kind in (frames.HEADERS, frames.DATA) and came.has(frames.END_STREAM):
                return

    def close(self):
        if self.link:
            self.link.close()
            self.link = None


def left(deadline):
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("beyond the limit")
    return seconds


class Canary(threading.Thread):
    """`worst` in seconds; `faults` says what went wrong, and when."""

    def __init__(self, port, context, path="/canary"):
        super().__init__(daemon=True)
        h2 = ssl.create_default_context()
        h2.check_hostname, h2.verify_mode = False, ssl.CERT_NONE
        h2.set_alpn_protocols(["h2"])
        self.askers = [HTTP1(port, context, path), HTTP2(port, h2, path)]
        self.worst, self.count, self.faults, self.begun = 0.0, 0, [], time.monotonic()
        self.is_over = threading.Event()

    def run(self):
        while not self.is_over.wait(PAUSE):
            asker = self.askers[self.count % 2]
            self.count += 1
            begin = time.monotonic()
            try:
                asker.ask(begin + LIMIT)
            except (OSError, ValueError, http.client.HTTPException) as fault:
                self.faults.append(f"{type(asker).__name__} at {begin - self.begun:.1f} s: {fault!r}")
                asker.close()
            self.worst = max(self.worst, time.monotonic() - begin)

    def stop(self):
        self.is_over.set()
        self.join()
        for asker in self.askers:
            asker.close()
