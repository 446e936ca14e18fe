"""WebSocket over HTTP/1.1 and over HTTP/2 to the same server: messages, closes, tokens, a reload."""

import asyncio
import contextlib
import json
import os
import ssl
import time

import websockets
from websockets.asyncio.client import connect

from kit.check import Report
from kit.gate import TOKEN, Gate, Route
from kit.h2wire import Connection, Reset
from kit.wsock import EchoServer, Ended, H2Socket, Refused

LIFE = int(os.environ.get("GATEHOUSE_INTEROP_TOKEN_LIFE", "3"))
GRACE = 1
BIG = bytes(range(256)) * (5 * 4096)
TEXT = "Grüße ☃ 👋 " * 100


class Classic:
    """The `websockets` client over HTTP/1.1, with the manners of H2Socket."""

    def __init__(self, socket):
        self.socket, self.pongs = socket, []

    @classmethod
    async def open(cls, gate, path, fields=(), subprotocols=()):
        context = ssl.create_default_context(cafile=gate.certificate)
        context.set_alpn_protocols(["http/1.1"])
        try:
            socket = await connect(
                f"wss://localhost:{gate.port}{path}", ssl=context, additional_headers=list(fields), max_size=1 << 26, proxy=None,
                subprotocols=list(subprotocols) or None, compression=None, ping_interval=None, user_agent_header=None,
            )  # fmt: skip
        except websockets.InvalidStatus as fault:
            answer = fault.response
            head = {":status": str(answer.status_code), **{name.lower(): value for name, value in answer.headers.raw_items()}}
            raise Refused(head, answer.body or b"") from None
        self = cls(socket)
        self.head = {name.lower(): value for name, value in socket.response.headers.raw_items()}
        return self

    async def send(self, message, pieces=1):
        cut = max(1, -(-len(message) // pieces))
        # Who was closed meanwhile hears of it when it reads.
        with contextlib.suppress(websockets.ConnectionClosed):
            await self.socket.send(message if pieces == 1 else [message[at : at + cut] for at in range(0, len(message), cut)])

    async def ping(self, payload):
        waiter = await self.socket.ping(payload)
        waiter.add_done_callback(lambda _: self.pongs.append(payload))

    async def receive(self):
        try:
            return await self.socket.recv()
        except websockets.ConnectionClosed as fault:
            raise Ended(fault.rcvd.code if fault.rcvd else 1006, fault.rcvd.reason if fault.rcvd else "") from None

    async def close(self, code=1000, reason=""):
        await self.socket.close(code, reason)
        return self.socket.close_code, self.socket.close_reason


class Wire:
    """One of the two wires; sockets over HTTP/2 share a connection."""

    def __init__(self, gate, name):
        self.gate, self.name, self.connection = gate, name, None
        self.turn = asyncio.Lock()

    async def open(self, path, token=None, fields=(), subprotocols=()):
        fields = [*fields, ("authorization", f"Bearer {token}")] if token else fields
        if self.name == "HTTP/1.1":
            return await asyncio.wait_for(Classic.open(self.gate, path, fields, subprotocols), 15)
        async with self.turn:
            if self.connection is None or self.connection.task.done():
                self.connection = await Connection.open(self.gate.port, self.gate.certificate)
                assert await self.connection.allows_connect(), "SETTINGS_ENABLE_CONNECT_PROTOCOL is not 1"
        return await H2Socket.open(self.connection, path, fields, subprotocols)

    async def end(self):
        if self.connection:
            await self.connection.close()


async def messages(report, wire, server):
    """All that a message can be."""
    one = await wire.open("/open/echo")
    for what, message, pieces in (
        ("text", TEXT, 1), ("binary", bytes(range(256)), 1), ("empty text", "", 1), ("empty binary", b"", 1),
        ("text in 7 frames", TEXT, 7), ("binary in 500 frames", BIG[:50000], 500), ("5 MiB", BIG, 1), ("5 MiB in 80 frames", BIG, 80),
        ("125 bytes", b"x" * 125, 1), ("126", b"x" * 126, 1), ("65535", b"x" * 65535, 1), ("65536", b"x" * 65536, 1),
    ):  # fmt: skip
        await one.send(message, pieces)
        back = await asyncio.wait_for(one.receive(), 30)
        report.ok(f"{what}", back == message, f"{len(back)} of {len(message)}")
    await one.ping(b"ping!")
    await one.send("after the ping")
    report.equal("a message after a ping", await one.receive(), "after the ping")
    report.equal("the pong came", one.pongs, [b"ping!"])
    for index in range(2000):
        await one.send(f"{index}")
    report.equal("2 000 messages at once", [await one.receive() for _ in range(2000)], [f"{index}" for index in range(2000)])
    server.closes.clear()
    report.equal("close 1000 is answered", await one.close(1000, "done"), (1000, "done"))
    report.equal("and reached the server", await seen_close(server), (1000, "done"))
    pinged = await wire.open("/open/ping")
    report.equal("the server's ping", await asyncio.wait_for(pinged.receive(), 10), "it was")
    await pinged.close()
    pieces = await wire.open("/open/pieces")
    await pieces.send(TEXT)
    report.equal("fragments of the server", await pieces.receive(), TEXT)
    await pieces.close()
    chat = await wire.open("/open/echo", subprotocols=["nothing", "chat"])
    report.equal("the sub-protocol", chat.head.get("sec-websocket-protocol"), "chat")
    await chat.close()


async def seen_close(server):
    for _ in range(100):
        if server.closes:
            return server.closes.pop()
        await asyncio.sleep(0.05)
    return None


async def closes(report, wire, server):
    """Codes in both directions, and ends without any."""
    for code, reason in ((1000, ""), (1001, "away"), (1008, "policy"), (1011, "ü" * 60), (3000, "mine"), (4999, "last")):
        server.closes.clear()
        one = await wire.open("/open/close")
        await one.send(f"{code} {reason}")
        try:
            await asyncio.wait_for(one.receive(), 10)
            seen = None
        except Ended as end:
            seen = end.code, end.reason
        report.equal(f"the server closes with {code}", seen, (code, reason))
        if wire.name == "HTTP/1.1":
            await one.socket.wait_closed()
        server.closes.clear()
        one = await wire.open("/open/echo")
        await one.close(code, reason)
        report.equal(f"the client closes with {code}", await seen_close(server), (code, reason))
    one = await wire.open("/open/drop")
    await one.send("now")
    try:
        seen = await asyncio.wait_for(one.receive(), 10)
    except Ended as end:
        seen = end.code
    except Reset:
        seen = 1006
    report.equal("the server drops the connection", seen, 1006)
    server.closes.clear()
    one = await wire.open("/open/echo")
    await one.send("x")
    await one.receive()
    if wire.name == "HTTP/1.1":
        one.socket.transport.abort()
    else:
        one.stream.reset()
    report.equal("the client drops it", (await seen_close(server) or (None,))[0], 1006)
    echo = await wire.open("/open/echo")
    await echo.send("still")
    report.equal("others go on", await echo.receive(), "still")
    await echo.close()


async def crowd(report, wire, server):
    """A hundred at once."""

    async def one(index):
        socket = await wire.open("/open/echo")
        good = 0
        for turn in range(20):
            message = f"{index} {turn}" * 300
            await socket.send(message)
            good += await socket.receive() == message
        return good + (await socket.close(1000, ""))[0]

    results = await asyncio.wait_for(asyncio.gather(*(one(index) for index in range(100)), return_exceptions=True), 90)
    bad = [one for one in results if one != 1020]
    report.ok("a hundred at once", not bad, (len(bad), bad[:1]))
    if wire.name == "HTTP/2":
        # One that does not read holds up no other on its connection.
        stuck = await wire.open("/open/echo")
        sending = asyncio.create_task(stuck.send(BIG))
        other = await wire.open("/open/echo")
        begun = time.monotonic()
        for _ in range(20):
            await other.send("beside")
            await asyncio.wait_for(other.receive(), 20)
        report.ok("one that does not read holds up no other", time.monotonic() - begun < 5, time.monotonic() - begun)
        report.ok("and its message comes", await asyncio.wait_for(stuck.receive(), 30) == BIG)
        await sending
        await stuck.close()
        await other.close()


async def refusals(report, wire):
    """Before the upgrade: an ordinary answer."""
    gate = wire.gate
    for what, path, token, status, word in (
        ("no token", "/shop/echo", None, "401", "token_missing"), ("an expired one", "/shop/echo", gate.token(-60), "401", "token_expired"),
        ("a scope too few", "/shop/echo", gate.token(scope="x"), "403", "scope_insufficient"), ("no route", "/nowhere", gate.token(), "404", "route_not_found"),
        ("no server", "/down/echo", None, "502", ""), ("a server that is none of WebSocket", "/page/echo", None, None, ""),
    ):  # fmt: skip
        try:
            await wire.open(path, token)
            seen = None
        except Refused as refused:
            seen = refused
        except Reset as reset:
            seen = reset
        right = isinstance(seen, Refused) and (seen.head[":status"] == status or status is None and seen.head[":status"] in ("200", "400", "404", "426", "502"))
        report.ok(f"{what}: {status} {word}", right and word.encode() in seen.body, f"{seen!r}")
    forged = [("x-stack-user-id", "root"), ("x_stack_user_id", "root"), ("x-stack-scopes", "all")]
    one = await wire.open("/shop/seen", gate.token(), forged)
    seen = json.loads(await one.receive())
    await one.close()
    told = sorted((name, value) for name, value in seen if name.replace("_", "-").startswith("x-stack"))
    report.equal("who calls", told, [("x-stack-client-id", "interop"), ("x-stack-issuer", "https://issuer.test"), ("x-stack-scopes", "shop:read"), ("x-stack-user-id", "ann")])
    names = [name for name, _ in seen]
    report.ok("no token, no pseudo-header", "authorization" not in names and not [name for name in names if name.startswith(":") or name == "protocol"], names)
    report.equal("one Host, one key, one version", [names.count(name) for name in ("host", "sec-websocket-key", "sec-websocket-version", "upgrade")], [1, 1, 1, 1])


async def expiry(report, wire):
    """1008 with the reason where the route closes; nothing where it keeps."""

    async def life(path, silent):
        begun = time.monotonic()
        one = await wire.open(path, wire.gate.token(LIFE))
        try:
            while time.monotonic() - begun < LIFE + GRACE + 3:
                if silent:
                    await asyncio.wait_for(one.receive(), LIFE + GRACE + 3)
                await one.send("x" * 5000)
                await one.receive()
                await asyncio.sleep(0.05)
        except Ended as end:
            return time.monotonic() - begun, end.code, end.reason
        except asyncio.TimeoutError:
            pass
        except (Reset, websockets.ConnectionClosed) as fault:
            return time.monotonic() - begun, 0, str(fault)
        with contextlib.suppress(Exception):
            await one.close()
        return time.monotonic() - begun, None, ""

    runs = {
        "a busy one": life("/shop/echo", False), "a silent one": life("/shop/echo", True), "one that only receives": life("/shop/count", True),
        "a busy one with `keep`": life("/keep/echo", False), "a silent one with `keep`": life("/keep/echo", True),
    }  # fmt: skip
    for what, (took, code, reason) in zip(runs, await asyncio.gather(*runs.values())):
        if "keep" in what:
            report.equal(f"{what} lives", code, None)
        else:
            report.equal(f"{what} is closed", (code, reason), (1008, "token_expired"))
            report.ok("  when token and grace are over", LIFE - 1.2 < took < LIFE + GRACE + 1.6, f"{took:.1f} s")


async def reload(report, wire, server):
    """SIGHUP disturbs no open one, even where its route is gone."""
    gate = wire.gate
    sockets = [await wire.open("/shop/echo", gate.token()) for _ in range(5)]
    routes, gate.routes = gate.routes, [one for one in gate.routes if one.path != "/shop/"]
    gate.write()
    report.ok("SIGHUP", await asyncio.to_thread(gate.reload))
    for one in sockets:
        await one.send(TEXT)
    report.equal("they go on", [await one.receive() == TEXT for one in sockets], [True] * 5)
    gate.routes = routes
    gate.write()
    report.ok("SIGHUP again", await asyncio.to_thread(gate.reload))
    for one in sockets:
        await one.send("again")
    report.equal("and on", [await one.receive() for one in sockets], ["again"] * 5)
    report.equal("and close as they should", [(await one.close())[0] for one in sockets], [1000] * 5)


def main():
    report = Report("websocket_wires")
    gate, server = Gate("websocket"), EchoServer()
    shop = f"{TOKEN} scope shop:read;"
    routes = [
        Route("/open/", server.port), Route("/shop/", server.port, rule=f"{shop} on_token_expiry close grace={GRACE}s;"),
        Route("/keep/", server.port, rule=f"{shop} on_token_expiry keep;"), Route("/down/", 9), Route("/page/", gate.admin_port),
    ]  # fmt: skip

    async def on_wire(work, *arguments):
        await work(report, *arguments)
        await arguments[0].end()

    try:
        gate.begin(routes)
        for name in os.environ.get("GATEHOUSE_INTEROP_WIRES", "HTTP/1.1 HTTP/2").split():
            parts = [("messages", messages, server), ("closes", closes, server), ("crowd", crowd, server)]
            if gate.is_standin:
                report.skip("tokens", "nghttpx knows none")
            else:
                parts += [("refusals", refusals), ("tokens that end", expiry), ("reload", reload, server)]
            for title, work, *more in parts:
                wire = Wire(gate, name)
                report.part(f"{name}: {title}", lambda _: asyncio.run(on_wire(work, wire, *more)))
        for _ in range(50):
            if server.open == 0:
                break
            time.sleep(0.1)
        report.equal("none is left open at the server", server.open, 0)
    finally:
        gate.end(report)
    report.end()


main()
