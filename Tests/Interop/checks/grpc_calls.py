"""grpcio through the proxy: every kind of call, metadata, errors, deadlines and cancels."""

import asyncio
import concurrent.futures
import contextlib
import hashlib
import itertools
import json
import threading
import time
import uuid

import grpc

from kit.check import Report
from kit.gate import Gate, Route
from kit.grpcpeers import DETAILS, Client, Server, Turns
from kit.h2wire import Connection, Mute, Reset

MIB = bytes(range(256)) * 4096
AWKWARD = 'no such pâté: 100% "gone"\n\ttab, ünïcode ☃ and a %41'


def shapes(report, gate, service, plain=False):
    """The four kinds."""
    with Client(gate, service, plain=plain) as client:
        report.equal("unary", client.echo(b"hello"), b"hello")
        report.equal("unary, an empty message", client.echo(b""), b"")
        report.ok("unary, 1 MiB", client.echo(MIB) == MIB)
        sent = [b"%d" % index * 50 for index in range(1000)]
        wanted = [1000, hashlib.sha256(b"".join(sent)).hexdigest()]
        report.equal("client streaming, 1 000 messages", json.loads(client.call("stream_unary", "Collect", iter(sent))), wanted)
        got = list(client.call("unary_stream", "Spread", json.dumps({"count": 1000, "size": 40}).encode()))
        report.equal("server streaming, 1 000 messages", [int.from_bytes(one[:4], "big") for one in got], list(range(1000)))
        got = list(client.call("unary_stream", "Spread", b'{"count": 0}'))
        report.equal("server streaming, no message at all", got, [])
        report.equal("client streaming, no message at all", json.loads(client.call("stream_unary", "Collect", iter([])))[0], 0)
        report.ok("both, 1 000 messages as fast as they go", list(client.call("stream_stream", "Talk", iter(sent))) == sent)
        turns = Turns()
        answers, good = client.call("stream_stream", "Talk", turns, timeout=60), 0
        for message in sent:
            turns.put(message)
            good += next(answers) == message
        turns.end()
        report.equal("both, 1 000 messages in turn", (good, next(answers, "ended")), (1000, "ended"))
        got = sum(one == MIB for one in client.call("stream_stream", "Talk", itertools.repeat(MIB, 24), timeout=60))
        report.equal("both, 24 messages of 1 MiB", got, 24)
        got = [len(one) for one in client.call("unary_stream", "Spread", json.dumps({"count": 32, "size": 1 << 20}).encode(), timeout=60)]
        report.equal("32 MiB from the server", got, [(1 << 20) + 4] * 32)


def slow_reader(report, gate):
    """A stream that is not read holds up no other, and its server is held up."""
    with Client(gate, "interop.Plain") as client:
        call = uuid.uuid4().hex
        stuck = client.call("unary_stream", "Spread", json.dumps({"count": 200, "size": 1 << 20}).encode(), metadata=[("x-call", call)], timeout=60)
        next(stuck)
        begun = time.monotonic()
        good = sum(client.echo(MIB) == MIB for _ in range(10))
        report.ok("ten calls of 1 MiB beside one that nobody reads", good == 10 and time.monotonic() - begun < 15, f"{good} in {time.monotonic() - begun:.1f} s")
        time.sleep(1)
        sent = SERVER.notes.wait(call, "sent")
        report.ok("its server is held back", sent is not None and sent < 60, f"{sent} MiB were taken")
        report.equal("and the rest comes", sum(1 for _ in stuck), 199)


def metadata(report, gate):
    """Both kinds, both ways."""
    raw = bytes(range(256))
    sent = [
        ("x-mirror-text", "a b~!"), ("x-mirror-two", "1"), ("x-mirror-two", "2"), ("x-mirror-bin", raw),
        ("x-mirror-empty-bin", b""), ("x-mirror-long", "v" * 6000),
    ]  # fmt: skip
    with Client(gate, "interop.Plain") as client:
        stub = client.channel.unary_unary("/interop.Plain/Echo")
        answer, call = stub.with_call(b"x", metadata=sent, timeout=10)
        for kind, seen in (("initial", call.initial_metadata()), ("trailing", call.trailing_metadata())):
            seen = [(name, value) for name, value in seen if name.startswith("x-mirror")]
            report.equal(f"{kind} metadata, as sent", sorted(seen), sorted(sent))
        report.ok("of the server", ("x-server", "a") in call.initial_metadata(), call.initial_metadata())
        seen = client.seen([("x-probe-bin", raw), ("te-not", "x")])["metadata"]
        report.equal("binary metadata reaches the server", seen.get("x-probe-bin"), [raw.hex()])
        report.ok("its user agent is grpcio's", seen.get("user-agent", [""])[0].startswith("grpc-python"), seen)


