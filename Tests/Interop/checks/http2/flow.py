"""RFC 9113, sections 5.2 and 6.9: flow control in both directions."""

import time

from kit.http2 import blocks, frames
from kit.http2.frames import Code
from kit.http2.suite import Failed, Skipped, Suite

SUITE = Suite("RFC 9113 §5.2, 6.9, flow control")
# More than any server lets lie about for a back end that takes nothing, kernel buffers included.
UNREAD_MAX = 64 << 20


def fatal(title, codes, *parts):
    names = " or ".join(code.name for code in codes)

    def work(peer):
        wire = peer.open()
        wire.send(*parts)
        wire.connection_error(*codes)

    SUITE.add("RFC 9113 §6.9", f"{title} is a connection error {names}", work)


OPEN = frames.headers(1, blocks.post(), end=False)
fatal("WINDOW_UPDATE by 0 of the connection", (Code.PROTOCOL_ERROR,), frames.window_update(0, 0))
fatal("WINDOW_UPDATE by 0 of the connection, its reserved bit set,", (Code.PROTOCOL_ERROR,), frames.window_update(0, 1 << 31))
fatal("WINDOW_UPDATE on an idle stream", (Code.PROTOCOL_ERROR,), frames.window_update(1, 1))
for size in (0, 3, 5):
    fatal(f"WINDOW_UPDATE of {size} bytes", (Code.FRAME_SIZE_ERROR,), frames.frame(frames.WINDOW_UPDATE, 0, 0, bytes(size)))
    fatal(f"WINDOW_UPDATE of {size} bytes on a stream", (Code.FRAME_SIZE_ERROR,), OPEN, frames.frame(frames.WINDOW_UPDATE, 0, 1, bytes(size)))
fatal("a window of the connection beyond 2^31-1", (Code.FLOW_CONTROL_ERROR,), frames.window_update(0, frames.WINDOW_MAX))
fatal("a window of the connection beyond 2^31-1 in two steps", (Code.FLOW_CONTROL_ERROR,), frames.window_update(0, 1 << 30), frames.window_update(0, 1 << 30))


@SUITE.case("RFC 9113 §6.9", "WINDOW_UPDATE by 0 of a stream is a stream error PROTOCOL_ERROR")
def by_zero(peer):
    wire = peer.open()
    wire.open_post()
    wire.send(frames.window_update(1, 0))
    wire.stream_error(1, Code.PROTOCOL_ERROR)


@SUITE.case("RFC 9113 §6.9.1", "a window of a stream beyond 2^31-1 is a stream error FLOW_CONTROL_ERROR")
def too_wide(peer):
    wire = peer.open()
    wire.open_post()
    wire.send(frames.window_update(1, frames.WINDOW_MAX))
    wire.stream_error(1, Code.FLOW_CONTROL_ERROR)


@SUITE.case("RFC 9113 §6.9.2", "INITIAL_WINDOW_SIZE that brings a stream's window beyond 2^31-1 is a connection error FLOW_CONTROL_ERROR")
def too_wide_by_settings(peer):
    wire = peer.open()
    wire.open_post()
    wire.send(frames.window_update(1, frames.WINDOW_MAX - 65535))
    wire.alive()
    wire.send(frames.settings((frames.INITIAL_WINDOW_SIZE, frames.WINDOW_MAX)))
    wire.connection_error(Code.FLOW_CONTROL_ERROR)


@SUITE.case("RFC 9113 §6.9", "the reserved bit of an increment is ignored")
def reserved(peer):
    wire = peer.open((frames.INITIAL_WINDOW_SIZE, 0))
    wire.get(1, "/size/8")
    wire.send(frames.window_update(1, 1 << 31 | 8))
    wire.response(1, 200)


def body(wire, stream=1):
    return len(wire.responses[stream].body) if stream in wire.responses else 0


def comes(wire, count, stream=1):
    """So many bytes of the answer come, and not one more before a PING is answered."""
    wire.until(lambda: body(wire, stream) >= count, f"{count} bytes on stream {stream}")
    wire.alive()
    if body(wire, stream) != count:
        raise Failed(f"{body(wire, stream)} bytes came, {count} were allowed")


@SUITE.case("RFC 9113 §6.9.1", "the server never sends more than a stream's window, byte for byte")
def stream_window(peer):
    wire = peer.open((frames.INITIAL_WINDOW_SIZE, 1))
    wire.get(1, "/size/300")
    allowed = 1
    comes(wire, 1)
    for more in (1, 2, 7, 100):
        wire.send(frames.window_update(1, more))
        allowed += more
        comes(wire, allowed)
    wire.send(frames.window_update(1, 1000))
    if len(wire.response(1, 200).body) != 300:
        raise Failed("the body is not whole")


