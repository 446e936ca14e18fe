"""RFC 9113, sections 6.1 to 6.8 and 6.10 with section 7: each frame's own rules, flow control apart."""

from kit.http2 import blocks, frames
from kit.http2.frames import Code
from kit.http2.suite import Failed, Suite

SUITE = Suite("RFC 9113 §6.1-6.8, 6.10, 7, frames")
STRAY = 3


def fatal(clause, title, codes, *parts):
    """A connection error that what is sent brings about."""
    codes = codes if isinstance(codes, tuple) else (codes,)
    names = " or ".join(code.name for code in codes)

    def work(peer):
        wire = peer.open()
        wire.send(*parts)
        wire.connection_error(*codes)

    SUITE.add(f"RFC 9113 §{clause}", f"{title} is a connection error {names}", work)


def taken(clause, title, *parts):
    """What changes nothing."""

    def work(peer):
        wire = peer.open()
        wire.send(*parts)
        wire.ignored(STRAY)

    SUITE.add(f"RFC 9113 §{clause}", title, work)


OPEN = frames.headers(1, blocks.post(), end=False)
PROTOCOL, SIZE = Code.PROTOCOL_ERROR, Code.FRAME_SIZE_ERROR

# 6.1 DATA
fatal("6.1", "DATA on stream 0", PROTOCOL, frames.data(0, b"x"))
fatal("6.1", "padding as long as the payload of DATA", PROTOCOL, OPEN, frames.frame(frames.DATA, frames.PADDED, 1, b"\x05abcd"))
fatal("6.1", "padding longer than the payload of DATA", PROTOCOL, OPEN, frames.frame(frames.DATA, frames.PADDED, 1, b"\xffabcd"))
fatal("6.1", "padded DATA without a pad length", (SIZE, PROTOCOL), OPEN, frames.frame(frames.DATA, frames.PADDED, 1))


@SUITE.case("RFC 9113 §6.1", "padding of DATA, up to all of the payload, is taken off")
def padded(peer):
    wire = peer.open()
    wire.open_post()
    wire.send(
        frames.data(1, b"ab", padding=0), frames.data(1, b"cd", padding=255), frames.data(1, padding=9),
        frames.data(1, b"ef", padding=1, end=True),
    )  # fmt: skip
    wire.response(1, 200)
    if peer.backend and peer.one_passed().body != b"abcdef":
        raise Failed(f"the back end saw {peer.seen[0].body!r}")


@SUITE.case("RFC 9113 §6.1", "empty DATA frames are nothing, and the last may end the stream")
def empty_data(peer):
    wire = peer.open()
    wire.open_post()
    wire.send(frames.data(1), frames.data(1, b"a"), frames.data(1), frames.data(1, end=True))
    wire.response(1, 200)
    if peer.backend and peer.one_passed().body != b"a":
        raise Failed(f"the back end saw {peer.seen[0].body!r}")


# 6.2 HEADERS
BLOCK = blocks.get()
fatal("6.2", "HEADERS on stream 0", PROTOCOL, frames.headers(0, BLOCK))
fatal("6.2", "padding longer than the payload of HEADERS", PROTOCOL, frames.frame(frames.HEADERS, 0x0D, 1, b"\xff" + BLOCK))
fatal("6.2", "padding as long as the payload of HEADERS", PROTOCOL, frames.frame(frames.HEADERS, 0x0D, 1, bytes((len(BLOCK) + 1,)) + BLOCK))
fatal("6.2", "padding of HEADERS that leaves no room for the priority", (PROTOCOL, SIZE), frames.frame(frames.HEADERS, 0x2D, 1, b"\x04\0\0\0\0\x0fabc"))
fatal("6.2", "padded HEADERS without a pad length", (SIZE, PROTOCOL), frames.frame(frames.HEADERS, 0x0D, 1))
fatal("6.2", "HEADERS with a priority flag and four bytes", (SIZE, PROTOCOL), frames.frame(frames.HEADERS, 0x25, 1, b"\0\0\0\0"))


@SUITE.case("RFC 9113 §6.2", "padding and priority of HEADERS are taken off")
def padded_headers(peer):
    for stream, changes in ((1, {"padding": 0}), (3, {"padding": 200}), (5, {"priority": (0, 1)}), (7, {"priority": (1 << 31 | 1, 255), "padding": 7})):
        wire = peer.open()
        wire.send(frames.headers(stream, BLOCK, **changes))
        wire.response(stream, 200)


@SUITE.case("RFC 9113 §6.2", "HEADERS with END_STREAM and without END_HEADERS: the stream ends, the block goes on")
def ended_but_split(peer):
    wire = peer.open()
    wire.send(frames.headers(1, BLOCK[:7], whole=False), frames.continuation(1, BLOCK[7:]))
    wire.response(1, 200)


@SUITE.case("RFC 9113 §6.2", "an empty HEADERS frame, its block in CONTINUATION alone")
def empty_headers(peer):
    wire = peer.open()
    wire.send(frames.headers(1, b"", whole=False), frames.continuation(1, BLOCK))
    wire.response(1, 200)


