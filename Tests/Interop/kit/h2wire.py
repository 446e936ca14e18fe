"""HTTP/2 by PyPI's h2 over asyncio: a client with real flow control, and a server that never answers."""

import asyncio
import contextlib
import logging
import ssl
import threading

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

WINDOW = 256 * 1024
# A check says itself what it met; asyncio's own word on each connection that ends is noise.
logging.getLogger("asyncio").setLevel(logging.CRITICAL)


class Reset(Exception):
    """The stream was reset, or its connection ended."""

    def __init__(self, code, whole=False):
        super().__init__(f"reset with {name_of(code)}" + (" by the end of the connection" if whole else ""))
        self.code = code
        self.whole = whole


def name_of(code):
    try:
        return h2.errors.ErrorCodes(code).name
    except ValueError:
        return str(code)


class Goaway:
    """What the peer said at its end: the last stream that it takes, and why it leaves."""

    def __init__(self, last, code):
        self.last, self.code = last, code

    def __repr__(self):
        return f"GOAWAY {self.last} {name_of(self.code)}"


class Stream:
    """One stream as a client has it."""

    def __init__(self, connection, number):
        self.connection, self.number = connection, number
        self.informational, self.head, self.trailers = [], None, None
        self.chunks, self.ended, self.fault = [], False, None
        self.news = asyncio.Event()
        self.room = asyncio.Event()

    def tell(self):
        self.news.set()
        self.room.set()

    async def wait(self, ready):
        while not ready():
            if self.fault:
                raise self.fault
            self.news.clear()
            await self.news.wait()

    async def response(self):
        """The final head, as a dictionary of text (equal names joined)."""
        await self.wait(lambda: self.head is not None)
        return self.head

    async def read(self):
        """Some bytes, b"" at the end; gives their room back."""
        await self.wait(lambda: self.chunks or self.ended)
        if not self.chunks:
            return b""
        data, flowed = self.chunks.pop(0)
        self.connection.consumed(self, flowed)
        return data

    async def body(self):
        parts = []
        while part := await self.read():
            parts.append(part)
        return b"".join(parts)

    async def send(self, data, end=False):
        """Sends all, waiting for windows as they open."""
        state, offset = self.connection.state, 0
        while offset < len(data):
            if self.fault:
                if self.fault.code == h2.errors.ErrorCodes.NO_ERROR and self.ended:
                    return  # The other side has said all that it will, and wants no more (RFC 9113 §8.1).
                raise self.fault
            room = min(state.local_flow_control_window(self.number), state.max_outbound_frame_size)
            if room <= 0 or self.connection.writer.transport.get_write_buffer_size() > 1 << 20:
                self.room.clear()
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self.room.wait(), 0.05 if room > 0 else None)
                continue
            part = data[offset : offset + room]
            offset += len(part)
            state.send_data(self.number, part, end_stream=end and offset == len(data))
            self.connection.flush()
        if end and not data:
            self.end()

    def end(self):
        """Ends our side; nothing where the other side has reset or left."""
        with contextlib.suppress(h2.exceptions.ProtocolError):
            self.connection.state.end_stream(self.number)
            self.connection.flush()

    def send_trailers(self, fields):
        self.connection.state.send_headers(self.number, fields, end_stream=True)
        self.connection.flush()

    def reset(self, code=h2.errors.ErrorCodes.CANCEL):
        with contextlib.suppress(h2.exceptions.ProtocolError):
            self.connection.state.reset_stream(self.number, code)
            self.connection.flush()


