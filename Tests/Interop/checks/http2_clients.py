"""curl, nghttp, httpx and Python's h2 through the gateway, to HTTP/1.1 and HTTP/2 servers and back."""

import asyncio
import concurrent.futures
import hashlib
import json
import re

import httpx

from kit.backends import Backends, pattern
from kit.check import Report
from kit.gate import TOKEN, Gate, Route
from kit.h2wire import Connection
from kit.tools import curl, early, missing, run

BIG = pattern(50 * 1000 * 1000)
BIG_SUM = hashlib.sha256(BIG).hexdigest()
SMALL, ODD = pattern(1024), pattern(65537)
FORGED = ["x-stack-user-id: root", "X-Stack-User-Id: root", "x_stack_user_id: root", "x-stack-scopes: all", "x-forwarded-for: 192.0.2.9", "forwarded: for=192.0.2.9", "x-request-id: forged"]
UPSTREAMS = {"nginx, HTTP/1.1": "/nginx/", "nginx, h2c": "/nginx2/", "nghttpd, h2c": "/nghttpd/", "nghttpd, TLS": "/secure/"}
CLIENTS = {"h2 over TLS": ("--http2", False, "2"), "h2c": ("--http2-prior-knowledge", True, "2"), "HTTP/1.1 over TLS": ("--http1.1", False, "1.1"), "HTTP/1.1": ("--http1.1", True, "1.1")}


def headers_of(*lines):
    return [word for line in lines for word in ("-H", line)]


def seen_of(answer):
    return json.loads(answer.body) if answer.status == 200 else {"headers": [], "status": answer.status, "said": answer.said}


def downloads(report, gate, backends):
    """Every client to every server."""
    for client, (wire, plain, version) in CLIENTS.items():
        for server, path in UPSTREAMS.items():
            name = f"{client} to {server}"
            answer = curl(gate, path + "small", wire=wire, plain=plain)
            report.ok(f"{name}: 1 KiB", (answer.version, answer.status, answer.body) == (version, 200, SMALL), answer)
            answer = curl(gate, path + "big", wire=wire, plain=plain)
            digest = hashlib.sha256(answer.body).hexdigest()
            report.equal(f"{name}: 50 MB", (answer.status, len(answer.body), digest), (200, len(BIG), BIG_SUM))
            answer = curl(gate, path + "small", "--head", wire=wire, plain=plain)
            report.equal(f"{name}: HEAD", (answer.status, answer.header("content-length"), answer.code), (200, "1024", 0))
            answer = curl(gate, path + "nothing", wire=wire, plain=plain)
            report.equal(f"{name}: the server's own 404", (answer.status, answer.code), (404, 0))
    for path in ("/nginx/", "/nginx2/"):
        first = curl(gate, path + "small")
        answer = curl(gate, path + "small", "-H", f"if-none-match: {first.header('etag')}")
        report.equal(f"304 of {path}", (answer.status, answer.body, answer.code, answer.header("etag")), (304, b"", 0, first.header("etag")))
        answer = curl(gate, path + "mib", "--range", "1000-1999")
        report.equal(f"206 of {path}", (answer.status, answer.header("content-range"), len(answer.body)), (206, "bytes 1000-1999/1048576", 1000))
    words = [word for index in range(50) for word in ("-o", f"/dev/null", f"{gate.origin}/nginx/{'mib' if index % 5 == 0 else 'small'}")]
    code, said = run("curl", "-sS", "--parallel", "--parallel-max", "50", "--cacert", gate.certificate, "--http2", "-w", "%{http_code} ", *words)
    report.equal("50 at once on curl's one connection", (code, said.split().count("200")), (0, 50))