# 6.3 PRIORITY
fatal("6.3", "PRIORITY on stream 0", PROTOCOL, frames.priority(0))
taken("6.3", "PRIORITY in any state of a stream changes nothing", OPEN, frames.priority(1), frames.data(1, end=True), frames.priority(1))
for size in (0, 4, 6):

    def wrong_size(peer, size=size):
        wire = peer.open()
        wire.open_post()
        wire.send(frames.frame(frames.PRIORITY, 0, 1, bytes(size)))
        wire.stream_error(1, SIZE)
        wire.notes.clear()

    SUITE.add("RFC 9113 §6.3", f"PRIORITY of {size} bytes is a stream error FRAME_SIZE_ERROR", wrong_size)

# 6.4 RST_STREAM
fatal("6.4", "RST_STREAM on stream 0", PROTOCOL, frames.rst_stream(0))
fatal("6.4", "RST_STREAM on an idle stream", PROTOCOL, frames.rst_stream(1))
for size in (0, 3, 5):
    fatal("6.4", f"RST_STREAM of {size} bytes", SIZE, OPEN, frames.frame(frames.RST_STREAM, 0, 1, bytes(size)))


@SUITE.case("RFC 9113 §6.4", "a stream reset by the client is answered with nothing more")
def reset(peer):
    wire = peer.open()
    wire.open_post()
    wire.send(frames.rst_stream(1))
    wire.alive()
    if 1 in wire.resets or 1 in wire.responses:
        raise Failed(wire.story())
    wire.ignored(3)


# 6.5 SETTINGS
fatal("6.5", "an acknowledgement of SETTINGS with a payload", SIZE, frames.frame(frames.SETTINGS, frames.ACK, 0, bytes(6)))
fatal("6.5", "SETTINGS on a stream", PROTOCOL, frames.frame(frames.SETTINGS, 0, 1))
fatal("6.5", "SETTINGS on an open stream", PROTOCOL, OPEN, frames.frame(frames.SETTINGS, 0, 1))
fatal("6.5", "an acknowledgement of SETTINGS on a stream", PROTOCOL, frames.frame(frames.SETTINGS, frames.ACK, 1))
for size in (1, 5, 7, 16383):
    fatal("6.5", f"SETTINGS of {size} bytes, no multiple of 6,", SIZE, frames.frame(frames.SETTINGS, 0, 0, bytes(size)))
for value in (2, 0xFFFFFFFF):
    fatal("6.5.2", f"ENABLE_PUSH of {value}", PROTOCOL, frames.settings((frames.ENABLE_PUSH, value)))
for value in (2**31, 2**32 - 1):
    fatal("6.5.2", f"INITIAL_WINDOW_SIZE of {value}", Code.FLOW_CONTROL_ERROR, frames.settings((frames.INITIAL_WINDOW_SIZE, value)))
for value in (0, 16383, 2**24, 2**32 - 1):
    fatal("6.5.2", f"MAX_FRAME_SIZE of {value}", PROTOCOL, frames.settings((frames.MAX_FRAME_SIZE, value)))
fatal("6.5.2", "a wrong value behind right ones", PROTOCOL, frames.settings((3, 10), (4, 100), (2, 2)))
for title, pairs in [
    ("SETTINGS without any is acknowledged", []),
    ("the greatest and least values are taken", [(1, 0), (1, 4096), (2, 0), (2, 1), (3, 0), (3, 2**32 - 1), (4, 2**31 - 1), (4, 65535), (5, 2**24 - 1), (5, 16384), (6, 2**32 - 1)]),
    ("a limit of 0 streams by the client changes nothing for its own requests", [(3, 0)]),
    ("settings that nobody knows are taken", [(number, 7) for number in range(0x20, 0x30)]),
]:

    def acknowledged(peer, pairs=pairs):
        wire = peer.open()
        wire.send(frames.settings(*pairs))
        wire.until(lambda: wire.settings_acks == 2, "ACK of SETTINGS")
        wire.ignored(1)

    SUITE.add("RFC 9113 §6.5.3", title, acknowledged)


@SUITE.case("RFC 9113 §6.5.3", "each SETTINGS frame is acknowledged, in order with what follows")
def each_acknowledged(peer):
    wire = peer.open()
    wire.send(*(frames.settings((4, 1000 + at)) for at in range(5)), frames.ping())
    wire.until(lambda: wire.pings, "answer to a PING")
    if wire.settings_acks != 6:
        raise Failed(f"{wire.settings_acks - 1} acknowledgements of 5 before the PING")


@SUITE.case("RFC 9113 §6.5.3", "values are applied in order: of two, the last holds")
def last_holds(peer):
    wire = peer.open((frames.INITIAL_WINDOW_SIZE, 100), (frames.INITIAL_WINDOW_SIZE, 1))
    wire.get(1, "/size/10")
    wire.until(lambda: 1 in wire.responses and wire.responses[1].body, "DATA")
    wire.alive()
    if len(wire.responses[1].body) != 1:
        raise Failed(f"{len(wire.responses[1].body)} bytes came into a window of 1")


