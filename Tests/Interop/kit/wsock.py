"""WebSocket peers: an echo server by `websockets`, and a client over HTTP/2 (RFC 8441) by wsproto."""

import asyncio
import collections
import contextlib
import json
import threading

import websockets
import websockets.asyncio.server
import wsproto
import wsproto.connection
import wsproto.events as events

from kit.h2wire import Reset


class Ended(Exception):
    """The other side closed: the code and the reason of its frame; code 1006 where there was none."""

    def __init__(self, code, reason=""):
        super().__init__(f"{code} {reason!r}")
        self.code, self.reason = code, reason or ""


class EchoServer:
    """Echoes; paths that end otherwise do otherwise. Runs on a thread of its own."""

    def __init__(self):
        self.closes = collections.deque(maxlen=1000)
        self.open = 0
        self.loop, self.ready = asyncio.new_event_loop(), threading.Event()
        threading.Thread(target=self.run, daemon=True).start()
        self.ready.wait(10)

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.begin())
        self.ready.set()
        self.loop.run_forever()

    async def begin(self):
        server = await websockets.asyncio.server.serve(
            self.serve, "127.0.0.1", 0, max_size=1 << 26, ping_interval=None, compression=None,
            subprotocols=["chat", "other"], select_subprotocol=lambda _, offered: next((one for one in offered if one in ("chat", "other")), None),
        )  # fmt: skip
        self.port = server.sockets[0].getsockname()[1]

    async def serve(self, socket):
        self.open += 1
        try:
            await self.act(socket, socket.request.path.split("?")[0].rsplit("/", 1)[1])
        except websockets.ConnectionClosed as fault:
            close = fault.rcvd
            self.closes.append((close.code, close.reason) if close else (1006, ""))
        else:
            self.closes.append((socket.close_code, socket.close_reason))
        finally:
            self.open -= 1

    async def act(self, socket, what):
        if what == "seen":
            await socket.send(json.dumps([(name.lower(), value) for name, value in socket.request.headers.raw_items()]))
        elif what == "close":
            code, _, reason = (await socket.recv()).partition(" ")
            return await socket.close(int(code), reason)
        elif what == "drop":
            await socket.recv()
            return socket.transport.abort()
        elif what == "count":
            with contextlib.suppress(websockets.ConnectionClosed):
                for index in range(1 << 20):
                    await socket.send(f"{index}")
                    await asyncio.sleep(0.05)
        elif what == "ping":
            await (await socket.ping(b"are you there"))
            await socket.send("it was")
        elif what == "pieces":
            async for message in socket:
                cut = max(1, len(message) // 5)
                await socket.send([message[at : at + cut] for at in range(0, len(message), cut)])
        async for message in socket:
            await socket.send(message)


class H2Socket:
    """A WebSocket on one stream of an HTTP/2 connection."""

    @classmethod
    async def open(cls, connection, path, fields=(), subprotocols=()):
        """Raises Refused with head and body where the peer does not answer 200."""
        head = [("sec-websocket-version", "13"), *fields]
        if subprotocols:
            head.append(("sec-websocket-protocol", ", ".join(subprotocols)))
        stream = connection.request(path, head, "CONNECT", end=False, protocol="websocket")
        self = cls()
        self.stream = stream
        self.head = await asyncio.wait_for(stream.response(), 15)
        if self.head[":status"] != "200":
            raise Refused(self.head, await asyncio.wait_for(stream.body(), 15))
        self.frames = wsproto.connection.Connection(wsproto.ConnectionType.CLIENT)
        self.parts, self.pongs, self.sent_close = [], [], False
        return self

    async def send(self, message, pieces=1):
        """A message in so many frames."""
        kind = events.TextMessage if isinstance(message, str) else events.BytesMessage
        cut = max(1, -(-len(message) // pieces))
        parts = [message[at : at + cut] for at in range(0, len(message), cut)] or [message]
        for index, part in enumerate(parts):
            await self.give(kind(data=part, message_finished=index == len(parts) - 1))

    async def give(self, event):
        await self.stream.send(self.frames.send(event))

    async def ping(self, payload):
        await self.give(events.Ping(payload=payload))

    async def receive(self):
        """The next whole message; raises Ended at the close frame or at the end without one."""
        while True:
            for event in self.frames.events():
                match event:
                    case events.Message():
                        self.parts.append(event.data)
                        if event.message_finished:
                            parts, self.parts = self.parts, []
                            return (b"" if isinstance(parts[0], (bytes, bytearray)) else "").join(parts)
                    case events.Ping():
                        await self.give(event.response())
                    case events.Pong():
                        self.pongs.append(bytes(event.payload))
                    case events.CloseConnection():
                        if not self.sent_close:
                            with contextlib.suppress(Reset, Exception):
                                await self.stream.send(self.frames.send(event.response()), end=True)
                        raise Ended(event.code, event.reason)
            data = await self.stream.read()
            if not data:
                raise Ended(1006)
            self.frames.receive_data(data)

    async def close(self, code=1000, reason=""):
        """Says so, and returns what the other side answered."""
        self.sent_close = True
        await self.give(events.CloseConnection(code=code, reason=reason))
        try:
            while True:
                await asyncio.wait_for(self.receive(), 10)
        except Ended as answer:
            self.stream.end()
            return answer.code, answer.reason


class Refused(Exception):
    """No WebSocket."""

    def __init__(self, head, body):
        super().__init__(f"{head.get(':status')} {body[:200]!r}")
        self.head, self.body = head, body
