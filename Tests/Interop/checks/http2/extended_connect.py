"""RFC 8441: WebSocket as a stream, and RFC 9218: priorities."""

from kit.http2 import blocks, frames
from kit.http2.frames import Code
from kit.http2.suite import Failed, Skipped, Suite

SUITE = Suite("RFC 8441 and 9218, extended CONNECT and priorities")
WEBSOCKET = [
    (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":path", "/ws"),
    (":authority", "localhost"), ("sec-websocket-version", "13"), ("origin", "https://localhost"),
]  # fmt: skip


def opened(peer, *settings):
    wire = peer.open(*settings)
    if wire.server_settings.get(frames.ENABLE_CONNECT_PROTOCOL, 0) != 1:
        raise Skipped("the peer does not say ENABLE_CONNECT_PROTOCOL")
    return wire


def connect(wire, stream=1, fields=WEBSOCKET, end=False):
    wire.send(frames.headers(stream, blocks.encode(fields), end=end))


def changed(drop=(), **changes):
    renamed = {":" + name: value for name, value in changes.items()}
    return [(name, renamed.get(name, value)) for name, value in WEBSOCKET if name not in drop]


@SUITE.case("RFC 8441 §3", "the server says ENABLE_CONNECT_PROTOCOL 1 in its first SETTINGS, if ever")
def said(peer):
    if opened(peer).server_settings[frames.ENABLE_CONNECT_PROTOCOL] != 1:
        raise Failed("another value")


for value in (2, 0xFFFFFFFF):

    def wrong_value(peer, value=value):
        wire = opened(peer)
        wire.send(frames.settings((frames.ENABLE_CONNECT_PROTOCOL, value)))
        wire.connection_error(Code.PROTOCOL_ERROR)

    SUITE.add("RFC 8441 §3", f"ENABLE_CONNECT_PROTOCOL of {value} is a connection error PROTOCOL_ERROR", wrong_value)


@SUITE.case("RFC 8441 §3", "a client may say ENABLE_CONNECT_PROTOCOL too: it means nothing")
def client_says(peer):
    wire = peer.open((frames.ENABLE_CONNECT_PROTOCOL, 1))
    wire.ignored(1)


@SUITE.case("RFC 8441 §5", "a WebSocket over a stream: 200, and bytes in both directions")
def websocket(peer):
    wire = opened(peer)
    connect(wire)
    answer = wire.head(1)
    if answer.status != 200:
        raise Failed(f"status {answer.status} {answer.fields}")
    wrong = [name for name, _ in answer.fields if name in ("sec-websocket-accept", "upgrade", "connection", "content-length", "transfer-encoding")]
    if wrong:
        raise Failed(f"the answer has {wrong}")
    for piece in (b"first", b"second" * 1000):
        before = len(answer.body)
        wire.send(frames.data(1, piece))
        wire.until(lambda: len(answer.body) >= before + len(piece), "the bytes back")  # noqa: B023
        if answer.body[before:] != piece:
            raise Failed(f"{answer.body[before:][:50]!r} came back")
    if peer.backend:
        seen = peer.one_passed()
        if seen.method != "GET" or seen.field("upgrade") != ["websocket"] or not seen.field("sec-websocket-key"):
            raise Failed(f"the back end saw {seen.line} {seen.fields}")


@SUITE.case("RFC 8441 §5", "END_STREAM of the client ends the tunnel, and the server ends its side")
def ends(peer):
    wire = opened(peer)
    connect(wire)
    answer = wire.head(1)
    wire.send(frames.data(1, b"last words", end=True))
    wire.until(lambda: answer.is_over or 1 in wire.resets, "end of the stream")
    if answer.body != b"last words":
        raise Failed(f"{answer.body!r} came back")


@SUITE.case("RFC 8441 §5", "RST_STREAM CANCEL ends the tunnel; the connection goes on")
def cancelled(peer):
    wire = opened(peer)
    connect(wire)
    wire.head(1)
    wire.send(frames.rst_stream(1, Code.CANCEL))
    wire.ignored(3)


@SUITE.case("RFC 8441 §5", "a tunnel and requests share a connection")
def beside(peer):
    wire = opened(peer)
    connect(wire)
    answer = wire.head(1)
    wire.get(3)
    wire.response(3, 200)
    wire.send(frames.data(1, b"x"))
    wire.until(lambda: answer.body == b"x", "the bytes back")


@SUITE.case("RFC 8441 §4", "a tunnel obeys flow control in both directions")
def flow(peer):
    wire = opened(peer, (frames.INITIAL_WINDOW_SIZE, 3))
    connect(wire)
    answer = wire.head(1)
    wire.send(frames.data(1, b"123456"))
    wire.until(lambda: len(answer.body) >= 3, "three bytes")
    wire.alive()
    if answer.body != b"123":
        raise Failed(f"{answer.body!r} came into a window of 3")
    wire.send(frames.window_update(1, 10))
    wire.until(lambda: answer.body == b"123456", "the rest")


