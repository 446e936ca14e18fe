"""Field blocks by hand (RFC 7541): each representation, each wrong length, no table kept."""

PLAIN, INDEXED, NEVER = 0x00, 0x40, 0x10
_PREFIX = {PLAIN: 4, INDEXED: 6, NEVER: 4}


def integer(value, prefix, flags=0):
    """RFC 7541, section 5.1."""
    limit = (1 << prefix) - 1
    if value < limit:
        return bytes((flags | value,))
    out = bytearray((flags | limit,))
    value -= limit
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def octets(text):
    return text.encode("latin-1") if isinstance(text, str) else bytes(text)


def string(text, huffman=None):
    """A string literal; `huffman` says that the bytes are a Huffman code already."""
    text = octets(text)
    return integer(len(text), 7, 0x80 if huffman else 0) + text


def index(number):
    """An indexed field (section 6.1)."""
    return integer(number, 7, 0x80)


def literal(name, value, kind=PLAIN):
    """A literal field; `name` is text, or the index of a name."""
    if isinstance(name, int):
        return integer(name, _PREFIX[kind], kind) + string(value)
    return bytes((kind,)) + string(name) + string(value)


def size_update(size):
    return integer(size, 5, 0x20)


def encode(fields, kind=PLAIN):
    """A block of literals, none of them Huffman coded."""
    return b"".join(literal(name, value, kind) for name, value in fields)


def fields(path="/", method="GET", extra=(), authority="localhost", scheme="https"):
    """The fields of a request; None leaves a pseudo-field out."""
    pseudo = [(":method", method), (":scheme", scheme), (":authority", authority), (":path", path)]
    return [(name, value) for name, value in pseudo if value is not None] + list(extra)


def get(path="/", *extra, **changes):
    return encode(fields(path, extra=extra, **changes))


def post(path="/", *extra, **changes):
    return encode(fields(path, "POST", extra=extra, **changes))
