"""WebSocket over HTTP/1.1 in, over HTTP/2 out: lets clients that know only the one use the other.

Frames pass as they come, broken ones included; ends of either side reach the other.
"""

import asyncio
import base64
import contextlib
import hashlib
import threading

from kit.h2wire import Connection, Reset

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# Of the HTTP/1.1 handshake itself; HTTP/2 says them otherwise (RFC 8441 §5) or not at all.
OWN = ("host", "upgrade", "connection", "sec-websocket-key", "pragma", "cache-control")


class Bridge:
    """Listens on a port of its own, on a thread of its own; one HTTP/2 connection carries all."""

    def __init__(self, port, certificate):
        self.target, self.certificate = port, certificate
        self.connection, self.turn, self.carried, self.most = None, asyncio.Lock(), 0, 0
        self.loop, self.ready = asyncio.new_event_loop(), threading.Event()
        threading.Thread(target=self.run, daemon=True).start()
        self.ready.wait(10)

    def run(self):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self.carry, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        self.loop.run_forever()

    async def open(self):
        async with self.turn:
            if self.connection is None or self.connection.task.done() or self.connection.goaway:
                self.connection = await Connection.open(self.target, self.certificate)
                if not await self.connection.allows_connect():
                    raise Reset(0, whole=True)
            return self.connection

    async def carry(self, reader, writer):
        try:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            path = lines[0].split(" ")[1]
            fields = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:] if line)]
            key = dict(fields).get("sec-websocket-key", "").encode()
            connection = await self.open()
            stream = connection.request(path, [one for one in fields if one[0] not in OWN], "CONNECT", end=False, protocol="websocket")
            head = await stream.response()
            if head[":status"] != "200":
                writer.write(f"HTTP/1.1 {head[':status']} Refused\r\nconnection: close\r\n\r\n".encode())
                return
            self.carried += 1
            accept = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
            answer = f"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: {accept}\r\n"
            for name, value in head.items():
                if name.startswith("sec-websocket-") and name != "sec-websocket-accept":
                    answer += f"{name}: {value}\r\n"
            writer.write(answer.encode() + b"\r\n")
            await self.relay(reader, writer, stream)
        except (OSError, Reset, asyncio.IncompleteReadError):
            writer.transport.abort()
        finally:
            with contextlib.suppress(OSError):
                writer.close()

    async def relay(self, reader, writer, stream):
        async def up():
            try:
                while data := await reader.read(1 << 16):
                    await stream.send(data)
                stream.end()
            except OSError:
                stream.reset()
            except Reset:
                pass

        sending = asyncio.create_task(up())
        try:
            while data := await stream.read():
                writer.write(data)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
            # The server has ended; what the client still says has a while.
            await asyncio.wait([sending], timeout=10)
        except Reset:
            writer.transport.abort()
        except OSError:
            stream.reset()
        finally:
            sending.cancel()
