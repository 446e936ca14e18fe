"""RFC 9113, section 4: the layout of frames, their size, and field blocks."""

from kit.http2 import blocks, frames
from kit.http2.frames import Code
from kit.http2.suite import Failed, Skipped, Suite

SUITE = Suite("RFC 9113 §4, frames and field blocks")
LARGE = bytes(16384)


def ignored(sent):
    """What was sent changes nothing."""

    def work(peer):
        wire = peer.open()
        wire.send(sent)
        wire.ignored(1)

    return work


def fatal(sent, *codes):
    def work(peer):
        wire = peer.open()
        wire.send(sent)
        wire.connection_error(*codes)

    return work


for title, sent in [
    ("a frame of an unknown type on stream 0 is ignored", frames.frame(0xB1, 0, 0, b"hello")),
    ("a frame of an unknown type on an idle stream is ignored", frames.frame(0xB1, 0, 7, b"hello")),
    ("an empty frame of an unknown type is ignored", frames.frame(0xFF, 0xFF, 0)),
    ("a frame of an unknown type and of the greatest size is ignored", frames.frame(0xB1, 0, 0, LARGE)),
    ("undefined flags of PING are ignored", frames.frame(frames.PING, 0xFE, 0, b"01234567")),
    ("undefined flags of SETTINGS are ignored", frames.frame(frames.SETTINGS, 0xFE, 0)),
    ("undefined flags of WINDOW_UPDATE are ignored", frames.frame(frames.WINDOW_UPDATE, 0xFF, 0, b"\0\0\0\1")),
    ("undefined flags of PRIORITY are ignored", frames.frame(frames.PRIORITY, 0xFF, 3, b"\0\0\0\0\x0f")),
    ("the reserved bit of the stream id is ignored", frames.frame(frames.PING, 0, 1 << 31, b"01234567")),
    ("PRIORITY_UPDATE, known or not, is ignored at need", frames.priority_update(1)),
    ("ALTSVC and ORIGIN from a client are ignored", frames.frame(10, 0, 0, b"\0\0h2=\":1\"") + frames.frame(12)),
]:
    SUITE.add("RFC 9113 §4.1", title, ignored(sent))


@SUITE.case("RFC 9113 §4.1", "undefined flags of HEADERS and DATA, and the reserved bit, are ignored")
def flags(peer):
    wire = peer.open()
    wire.send(frames.frame(frames.HEADERS, frames.END_HEADERS | 0xD2, 1 | 1 << 31, blocks.post()))
    wire.send(frames.frame(frames.DATA, frames.END_STREAM | 0xF6, 1 | 1 << 31, b"hello"))
    wire.response(1, 200)
    if peer.backend and peer.one_passed().body != b"hello":
        raise Failed(f"the back end saw {peer.seen[0].body!r}")


@SUITE.case("RFC 9113 §5.5", "frames of unknown types on an open stream and between DATA are ignored")
def unknown_between(peer):
    wire = peer.open()
    wire.open_post()
    for _ in range(3):
        wire.send(frames.frame(0xEE, 0xFF, 1, b"what"), frames.data(1, b"ab"))
    wire.send(frames.data(1, end=True))
    wire.response(1, 200)
    if peer.backend and peer.one_passed().body != b"ababab":
        raise Failed(f"the back end saw {peer.seen[0].body!r}")


# Section 4.2

@SUITE.case("RFC 9113 §4.2", "DATA of 16384 bytes is taken")
def largest_data(peer):
    wire = peer.open()
    wire.open_post()
    wire.send(frames.data(1, LARGE, end=True))
    wire.response(1, 200)
    if peer.backend and len(peer.one_passed().body) != 16384:
        raise Failed(f"the back end saw {len(peer.seen[0].body)} bytes")


@SUITE.case("RFC 9113 §4.2", "HEADERS of 16384 bytes, most of it padding, are taken")
def largest_headers(peer):
    wire = peer.open()
    block = blocks.get("/", ("x-long", "v" * 3000))
    wire.send(frames.headers(1, block, padding=255))
    wire.response(1, 200)


@SUITE.case("RFC 9113 §4.2", "DATA beyond SETTINGS_MAX_FRAME_SIZE is an error FRAME_SIZE_ERROR")
def data_too_large(peer):
    wire = peer.open()
    wire.open_post()
    wire.send(frames.data(1, bytes(limit(wire) + 1), end=True))
    either(wire, 1, Code.FRAME_SIZE_ERROR)
    peer_saw_none_whole(peer)


