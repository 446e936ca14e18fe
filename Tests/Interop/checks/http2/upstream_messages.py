"""RFC 9113, section 8, and HPACK, the other way round: answers that no server may give, and what a
proxy's own requests look like."""

from kit.http2 import blocks, frames
from kit.http2.frames import Code
from kit.http2.suite import Failed, Skipped, Suite
from kit.http2.upstream import OK

SUITE = Suite("RFC 9113 §8, as a client")
FAILED = (502, 503, 504)
LAST = blocks.encode([("x-last", "yes")])


def malformed(clause, title, make, method="GET"):
    """RST_STREAM PROTOCOL_ERROR to the server; to the client an error, or an answer that breaks off."""

    def work(peer):
        def script(link, number):
            link.greet()
            stream = link.request()
            link.whole(stream)
            link.send(make(stream))
            # An answer that was whole may have closed the stream before: then there is nothing to reset.
            link.alive()
            return link.resets.get(stream)

        reply = peer.ask(script, method=method)
        try:
            code = peer.scripted.result()
        except Failed as fault:
            if "PROTOCOL_ERROR" not in str(fault):
                raise
            code = Code.PROTOCOL_ERROR
        if reply.is_whole and reply.status not in FAILED:
            raise Failed(f"the client got {reply}")
        smuggled = [name for name, _ in reply.fields if name in ("x-smuggled",)]
        if smuggled:
            raise Failed(f"the client got {reply}")
        if code not in (Code.PROTOCOL_ERROR, None):
            peer.notes.append(f"reset with {frames.code_name(code)}")

    SUITE.add(f"RFC 9113 §{clause}", f"client: {title} is malformed", work)


def block_fault(clause, title, block):
    malformed(clause, title, lambda stream: frames.headers(stream, block, end=False) + frames.data(stream, b"evil\n", end=True))


def passes(clause, title, make, holds, method="GET", extra=(), settings=()):
    def work(peer):
        def script(link, number):
            link.greet(*settings)
            stream = link.request()
            link.whole(stream)
            link.send(make(stream))
            link.alive()

        reply = peer.ask(script, method=method, extra=extra)
        peer.scripted.result()
        if not holds(reply):
            raise Failed(f"the client got {reply} {reply.trailers}")

    SUITE.add(f"RFC 9113 §{clause}", f"client: {title}", work)


# 8.1

malformed("8.1", "DATA before the head", lambda stream: frames.data(stream, b"x", end=True))
malformed("8.1", "an answer 103 that ends the stream", lambda stream: frames.headers(stream, blocks.literal(8, "103")))
malformed("8.1", "101 Switching Protocols", lambda stream: frames.headers(stream, blocks.literal(8, "101"), end=False) + frames.headers(stream, OK))
malformed("8.1", "trailers without END_STREAM", lambda stream: frames.headers(stream, OK, end=False) + frames.data(stream, b"x") + frames.headers(stream, LAST, end=False) + frames.data(stream, b"y", end=True))
malformed("8.1", ":status in trailers", lambda stream: frames.headers(stream, OK, end=False) + frames.data(stream, b"x") + frames.headers(stream, OK))
malformed("8.1", "an upper-case name in trailers", lambda stream: frames.headers(stream, OK, end=False) + frames.data(stream, b"x") + frames.headers(stream, blocks.encode([("Upper", "x")])))
malformed("8.2", "CR LF in trailers", lambda stream: frames.headers(stream, OK, end=False) + frames.data(stream, b"x") + frames.headers(stream, blocks.encode([("x-last", "a\r\nx-smuggled: 1")])))
passes("8.1", "103 before the head is no answer", lambda stream: frames.headers(stream, blocks.literal(8, "103") + blocks.literal("link", "</a>"), end=False) + frames.headers(stream, OK, end=False) + frames.data(stream, b"fine\n", end=True), lambda reply: reply.status == 200 and reply.body == b"fine\n" and reply.interim in ([(103, [("link", "</a>")])], []))
passes("8.1", "an answer without DATA", lambda stream: frames.headers(stream, OK), lambda reply: reply.status == 200 and reply.body == b"")
passes("8.1", "an answer that ends with empty DATA", lambda stream: frames.headers(stream, OK, end=False) + frames.data(stream) + frames.data(stream, end=True), lambda reply: reply.status == 200 and reply.body == b"" and reply.is_whole)
passes("8.1", "trailers end an answer", lambda stream: frames.headers(stream, OK + blocks.literal("trailer", "x-last"), end=False) + frames.data(stream, b"fine\n") + frames.headers(stream, LAST), lambda reply: reply.body == b"fine\n" and reply.is_whole, extra=[("TE", "trailers")])
passes("8.1", "an answer to HEAD keeps its content-length", lambda stream: frames.headers(stream, OK + blocks.literal(28, "77")), lambda reply: reply.status == 200 and reply.field("content-length") in (["77"], []), "HEAD")
passes("8.1", "204 without a body", lambda stream: frames.headers(stream, b"\x89"), lambda reply: reply.status == 204)

# 8.1.1

