"""RFC 7541: the decoder of a server, by blocks that no encoder writes and by those of the RFC itself."""

import hpack

from kit.http2 import blocks, frames
from kit.http2.blocks import INDEXED, NEVER
from kit.http2.frames import Code
from kit.http2.suite import Failed, Suite

SUITE = Suite("RFC 7541, HPACK")
GET = blocks.get()
STATIC_COUNT = 61


def fatal(section, title, *sent):
    """Blocks, each a request of its own; the last one ends the connection."""

    def work(peer):
        wire = peer.open()
        for at, block in enumerate(sent):
            wire.send(frames.headers(1 + 2 * at, block))
        wire.connection_error(Code.COMPRESSION_ERROR)
        if peer.backend and len(peer.seen) >= len(sent):
            raise Failed(f"the back end saw {[one.line for one in peer.seen]}")

    SUITE.add(f"RFC 7541 §{section}", f"{title} is a connection error COMPRESSION_ERROR", work)


def fine(section, title, *sent, holds=None):
    """Blocks that are all answered with 200; `holds` looks at what the back end saw."""

    def work(peer):
        wire = peer.open()
        for at, block in enumerate(sent):
            wire.send(frames.headers(1 + 2 * at, block))
            wire.response(1 + 2 * at, 200)
        if peer.backend and holds and not holds(peer.seen):
            raise Failed(f"the back end saw {[(one.line, one.fields) for one in peer.seen]}")

    SUITE.add(f"RFC 7541 §{section}", title, work)


def has(name, *values):
    return lambda seen: seen[-1].field(name) == list(values)


# 2.3.3 and 6.1: indexes

fatal("6.1", "index 0", GET + b"\x80")
fatal("2.3.3", "index 62 with an empty table", GET + blocks.index(STATIC_COUNT + 1))
fatal("2.3.3", "an index far beyond", GET + blocks.index(5000))
fatal("2.3.3", "an index of 2^28", GET + blocks.index(1 << 28))
fatal("2.3.3", "the index of a name beyond the tables", GET + blocks.literal(STATIC_COUNT + 1, "x"))
fatal("2.3.3", "the index of a name beyond the tables, to be indexed,", GET + blocks.literal(200, "x", INDEXED))
fatal("2.3.3", "the index of a name beyond the tables, never indexed,", GET + blocks.literal(100, "x", NEVER))
fatal("2.3.3", "an index one beyond what the table holds", GET + blocks.literal("x-a", "1", INDEXED), GET + blocks.index(63))
fine("2.3.2", "an entry added by one block is known to the next", GET + blocks.literal("x-a", "1", INDEXED), GET + blocks.index(62), holds=has("x-a", "1"))
fine("2.3.2", "entries stand newest first",
     GET + blocks.literal("x-a", "1", INDEXED) + blocks.literal("x-a", "2", INDEXED), GET + blocks.index(63) + blocks.index(62), holds=lambda seen: "".join(seen[-1].field("x-a")).replace(", ", "") in ("12",))  # fmt: skip
fine("2.3.2", "an entry twice in the table is no error", GET + blocks.literal("x-a", "1", INDEXED) * 3, GET + blocks.index(64))
fine("6.2", "literals of each kind, by name and by the index of a name",
     GET + blocks.literal("x-plain", "1") + blocks.literal("x-never", "2", NEVER) + blocks.literal(58, "agent/1", NEVER) + blocks.literal(53, "gatehouse", INDEXED),
     holds=lambda seen: seen[0].field("x-plain") == ["1"] and seen[0].field("x-never") == ["2"] and seen[0].field("user-agent") == ["agent/1"])  # fmt: skip
fine("Appendix A", "the static table: GET / of https by indexes alone", blocks.index(2) + blocks.index(7) + blocks.index(4) + blocks.literal(1, "localhost") + blocks.index(16),
     holds=has("accept-encoding", "gzip, deflate"))  # fmt: skip
fine("6.2.1", "a name of the dynamic table with another value", GET + blocks.literal("x-a", "1", INDEXED), GET + blocks.literal(62, "2", INDEXED), GET + blocks.index(62), holds=has("x-a", "2"))

# 4: the size of the table