def limit(wire):
    most = wire.server_settings.get(frames.MAX_FRAME_SIZE, 16384)
    if most == 2**24 - 1:
        raise Skipped("the peer takes frames of any size")
    return most


def either(wire, stream, *codes):
    """A stream error, or a connection error, as the peer likes."""
    wire.stream_error(stream, *codes)
    wire.notes.clear()


def peer_saw_none_whole(peer):
    if peer.backend and any(one.is_whole for one in peer.seen):
        raise Failed(f"the back end took the request as whole: {peer.seen[0].line}")


def split(first, second):
    return frames.headers(1, first, whole=False) + frames.continuation(1, second)


for what, make in [
    ("HEADERS", lambda size: frames.headers(1, bytes(size))),
    ("SETTINGS", lambda size: frames.frame(frames.SETTINGS, 0, 0, bytes(size))),
    ("CONTINUATION", lambda size: split(blocks.get(), blocks.literal("x-long", "v" * (size - 11)))),
    ("PING", lambda size: frames.frame(frames.PING, 0, 0, bytes(size))),
    ("GOAWAY", lambda size: frames.frame(frames.GOAWAY, 0, 0, bytes(size))),
    ("PRIORITY", lambda size: frames.frame(frames.PRIORITY, 0, 1, bytes(size))),
    ("an unknown frame", lambda size: frames.frame(0xB1, 0, 0, bytes(size))),
]:

    def too_large(peer, make=make, what=what):
        wire = peer.open()
        # Even, and a multiple of 6 beyond the limit, so that only the size is wrong.
        wire.send(make((limit(wire) // 6 + 1) * 6))
        wire.connection_error(Code.FRAME_SIZE_ERROR)

    title = f"{what} beyond SETTINGS_MAX_FRAME_SIZE is a connection error FRAME_SIZE_ERROR"
    SUITE.add("RFC 9113 §4.2", title, too_large)


@SUITE.case("RFC 9113 §4.2", "the size of a frame is judged by its head, before its payload has come")
def early_verdict(peer):
    wire = peer.open()
    wire.open_post()
    wire.send(frames.frame(frames.DATA, 0, 1, b"x" * 10, length=0xFFFFFF))
    either(wire, 1, Code.FRAME_SIZE_ERROR)


@SUITE.case("RFC 9113 §4.2", "the server sends no frame beyond 16384 bytes that nobody allowed")
def server_frames(peer):
    wire = peer.open()
    wire.get(1, "/size/60000")
    sizes = wire.response(1, 200).sizes
    if max(sizes, default=0) > 16384:
        raise Failed(f"DATA of {max(sizes)} bytes")


# Section 4.3

for what, sent in [
    ("DATA", frames.data(1, b"x")),
    ("HEADERS of another stream", frames.headers(3, blocks.get())),
    ("HEADERS of the same stream", frames.headers(1, blocks.get())),
    ("PRIORITY", frames.priority(1)),
    ("RST_STREAM", frames.rst_stream(1)),
    ("SETTINGS", frames.settings()),
    ("an acknowledgement of SETTINGS", frames.settings(ack=True)),
    ("PING", frames.ping()),
    ("GOAWAY", frames.goaway()),
    ("WINDOW_UPDATE", frames.window_update(0, 1)),
    ("WINDOW_UPDATE of the same stream", frames.window_update(1, 1)),
    ("CONTINUATION of another stream", frames.continuation(3)),
    ("PRIORITY_UPDATE", frames.priority_update(1)),
    ("a frame of an unknown type", frames.frame(0xB1, 0, 1, b"x")),
]:

    def interrupted(peer, sent=sent):
        wire = peer.open()
        wire.send(frames.headers(1, blocks.get()[:4], whole=False), sent)
        wire.connection_error(Code.PROTOCOL_ERROR)
        peer.nothing_passed()

    title = f"{what} in the midst of a field block is a connection error PROTOCOL_ERROR"
    SUITE.add("RFC 9113 §4.3", title, interrupted)


for title, block in [
    ("a field block that cannot be decoded is a connection error COMPRESSION_ERROR", blocks.get() + b"\x80"),
    ("a field block that ends in the midst of a field is a connection error COMPRESSION_ERROR", blocks.get() + b"\0\5ab"),
]:
    SUITE.add("RFC 9113 §4.3", title, fatal(frames.headers(1, block), Code.COMPRESSION_ERROR))


@SUITE.case("RFC 9113 §4.3", "trailers that cannot be decoded are a connection error COMPRESSION_ERROR")
def bad_trailers(peer):
    wire = peer.open()
    wire.open_post()
    wire.send(frames.data(1, b"x"), frames.headers(1, b"\x80"))
    wire.connection_error(Code.COMPRESSION_ERROR)


def stays_in_step(title, refused):
    """A block whose request is refused still changes the table, which a later request refers to."""

    def work(peer):
        wire = peer.open()
        marked = blocks.literal("x-mark", "kept", blocks.INDEXED)
        refused(wire, marked)
        wire.send(frames.headers(9, blocks.get() + blocks.index(62)))
        wire.response(9, 200)
        if peer.backend and peer.seen[-1].field("x-mark") != ["kept"]:
            raise Failed(f"the back end saw {peer.seen[-1].fields}")

    SUITE.add("RFC 9113 §4.3", title, work)


def by_malformed(wire, marked):
    wire.send(frames.headers(1, blocks.get("/", ("UPPER", "x")) + marked))


def by_reset(wire, marked):
    wire.send(frames.headers(1, blocks.post() + marked, end=False), frames.rst_stream(1))


def by_late_trailers(wire, marked):
    wire.open_post()
    wire.send(frames.rst_stream(1), frames.headers(1, marked))


stays_in_step("the block of a malformed request is decoded into the table all the same", by_malformed)
stays_in_step("the block of a request reset at once is decoded into the table all the same", by_reset)
stays_in_step("a block that comes after our RST_STREAM is decoded into the table, if the connection goes on", by_late_trailers)


@SUITE.case("RFC 9113 §4.3", "a block cut at odd places into CONTINUATION frames, some of them empty, is one block")
def many_pieces(peer):
    """Six pieces: more than eight are a flood to some, and rightly so."""
    wire = peer.open()
    block = blocks.get("/pieces", ("x-mark", "whole"))
    cuts = [1, 2, 2, 9, 40, len(block)]
    pieces = [block[first:last] for first, last in zip(cuts, cuts[1:])]
    wire.send(frames.headers(1, block[:1], whole=False))
    wire.send(*(frames.continuation(1, one, at == 4) for at, one in enumerate(pieces)))
    wire.response(1, 200)
    if peer.backend and peer.one_passed().field("x-mark") != ["whole"]:
        raise Failed(f"the back end saw {peer.seen[0].fields}")


@SUITE.case("RFC 9113 §4.3.1", "a table that the client shrank to 0: the next block begins with a size update")
def smaller_table(peer):
    wire = peer.open()
    wire.get(1)
    wire.response(1, 200)
    wire.send(frames.settings((frames.HEADER_TABLE_SIZE, 0)))
    wire.until(lambda: wire.settings_acks == 2, "ACK of SETTINGS")
    wire.decoder.max_allowed_table_size = 0
    wire.get(3)
    block = wire.response(3, 200).block
    # A peer that never uses the table has nothing to say: then nothing of the block refers to it.
    if block[0] != 0x20 and any(byte >= 0x80 + 62 for byte in block[:1]):
        raise Failed(f"the block begins with {block[:4].hex()}")
    if block[0] != 0x20:
        wire.notes.append(f"no size update: the block begins with {block[:4].hex()}")


@SUITE.case("RFC 9113 §4.3.1", "a table shrunk to 0 and grown again between two blocks: both are told")
def shrunk_and_grown(peer):
    wire = peer.open()
    wire.get(1)
    wire.response(1, 200)
    wire.send(frames.settings((frames.HEADER_TABLE_SIZE, 0)), frames.settings((frames.HEADER_TABLE_SIZE, 4096)))
    wire.until(lambda: wire.settings_acks == 3, "two ACKs of SETTINGS")
    wire.get(3)
    block = wire.response(3, 200).block
    if block[0] != 0x20:
        wire.notes.append(f"no size update to 0: the block begins with {block[:4].hex()}")


@SUITE.case("RFC 9113 §4.3.1", "answers stay decodable under tables of other sizes")
def table_sizes(peer):
    for size in (0, 64, 1000, 65536):
        wire = peer.open((frames.HEADER_TABLE_SIZE, size), table=size)
        for stream in range(1, 41, 2):
            wire.get(stream)
            wire.response(stream, 200)