def uploads(report, gate, backends):
    """Bodies up, and up and down."""
    path = gate.folder / "upload"
    path.write_bytes(BIG)
    for client, (wire, plain, version) in CLIENTS.items():
        for what, words, body in (
            ("no body at all", ["-X", "POST"], None), ("1 byte", ["--data-binary", "x"], None), ("64 KiB and 1", ["--data-binary", "@-"], ODD),
            ("50 MB", ["-T", str(path)], None), ("50 MB of unknown length", ["-T", "-", "-H", "expect:"], BIG),
        ):  # fmt: skip
            sent = {"no body at all": b"", "1 byte": b"x", "64 KiB and 1": ODD}.get(what, BIG)
            answer = curl(gate, "/origin/seen", *words, wire=wire, plain=plain, body=body)
            seen = seen_of(answer)
            wanted = (200, len(sent), hashlib.sha256(sent).hexdigest())
            report.equal(f"{client}: {what} to HTTP/1.1", (answer.status, seen.get("length"), seen.get("sha256")), wanted)
            framing = sorted(name for name, _ in seen["headers"] if name in ("content-length", "transfer-encoding"))
            # HTTP/1.1 without a body may say nothing or a length of 0.
            report.ok("  by one way to frame it", len(framing) == 1 or (framing == [] and not sent), framing)
        for what, words, body, sent in (("64 KiB and 1", ["--data-binary", "@-"], ODD, ODD), ("50 MB", ["-T", str(path)], None, BIG), ("50 MB of unknown length", ["-T", "-", "-H", "expect:"], BIG, BIG)):
            answer = curl(gate, "/nghttpd/echo", *words, wire=wire, plain=plain, body=body)
            report.equal(f"{client}: {what} to h2c and back", (answer.status, len(answer.body), hashlib.sha256(answer.body).hexdigest()), (200, len(sent), hashlib.sha256(sent).hexdigest()))
    for client in ("h2 over TLS", "HTTP/1.1 over TLS"):
        wire, plain, version = CLIENTS[client]
        answer = curl(gate, "/origin/seen", "-H", "expect: 100-continue", "--expect100-timeout", "20", "--data-binary", "@-", wire=wire, body=ODD, limit=15)
        report.equal(f"{client}: 100-continue is answered at once", (answer.status, seen_of(answer).get("length")), (200, len(ODD)))
        answer = early(gate, "/small/seen", "--data-binary", "@-", wire=wire, body=ODD)
        report.equal(f"{client}: a body beyond body_limit", answer.status, 413)
        answer = early(gate, "/small/seen", "-T", "-", "-H", "expect:", wire=wire, body=BIG)
        report.equal(f"{client}: the same of unknown length", answer.status, 413)
        answer = early(gate, "/nginx/small", "-X", "POST", "--data-binary", "@-", wire=wire, body=BIG)
        report.equal(f"{client}: 405 of nginx while 50 MB go up", answer.status, 405)


def trailers(report, gate, backends):
    """Of the response and of the request, over each wire."""
    asked = headers_of("te: trailers", "connection: te")
    for client, (wire, plain, version) in CLIENTS.items():
        more = asked if version == "1.1" else ["-H", "te: trailers"]
        for server, path in (("HTTP/1.1", "/origin/trailers"), ("nginx", "/nginx/trailed"), ("h2c", "/trail/small")):
            answer = curl(gate, path, *more, wire=wire, plain=plain)
            report.equal(f"{client}: trailers of {server}", (answer.status, answer.code, answer.trailer("x-sum")), (200, 0, "42"))
        answer = curl(gate, "/origin/trailers", wire=wire, plain=plain)
        report.equal(f"{client}: whole also for who does not ask for trailers", (answer.status, answer.code, answer.body), (200, 0, b"with trailers"))
    code, said = run("nghttp", "-v", "--no-verify-peer", "--no-content-length", "--trailer", "x-check: 7", "--trailer", "x-stack-user-id: root", "-d", gate.folder / "upload-small", gate.origin + "/origin/seen")
    match = re.search(r"\{\"line\".*\}", said)
    seen = json.loads(match[0]) if match else {}
    report.equal("nghttp's request trailers", (seen.get("length"), seen.get("trailers")), (1024, {"x-check": "7"}))


