"""RFC 9113, section 5: states of streams, their identifiers and number, errors."""

from kit.http2 import blocks, frames
from kit.http2.frames import Code
from kit.http2.suite import Failed, Skipped, Suite

SUITE = Suite("RFC 9113 §5, streams")
NO_WINDOW = (frames.INITIAL_WINDOW_SIZE, 0)
CLOSED = (Code.STREAM_CLOSED,)


def idle(what, sent):
    def work(peer):
        wire = peer.open()
        wire.send(sent)
        wire.connection_error(Code.PROTOCOL_ERROR)
        peer.nothing_passed()

    SUITE.add("RFC 9113 §5.1, idle", f"{what} on an idle stream is a connection error PROTOCOL_ERROR", work)


idle("DATA", frames.data(1, b"x", end=True))
idle("empty DATA", frames.data(1))
idle("RST_STREAM", frames.rst_stream(1))
idle("WINDOW_UPDATE", frames.window_update(1, 100))
idle("CONTINUATION", frames.continuation(1, blocks.get()))
idle("DATA on the server's", frames.data(2, b"x"))
idle("WINDOW_UPDATE on the server's", frames.window_update(2, 100))
idle("RST_STREAM on the server's", frames.rst_stream(2))


@SUITE.case("RFC 9113 §5.1, idle", "PRIORITY on an idle stream changes nothing")
def idle_priority(peer):
    wire = peer.open()
    wire.send(frames.priority(3), frames.priority(9, 3, 255))
    wire.ignored(1)


# Half-closed (remote): the request is whole, and the answer waits for a window.


def half_closed(peer):
    wire = peer.open(NO_WINDOW)
    wire.get(1, "/size/100")
    # Whether the head comes now or with the first DATA is the server's own choice.
    wire.alive()
    return wire


for what, sent in [
    ("DATA", frames.data(1, b"x", end=True)),
    ("DATA without END_STREAM", frames.data(1, b"x")),
    ("HEADERS", frames.headers(1, blocks.get())),
    ("trailers", frames.headers(1, blocks.encode([("x-last", "y")]))),
]:

    def work(peer, sent=sent):
        wire = half_closed(peer)
        wire.send(sent)
        wire.stream_error(1, *CLOSED)
        # HEADERS there may be taken for a connection error (§5.1.1, an id used before).
        wire.notes.clear()

    SUITE.add("RFC 9113 §5.1, half-closed", f"{what} after END_STREAM is an error STREAM_CLOSED", work)


@SUITE.case("RFC 9113 §5.1, half-closed", "CONTINUATION after END_STREAM is an error, PROTOCOL_ERROR or STREAM_CLOSED")
def half_closed_continuation(peer):
    wire = half_closed(peer)
    wire.send(frames.continuation(1, blocks.get()))
    wire.connection_error(Code.PROTOCOL_ERROR, Code.STREAM_CLOSED)


@SUITE.case("RFC 9113 §5.1, half-closed", "WINDOW_UPDATE, PRIORITY and unknown frames are taken after END_STREAM")
def half_closed_allowed(peer):
    wire = half_closed(peer)
    wire.send(frames.priority(1), frames.frame(0xB1, 0, 1, b"x"), frames.window_update(1, 60), frames.window_update(1, 40))
    if len(wire.response(1, 200).body) != 100:
        raise Failed(f"{len(wire.responses[1].body)} bytes came")


@SUITE.case("RFC 9113 §5.1, half-closed", "RST_STREAM after END_STREAM ends the stream without an answer")
def half_closed_reset(peer):
    wire = half_closed(peer)
    wire.send(frames.rst_stream(1), frames.window_update(0, 1000))
    wire.alive()
    if 1 in wire.resets:
        raise Failed("RST_STREAM was answered with RST_STREAM (§5.4.2)")
    if 1 in wire.responses and wire.responses[1].body:
        raise Failed("DATA came after RST_STREAM was acknowledged by a PING")
    wire.send(frames.headers(3, blocks.get()), frames.window_update(3, 1000))
    wire.response(3, 200)


# Closed


def closed(peer):
    wire = peer.open()
    wire.get(1)
    wire.response(1, 200)
    return wire


def reset(peer):
    wire = peer.open()
    wire.open_post(1)
    wire.send(frames.rst_stream(1))
    return wire


