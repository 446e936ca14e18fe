"""A WebSocket echo server by wsproto, for the Autobahn suite: it answers as the suite wants it."""

import asyncio
import contextlib
import threading

import wsproto
import wsproto.connection
import wsproto.events as events
import wsproto.extensions
import wsproto.utilities


class StrictEcho:
    """Echoes messages whole, compressed where the client offers that; on a thread of its own."""

    def __init__(self):
        self.loop, self.ready = asyncio.new_event_loop(), threading.Event()
        threading.Thread(target=self.run, daemon=True).start()
        self.ready.wait(10)

    def run(self):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        self.loop.run_forever()

    async def serve(self, reader, writer):
        socket, parts = wsproto.WSConnection(wsproto.ConnectionType.SERVER), []
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                try:
                    socket.receive_data(data)
                    ended = self.answer(socket, parts, writer)
                except wsproto.utilities.RemoteProtocolError as fault:
                    if fault.event_hint:
                        writer.write(socket.send(fault.event_hint))
                    ended = True
                await writer.drain()
                if ended:
                    break
        writer.close()

    def answer(self, socket, parts, writer):
        """Answers all that has come; whether the connection is over."""
        for event in socket.events():
            match event:
                case events.Request():
                    extensions = [wsproto.extensions.PerMessageDeflate()]
                    writer.write(socket.send(events.AcceptConnection(extensions=extensions)))
                case events.Message():
                    parts.append(event.data)
                    if event.message_finished:
                        whole = ("" if isinstance(event, events.TextMessage) else b"").join(parts)
                        parts.clear()
                        writer.write(socket.send(events.Message(data=whole)))
                case events.Ping():
                    writer.write(socket.send(event.response()))
                case events.CloseConnection():
                    if socket.state is not wsproto.connection.ConnectionState.CLOSED:
                        writer.write(socket.send(event.response()))
                    return True
        return False