def hints(report, gate, backends):
    """Interim responses, over each wire."""
    for client, (wire, plain, version) in CLIENTS.items():
        answer = curl(gate, "/origin/hints", wire=wire, plain=plain)
        report.equal(f"{client}: 103 comes before 200", (answer.status, answer.body, answer.interim), (200, b"hinted", [(103, [("link", "</a.css>; rel=preload")])] * 2))
    answer = curl(gate, "/origin/hints", wire="--http1.0", plain=True)
    report.equal("HTTP/1.0: 200 alone", (answer.status, answer.body, answer.interim), (200, b"hinted", []))


def heads(report, gate, backends):
    """What the server is told is the same whatever the wire; forged fields are gone."""
    views = {}
    for client, (wire, plain, version) in CLIENTS.items():
        answer = curl(gate, "/mine/seen?a=b%20c&d", *headers_of(f"authorization: Bearer {gate.token()}", "x-own: 1", "cookie: a=1; b=2", *FORGED), wire=wire, plain=plain)
        seen = seen_of(answer)
        found = {}
        for name, value in seen["headers"]:
            found.setdefault(name, []).append(value)
        views[client] = (seen.get("line"), {name: value for name, value in found.items() if name not in ("host", "x-request-id", "x-forwarded-proto", "x-forwarded-host", "forwarded", "traceparent", "via")})
        told = {name: value for name, value in found.items() if name.replace("_", "-").startswith("x-stack")}
        report.equal(f"{client}: who calls", told, {"x-stack-user-id": ["ann"], "x-stack-issuer": ["https://issuer.test"], "x-stack-client-id": ["interop"], "x-stack-scopes": ["shop:read"]})
        report.equal("  the address", found.get("x-forwarded-for"), ["127.0.0.1"])
        report.equal("  one Host, no token", (len(found.get("host", [])), "authorization" in found), (1, False))
        report.ok("  its own id", len(found.get("x-request-id", [])) == 1 and "forged" not in found["x-request-id"], found)
        report.equal("  the scheme", found.get("x-forwarded-proto"), ["http" if plain else "https"])
        lines = gate.lines(request_id=found.get("x-request-id", ["?"])[0])
        report.ok("  one line in the log", len(lines) == 1 and version in json.dumps(lines[0]), lines)
    first = views["HTTP/1.1 over TLS"]
    for client, view in views.items():
        report.equal(f"{client}: the server sees what HTTP/1.1 shows it", view, first)
    for client, (wire, plain, version) in CLIENTS.items():
        for what, path, words, status in (
            ("no route", "/nowhere", [], 404), ("no token", "/mine/seen", [], 401), ("an expired one", "/mine/seen", headers_of(f"authorization: Bearer {gate.token(-60)}"), 401),
            ("a scope too few", "/mine/seen", headers_of(f"authorization: Bearer {gate.token(scope='x')}"), 403),
            ("a field of 40 KB", "/origin/seen", headers_of("x-long: " + "v" * 40000), 431), ("200 fields", "/origin/seen", headers_of(*(f"x-{index}: 1" for index in range(200))), 431),
            ("a target of 9 KB", "/origin/" + "p" * 9000, [], 414), ("a slash in disguise", "/origin/a%2Fb", [], 400), ("no server", "/down/x", [], 502),
        ):  # fmt: skip
            answer = curl(gate, path, *words, wire=wire, plain=plain)
            right = answer.status == status and answer.code == 0 and answer.header("content-type") == "application/problem+json"
            report.ok(f"{client}: {what} is {status}", right and json.loads(answer.body)["status"] == status, answer)


