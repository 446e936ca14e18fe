"""RFC 9113, sections 8.1 and 8.4 to 8.7: the shape of requests and answers."""

from kit.http2 import blocks, frames
from kit.http2.frames import Code
from kit.http2.suite import Failed, Skipped, Suite

SUITE = Suite("RFC 9113 §8.1, 8.4-8.7, messages")
TRAILERS = blocks.encode([("x-last", "yes")])


def malformed(clause, title, *parts, may_pass=False, may_be_whole=False):
    """A stream error PROTOCOL_ERROR, or 400. `may_pass`: its head was well, and may have gone on."""

    def work(peer):
        wire = peer.open()
        wire.send(*parts)
        wire.malformed(1)
        if not may_pass:
            peer.nothing_passed()
        elif peer.backend and not may_be_whole and any(one.is_whole for one in peer.seen):
            raise Failed(f"the back end took it for whole: {peer.seen[0].line} {peer.seen[0].body[:50]!r}")

    SUITE.add(f"RFC 9113 §{clause}", f"{title} is malformed", work)


def opened(*extra):
    return frames.headers(1, blocks.post("/", *extra), end=False)


# 8.1

malformed("8.1", "a second HEADERS without END_STREAM", opened(), frames.headers(1, TRAILERS, end=False), may_pass=True)
malformed("8.1", "a request head in the place of trailers", opened(), frames.data(1, b"x"), frames.headers(1, blocks.get()), may_pass=True)
for name in (":path", ":status", ":method", ":what"):
    block = blocks.encode([(name, "x"), ("x-last", "yes")])
    malformed("8.1", f"{name} in trailers", opened(), frames.data(1, b"x"), frames.headers(1, block), may_pass=True)
for name, value in (("Upper", "x"), ("connection", "close"), ("transfer-encoding", "chunked"), ("a b", "x"), ("x-nul", "a\0b"), ("x-lf", "a\r\nb: c")):
    block = blocks.encode([(name, value)])
    malformed("8.2", f"{name!r}: {value!r} in trailers", opened(), frames.data(1, b"x"), frames.headers(1, block), may_pass=True)


@SUITE.case("RFC 9113 §8.1", "trailers end a request; the back end gets the body, whole")
def trailers(peer):
    wire = peer.open()
    wire.open_post()
    wire.send(frames.data(1, b"body"), frames.headers(1, TRAILERS))
    wire.response(1, 200)
    if peer.backend and peer.one_passed().body != b"body":
        raise Failed(f"the back end saw {peer.seen[0].body!r}")


@SUITE.case("RFC 9113 §8.1", "trailers right behind the head, with no DATA")
def trailers_alone(peer):
    wire = peer.open()
    wire.open_post()
    wire.send(frames.headers(1, TRAILERS))
    wire.response(1, 200)


@SUITE.case("RFC 9113 §8.1", "trailers over CONTINUATION")
def trailers_split(peer):
    wire = peer.open()
    wire.open_post()
    wire.send(frames.data(1, b"x"), frames.headers(1, TRAILERS[:3], whole=False), frames.continuation(1, TRAILERS[3:]))
    wire.response(1, 200)


@SUITE.case("RFC 9113 §8.1", "the trailers of an answer come as HEADERS with END_STREAM, without pseudo-fields")
def answer_trailers(peer):
    if not peer.backend:
        raise Skipped("no back end of ours")
    wire = peer.open()
    wire.get(1, "/trailers", ("te", "trailers"))
    answer = wire.response(1, 200)
    if answer.body != b"body!":
        raise Failed(f"body {answer.body!r}")
    if any(name.startswith(":") for name, _ in answer.trailers):
        raise Failed(f"trailers {answer.trailers}")
    if not answer.trailers:
        peer.notes.append("the trailers of the back end did not come (MAY)")


@SUITE.case("RFC 9113 §8.1", "HEADERS behind trailers are an error STREAM_CLOSED")
def behind_trailers(peer):
    wire = peer.open((frames.INITIAL_WINDOW_SIZE, 0))
    wire.open_post(1, "/size/9")
    wire.send(frames.headers(1, TRAILERS), frames.headers(1, TRAILERS))
    wire.stream_error(1, Code.STREAM_CLOSED)
    wire.notes.clear()