def discarded(wire, stream, *codes):
    """An error with one of the codes, or nothing at all: the clause says MAY."""
    try:
        wire.alive(b"closed??")
    except Failed:
        if not wire.goaways:
            raise
    seen = [one.code for one in wire.goaways] + [code for own, code in wire.resets.items() if own == stream]
    wrong = [code for code in seen if code not in (*codes, Code.NO_ERROR)]
    if wrong:
        raise Failed(f"errors {wrong}")


for where, begin in (("after the answer", closed), ("after our RST_STREAM", reset)):
    for what, sent in [
        ("DATA", frames.data(1, b"x", end=True)),
        ("HEADERS", frames.headers(1, blocks.get())),
        ("CONTINUATION", None),
    ]:

        def work(peer, begin=begin, sent=sent):
            wire = begin(peer)
            if sent is None:
                wire.send(frames.continuation(1, blocks.get()))
                wire.connection_error(Code.PROTOCOL_ERROR, Code.STREAM_CLOSED)
                return
            wire.send(sent)
            # A block on an id used before may also be taken as an id out of order (§5.1.1).
            discarded(wire, 1, Code.STREAM_CLOSED, Code.PROTOCOL_ERROR)
            answered = [one for one in peer.seen if one.is_whole] if peer.backend else []
            if len(answered) > (1 if begin is closed else 0):
                raise Failed("a closed stream was served again")

        expected = "a connection error" if sent is None else "STREAM_CLOSED, or discarded"
        SUITE.add("RFC 9113 §5.1, closed", f"{what} {where}: {expected}", work)

    def late(peer, begin=begin):
        wire = begin(peer)
        wire.send(frames.window_update(1, 5), frames.rst_stream(1), frames.priority(1), frames.frame(0xB1, 0, 1))
        wire.ignored(3)

    title = f"WINDOW_UPDATE, RST_STREAM and PRIORITY {where} are ignored"
    SUITE.add("RFC 9113 §5.1, closed", title, late)


@SUITE.case("RFC 9113 §5.1, closed", "DATA on a closed stream still counts against the connection's window")
def counted(peer):
    """The window is spent on a stream that was reset; it must come back, or the connection dies."""
    wire = peer.open()
    wire.open_post(1)
    wire.alive(b"settled?")
    window = 65535 + wire.grants.get(0, 0)
    wire.send(frames.rst_stream(1))
    left = window
    while left > 0:
        part = min(16384, left)
        wire.send(frames.data(1, bytes(part)))
        left -= part
    try:
        wire.until(lambda: 65535 + wire.grants.get(0, 0) > window, "WINDOW_UPDATE for the connection")
    except Failed:
        if not any(one.code == Code.STREAM_CLOSED for one in wire.goaways):
            raise


# 5.1.1, 5.1.2


def out_of_order(title, *parts):
    def work(peer):
        wire = peer.open()
        for part in parts:
            wire.send(part)
        wire.connection_error(Code.PROTOCOL_ERROR)

    SUITE.add("RFC 9113 §5.1.1", f"{title} is a connection error PROTOCOL_ERROR", work)


out_of_order("HEADERS on an even stream", frames.headers(2, blocks.get()))
out_of_order("HEADERS on stream 0", frames.headers(0, blocks.get()))
out_of_order("an id lower than one used before", frames.headers(5, blocks.get()), frames.headers(3, blocks.get()))
out_of_order(
    "an id lower than one of an open stream",
    frames.headers(5, blocks.post(), end=False), frames.headers(3, blocks.get()),
)  # fmt: skip


@SUITE.case("RFC 9113 §5.1.1", "DATA on an id that was skipped is an error: the stream is closed, or idle")
def skipped(peer):
    wire = peer.open()
    wire.get(5)
    wire.response(5, 200)
    wire.send(frames.data(3, b"x"))
    discarded(wire, 3, Code.STREAM_CLOSED, Code.PROTOCOL_ERROR)


@SUITE.case("RFC 9113 §5.1.1", "ids may be skipped, and the greatest one is served")
def greatest(peer):
    wire = peer.open()
    for stream in (1, 7, 1001, 2**31 - 1):
        wire.get(stream)
        wire.response(stream, 200)