LARGE = "v" * 4050
fine("4.4", "an entry that fills the table evicts the others", GET + blocks.literal("x-a", "1", INDEXED) + blocks.literal("x-b", LARGE, INDEXED), GET + blocks.index(62), holds=has("x-b", LARGE))
fatal("4.4", "the index of an evicted entry", GET + blocks.literal("x-a", "1", INDEXED) + blocks.literal("x-b", LARGE, INDEXED), GET + blocks.index(63))
fine("4.4", "an entry larger than the table empties it, without an error", GET + blocks.literal("x-a", "1", INDEXED) + blocks.literal("x-b", "v" * 5000, INDEXED))
fatal("4.4", "the index of an entry that a larger one drove out", GET + blocks.literal("x-a", "1", INDEXED) + blocks.literal("x-b", "v" * 5000, INDEXED), GET + blocks.index(62))
fine("4.4", "an entry may be evicted by one that takes its name from it", GET + blocks.literal("x-a", "w" * 4050, INDEXED), GET + blocks.literal(62, LARGE, INDEXED), GET + blocks.index(62), holds=has("x-a", LARGE))
fine("4.1", "an entry of exactly the table's size stays: 32 bytes of overhead", GET + blocks.literal("x-a", "v" * (4096 - 32 - 3), INDEXED), GET + blocks.index(62))
fatal("4.1", "an entry one byte larger than the table is not kept, and its index", GET + blocks.literal("x-a", "v" * (4096 - 32 - 2), INDEXED), GET + blocks.index(62))
fine("4.2", "a size update to 0 and back, in front of a block", GET, blocks.size_update(0) + blocks.size_update(4096) + GET)
fine("4.2", "a size update to the limit itself", blocks.size_update(4096) + GET)
fatal("4.3", "the index of an entry that a size update evicted", GET + blocks.literal("x-a", "1", INDEXED), blocks.size_update(0) + blocks.size_update(4096) + GET + blocks.index(62))
fine("4.3", "a size update that keeps an entry keeps it", GET + blocks.literal("x-a", "1", INDEXED), blocks.size_update(100) + GET + blocks.index(62), holds=has("x-a", "1"))
fine("4.2", "with a table of 0, entries to be indexed are fields all the same", blocks.size_update(0) + GET + blocks.literal("x-a", "1", INDEXED), holds=has("x-a", "1"))
fatal("6.3", "a size update behind a field", GET + blocks.size_update(100))
fatal("6.3", "a size update between fields", blocks.index(2) + blocks.size_update(0) + blocks.index(7) + blocks.index(4))


@SUITE.case("RFC 7541 §6.3", "a size update beyond SETTINGS_HEADER_TABLE_SIZE is a connection error COMPRESSION_ERROR")
def beyond(peer):
    wire = peer.open()
    size = wire.server_settings.get(frames.HEADER_TABLE_SIZE, 4096)
    wire.send(frames.headers(1, blocks.size_update(size + 1) + GET))
    wire.connection_error(Code.COMPRESSION_ERROR)


# 5.1: integers

fatal("5.1", "an integer that has no end", GET + b"\xff" + b"\xff" * 20)
fatal("5.1", "an integer beyond 32 bits", GET + b"\xff\xff\xff\xff\xff\xff\x0f")
fatal("5.1", "an integer beyond 64 bits", GET + b"\xff" + b"\xff" * 9 + b"\x7f")
fatal("5.1", "an integer that ends with the block", GET + b"\xff\x80")
fatal("5.1", "a string length without bound", GET + b"\x00\x7f\xff\xff\xff\xff\xff\x7f")


@SUITE.case("RFC 7541 §5.1", "an integer with leading zeros is that integer, or refused")
def zeros(peer):
    wire = peer.open()
    wire.send(frames.headers(1, GET + blocks.literal("x-a", "1", INDEXED)))
    wire.response(1, 200)
    wire.send(frames.headers(3, GET + b"\x00\x03x-b\x7f\x81\x80\x80\x00" + b"v" * 128))
    try:
        wire.response(3, 200)
    except Failed:
        if not any(one.code == Code.COMPRESSION_ERROR for one in wire.goaways):
            raise


# 5.2: strings


def raw(value, claimed=None):
    """A literal whose value says that it is a Huffman code."""
    length = len(value) if claimed is None else claimed
    return b"\x00\x03x-h" + blocks.integer(length, 7, 0x80) + value