def errors(report, gate):
    """What the server says is what the client sees."""
    with Client(gate, "interop.Plain") as client:
        for code, message in (
            ("NOT_FOUND", "no such order"), ("NOT_FOUND", AWKWARD), ("DATA_LOSS", ""), ("CANCELLED", "by the server"),
            ("UNAUTHENTICATED", "the server's own"), ("DEADLINE_EXCEEDED", "of its own"), ("INTERNAL", "m" * 2000),
        ):  # fmt: skip
            asked = json.dumps({"code": code, "message": message}).encode()
            fault = client.fault(lambda: client.call("unary_unary", "Fail", asked))
            seen = fault and (fault.code().name, fault.details())
            report.equal(f"{code} {message[:16]!r}", seen, (code, message))
        asked = json.dumps({"code": "FAILED_PRECONDITION", "message": "see details", "details": 5120}).encode()
        fault = client.fault(lambda: client.call("unary_unary", "Fail", asked))
        seen = fault and dict(fault.trailing_metadata()).get(DETAILS)
        report.ok("5 KiB of status details", seen == bytes(range(256)) * 20, seen and len(seen))
        fault = client.fault(lambda: client.call("unary_unary", "NoSuch", b""))
        report.equal("a method that the server does not have", fault and fault.code().name, "UNIMPLEMENTED")
        report.equal("then a call goes through", client.echo(), b"hello")


def deadlines(report, gate):
    """Of the client, and what the proxy makes of them."""
    with Client(gate, "interop.Plain") as client:
        call, begun = uuid.uuid4().hex, time.monotonic()
        fault = client.fault(lambda: client.call("unary_unary", "Hang", b"", metadata=[("x-call", call)], timeout=1))
        took = time.monotonic() - begun
        report.ok("a deadline of 1 s passes", fault and fault.code().name == "DEADLINE_EXCEEDED" and 0.9 < took < 1.7, f"{fault} after {took:.2f} s")
        left = SERVER.notes.wait(call, "left")
        report.ok("grpc-timeout reached the server", left is not None and 0.3 < left <= 1.0, left)
        ended = SERVER.notes.wait(call, "cancelled")
        report.ok("and the server saw the end", ended is not None and ended < 2, ended)
        left = client.seen(timeout=3600)["left"]
        # grpcio rounds up to three digits, and counts from a moment before.
        report.ok("a deadline of an hour", 3590 < left <= 3610, left)
        left = client.seen(timeout=None)["left"]
        report.ok("none at all", left is None or left > 1e6, left)
        call = uuid.uuid4().hex
        running = client.channel.unary_unary("/interop.Plain/Hang").future(b"", metadata=[("x-call", call)], timeout=25)
        report.ok("a call without an answer", SERVER.notes.wait(call, "begun"))
        running.cancel()
        ended = SERVER.notes.wait(call, "cancelled")
        report.ok("the client's cancel reaches the server", ended is not None and ended < 3, ended)
        call = uuid.uuid4().hex
        stream = client.call("unary_stream", "Spread", json.dumps({"count": 1000, "pause": 0.02}).encode(), metadata=[("x-call", call)], timeout=60)
        next(stream)
        stream.cancel()
        report.ok("also in the middle of a stream", SERVER.notes.wait(call, "ended"))
        talk = client.call("stream_stream", "Talk", Turns(), metadata=[("x-call", call + "t")], timeout=60)
        report.ok("a talk begins", SERVER.notes.wait(call + "t", "begun"))
        talk.cancel()
        report.ok("and of one that waits for the client", SERVER.notes.wait(call + "t", "ended"))


def own_clock(report, gate, mute):
    """The client does not watch its deadline, the server answers nothing: the proxy ends the call."""

    async def ask(timeout):
        async with await Connection.open(gate.port, gate.certificate) as connection:
            fields = [("te", "trailers"), ("content-type", "application/grpc"), ("grpc-timeout", timeout)]
            begun = time.monotonic()
            stream = connection.request("/interop.Mute/Hang", fields, "POST", end=False)
            await stream.send(b"\0\0\0\0\0", end=True)
            head = await asyncio.wait_for(stream.response(), 8)
            await stream.body()
            return {**head, **(stream.trailers or {})}, time.monotonic() - begun

    if gate.is_standin:
        return report.skip("the proxy's own view of the deadline", "nghttpx has none")
    for timeout in ("700m", "700000u", "1S"):
        seen, took = asyncio.run(ask(timeout))
        report.equal(f"grpc-timeout {timeout}: status", (seen[":status"], seen.get("grpc-status")), ("200", "4"))
        report.ok("about when it passed", 0.6 < took < 2.2, f"{took:.2f} s")
    report.ok("grpc-timeout was forwarded", mute.requests and "grpc-timeout" in mute.requests[0], mute.requests[:1])
    for _ in range(50):
        if len(mute.resets) >= 3:
            break
        time.sleep(0.1)
    report.ok("the upstream's streams were reset", len(mute.resets) == 3, mute.resets)
    for text in ("", "5", "x", "-1S", "123456789S", "1.5S"):
        with Client(gate, "interop.Plain") as client:
            report.equal("then a call goes through", client.echo(), b"hello")
        seen = asyncio.run(odd_timeout(gate, text))
        report.ok(f"grpc-timeout {text!r} is the server's to judge, or refused", seen is not None, seen)


