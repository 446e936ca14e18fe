"""h2load through the gateway, servers that say GOAWAY, a reload and a drain under load, priorities."""

import asyncio
import contextlib
import time

from kit.backends import Backends
from kit.check import Report
from kit.gate import TOKEN, Gate, Route
from kit.h2wire import Connection, Reset
from kit.tools import h2load, missing


def all_good(report, what, seen, count):
    report.ok(f"{what}: {count} of {count} ({seen.get('rate', 0):.0f} a second)", seen.get("2xx") == count and seen.get("succeeded") == count, seen)


def load(report, gate, backends):
    """Every answer a good one."""
    for what, path in (("HTTP/1.1", "/nginx/small"), ("h2c", "/nginx2/small"), ("nghttpd, h2c", "/nghttpd/small"), ("nghttpd, TLS", "/secure/small")):
        all_good(report, f"h2load -c16 -m16 to {what}", h2load("-n20000", "-c16", "-m16", gate.origin + path), 20000)
    all_good(report, "h2load -c4 -m100", h2load("-n20000", "-c4", "-m100", gate.origin + "/nginx/small"), 20000)
    all_good(report, "h2load -c64 -m1 by prior knowledge", h2load("-n5000", "-c64", "-m1", gate.plain + "/nginx2/small"), 5000)
    all_good(report, "HTTP/1.1 -c50 to h2c", h2load("--h1", "-n10000", "-c50", gate.origin + "/nginx2/small"), 10000)
    all_good(report, "1 MiB bodies, -c8 -m8", h2load("-n1000", "-c8", "-m8", gate.origin + "/nginx/mib"), 1000)
    all_good(report, "1 MiB bodies from h2c", h2load("-n1000", "-c8", "-m8", gate.origin + "/nginx2/mib"), 1000)
    all_good(report, "small windows of the client", h2load("-n300", "-c4", "-m16", "-w", "12", "-W", "14", gate.origin + "/nginx2/mib"), 300)
    all_good(report, "100 KB up, to h2c and back", h2load("-n1000", "-c8", "-m16", "-d", str(gate.folder / "upload"), gate.origin + "/nghttpd/echo"), 1000)
    all_good(report, "100 KB up, to HTTP/1.1", h2load("-n300", "-c4", "-m8", "-d", str(gate.folder / "upload"), gate.origin + "/origin/seen"), 300)
    if not gate.is_standin:
        all_good(report, "with a token", h2load("-n20000", "-c16", "-m16", "-H", f"authorization: Bearer {gate.token()}", gate.origin + "/mine/small"), 20000)
        seen = h2load("-n5000", "-c16", "-m16", gate.origin + "/mine/small")
        report.equal("without one: all 401", (seen.get("4xx"), seen.get("succeeded", 0) + seen.get("failed", 0)), (5000, 5000))


def goaway(report, gate, backends):
    """The server ends a connection after every 500th request, as RFC 9113 §6.8 has it."""
    all_good(report, "h2load -c8 -m8 to a server that says GOAWAY", h2load("-n5000", "-c8", "-m8", gate.origin + "/churn/small"), 5000)
    all_good(report, "h2load -c2 -m100 to the same", h2load("-n3000", "-c2", "-m100", gate.origin + "/churn/small"), 3000)
    all_good(report, "HTTP/1.1 to the same", h2load("--h1", "-n2000", "-c20", gate.origin + "/churn/small"), 2000)


class Loop:
    """Requests without end on connections of its own; GOAWAY and REFUSED_STREAM are obeyed."""

    def __init__(self, gate, path):
        self.gate, self.path = gate, path
        self.good, self.bad, self.goaways, self.stop = 0, [], 0, False

    async def one(self):
        connection = None
        while not self.stop:
            if connection is None or connection.goaway or connection.task.done():
                if connection:
                    self.goaways += connection.goaway is not None
                    await connection.close()
                connection = await Connection.open(self.gate.port, self.gate.certificate)
            answers = await asyncio.gather(*(connection.get(self.path) for _ in range(8)), return_exceptions=True)
            for answer in answers:
                if isinstance(answer, tuple) and answer[0][":status"] == "200":
                    self.good += 1
                elif isinstance(answer, Reset) and answer.code == 7 or connection.goaway and not isinstance(answer, Reset):
                    continue
                else:
                    self.bad.append(repr(answer)[:200])
        await connection.close()


def reload(report, gate, backends):
    """Five reloads under load: nothing is lost."""
    async def run():
        loop = Loop(gate, "/nginx/small")
        tasks = [asyncio.create_task(loop.one()) for _ in range(6)]
        slow = await Connection.open(gate.port, gate.certificate)
        drip = asyncio.create_task(slow.get("/origin/drip/60"))
        await asyncio.sleep(0.5)
        for turn in range(5):
            # The routes change and come back: the reload does something.
            gate.settings = f"connection_limit {10000 + turn};"
            gate.write()
            report.ok(f"reload {turn + 1}", await asyncio.to_thread(gate.reload), gate.log.read_text()[-300:])
            await asyncio.sleep(0.4)
        before = loop.good
        await asyncio.sleep(0.5)
        loop.stop = True
        await asyncio.gather(*tasks)
        report.ok(f"{loop.good} requests meanwhile, {loop.goaways} connections ended by GOAWAY", loop.good > before > 50, loop.good)
        report.equal("none lost", loop.bad[:3], [])
        head, body, _ = await asyncio.wait_for(drip, 15)
        report.equal("one that took all the while is whole", (head[":status"], len(body)), ("200", 60))
        await slow.close()

    asyncio.run(run())