@SUITE.case("RFC 9113 §6.9.1", "the server never sends more than the connection's window, over all streams")
def connection_window(peer):
    wire = peer.open((frames.INITIAL_WINDOW_SIZE, 1 << 20))
    for stream in (1, 3):
        wire.get(stream, "/size/50000")
    total = lambda: body(wire, 1) + body(wire, 3)  # noqa: E731
    wire.until(lambda: total() >= 65535, "65535 bytes")
    wire.alive()
    if total() != 65535:
        raise Failed(f"{total()} bytes came into a window of 65535")
    wire.send(frames.window_update(0, 10))
    wire.until(lambda: total() >= 65545, "10 bytes more")
    wire.alive()
    if total() != 65545:
        raise Failed(f"{total()} bytes came, 65545 were allowed")
    wire.send(frames.window_update(0, 100000))
    for stream in (1, 3):
        if len(wire.response(stream, 200).body) != 50000:
            raise Failed("the body is not whole")


@SUITE.case("RFC 9113 §6.9.1", "an empty body, and HEADERS, need no window")
def no_window_needed(peer):
    wire = peer.open((frames.INITIAL_WINDOW_SIZE, 0))
    wire.get(1, "/size/0")
    wire.response(1, 200)


@SUITE.case("RFC 9113 §6.9.2", "INITIAL_WINDOW_SIZE changes the windows of open streams")
def initial_grows(peer):
    wire = peer.open((frames.INITIAL_WINDOW_SIZE, 0))
    wire.get(1, "/size/300")
    wire.alive()
    for window in (10, 30, 150):
        wire.send(frames.settings((frames.INITIAL_WINDOW_SIZE, window)))
        comes(wire, window)
    wire.send(frames.settings((frames.INITIAL_WINDOW_SIZE, 1000)))
    wire.response(1, 200)


@SUITE.case("RFC 9113 §6.9.2", "a window made negative must be positive again before DATA comes")
def negative(peer):
    wire = peer.open((frames.INITIAL_WINDOW_SIZE, 100))
    wire.get(1, "/size/300")
    comes(wire, 100)
    wire.send(frames.settings((frames.INITIAL_WINDOW_SIZE, 40)))
    wire.send(frames.window_update(1, 60))
    comes(wire, 100)
    wire.send(frames.window_update(1, 1))
    comes(wire, 101)
    wire.send(frames.window_update(1, 1000))
    wire.response(1, 200)


@SUITE.case("RFC 9113 §6.9.2", "INITIAL_WINDOW_SIZE does not change the connection's window")
def connection_stays(peer):
    wire = peer.open((frames.INITIAL_WINDOW_SIZE, frames.WINDOW_MAX))
    wire.get(1, "/size/100000")
    comes(wire, 65535)
    wire.send(frames.window_update(0, 100000))
    wire.response(1, 200)


@SUITE.case("RFC 9113 §6.9.2", "a smaller window that is acknowledged holds for new streams")
def initial_shrinks(peer):
    wire = peer.open()
    wire.send(frames.settings((frames.INITIAL_WINDOW_SIZE, 5)))
    wire.until(lambda: wire.settings_acks == 2, "ACK of SETTINGS")
    wire.get(1, "/size/100")
    comes(wire, 5)


@SUITE.case("RFC 9113 §6.9.1", "the greatest windows are taken: 2^31-1 of a stream and of the connection")
def widest(peer):
    wire = peer.open()
    wire.send(frames.window_update(0, frames.WINDOW_MAX - 65535))
    wire.open_post()
    wire.send(frames.window_update(1, frames.WINDOW_MAX - 65535), frames.data(1, b"x", end=True))
    wire.response(1, 200)


# What the client sends: the server's windows.


def fill(wire, path, limit, seconds=1.0):
    """Sends a body as the windows allow until no more window has come for a while; the rest of both."""
    wire.open_post(1, path)
    wire.alive(b"settled?")
    stream = wire.server_settings.get(frames.INITIAL_WINDOW_SIZE, 65535)
    sent = 0
    quiet = time.monotonic() + seconds
    while sent < limit and time.monotonic() < quiet:
        room = min(stream + wire.grants.get(1, 0), 65535 + wire.grants.get(0, 0)) - sent
        if room <= 0:
            try:
                if wire.next(min(quiet, time.monotonic() + 0.2)) is None:
                    raise Failed("closed")
            except Failed as fault:
                if "nothing more" not in str(fault):
                    raise
            continue
        part = min(16384, room, limit - sent)
        wire.send(frames.data(1, bytes(part)))
        sent += part
        quiet = time.monotonic() + seconds
    return sent


