"""One connection to a server under test: what was sent raw, and what must come, within two seconds."""

import socket
import ssl
import time

import hpack

from . import blocks, frames
from .frames import Code, code_name
from .suite import Failed

LIMIT = 2.0


class Silence(Failed):
    """Nothing came in time."""


class Response:
    def __init__(self):
        self.status, self.fields, self.body, self.trailers = None, [], b"", []
        self.information, self.is_over, self.sizes, self.block = [], False, [], b""

    def field(self, name):
        return [value for own, value in self.fields if own == name]


class Wire:
    """A TLS connection that speaks h2 by hand.

    `notes` collects what the RFC allows and a good server does better.
    """

    def __init__(self, address, settings=(), alpn=("h2",), is_plain=False, greets=True, notes=None, limit=LIMIT, table=None):
        self.notes = notes if notes is not None else []
        self.limit, self.buffer, self.is_closed = limit, bytearray(), False
        self.decoder = hpack.Decoder()
        if table is not None:
            self.decoder.max_allowed_table_size = table
        self.partial, self.responses, self.resets = None, {}, {}
        self.server_settings, self.settings_acks, self.goaways, self.pings = None, 0, [], []
        self.grants, self.seen = {}, []
        self.socket = socket.create_connection(address, timeout=limit)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not is_plain:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            if alpn:
                context.set_alpn_protocols(list(alpn))
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        if greets:
            self.send(frames.PREFACE, frames.settings(*settings))
            self.until(lambda: self.server_settings is not None and self.settings_acks == 1, "SETTINGS and an ACK")

    # Sending

    def send(self, *parts):
        """Raw bytes; that the peer has gone is seen when reading."""
        try:
            self.socket.settimeout(self.limit)
            self.socket.sendall(b"".join(parts))
        except TimeoutError as fault:
            raise Failed("the peer reads nothing more") from fault
        except OSError:
            pass

    def get(self, stream=1, path="/", *extra, **changes):
        self.send(frames.headers(stream, blocks.get(path, *extra, **changes)))

    def open_post(self, stream=1, path="/", *extra):
        """A request whose body is yet to come."""
        self.send(frames.headers(stream, blocks.post(path, *extra), end=False))

    # Receiving

    def next(self, deadline):
        """The next frame, taken note of; None when the peer has closed."""
        while True:
            came = frames.take(self.buffer)
            if came:
                self.note(came)
                return came
            if self.is_closed:
                return None
            left = deadline - time.monotonic()
            if left <= 0:
                raise Silence(f"nothing more came in {self.limit:.0f} s, after: {self.story()}")
            self.socket.settimeout(left)
            try:
                more = self.socket.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                more = b""
            if not more:
                self.is_closed = True
            self.buffer += more

    def note(self, came):
        self.seen.append(str(came))
        if self.partial and came.kind != frames.CONTINUATION:
            raise Failed(f"the peer sent {came} in the midst of a field block (RFC 9113 §6.10)")
        if came.kind == frames.SETTINGS:
            self.note_settings(came)
        elif self.server_settings is None:
            raise Failed(f"the first frame of the peer is {came}, not SETTINGS (RFC 9113 §3.4)")
        elif came.kind == frames.GOAWAY:
            self.goaways.append(came)
        elif came.kind == frames.RST_STREAM:
            self.resets[came.stream] = came.code
        elif came.kind == frames.PING and came.has(frames.ACK):
            self.pings.append(came.payload)
        elif came.kind == frames.WINDOW_UPDATE:
            more = int.from_bytes(came.payload, "big")
            self.grants[came.stream] = self.grants.get(came.stream, 0) + more
        elif came.kind in (frames.HEADERS, frames.CONTINUATION):
            self.note_block(came)
        elif came.kind == frames.DATA:
            response = self.responses.setdefault(came.stream, Response())
            response.body += came.content
            response.sizes.append(len(came.payload))
            response.is_over = came.has(frames.END_STREAM)
        elif came.kind == frames.PUSH_PROMISE:
            raise Failed("the peer pushes (RFC 9113 §8.4: only where the client allows it)")

    def note_settings(self, came):
        if came.has(frames.ACK):
            self.settings_acks += 1
            return
        first = self.server_settings is None
        self.server_settings = {**(self.server_settings or {}), **dict(frames.settings_of(came.payload))}
        if first or not self.is_closed:
            self.send(frames.settings(ack=True))

    def note_block(self, came):
        if came.kind == frames.HEADERS:
            self.partial = (came.stream, came.has(frames.END_STREAM), b"")
        stream, is_last, block = self.partial
        block += came.content
        self.partial = (stream, is_last, block)
        if not came.has(frames.END_HEADERS):
            return
        self.partial = None
        try:
            fields = [(str(name), str(value)) for name, value in self.decoder.decode(block)]
        except Exception as fault:
            raise Failed(f"the peer's field block cannot be decoded: {fault}") from fault
        response = self.responses.setdefault(stream, Response())
        status = dict(fields).get(":status", "")
        if response.status:
            response.trailers = fields
        elif status.startswith("1"):
            response.information.append(int(status))
        else:
            response.status, response.fields, response.block = int(status), fields, block
        response.is_over = is_last

    def story(self):
        return ", ".join(self.seen[-6:]) or "nothing"

    def until(self, holds, what):
        """Reads until it holds; a closed connection or an error is a failure."""
        deadline = time.monotonic() + self.limit
        while not holds():
            if self.next(deadline) is None:
                raise Failed(f"no {what}: closed after {self.story()}")
            if self.goaways and self.goaways[-1].code != Code.NO_ERROR and not holds():
                raise Failed(f"no {what}: {self.goaways[-1]}")

    # What must come

    def response(self, stream=1, status=None):
        """The whole answer of a stream."""
        def is_there():
            if stream in self.resets and not self.has_ended(stream):
                raise Failed(f"no answer on {stream}: RST_STREAM {code_name(self.resets[stream])}")
            return self.has_ended(stream)

        self.until(is_there, f"answer on stream {stream}")
        answer = self.responses[stream]
        if status is not None and answer.status not in ((status,) if isinstance(status, int) else status):
            raise Failed(f"status {answer.status}, not {status}: {answer.body[:200]!r}")
        return answer

    def has_ended(self, stream):
        return stream in self.responses and self.responses[stream].is_over

    def head(self, stream=1):
        """The answer's head alone."""
        self.until(lambda: stream in self.responses and self.responses[stream].status, f"head on stream {stream}")
        return self.responses[stream]

    def alive(self, payload=b"are you?"):
        """Everything sent so far has been handled, and the connection is well."""
        before = len(self.pings)
        self.send(frames.ping(payload))
        self.until(lambda: payload in self.pings[before:], "answer to a PING")

    def connection_error(self, *codes):
        """GOAWAY with one of the codes, and then the end of the connection (§5.4.1)."""
        wanted = " or ".join(code.name for code in codes)
        deadline = time.monotonic() + self.limit
        fatal = None
        try:
            while self.next(deadline) is not None:
                late = [one for one in self.goaways if one.code != Code.NO_ERROR]
                fatal = late[-1] if late else None
        except Silence as fault:
            if fatal:
                raise Failed(f"{fatal}, but the connection stays open (§5.4.1)") from fault
            raise Failed(f"no connection error {wanted}: {fault}") from fault
        if fatal is None:
            self.notes.append(f"closed without GOAWAY {wanted} (§5.4.1: SHOULD), after: {self.story()}")
        elif fatal.code not in codes:
            raise Failed(f"{fatal}, not {wanted}")

    def stream_error(self, stream, *codes, statuses=(), lives=True):
        """RST_STREAM with one of the codes, and a connection that goes on (§5.4.2).

        A connection error with the same code is allowed (§5.4), and noted. Without `lives`, it is not
        looked at whether the connection goes on.
        """
        wanted = " or ".join(code.name for code in codes)
        deadline = time.monotonic() + self.limit
        while stream not in self.resets:
            came = self.next(deadline)
            if came is None:
                fatal = self.goaways[-1] if self.goaways else "no GOAWAY"
                if self.goaways and fatal.code in codes:
                    self.notes.append(f"the whole connection ended with {fatal}")
                    return
                raise Failed(f"no RST_STREAM {wanted}: closed with {fatal}, after: {self.story()}")
            answer = self.responses.get(stream)
            if answer and answer.status and (answer.is_over or answer.status in statuses):
                if answer.status in statuses:
                    return
                raise Failed(f"answered with {answer.status}, not with RST_STREAM {wanted}")
        if self.resets[stream] not in codes:
            raise Failed(f"RST_STREAM {code_name(self.resets[stream])}, not {wanted}")
        if lives:
            self.alive()

    def malformed(self, stream=1):
        """A stream error PROTOCOL_ERROR, before which an answer 400 may come (§8.1.1)."""
        self.stream_error(stream, Code.PROTOCOL_ERROR, statuses=(400,))

    def ignored(self, stream=1):
        """What was sent changed nothing: the connection lives and answers a request on `stream`."""
        self.alive()
        if self.resets:
            raise Failed(f"streams reset: {self.resets}")
        self.get(stream)
        self.response(stream, 200)

    def close(self):
        try:
            self.socket.close()
        except OSError:
            pass