fine("5.2", "a value in Huffman code", GET + raw(b"\x9d\x29\xad\x17\x18\x63\xc7\x8f\x0b\x97\xc8\xe9\xae\x82\xae\x43\xd3"),
     holds=has("x-h", "https://www.example.com"))  # fmt: skip
fine("5.2", "an empty string in Huffman code", GET + raw(b""), holds=has("x-h", ""))
fatal("5.2", "Huffman padding of more than seven bits", GET + raw(b"\x1f\xff"))
fatal("5.2", "Huffman padding of a whole byte behind a full one", GET + raw(b"\xf8\xff"))
fatal("5.2", "Huffman padding that is not of ones", GET + raw(b"\x18"))
fatal("5.2", "EOS in a Huffman code", GET + raw(b"\xff\xff\xff\xff"))
fatal("5.2", "EOS behind a symbol", GET + raw(b"\x1f\xff\xff\xff\xe7"))
fatal("5.2", "a Huffman code that is cut", GET + raw(b"\xfe"))
fatal("5.2", "a string longer than its block", GET + b"\x00\x03x-a\x7f\x00abc")
fatal("5.2", "a name longer than its block", GET + b"\x00\x20abc")
fatal("5.2", "a literal without its value", GET + b"\x00\x03x-a")
fatal("5.2", "a literal without anything", GET + b"\x40")
fatal("5.2", "a Huffman code longer than its block", GET + raw(b"\x9d\x29", 60))


@SUITE.case("RFC 7541 §5.2", "every byte that a value may have, Huffman coded, comes out as it was")
def every_byte(peer):
    values = [bytes(range(at, at + 32)) for at in range(0x20, 0x100, 32)]
    values = [b"." + value.replace(b"\x7f", b"") + b"." for value in values]
    encoder = hpack.hpack.HuffmanEncoder(hpack.hpack.REQUEST_CODES, hpack.hpack.REQUEST_CODES_LENGTH)
    coded = [encoder.encode(value) for value in values]
    wire = peer.open()
    wire.send(frames.headers(1, GET + b"".join(raw(value) for value in coded)))
    wire.response(1, 200)
    if peer.backend:
        seen = ", ".join(peer.one_passed().field("x-h"))
        if seen != ", ".join(value.decode("latin-1") for value in values):
            raise Failed(f"the back end saw {seen!r}")


# Appendix C: the requests of the RFC, on one connection each (http becomes the scheme that they say)

C3 = ["828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865", "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565"]
C4 = ["828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf", "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"]


def as_told(seen):
    first, second, third = seen
    return (
        all(one.field("host") == ["www.example.com"] for one in seen)
        and (first.path, third.path) == ("/", "/index.html")
        and second.field("cache-control") == ["no-cache"] and third.field("custom-key") == ["custom-value"]
    )  # fmt: skip


for section, vectors in (("C.3", C3), ("C.4", C4)):
    fine(section, "the three requests of the appendix are decoded as it says", *(bytes.fromhex(one) for one in vectors), holds=as_told)


@SUITE.case("RFC 7541 §2.3", "a hundred requests by a real encoder, its table filling and evicting")
def real_encoder(peer):
    encoder = hpack.Encoder()
    wire = peer.open()
    wire.send(frames.window_update(0, 1 << 20))
    for at in range(100):
        own = [("x-count", str(at)), ("x-long", f"{at % 7}" * 300), ("cookie", f"c={at % 3}")]
        wire.send(frames.headers(1 + 2 * at, encoder.encode(blocks.fields("/", extra=own))))
        wire.response(1 + 2 * at, 200)
        if peer.backend and (peer.seen[-1].field("x-count"), peer.seen[-1].field("x-long")) != ([str(at)], [f"{at % 7}" * 300]):
            raise Failed(f"request {at}: the back end saw {peer.seen[-1].fields}")


@SUITE.case("RFC 7541 §2.2", "a block of size updates alone is a request without fields, not an error of the connection")
def updates_alone(peer):
    wire = peer.open()
    wire.send(frames.headers(1, blocks.size_update(0) + blocks.size_update(4096)))
    wire.malformed(1)