@SUITE.case("RFC 9113 §6.9.1", "DATA beyond the server's window is an error FLOW_CONTROL_ERROR")
def overrun(peer):
    """The back end reads nothing, so that at last the server's windows stay shut."""
    wire = peer.open()
    sent = fill(wire, "/stall", UNREAD_MAX)
    if sent >= UNREAD_MAX:
        raise Skipped(f"the peer buffers {UNREAD_MAX >> 20} MiB and more")
    room = min(
        wire.server_settings.get(frames.INITIAL_WINDOW_SIZE, 65535) + wire.grants.get(1, 0),
        65535 + wire.grants.get(0, 0),
    ) - sent  # fmt: skip
    while room >= 0:
        part = min(16384, room + 1)
        wire.send(frames.data(1, bytes(part)))
        room -= part
    # Of the stream or of the connection, as the receiver likes.
    wire.stream_error(1, Code.FLOW_CONTROL_ERROR, lives=False)
    wire.notes.clear()


@SUITE.case("RFC 9113 §5.2", "a body that its back end does not take stalls no other stream")
def no_stall(peer):
    wire = peer.open()
    if fill(wire, "/stall", UNREAD_MAX, 0.5) >= UNREAD_MAX:
        raise Skipped(f"the peer buffers {UNREAD_MAX >> 20} MiB and more")
    wire.get(3, "/size/10")
    wire.response(3, 200)
    if 65535 + wire.grants.get(0, 0) <= wire.server_settings.get(frames.INITIAL_WINDOW_SIZE, 65535) + wire.grants.get(1, 0):
        peer.notes.append("the one stream has used up the connection's window too")
        return
    wire.open_post(5)
    wire.send(frames.data(5, bytes(1000), end=True))
    wire.response(5, 200)


@SUITE.case("RFC 9113 §5.2", "the server gives windows back as a body is taken: 4 MiB go through")
def given_back(peer):
    wire = peer.open()
    sent = fill(wire, "/", 4 << 20)
    if sent != 4 << 20:
        raise Failed(f"the windows stayed shut after {sent} bytes")
    wire.send(frames.data(1, end=True))
    wire.response(1, 200)
    if peer.backend and len(peer.one_passed().body) != sent:
        raise Failed(f"the back end saw {len(peer.seen[0].body)} bytes")


@SUITE.case("RFC 9113 §6.9.1", "padding counts, and is given back: 2 MiB of padding go through")
def padding_given_back(peer):
    wire = peer.open()
    wire.open_post()
    wire.alive(b"settled?")
    stream = wire.server_settings.get(frames.INITIAL_WINDOW_SIZE, 65535)
    spent = 0
    for _ in range(8192):
        while min(stream + wire.grants.get(1, 0), 65535 + wire.grants.get(0, 0)) - spent < 256:
            if wire.next(time.monotonic() + 2) is None:
                raise Failed("closed")
        wire.send(frames.data(1, b"x", padding=254))
        spent += 256
    wire.send(frames.data(1, end=True))
    wire.response(1, 200)


@SUITE.case("RFC 9113 §6.9", "a body that nobody reads is given back to the connection: 8 MiB over early answers")
def early_answers(peer):
    """Each stream is answered before its body was read; the connection's window must not seep away."""
    wire = peer.open()
    stream = 1
    spent = 0
    while spent < 8 << 20:
        wire.open_post(stream, "/early")
        wire.alive(stream.to_bytes(8, "big"))
        own = min(wire.server_settings.get(frames.INITIAL_WINDOW_SIZE, 65535), 1 << 17)
        sent = 0
        while sent < own and not wire.has_ended(stream) and stream not in wire.resets:
            room = 65535 + wire.grants.get(0, 0) - spent
            if room <= 0:
                if wire.next(time.monotonic() + 2) is None:
                    raise Failed(f"closed after {spent} bytes")
                continue
            part = min(16384, room, own - sent)
            wire.send(frames.data(stream, bytes(part)))
            sent += part
            spent += part
        wire.until(lambda: wire.has_ended(stream) or stream in wire.resets, f"end of stream {stream}")  # noqa: B023
        spent += 1
        wire.send(frames.data(stream, b"x") if not wire.has_ended(stream) and stream not in wire.resets else b"")
        stream += 2
        if stream > 400:
            break
    wire.get(stream, "/size/10")
    wire.response(stream, 200)