@SUITE.case("RFC 9113 §8.1", "HEAD is answered without DATA, its content-length kept")
def head(peer):
    wire = peer.open()
    wire.get(1, "/size/77", method="HEAD")
    answer = wire.response(1, 200)
    if answer.body:
        raise Failed("an answer to HEAD has a body")
    if peer.backend and answer.field("content-length") not in (["77"], []):
        raise Failed(f"content-length {answer.field('content-length')}")


@SUITE.case("RFC 9113 §8.1", "204 and 304 have no body")
def no_body(peer):
    for stream, status in ((1, 204), (3, 304)):
        if not peer.backend:
            raise Skipped("no back end of ours")
        wire = peer.open()
        wire.get(stream, f"/status/{status}")
        if wire.response(stream, status).body:
            raise Failed(f"{status} with a body")


@SUITE.case("RFC 9113 §8.1", "an early answer is whole, and the rest of the request then stopped with NO_ERROR, or read")
def early(peer):
    if not peer.backend:
        raise Skipped("no back end of ours")
    wire = peer.open()
    wire.open_post(1, "/early")
    if wire.response(1, 200).body != b"early\n":
        raise Failed(f"{wire.responses[1].body!r}")
    wire.send(frames.data(1, b"x", end=True))
    wire.alive()
    if wire.resets.get(1, Code.NO_ERROR) not in (Code.NO_ERROR, Code.STREAM_CLOSED):
        raise Failed(f"reset with {wire.resets[1]}")
    wire.get(3)
    wire.response(3, 200)


@SUITE.case("RFC 9113 §8.1", "expect: 100-continue is answered with 100 or a final status, HEADERS without END_STREAM")
def expected(peer):
    wire = peer.open()
    wire.open_post(1, "/", ("expect", "100-continue"), ("content-length", "2"))
    deadline_holds = lambda: 1 in wire.responses and (wire.responses[1].information or wire.responses[1].status)  # noqa: E731
    try:
        wire.until(deadline_holds, "100 or an answer")
    except Failed:
        # A client does not wait for ever (RFC 9110 §10.1.1), and a server may leave 100 out.
        peer.notes.append("no 100 within two seconds")
    wire.send(frames.data(1, b"ab", end=True))
    wire.response(1, (200, 417))


# 8.1.1: content-length

for title, length, parts in [
    ("content-length 1 on a request without DATA", "1", []),
    ("DATA shorter than content-length", "10", [frames.data(1, b"short", end=True)]),
    ("DATA longer than content-length", "3", [frames.data(1, b"toolong", end=True)]),
    ("DATA longer than content-length over several frames", "3", [frames.data(1, b"too"), frames.data(1, b"l", end=True)]),
    ("DATA beside content-length 0", "0", [frames.data(1, b"x", end=True)]),
    ("trailers before content-length is reached", "10", [frames.data(1, b"short"), frames.headers(1, TRAILERS)]),
]:
    head_frame = frames.headers(1, blocks.post("/", ("content-length", length)), end=not parts)
    # Of what is too long, the back end may have had all that was announced before the excess came.
    malformed("8.1.1", title, head_frame, *parts, may_pass=bool(parts), may_be_whole=int(length) < 10)
for value in ("-1", "+1", "1x", "0x1", "", "1 1", "1,1", "1, 2", "18446744073709551617", "9" * 30):
    malformed("8.1.1", f"content-length {value!r}", opened(("content-length", value)), frames.data(1, b"x", end=True))
malformed("8.1.1", "two different content-lengths", opened(("content-length", "1"), ("content-length", "2")), frames.data(1, b"x", end=True))


@SUITE.case("RFC 9113 §8.1.1", "content-length twice with one value is malformed, or one to the back end")
def twice(peer):
    wire = peer.open()
    wire.send(opened(("content-length", "1"), ("content-length", "1")), frames.data(1, b"x", end=True))
    try:
        wire.malformed(1)
    except Failed:
        wire.response(1, 200)
        if peer.backend and peer.one_passed().field("content-length") != ["1"]:
            raise Failed(f"the back end saw {peer.seen[0].fields}") from None