class Connection:
    """One connection as a client has it."""

    @classmethod
    async def open(cls, port, certificate=None, host="localhost", window=256 * WINDOW):
        """Over TLS by ALPN where there is a certificate, else by prior knowledge.

        A stream that is not read holds up others only where the connection's `window` is small.
        """
        self = cls()
        context = None
        if certificate:
            context = ssl.create_default_context(cafile=certificate)
            context.set_alpn_protocols(["h2"])
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, server_hostname=host if context else None
        )
        if context:
            self.alpn = self.writer.get_extra_info("ssl_object").selected_alpn_protocol()
        self.scheme, self.authority = ("https" if context else "http"), f"{host}:{port}"
        self.state = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=True, header_encoding="utf-8")
        )
        self.state.initiate_connection()
        self.state.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: WINDOW})
        if window > 65_535:
            self.state.increment_flow_control_window(window - 65_535)
        self.streams, self.goaway, self.settings = {}, None, asyncio.Event()
        self.partial, self.ended = b"", False
        self.flush()
        self.task = asyncio.create_task(self.pump())
        return self

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.close()

    async def close(self):
        self.task.cancel()
        with contextlib.suppress(Exception, asyncio.CancelledError):
            await self.task
        self.writer.close()

    def flush(self):
        self.writer.write(self.state.data_to_send())

    def consumed(self, stream, count):
        with contextlib.suppress(h2.exceptions.ProtocolError):
            self.state.acknowledge_received_data(count, stream.number)
            self.flush()

    def request(self, path, fields=(), method="GET", end=True, protocol=None):
        """Opens a stream; fields are pairs of text."""
        number = self.state.get_next_available_stream_id()
        head = [(":method", method), (":scheme", self.scheme), (":path", path), (":authority", self.authority)]
        if protocol:
            head.append((":protocol", protocol))
        stream = self.streams[number] = Stream(self, number)
        if self.ended:
            # Nobody is left to say so later.
            stream.fault = Reset(h2.errors.ErrorCodes.REFUSED_STREAM, whole=True)
            return stream
        self.state.send_headers(number, head + list(fields), end_stream=end)
        self.flush()
        return stream

    async def get(self, path, fields=(), method="GET", body=None):
        """Head, body and trailers of one exchange."""
        stream = self.request(path, fields, method, end=body is None)
        if body is not None:
            await stream.send(body, end=True)
        head = await stream.response()
        return head, await stream.body(), stream.trailers

    async def allows_connect(self):
        """Whether the peer's settings allow extended CONNECT (RFC 8441 §3)."""
        await asyncio.wait_for(self.settings.wait(), 10)
        return self.state.remote_settings.enable_connect_protocol == 1

    async def pump(self):
        code = h2.errors.ErrorCodes.NO_ERROR
        try:
            while data := await self.reader.read(1 << 16):
                for event in self.state.receive_data(self.without_goaway(data)):
                    self.take(event)
                self.flush()
        except (OSError, h2.exceptions.ProtocolError) as fault:
            code = getattr(fault, "error_code", h2.errors.ErrorCodes.INTERNAL_ERROR)
            with contextlib.suppress(OSError):
                self.flush()
        finally:
            self.ended = True
            for stream in self.streams.values():
                if not stream.ended and not stream.fault:
                    stream.fault = Reset(code, whole=True)
                stream.tell()

    def without_goaway(self, data):
        """The whole frames so far but GOAWAY, which we read ourselves.

        The library takes it for the end at once, though streams that run go on (RFC 9113 §6.8).
        """
        self.partial += data
        kept = bytearray()
        while len(self.partial) >= 9:
            size = 9 + int.from_bytes(self.partial[:3], "big")
            if len(self.partial) < size:
                break
            frame, self.partial = self.partial[:size], self.partial[size:]
            if frame[3] != 7:
                kept += frame
                continue
            self.goaway = Goaway(int.from_bytes(frame[9:13], "big"), int.from_bytes(frame[13:17], "big"))
            for stream in self.streams.values():
                if stream.number > self.goaway.last and not stream.ended and not stream.fault:
                    stream.fault = Reset(h2.errors.ErrorCodes.REFUSED_STREAM)
                stream.tell()
        return bytes(kept)

    def take(self, event):
        stream = self.streams.get(getattr(event, "stream_id", None))
        match event:
            case h2.events.InformationalResponseReceived():
                stream.informational.append(joined(event.headers))
            case h2.events.ResponseReceived():
                stream.head = joined(event.headers)
            case h2.events.DataReceived():
                stream.chunks.append((event.data, event.flow_controlled_length))
            case h2.events.TrailersReceived():
                stream.trailers = joined(event.headers)
            case h2.events.StreamEnded():
                stream.ended = True
            case h2.events.StreamReset():
                stream.fault = Reset(event.error_code)
            case h2.events.RemoteSettingsChanged():
                self.settings.set()
        if stream:
            stream.tell()
        if isinstance(event, (h2.events.WindowUpdated, h2.events.RemoteSettingsChanged)):
            for one in self.streams.values():
                one.room.set()


def joined(fields):
    """Fields as a dictionary, equal names joined by a comma."""
    found = {}
    for name, value in fields:
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


class Mute:
    """An h2c server that takes requests and answers none; it says what came."""

    def __init__(self):
        self.requests, self.resets = [], []
        self.ready = threading.Event()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.run, daemon=True).start()
        self.ready.wait(10)

    def run(self):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        self.loop.run_forever()

    async def serve(self, reader, writer):
        state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        state.initiate_connection()
        writer.write(state.data_to_send())
        with contextlib.suppress(OSError, h2.exceptions.ProtocolError):
            while data := await reader.read(1 << 16):
                for event in state.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        self.requests.append(joined(event.headers))
                    elif isinstance(event, h2.events.StreamReset):
                        self.resets.append(event.error_code)
                    elif isinstance(event, h2.events.DataReceived):
                        state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                writer.write(state.data_to_send())
        writer.close()