for title, length, body in [
    ("less DATA than content-length", "10", b"short"), ("more DATA than content-length", "3", b"toolong"),
    ("DATA beside content-length 0", "0", b"x"), ("content-length -1", "-1", b"x"), ("content-length 1x", "1x", b"x"),
    ("content-length without a value", "", b"x"), ("content-length beyond 64 bits", "18446744073709551617", b"x"), ("content-length '1, 1'", "1, 1", b"x"),
]:  # fmt: skip
    def wrong_length(stream, length=length, body=body):
        return frames.headers(stream, OK + blocks.literal(28, length), end=False) + frames.data(stream, body, end=True)

    malformed("8.1.1", title, wrong_length)
malformed("8.1.1", "content-length 5 without DATA", lambda stream: frames.headers(stream, OK + blocks.literal(28, "5")))
malformed("8.1.1", "two different content-lengths", lambda stream: frames.headers(stream, OK + blocks.literal(28, "5") + blocks.literal(28, "4"), end=False) + frames.data(stream, b"fine\n", end=True))
malformed("8.1.1", "trailers before content-length is reached", lambda stream: frames.headers(stream, OK + blocks.literal(28, "50"), end=False) + frames.data(stream, b"x") + frames.headers(stream, LAST))

# 8.2

for name in ("Upper", "a b", "a:b", "", "a\0b", "a\nb", "x\r\nx-smuggled", "\x80", "a(b"):
    block_fault("8.2.1", f"{name!r} as a name", OK + blocks.encode([(name, "x")]))
for value in ("a\0b", "a\nb", "a\rb", "a\r\nx-smuggled: 1", "a\r\n\r\n<script>", " a", "a ", "\ta"):
    block_fault("8.2.1", f"{value!r} as a value", OK + blocks.encode([("x-value", value)]))
for name, value in (("connection", "close"), ("keep-alive", "x"), ("proxy-connection", "x"), ("transfer-encoding", "chunked"), ("upgrade", "h2c"), ("te", "gzip")):
    block_fault("8.2.2", f"{name}: {value} in an answer", OK + blocks.encode([(name, value)]))

# 8.3

for title, block in [
    ("an answer without :status", blocks.encode([("x", "y")])),
    ("an answer without any field", b""),
    (":status twice", OK + OK),
    (":status twice, differing", OK + b"\x8d"),
    (":status behind a field", blocks.encode([("x", "y")]) + OK),
    (":path in an answer", OK + blocks.literal(":path", "/")),
    (":method in an answer", blocks.literal(":method", "GET") + OK),
    (":unknown in an answer", OK + blocks.literal(":unknown", "x")),
    *((f":status {value!r}", blocks.literal(8, value)) for value in ("", "20", "2000", "abc", "2x0", "+20", "099", "000", "600x", "2 0", "200\r\nx-smuggled: 1")),
]:
    block_fault("8.3", title, block)
for status in (200, 299, 404, 418, 599):

    def holds(reply, status=status):
        return reply.status == status and reply.body == b"fine\n"

    passes("8.3.2", f":status {status} passes", lambda stream, status=status: frames.headers(stream, blocks.literal(8, str(status)), end=False) + frames.data(stream, b"fine\n", end=True), holds)

# HPACK, and fields that pass

passes("8.2", "several set-cookie stay apart", lambda stream: frames.headers(stream, OK + blocks.literal("set-cookie", "a=1") + blocks.literal("set-cookie", "b=2"), end=True), lambda reply: reply.field("set-cookie") == ["a=1", "b=2"])
passes("8.2", "an empty value and bytes beyond ASCII pass", lambda stream: frames.headers(stream, OK + blocks.literal("x-empty", "") + blocks.literal("x-high", b"\xe4")), lambda reply: reply.field("x-empty") == [""] and reply.field("x-high") == ["\xe4"])


@SUITE.case("RFC 7541 §2.3", "client: entries of one answer are known to the next")
def table(peer):
    def script(link, number):
        link.greet()
        stream = link.request()
        link.send(frames.headers(stream, OK + blocks.literal("x-kept", "yes", blocks.INDEXED)))
        stream = link.request()
        link.send(frames.headers(stream, OK + blocks.index(62)))
        link.alive()

    peer.ask(script)
    reply = peer.plain_ask()
    peer.scripted.result()
    if reply.field("x-kept") != ["yes"]:
        raise Failed(f"the client got {reply}")


# The requests that a proxy makes


def request_of(peer, **asked):
    """The fields that our server saw, and whether each was told never to be indexed."""

    def script(link, number):
        link.greet()
        stream = link.request()
        link.whole(stream)
        link.answer(stream)
        fields = link.requests[stream]
        return (
            [(str(name, "latin-1") if isinstance(name, bytes) else name, str(value, "latin-1") if isinstance(value, bytes) else value) for name, value in fields],
            {one[0] for one in fields if not one.indexable}, link.trailers.get(stream, []), link.bodies.get(stream, b""),
        )

    reply = peer.ask(script, **asked)
    seen = peer.scripted.result()
    if reply.status != 200:
        raise Failed(f"the client got {reply}")
    return seen