@SUITE.case("RFC 9113 §8.1.1", "DATA that matches content-length, padding apart, goes through")
def matches(peer):
    wire = peer.open()
    wire.send(opened(("content-length", "5")), frames.data(1, b"he", padding=100), frames.data(1), frames.data(1, b"llo", end=True))
    wire.response(1, 200)
    if peer.backend and peer.one_passed().body != b"hello":
        raise Failed(f"the back end saw {peer.seen[0].body!r}")


@SUITE.case("RFC 9113 §8.1.1", "a malformed request is an error of its stream alone")
def alone(peer):
    wire = peer.open()
    wire.open_post(1)
    wire.send(frames.headers(3, blocks.get("/", ("Upper", "x"))))
    wire.malformed(3)
    wire.send(frames.data(1, b"unharmed", end=True))
    wire.response(1, 200)


# 8.4


@SUITE.case("RFC 9113 §8.4", "a client that allows pushes gets none, or lawful ones; with ENABLE_PUSH 0 none")
def pushes(peer):
    wire = peer.open((frames.ENABLE_PUSH, 0))
    wire.get(1)
    wire.response(1, 200)


# 8.5 CONNECT


@SUITE.case("RFC 9113 §8.5", "CONNECT with :authority alone is well-formed: an answer, and no tunnel to anywhere")
def connect(peer):
    wire = peer.open()
    wire.send(frames.headers(1, blocks.encode([(":method", "CONNECT"), (":authority", "192.0.2.1:443")]), end=False))
    try:
        answer = wire.head(1)
    except Failed:
        if wire.resets.get(1) in (Code.CONNECT_ERROR, Code.PROTOCOL_ERROR, Code.REFUSED_STREAM, Code.CANCEL):
            peer.notes.append("CONNECT was reset, not answered")
            return
        raise
    if answer.status < 400:
        raise Failed(f"status {answer.status}")


for title, pairs in [
    ("CONNECT without :authority", [(":method", "CONNECT")]),
    ("CONNECT with :path", [(":method", "CONNECT"), (":authority", "a:1"), (":path", "/")]),
    ("CONNECT with :scheme", [(":method", "CONNECT"), (":authority", "a:1"), (":scheme", "https")]),
    ("CONNECT with :scheme and :path", [(":method", "CONNECT"), (":authority", "a:1"), (":scheme", "https"), (":path", "/")]),
]:

    def connect_wrong(peer, pairs=pairs):
        wire = peer.open()
        wire.send(frames.headers(1, blocks.encode(pairs)))
        wire.stream_error(1, Code.PROTOCOL_ERROR, statuses=(400,))
        peer.nothing_passed()

    SUITE.add("RFC 9113 §8.5", f"{title} is malformed", connect_wrong)


# 8.7


@SUITE.case("RFC 9113 §8.7", "a request whose stream was reset at once is not taken for whole by the back end")
def half_done(peer):
    wire = peer.open()
    wire.send(opened(("content-length", "100")), frames.data(1, b"part"), frames.rst_stream(1))
    wire.alive()
    wire.get(3)
    wire.response(3, 200)
    if peer.backend and any(one.is_whole and one.method == "POST" for one in peer.seen):
        raise Failed("the cut body was taken for whole")


@SUITE.case("RFC 9113 §8.7", "a body of unknown length that is cut by RST_STREAM is not taken for whole")
def cut_chunked(peer):
    wire = peer.open()
    wire.send(opened(), frames.data(1, b"part"))
    wire.alive()
    wire.send(frames.rst_stream(1))
    wire.get(3)
    wire.response(3, 200)
    if peer.backend and any(one.is_whole and one.method == "POST" for one in peer.seen):
        raise Failed("the cut body was taken for whole")


@SUITE.case("RFC 9113 §8.7", "a body that is cut by the end of the connection is not taken for whole")
def cut_connection(peer):
    wire = peer.open()
    wire.send(opened(), frames.data(1, b"part"))
    wire.alive()
    wire.close()
    other = peer.open()
    other.get(1)
    other.response(1, 200)
    if peer.backend and any(one.is_whole and one.method == "POST" for one in peer.seen):
        raise Failed("the cut body was taken for whole")