@SUITE.case("RFC 8441 §5", "a back end that does not upgrade: its refusal comes as an answer of the stream")
def refused(peer):
    wire = opened(peer)
    connect(wire, fields=changed(path="/status/403"))
    if not peer.backend:
        raise Skipped("no back end of ours")
    if wire.response(1).status not in (403, 502):
        raise Failed(f"status {wire.responses[1].status}")


for title, fields in [
    (":protocol without :scheme", changed(drop=(":scheme",))),
    (":protocol without :path", changed(drop=(":path",))),
    (":protocol without :authority and host", changed(drop=(":authority",))),
    (":protocol with an empty :path", changed(path="")),
    (":protocol twice", WEBSOCKET[:2] + WEBSOCKET[1:]),
    (":protocol behind a regular field", changed(drop=(":protocol",)) + [(":protocol", "websocket")]),
    (":protocol with GET", changed(method="GET")),
    ("an empty :protocol", changed(protocol="")),
    ("upgrade: websocket beside :protocol", WEBSOCKET + [("upgrade", "websocket")]),
    ("connection: upgrade beside :protocol", WEBSOCKET + [("connection", "upgrade")]),
]:

    def malformed(peer, fields=fields):
        wire = opened(peer)
        connect(wire, fields=fields)
        wire.malformed(1)
        peer.nothing_passed()

    SUITE.add("RFC 8441 §4", f"{title} is malformed", malformed)


@SUITE.case("RFC 8441 §4", "a :protocol that nobody knows is refused: 501, 400 or PROTOCOL_ERROR")
def unknown(peer):
    wire = opened(peer)
    connect(wire, fields=changed(protocol="telnet"))
    wire.stream_error(1, Code.PROTOCOL_ERROR, statuses=(400, 404, 405, 501, 502))
    peer.nothing_passed()


# RFC 9218


@SUITE.case("RFC 9218 §5", "the priority field is taken, well-formed or not")
def priority_field(peer):
    wire = peer.open()
    for at, value in enumerate(("u=0, i", "u=7", "i=?0", "u=99", "((((", "")):
        wire.get(1 + 2 * at, "/", ("priority", value))
        wire.response(1 + 2 * at, 200)


@SUITE.case("RFC 9218 §7.1", "PRIORITY_UPDATE of idle, open and closed streams changes no answer")
def updates(peer):
    wire = peer.open()
    wire.send(frames.priority_update(1, b"u=0"), frames.priority_update(3, b"i"), frames.priority_update(5, b"u=9, ))"))
    for stream in (1, 3):
        wire.get(stream)
        wire.response(stream, 200)
    wire.send(frames.priority_update(1, b"u=7"))
    wire.ignored(7)


def update_fault(title, codes, sent):
    def work(peer):
        wire = peer.open((frames.NO_RFC7540_PRIORITIES, 1))
        if wire.server_settings.get(frames.NO_RFC7540_PRIORITIES, 0) != 1:
            raise Skipped("the peer does not say NO_RFC7540_PRIORITIES")
        wire.send(sent)
        wire.connection_error(*codes)

    SUITE.add("RFC 9218 §7.1", title, work)


update_fault("PRIORITY_UPDATE on a stream is a connection error PROTOCOL_ERROR", (Code.PROTOCOL_ERROR,), frames.priority_update(1, on=1))
update_fault("PRIORITY_UPDATE of stream 0 is a connection error PROTOCOL_ERROR", (Code.PROTOCOL_ERROR,), frames.priority_update(0))
update_fault("PRIORITY_UPDATE of a push that was never promised is a connection error PROTOCOL_ERROR", (Code.PROTOCOL_ERROR,), frames.priority_update(2))
update_fault("PRIORITY_UPDATE of three bytes is a connection error FRAME_SIZE_ERROR", (Code.FRAME_SIZE_ERROR,), frames.frame(frames.PRIORITY_UPDATE, 0, 0, b"\0\0\1"))


@SUITE.case("RFC 9218 §2.1", "NO_RFC7540_PRIORITIES of 2 is a connection error PROTOCOL_ERROR")
def wrong_priorities(peer):
    wire = peer.open()
    if wire.server_settings.get(frames.NO_RFC7540_PRIORITIES, 0) != 1:
        raise Skipped("the peer does not say NO_RFC7540_PRIORITIES")
    wire.send(frames.settings((frames.NO_RFC7540_PRIORITIES, 2)))
    wire.connection_error(Code.PROTOCOL_ERROR)


@SUITE.case("RFC 9218 §2.1", "NO_RFC7540_PRIORITIES that changes later may be a connection error PROTOCOL_ERROR")
def changed_priorities(peer):
    wire = peer.open((frames.NO_RFC7540_PRIORITIES, 1))
    wire.send(frames.settings((frames.NO_RFC7540_PRIORITIES, 0)))
    try:
        wire.alive()
    except Failed:
        if not any(one.code == Code.PROTOCOL_ERROR for one in wire.goaways):
            raise