def responses(report, gate, backends):
    """Fields that HTTP/2 does not have stay behind."""
    for client, (wire, plain, version) in CLIENTS.items():
        answer = curl(gate, "/origin/odd", wire=wire, plain=plain)
        names = [name for name, _ in answer.headers]
        report.equal(f"{client}: fields of the connection stay behind", (answer.status, answer.code, [one for one in names if one in ("proxy-connection", "upgrade", "transfer-encoding")]), (200, 0, []))
        report.ok("  two cookies are two", names.count("set-cookie") == 2 and answer.header("x-mixed") == "Case", answer.headers)
        answer = curl(gate, "/origin/hop", wire=wire, plain=plain)
        report.equal("  also those that Connection names", (answer.status, answer.header("x-hop")), (200, None))
        for status in (204, 205, 304, 500, 418):
            answer = curl(gate, f"/origin/status/{status}", wire=wire, plain=plain)
            report.equal(f"  {status} without a body", (answer.status, answer.body, answer.code), (status, b"", 0))
    answer = curl(gate, "/origin/seen", wire="--http2", plain=True)
    names = [name for name, _ in seen_of(answer)["headers"]]
    report.ok("Upgrade: h2c is not taken, nor passed on", answer.version == "1.1" and answer.status == 200 and "http2-settings" not in names and "upgrade" not in names, answer)
    answer = curl(gate, "/origin/seen", "--no-alpn", wire="--http2")
    report.equal("no ALPN at all is HTTP/1.1", (answer.version, answer.status), ("1.1", 200))


def nghttp(report, gate, backends):
    """nghttp2's own client."""
    code, said = run("nghttp", "-nv", "--no-verify-peer", gate.origin + "/nginx/small")
    report.ok("nghttp -nv", code == 0 and ":status: 200" in said and "recv (stream_id" in said, said[-600:])
    for name in ("SETTINGS_MAX_CONCURRENT_STREAMS(0x03):128", "SETTINGS_INITIAL_WINDOW_SIZE(0x04):262144", "SETTINGS_ENABLE_CONNECT_PROTOCOL(0x08):1", "SETTINGS_NO_RFC7540_PRIORITIES(0x09):1"):
        value = name.replace("SETTINGS_", "").replace("(0x08)", "").replace("(0x09)", "")
        shown = name in said or re.search(rf"\[?{re.escape(name[-len(name.split('(')[1]) - 1 :])}", said)
        report.ok(f"its settings: {value}", gate.is_standin or shown, re.findall(r"\[SETTINGS_.*|.*UNKNOWN\(0x.*", said)[:12])
    for words in (["-m", "100"], ["-m", "100", "-p", "200"], ["--no-dep", "-m", "50"], ["-w", "10", "-W", "10"], ["-b", "200", "-m", "5"], ["-c", "0"], ["-c", "65536", "-m", "20"]):
        code, said = run("nghttp", "-ns", "--no-verify-peer", *words, gate.origin + "/nginx/mib")
        statuses = re.findall(r"^\s*\d+\s+\+\S+\s+\+\S+\s+\S+\s+(\d+)\s", said, re.M)
        count = int(words[words.index("-m") + 1]) if "-m" in words else 1
        report.equal(f"nghttp {' '.join(words)}", (code, statuses.count("200"), "ERROR" in said), (0, count, False))
    code, said = run("nghttp", "--no-verify-peer", "-d", gate.folder / "upload-small", gate.origin + "/origin/seen")
    match = re.search(r"\{.*\}", said)
    report.equal("nghttp -d", (code, json.loads(match[0])["length"] if match else said[-300:]), (0, 1024))
    code, said = run("nghttp", "-nv", gate.plain + "/nginx/small")
    report.ok("nghttp by prior knowledge", code == 0 and ":status: 200" in said, said[-600:])