@SUITE.case("RFC 9113 §8.3.1", "client: a request has its four pseudo-fields first, each once")
def pseudo(peer):
    fields, _, _, _ = request_of(peer, path="/some/path?q=1", extra=[("X-Upper", "Value")])
    names = [name for name, _ in fields]
    own = [name for name in names if name.startswith(":")]
    known = dict(fields)
    if sorted(own) != [":authority", ":method", ":path", ":scheme"] or names[:4] != own:
        raise Failed(f"{fields}")
    if (known[":method"], known[":path"]) != ("GET", "/some/path?q=1") or known[":scheme"] not in ("http", "https"):
        raise Failed(f"{fields}")
    if any(name != name.lower() for name in names) or ("x-upper", "Value") not in fields:
        raise Failed(f"{fields}")


@SUITE.case("RFC 9113 §8.2.2", "client: no field of the client's connection goes on; te goes on as trailers alone")
def hop(peer):
    extra = [("Connection", "keep-alive, x-hop"), ("X-Hop", "1"), ("Keep-Alive", "timeout=1"), ("Proxy-Connection", "keep-alive"), ("TE", "trailers")]
    fields, _, _, _ = request_of(peer, extra=extra)
    wrong = [pair for pair in fields if pair[0] in ("connection", "x-hop", "keep-alive", "proxy-connection", "upgrade", "transfer-encoding", "host") or pair[0] == "te" and pair[1] != "trailers"]
    if any(name == "host" for name, _ in wrong) and dict(fields).get(":authority") == dict(fields)["host"]:
        wrong = [pair for pair in wrong if pair[0] != "host"]
        peer.notes.append("host beside :authority")
    if wrong:
        raise Failed(f"{wrong}")


@SUITE.case("RFC 9113 §8.2.2", "client: a chunked body goes on as DATA, without transfer-encoding")
def chunked(peer):
    body = b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nx-last: yes\r\n\r\n"
    fields, _, trailers, came = request_of(peer, method="POST", body=body, extra=[("Transfer-Encoding", "chunked"), ("Trailer", "x-last")])
    if came != b"abcde" or "transfer-encoding" in dict(fields):
        raise Failed(f"{fields} {came!r}")
    if not trailers:
        peer.notes.append("the trailers of the request did not go on (MAY)")


@SUITE.case("RFC 9113 §8.1.1", "client: a body of known length keeps its content-length")
def known_length(peer):
    fields, _, _, came = request_of(peer, method="POST", body=b"hello")
    if came != b"hello" or dict(fields).get("content-length") not in ("5", None):
        raise Failed(f"{fields} {came!r}")


@SUITE.case("RFC 7541 §6.2.3", "client: what a client never lets be indexed is never indexed when it goes on")
def never(peer):
    wire = None

    def script(link, number):
        link.greet()
        stream = link.request()
        link.whole(stream)
        link.answer(stream)
        return [one for one in link.requests[stream]]

    peer.scripted.begin(script)
    wire = peer.open()
    wire.send(frames.headers(1, blocks.get() + blocks.literal("x-secret", "s3cret", blocks.NEVER) + blocks.literal("x-plain", "p")))
    wire.response(1, 200)
    seen = {one[0] if isinstance(one[0], str) else one[0].decode(): one.indexable for one in peer.scripted.result()}
    if "x-secret" not in seen:
        raise Skipped("the field did not go on")
    if seen["x-secret"]:
        raise Failed("x-secret may be indexed")


@SUITE.case("RFC 9113 §8.7", "client: a client that resets its stream resets the server's too")
def client_resets(peer):
    def script(link, number):
        link.greet()
        stream = link.request()
        link.send(frames.headers(stream, OK, end=False), frames.data(stream, b"begun"))
        link.until(lambda: stream in link.resets, "RST_STREAM")
        return link.resets[stream]

    peer.scripted.begin(script)
    wire = peer.open()
    wire.get(1)
    wire.head(1)
    wire.send(frames.rst_stream(1, Code.CANCEL))
    code = peer.scripted.result()
    if code not in (Code.CANCEL, Code.NO_ERROR, Code.INTERNAL_ERROR):
        raise Failed(f"reset with {frames.code_name(code)}")
    wire.alive()


@SUITE.case("RFC 9113 §8.1", "client: trailers and gRPC statuses come through to a client of HTTP/2")
def through(peer):
    def script(link, number):
        link.greet()
        stream = link.request()
        link.whole(stream)
        link.send(frames.headers(stream, OK + blocks.literal("content-type", "application/grpc"), end=False))
        link.send(frames.data(stream, b"\0\0\0\0\1x"), frames.headers(stream, blocks.encode([("grpc-status", "5"), ("grpc-message", "no")])))
        link.alive()

    peer.scripted.begin(script)
    wire = peer.open()
    wire.send(frames.headers(1, blocks.post("/", ("te", "trailers"), ("content-type", "application/grpc")), end=False), frames.data(1, b"\0\0\0\0\0", end=True))
    answer = wire.response(1, 200)
    if ("grpc-status", "5") not in answer.trailers or answer.body != b"\0\0\0\0\1x":
        raise Failed(f"{answer.fields} {answer.body!r} {answer.trailers}")
