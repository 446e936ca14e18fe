"""The other direction: a server of HTTP/2 in the clear by script, behind a proxy under test.

A case gives a script for the next connection or request, asks the proxy for something, and looks at
what the proxy told its client and what it told the script.
"""

import queue
import socket
import ssl
import threading
import time

import hpack

from . import frames
from .frames import Code, code_name
from .suite import Failed

LIMIT = 2.0
OK = b"\x88"


class Link:
    """One connection of the proxy, as its server sees it."""

    def __init__(self, connection):
        self.socket, self.buffer, self.is_closed = connection, bytearray(), False
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.decoder = hpack.Decoder()
        self.settings, self.settings_acks, self.goaways, self.resets = None, 0, [], {}
        self.requests, self.bodies, self.ended, self.trailers = {}, {}, set(), {}
        self.pings, self.grants, self.seen, self.partial, self.sizes = [], {}, [], None, []

    def send(self, *parts):
        try:
            self.socket.settimeout(LIMIT)
            self.socket.sendall(b"".join(parts))
        except OSError:
            pass

    def greet(self, *pairs):
        """Takes the client's preface and gives ours."""
        deadline = time.monotonic() + LIMIT
        while len(self.buffer) < len(frames.PREFACE):
            self.fill(deadline)
            if self.is_closed:
                raise Failed("the proxy closed within its preface")
        if bytes(self.buffer[: len(frames.PREFACE)]) != frames.PREFACE:
            raise Failed(f"the proxy's preface is {bytes(self.buffer[:30])!r}")
        del self.buffer[: len(frames.PREFACE)]
        if pairs != (None,):
            self.send(frames.settings(*pairs))

    def fill(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0:
            raise Failed(f"the proxy said nothing more in {LIMIT:.0f} s, after: {', '.join(self.seen[-6:])}")
        self.socket.settimeout(left)
        try:
            more = self.socket.recv(65536)
        except TimeoutError:
            return
        except OSError:
            more = b""
        self.is_closed = self.is_closed or not more
        self.buffer += more

    def next(self, deadline):
        while (came := frames.take(self.buffer)) is None:
            if self.is_closed:
                return None
            self.fill(deadline)
        self.note(came)
        return came

    def note(self, came):
        self.seen.append(str(came))
        if self.settings is None and came.kind != frames.SETTINGS:
            raise Failed(f"the proxy's first frame is {came}")
        if came.kind == frames.SETTINGS and came.has(frames.ACK):
            self.settings_acks += 1
        elif came.kind == frames.SETTINGS:
            self.settings = {**(self.settings or {}), **dict(frames.settings_of(came.payload))}
            self.send(frames.settings(ack=True))
        elif came.kind == frames.GOAWAY:
            self.goaways.append(came)
        elif came.kind == frames.RST_STREAM:
            self.resets[came.stream] = came.code
        elif came.kind == frames.PING and came.has(frames.ACK):
            self.pings.append(came.payload)
        elif came.kind == frames.WINDOW_UPDATE:
            self.grants[came.stream] = self.grants.get(came.stream, 0) + int.from_bytes(came.payload, "big")
        elif came.kind in (frames.HEADERS, frames.CONTINUATION):
            self.note_block(came)
        elif came.kind == frames.DATA:
            self.bodies[came.stream] = self.bodies.get(came.stream, b"") + came.content
            self.sizes.append(len(came.payload))
        if came.kind in (frames.HEADERS, frames.DATA) and came.has(frames.END_STREAM):
            self.ended.add(came.stream)

    def note_block(self, came):
        block = (self.partial or b"") + came.content
        self.partial = None if came.has(frames.END_HEADERS) else block
        if self.partial is not None:
            return
        fields = self.decoder.decode(block)
        if came.stream in self.requests:
            self.trailers[came.stream] = fields
        else:
            self.requests[came.stream] = fields

    def until(self, holds, what):
        deadline = time.monotonic() + LIMIT
        while not holds():
            if self.next(deadline) is None:
                raise Failed(f"no {what} from the proxy: closed after {', '.join(self.seen[-6:])}")

    def request(self):
        """The next stream that begins."""
        before = set(self.requests)
        self.until(lambda: set(self.requests) - before, "request")
        return min(set(self.requests) - before)

    def whole(self, stream):
        self.until(lambda: stream in self.ended, f"end of request {stream}")

    def answer(self, stream, block=OK, body=b"fine\n"):
        self.send(frames.headers(stream, block, end=body is None), b"" if body is None else frames.data(stream, body, end=True))

    def alive(self):
        before = len(self.pings)
        self.send(frames.ping(b"upstream"))
        self.until(lambda: len(self.pings) > before, "answer to a PING")

    def connection_error(self, *codes):
        """GOAWAY with one of the codes, or at least the end."""
        deadline = time.monotonic() + LIMIT
        while self.next(deadline) is not None:
            pass
        fatal = [one for one in self.goaways if one.code != Code.NO_ERROR]
        wanted = " or ".join(code.name for code in codes)
        if fatal and fatal[-1].code not in codes:
            raise Failed(f"{fatal[-1]} from the proxy, not {wanted}")
        return bool(fatal)

    def stream_error(self, stream, *codes):
        """RST_STREAM with one of the codes, or a connection error with it."""
        wanted = " or ".join(code.name for code in codes)
        deadline = time.monotonic() + LIMIT
        while stream not in self.resets:
            if self.next(deadline) is None:
                if self.goaways and self.goaways[-1].code in codes:
                    return
                raise Failed(f"no RST_STREAM {wanted} from the proxy: closed, {[str(one) for one in self.goaways]}")
        if self.resets[stream] not in codes:
            raise Failed(f"RST_STREAM {code_name(self.resets[stream])} from the proxy, not {wanted}")


class Scripted:
    """Listens, and plays the script of the case on each connection that comes."""

    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.port, self.script, self.links = port, None, []
        self.results, self.connections = queue.Queue(), 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            script, results = self.script, self.results
            if script is None:
                connection.close()
                continue
            threading.Thread(target=self.play, args=(script, results, connection), daemon=True).start()

    def play(self, script, results, connection):
        link = Link(connection)
        self.links.append(link)
        # A connection that is only looked at (a check, a race) brings no preface and counts for nothing.
        try:
            if not connection.recv(1, socket.MSG_PEEK):
                return
        except OSError:
            return
        self.connections += 1
        number = self.connections
        try:
            said = script(link, number)
            results.put((number, said))
        except Exception as fault:  # noqa: BLE001: told to the case, which is elsewhere
            results.put((number, fault))

    def begin(self, script):
        # A queue of its own: what the last case left behind may still end later.
        self.results, self.connections, self.script = queue.Queue(), 0, script

    def finish(self):
        """Ends every connection, so that none is used for the next case."""
        self.script = None
        for link in self.links:
            link.send(frames.goaway(0))
            try:
                link.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            link.socket.close()
        self.links = []

    def result(self):
        """What the first script that ended said; its fault is ours."""
        try:
            _, said = self.results.get(timeout=2 * LIMIT)
        except queue.Empty:
            raise Failed("the script did not end") from None
        if isinstance(said, Exception):
            raise said
        return said

    def end(self):
        self.finish()
        self.listener.close()


class Reply:
    """What a client of HTTP/1.1 was told. `is_whole` is false where the answer broke off."""

    def __init__(self, status, fields, body, is_whole, trailers=()):
        self.status, self.fields, self.body, self.is_whole, self.trailers = status, fields, body, is_whole, list(trailers)
        self.interim = []

    def field(self, name):
        return [value for own, value in self.fields if own == name]

    def __str__(self):
        return f"{self.status} {'whole' if self.is_whole else 'broken off'} {self.fields} {self.body[:80]!r}"


def ask(address, path="/", method="GET", extra=(), body=None, limit=6):
    """A request of HTTP/1.1 over TLS, and its answer parsed strictly enough to see it break off."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in extra)]
    if body is not None and not any(name.lower() == "transfer-encoding" for name, _ in extra):
        lines.append(f"Content-Length: {len(body)}")
    with socket.create_connection(address, timeout=limit) as plain, context.wrap_socket(plain) as link:
        link.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b""))
        stream = link.makefile("rb")
        try:
            interim = []
            reply = read_reply(stream, method, interim)
            reply.interim = interim
            return reply
        except (OSError, ValueError) as fault:
            return Reply(0, [], str(fault).encode(), False)


def read_reply(stream, method, interim):
    while True:
        line = stream.readline()
        if not line:
            return Reply(0, [], b"closed without an answer", False)
        status = int(line.split()[1])
        fields = read_fields(stream)
        if status >= 200 or status == 101:
            break
        interim.append((status, fields))
    known = dict(fields)
    if method == "HEAD" or status in (204, 304):
        return Reply(status, fields, b"", True)
    try:
        if "chunked" in known.get("transfer-encoding", ""):
            body = b""
            while size := int(stream.readline().split(b";")[0], 16):
                body += stream.read(size)
                stream.readline()
            return Reply(status, fields, body, True, read_fields(stream))
        if "content-length" in known:
            body = stream.read(int(known["content-length"]))
            return Reply(status, fields, body, len(body) == int(known["content-length"]))
        return Reply(status, fields, stream.read(), True)
    except (OSError, ValueError):
        return Reply(status, fields, b"", False)


def read_fields(stream):
    fields = []
    while (line := stream.readline()) not in (b"\r\n", b"\n", b""):
        name, _, value = line.partition(b":")
        fields.append((name.decode("latin-1").lower(), value.strip().decode("latin-1")))
    return fields