async def odd_timeout(gate, text):
    """An answer, whatever it is; None where none comes."""
    async with await Connection.open(gate.port, gate.certificate) as connection:
        fields = [("te", "trailers"), ("content-type", "application/grpc"), ("grpc-timeout", text)]
        try:
            head, _, trailers = await asyncio.wait_for(connection.get("/interop.Plain/Echo", fields, "POST", b"\0\0\0\0\0"), 5)
        except asyncio.TimeoutError:
            return None
        except Exception as fault:  # noqa: BLE001: a reset is an answer too
            return str(fault)
        return head, trailers


def strangers(report, gate):
    """What one client sends amiss fails no other's call on the server's shared connection.

    grpc-core remembers in its HPACK table that a value could not be parsed, and fails whoever refers to it.
    """

    async def ask(content_type, name, value):
        async with await Connection.open(gate.port, gate.certificate) as connection:
            fields = [("te", "trailers"), ("content-type", content_type), (name, value)]
            head, _, trailers = await asyncio.wait_for(connection.get("/interop.Plain/Echo", fields, "POST", b"\0\0\0\0\0"), 5)
            return {**head, **(trailers or {})}.get("grpc-status")

    async def run():
        for name, bad, good in (
            ("grpc-timeout", "x", "1S"), ("grpc-encoding", "zz", "identity"), ("grpc-previous-rpc-attempts", "x", "1"),
            ("grpc-retry-pushback-ms", "x", "1"), ("x-foo-bin", "!!!", "AAAA"), ("grpc-trace-bin", "!!!", "AAAA"),
        ):  # fmt: skip
            with contextlib.suppress(Reset):
                for content_type in ("application/grpc", "application/other"):
                    await ask(content_type, name, bad)
            seen = [await ask("application/grpc", name, good) for _ in range(8)]
            report.equal(f"{name}: {bad}, and then eight good ones", seen, ["0"] * 8)

    if gate.is_standin:
        return report.skip("what one client does to others", "nghttpx has a server's connection for each client")
    asyncio.run(run())


def crowd(report, gate):
    """Many channels; compression; many calls on one channel."""

    def one(index):
        with Client(gate, "interop.Plain" if index % 2 else "interop.Tls") as client:
            message = b"%d" % index * 1000
            return client.echo(message) == message and list(client.call("stream_stream", "Talk", iter([message] * 20))) == [message] * 20

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        report.equal("64 channels at once", sum(pool.map(one, range(64))), 64)
    with Client(gate, "interop.Plain", compression=grpc.Compression.Gzip) as client:
        report.ok("gzip, 1 MiB", client.echo(MIB) == MIB)
    with Client(gate, "interop.Plain") as client:
        stub = client.channel.unary_unary("/interop.Plain/Echo")
        pending = [(index, stub.future(b"%d" % index, timeout=30)) for index in range(500)]
        report.equal("500 calls on one channel", sum(call.result() == b"%d" % index for index, call in pending), 500)
        ends = [threading.Thread(target=lambda: list(client.call("unary_stream", "Spread", b'{"count": 50, "size": 1000}'))) for _ in range(40)]
        for end in ends:
            end.start()
        report.equal("calls among 40 streams", sum(client.echo() == b"hello" for _ in range(100)), 100)
        for end in ends:
            end.join(30)


SERVER = Server()


def main():
    report = Report("grpc_calls")
    gate, mute = Gate("grpc"), Mute()
    secure = Server(name="tls", tls=(gate.certificate, gate.private_key))
    routes = [
        Route("/interop.Plain/", SERVER.port, "h2c"), Route("/interop.Tls/", secure.port, "h2"),
        Route("/interop.Mute/", mute.port, "h2c"),
    ]  # fmt: skip
    try:
        gate.begin(routes)
        report.part("TLS to h2c", shapes, gate, "interop.Plain")
        report.part("TLS to TLS", shapes, gate, "interop.Tls")
        report.part("h2c to h2c", shapes, gate, "interop.Plain", True)
        report.part("a slow reader", slow_reader, gate)
        report.part("metadata", metadata, gate)
        report.part("errors", errors, gate)
        report.part("deadlines and cancels", deadlines, gate)
        report.part("the proxy's own view of a deadline", own_clock, gate, mute)
        report.part("what one client does to others", strangers, gate)
        report.part("crowds", crowd, gate)
    finally:
        gate.end(report)
        SERVER.stop()
        secure.stop()
    report.end()


main()