def pythons(report, gate, backends):
    """httpx, and h2 with frames of our choice."""

    async def many():
        async with httpx.AsyncClient(http2=True, verify=gate.certificate, trust_env=False, timeout=60) as client:
            answers = await asyncio.gather(*(client.get(gate.origin + ("/nginx/mib" if index % 10 == 0 else "/origin/bytes/3000")) for index in range(100)))
            report.equal("httpx: 100 at once", [(one.http_version, one.status_code) for one in answers].count(("HTTP/2", 200)), 100)

            async def body():
                for at in range(0, len(BIG), 1 << 20):
                    yield BIG[at : at + (1 << 20)]

            answer = await client.post(gate.origin + "/origin/seen", content=body())
            report.equal("httpx: 50 MB as a stream", (answer.json()["length"], answer.json()["sha256"]), (len(BIG), BIG_SUM))
            async with client.stream("GET", gate.origin + "/nghttpd/big") as answer:
                digest = hashlib.sha256()
                async for part in answer.aiter_raw():
                    digest.update(part)
            report.equal("httpx: 50 MB down", digest.hexdigest(), BIG_SUM)

    asyncio.run(many())

    async def raw():
        async with await Connection.open(gate.port, gate.certificate) as connection:
            crumbs = [("cookie", "a=1"), ("cookie", "b=2"), ("cookie", "c=3")]
            head, body, _ = await connection.get("/origin/seen", crumbs)
            cookies = [value for name, value in json.loads(body)["headers"] if name == "cookie"]
            report.equal("h2: cookie crumbs become one field", cookies, ["a=1; b=2; c=3"])
            stream = connection.request("/origin/seen", [("te", "trailers")], "POST", end=False)
            await stream.send(SMALL)
            stream.send_trailers([("x-check", "7"), ("x-stack-user-id", "root")])
            body = json.loads(await stream.body())
            report.equal("h2: request trailers", (body["length"], body["trailers"]), (1024, {"x-check": "7"}))
            slow = [connection.request("/nginx/mib") for _ in range(90)]
            for one in slow:
                await asyncio.wait_for(one.response(), 20)
            head, body, _ = await asyncio.wait_for(connection.get("/nginx/small"), 10)
            report.equal("h2: beside 90 that nobody reads", (head[":status"], len(body)), ("200", 1024))
            for one in slow[::2]:
                one.reset()
            sizes = [len(await asyncio.wait_for(one.body(), 60)) for one in slow[1::2]]
            report.equal("h2: half of them reset, the rest whole", sizes, [1 << 20] * 45)

    asyncio.run(asyncio.wait_for(raw(), 120))

    def one(index):
        answer = curl(gate, "/nginx/small", wire="--http2" if index % 2 else "--http1.1")
        return answer.body == SMALL

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        report.equal("both wires in turn on one port", sum(pool.map(one, range(10))), 10)


def main():
    report = Report("http2_clients")
    if lacking := missing("curl", "nghttp", "nginx"):
        report.skip("all", f"not installed: {' '.join(lacking)}; Tests/Scripts/install interop")
        report.end()
    gate = Gate("http2")
    backends = Backends(gate)
    (gate.folder / "upload-small").write_bytes(SMALL)
    port = backends.origin_port
    routes = [
        Route("/origin/", port), Route("/small/", port, rule="access public; body_limit 10k;"), Route("/mine/", port, rule=f"{TOKEN} scope shop:read;"), Route("/down/", 9),
        Route("/nginx/", backends.nginx_port), Route("/nginx2/", backends.nginx2_port, "h2c"), Route("/nghttpd/", backends.nghttpd_port, "h2c"),
        Route("/secure/", backends.secure_port, "h2"), Route("/trail/", backends.trail_port, "h2c"),
    ]  # fmt: skip
    try:
        backends.begin()
        gate.begin(routes)
        for title, work in (
            ("downloads", downloads), ("uploads", uploads), ("trailers", trailers), ("hints", hints), ("what the server is told", heads),
            ("what the client is told", responses), ("nghttp", nghttp), ("Python", pythons),
        ):  # fmt: skip
            if gate.is_standin and work is heads:
                report.skip(title, "nghttpx knows no tokens")
                continue
            report.part(title, work, gate, backends)
    finally:
        backends.end()
        gate.end(report)
    report.end()


main()