@SUITE.case("RFC 9113 §6.5.2", "the server does not say ENABLE_PUSH 1, and its own values are in range")
def own_values(peer):
    said = peer.open().server_settings
    if said.get(frames.ENABLE_PUSH, 0):
        raise Failed("ENABLE_PUSH 1 from a server")
    if said.get(frames.INITIAL_WINDOW_SIZE, 1) > 2**31 - 1 or not 16384 <= said.get(frames.MAX_FRAME_SIZE, 16384) < 2**24:
        raise Failed(str(said))
    if said.get(frames.MAX_CONCURRENT_STREAMS, 100) < 100:
        peer.notes.append("MAX_CONCURRENT_STREAMS below 100 (SHOULD)")


# 6.6 PUSH_PROMISE
for what, parts in [
    ("PUSH_PROMISE from a client", (OPEN, frames.push_promise(1, 2, BLOCK))),
    ("PUSH_PROMISE on stream 0", (frames.push_promise(0, 2, BLOCK),)),
    ("PUSH_PROMISE on an idle stream", (frames.push_promise(1, 2, BLOCK),)),
    ("PUSH_PROMISE of an odd stream", (OPEN, frames.push_promise(1, 3, BLOCK))),
]:
    fatal("6.6", what, PROTOCOL, *parts)

# 6.7 PING
fatal("6.7", "PING on a stream", PROTOCOL, frames.frame(frames.PING, 0, 1, bytes(8)))
fatal("6.7", "an answered PING on a stream", PROTOCOL, frames.frame(frames.PING, frames.ACK, 1, bytes(8)))
for size in (0, 7, 9):
    fatal("6.7", f"PING of {size} bytes", SIZE, frames.ping(bytes(size)))
fatal("6.7", "an answered PING of 6 bytes", SIZE, frames.ping(bytes(6), ack=True))


@SUITE.case("RFC 9113 §6.7", "PING is answered with its own payload, an answer is not answered")
def pinged(peer):
    wire = peer.open()
    wire.send(frames.ping(b"ackacked", ack=True))
    for payload in (bytes(8), b"\xff" * 8, b"payload!"):
        wire.alive(payload)
    if b"ackacked" in wire.pings:
        raise Failed("a PING with ACK was answered")


@SUITE.case("RFC 9113 §6.7", "PING is answered while a body is under way")
def pinged_amid(peer):
    wire = peer.open()
    wire.open_post()
    wire.send(frames.data(1, b"a"))
    wire.alive()
    wire.send(frames.data(1, b"b", end=True))
    wire.response(1, 200)


# 6.8 GOAWAY
fatal("6.8", "GOAWAY on a stream", PROTOCOL, frames.frame(frames.GOAWAY, 0, 1, bytes(8)))
for size in (0, 7):
    fatal("6.8", f"GOAWAY of {size} bytes", SIZE, frames.frame(frames.GOAWAY, 0, 0, bytes(size)))


@SUITE.case("RFC 9113 §6.8", "a stream that runs when the client says GOAWAY is finished")
def finished(peer):
    wire = peer.open()
    wire.open_post()
    wire.send(frames.goaway(debug=b"going home"), frames.data(1, b"x", end=True))
    wire.response(1, 200)


@SUITE.case("RFC 9113 §6.8", "after the client's GOAWAY and its last answer the server may close, cleanly")
def closes(peer):
    wire = peer.open()
    wire.get(1)
    wire.send(frames.goaway())
    wire.response(1, 200)
    late = [one for one in wire.goaways if one.code != Code.NO_ERROR]
    if late:
        raise Failed(str(late[0]))


# 6.10 CONTINUATION
fatal("6.10", "CONTINUATION on stream 0", PROTOCOL, frames.continuation(0, BLOCK))
fatal("6.10", "CONTINUATION on stream 0 amid a block", PROTOCOL, frames.headers(1, BLOCK[:5], whole=False), frames.continuation(0, BLOCK[5:]))
fatal("6.10", "CONTINUATION as the first of a stream", PROTOCOL, frames.continuation(1, BLOCK))
fatal("6.10", "CONTINUATION behind a whole block", PROTOCOL, OPEN, frames.continuation(1, b""))
fatal("6.10", "CONTINUATION behind DATA", PROTOCOL, OPEN, frames.data(1, b"x"), frames.continuation(1, b""))
fatal("6.10", "CONTINUATION behind a block that CONTINUATION ended", PROTOCOL, frames.headers(1, BLOCK[:9], end=False, whole=False), frames.continuation(1, BLOCK[9:]), frames.continuation(1, b""))

# 7
for code in (0xE, 0xFFFFFFFF, 0):
    taken("7", f"RST_STREAM with error code {code:#x} has no special effect", OPEN, frames.rst_stream(1, code))


@SUITE.case("RFC 9113 §7", "GOAWAY with an unknown error code ends nothing that runs")
def unknown_code(peer):
    wire = peer.open()
    wire.open_post()
    wire.send(frames.goaway(code=0xABCD), frames.data(1, b"x", end=True))
    wire.response(1, 200)