@SUITE.case("RFC 9113 §5.1.2", "streams beyond SETTINGS_MAX_CONCURRENT_STREAMS are refused, the others served")
def too_many(peer):
    wire = peer.open(NO_WINDOW)
    limit = wire.server_settings.get(frames.MAX_CONCURRENT_STREAMS)
    if limit is None or limit > 2000:
        raise Skipped("the peer sets no limit")
    block = blocks.get("/size/3")
    wire.send(*(frames.headers(stream, block) for stream in range(1, 2 * limit + 3, 2)))
    last = 2 * limit + 1
    wire.stream_error(last, Code.REFUSED_STREAM, Code.PROTOCOL_ERROR)
    if wire.notes:
        return
    if wire.resets[last] != Code.REFUSED_STREAM:
        wire.notes.append("PROTOCOL_ERROR, where REFUSED_STREAM would let the client try again")
    wire.send(frames.settings((frames.INITIAL_WINDOW_SIZE, 100)))
    for stream in range(1, 2 * limit, 2):
        wire.response(stream, 200)
    wire.get(last + 2, "/size/3")
    wire.response(last + 2, 200)


@SUITE.case("RFC 9113 §5.1.2", "streams in half-closed count, closed ones do not")
def closed_ones_are_free(peer):
    wire = peer.open()
    wire.send(frames.window_update(0, 1 << 20))
    limit = min(wire.server_settings.get(frames.MAX_CONCURRENT_STREAMS, 100), 200)
    for stream in range(1, 2 * limit + 41, 2):
        wire.get(stream)
        wire.response(stream, 200)


@SUITE.case("RFC 9113 §5", "streams are answered in any order: a slow one holds up none")
def interleaved(peer):
    wire = peer.open(NO_WINDOW)
    wire.get(1, "/size/5000")
    wire.alive()
    wire.get(3, "/size/10")
    wire.send(frames.window_update(3, 10))
    wire.response(3, 200)
    wire.send(frames.window_update(1, 5000))
    wire.response(1, 200)


# 5.3, 5.4, 5.5


@SUITE.case("RFC 9113 §5.3.2", "a stream that depends on itself is ignored, or a stream error PROTOCOL_ERROR")
def on_itself(peer):
    for sent in (frames.priority(1, 1), frames.headers(1, blocks.get(), priority=(1, 15))):
        wire = peer.open()
        wire.send(sent)
        try:
            wire.alive()
        except Failed:
            if not any(one.code == Code.PROTOCOL_ERROR for one in wire.goaways):
                raise
        wrong = [code for code in wire.resets.values() if code != Code.PROTOCOL_ERROR]
        if wrong:
            raise Failed(f"reset with {wrong}")


@SUITE.case("RFC 9113 §5.4.1", "after its GOAWAY for an error the server takes no request and closes")
def no_more(peer):
    wire = peer.open()
    wire.send(frames.ping(b"short"), frames.headers(1, blocks.get()))
    wire.connection_error(Code.FRAME_SIZE_ERROR)
    peer.nothing_passed()


@SUITE.case("RFC 9113 §5.4.1", "GOAWAY names the last stream that was taken")
def last_stream(peer):
    wire = peer.open()
    for stream in (1, 3):
        wire.get(stream)
        wire.response(stream, 200)
    wire.send(frames.ping(b"short"))
    wire.connection_error(Code.FRAME_SIZE_ERROR)
    if wire.goaways:
        last = int.from_bytes(wire.goaways[-1].payload[:4], "big")
        if last != 3:
            raise Failed(f"last stream {last}, not 3")


@SUITE.case("RFC 9113 §5.4.2", "one stream's error leaves the others alone")
def others_go_on(peer):
    wire = peer.open()
    wire.open_post(1)
    wire.open_post(3)
    wire.send(frames.window_update(1, frames.WINDOW_MAX))
    wire.stream_error(1, Code.FLOW_CONTROL_ERROR)
    wire.send(frames.data(3, b"still here", end=True))
    wire.response(3, 200)


@SUITE.case("RFC 9113 §5.5", "an unknown setting is ignored and acknowledged")
def unknown_setting(peer):
    wire = peer.open((0xFEDC, 0xFFFFFFFF), (0, 0))
    wire.ignored(1)