def drain(report, gate, backends):
    """SIGTERM: what runs ends well, nothing new begins, the process goes."""
    mine = Gate("drain")

    async def run():
        connection = await Connection.open(mine.port, mine.certificate)
        idle = await Connection.open(mine.port, mine.certificate)
        head, _, _ = await idle.get("/origin/bytes/10")
        running = [asyncio.create_task(connection.get(f"/origin/drip/{20 + index}")) for index in range(20)]
        up = connection.request("/origin/seen", [("content-length", "3000")], "POST", end=False)
        await up.send(b"x" * 1000)
        await asyncio.sleep(0.5)
        begun = time.monotonic()
        mine.process.terminate()
        for _ in range(60):
            if connection.goaway and idle.goaway:
                break
            await asyncio.sleep(0.05)
        report.ok("both connections are told", connection.goaway and idle.goaway, (connection.goaway, idle.goaway))
        await up.send(b"x" * 2000, end=True)
        head = await asyncio.wait_for(up.response(), 10)
        report.equal("an upload ends well", head[":status"], "200")
        answers = await asyncio.wait_for(asyncio.gather(*running, return_exceptions=True), 20)
        good = [len(one[1]) for one in answers if isinstance(one, tuple)]
        report.equal("20 slow answers end well", good, list(range(20, 40)))
        with contextlib.suppress(OSError, Reset):
            late = await asyncio.wait_for(Connection.open(mine.port, mine.certificate), 3)
            head, _, _ = await asyncio.wait_for(late.get("/origin/bytes/10"), 3)
            report.ok("nothing new is taken", False, head)
        code = await asyncio.to_thread(mine.process.wait, 20)
        took = time.monotonic() - begun
        report.ok("and then the process ends by itself", code == 0 and took < 9, f"{code} after {took:.1f} s")
        await connection.close()
        await idle.close()

    try:
        mine.begin([Route("/origin/", backends.origin_port)])
        asyncio.run(asyncio.wait_for(run(), 60))
    finally:
        mine.end()


def priorities(report, gate, backends):
    """RFC 9218: where the connection's window is scarce, the urgent go first."""
    async def order(asked, path, update=None):
        """The names in the order in which their streams end."""
        connection = await Connection.open(gate.port, gate.certificate, window=65_535)
        ended = []
        streams = {name: connection.request(path, [("priority", text)] if text else []) for name, text in asked}

        async def drain(name, stream):
            await stream.body()
            ended.append(name)

        for stream in streams.values():
            await asyncio.wait_for(stream.response(), 10)
        if update:
            number, value = streams[update[0]].number, update[1].encode()
            payload = number.to_bytes(4, "big") + value
            connection.writer.write(len(payload).to_bytes(3, "big") + b"\x10\0" + bytes(4) + payload)
        # The windows are full by now; whoever is chosen gets the next room.
        await asyncio.sleep(0.5)
        await asyncio.wait_for(asyncio.gather(*(drain(*one) for one in streams.items())), 60)
        await connection.close()
        return ended

    def often(what, asked, path, wanted, update=None):
        """At least three times of five: a stream that has no bytes at hand lets others go first."""
        seen = [asyncio.run(order(asked, path, update))[: len(wanted)] for _ in range(5)]
        report.ok(f"{path}: {what}", seen.count(wanted) >= 3, seen)

    for path in ("/nginx/mib", "/nginx2/mib"):
        asked = [("last", "u=7"), ("late", "u=5"), ("usual", None), ("soon", "u=1"), ("first", "u=0")]
        often("urgencies 7 5 3 1 0 end in order", asked, path, ["first", "soon", "usual", "late", "last"])
        if path == "/nginx2/mib":
            # Of two streams only, one that waits for its upstream's next DATA leaves the room to the other.
            report.skip(f"{path}: one of two streams", "over HTTP/2 to the server it is even chances who goes first")
            continue
        often("urgency 0 ends before 7", [("a", "u=7"), ("b", "u=0")], path, ["b", "a"])
        if not gate.is_standin:
            often("PRIORITY_UPDATE lifts a stream", [("a", "u=3"), ("b", "u=3"), ("c", "u=5")], path, ["c"], ("c", "u=0"))


def main():
    report = Report("http2_load")
    if lacking := missing("h2load", "nginx"):
        report.skip("all", f"not installed: {' '.join(lacking)}; Tests/Scripts/install interop")
        report.end()
    gate = Gate("load")
    backends = Backends(gate)
    (gate.folder / "upload").write_bytes(bytes(100_000))
    routes = [
        Route("/origin/", backends.origin_port), Route("/nginx/", backends.nginx_port), Route("/nginx2/", backends.nginx2_port, "h2c"),
        Route("/nghttpd/", backends.nghttpd_port, "h2c"), Route("/secure/", backends.secure_port, "h2"), Route("/churn/", backends.churn_port, "h2c"),
        Route("= /mine/small", backends.nginx_port, rule=f"{TOKEN} scope shop:read; strip_prefix /mine;"),
    ]  # fmt: skip
    try:
        backends.begin()
        gate.begin(routes)
        for title, work in (("h2load", load), ("GOAWAY of the server", goaway), ("priorities", priorities), ("reload under load", reload), ("drain under load", drain)):
            if gate.is_standin and work in (reload, drain):
                report.skip(title, "nghttpx does these its own way")
                continue
            report.part(title, work, gate, backends)
    finally:
        backends.end()
        gate.end(report)
    report.end()


main()
