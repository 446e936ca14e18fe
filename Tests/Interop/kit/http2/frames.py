"""Frames of HTTP/2 as bytes (RFC 9113, sections 4 and 6): every field may be given a wrong value."""

import enum
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE = 0, 1, 2, 3, 4, 5
PING, GOAWAY, WINDOW_UPDATE, CONTINUATION, PRIORITY_UPDATE = 6, 7, 8, 9, 16
NAMES = {
    0: "DATA", 1: "HEADERS", 2: "PRIORITY", 3: "RST_STREAM", 4: "SETTINGS", 5: "PUSH_PROMISE",
    6: "PING", 7: "GOAWAY", 8: "WINDOW_UPDATE", 9: "CONTINUATION", 16: "PRIORITY_UPDATE",
}  # fmt: skip

END_STREAM = ACK = 0x1
END_HEADERS, PADDED, PRIORITISED = 0x4, 0x8, 0x20

HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = 1, 2, 3, 4
MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE, ENABLE_CONNECT_PROTOCOL, NO_RFC7540_PRIORITIES = 5, 6, 8, 9

WINDOW_MAX = 2**31 - 1


class Code(enum.IntEnum):
    """Error codes (RFC 9113, section 7)."""

    NO_ERROR = 0
    PROTOCOL_ERROR = 1
    INTERNAL_ERROR = 2
    FLOW_CONTROL_ERROR = 3
    SETTINGS_TIMEOUT = 4
    STREAM_CLOSED = 5
    FRAME_SIZE_ERROR = 6
    REFUSED_STREAM = 7
    CANCEL = 8
    COMPRESSION_ERROR = 9
    CONNECT_ERROR = 10
    ENHANCE_YOUR_CALM = 11
    INADEQUATE_SECURITY = 12
    HTTP_1_1_REQUIRED = 13


def code_name(number):
    return Code(number).name if number in list(Code) else f"error {number:#x}"


def frame(kind, flags=0, stream=0, payload=b"", length=None):
    """Any frame; `length` lies about the payload."""
    size = len(payload) if length is None else length
    return size.to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def data(stream, payload=b"", end=False, padding=None):
    if padding is not None:
        payload = bytes((padding,)) + payload + bytes(padding)
    return frame(DATA, (END_STREAM if end else 0) | (PADDED if padding is not None else 0), stream, payload)


def headers(stream, block, end=True, whole=True, padding=None, priority=None):
    """`priority`: the stream depended on, and the weight; `whole`: END_HEADERS."""
    flags = (END_STREAM if end else 0) | (END_HEADERS if whole else 0)
    if priority is not None:
        block = struct.pack(">IB", *priority) + block
        flags |= PRIORITISED
    if padding is not None:
        block = bytes((padding,)) + block + bytes(padding)
        flags |= PADDED
    return frame(HEADERS, flags, stream, block)


def continuation(stream, block=b"", whole=True):
    return frame(CONTINUATION, END_HEADERS if whole else 0, stream, block)


def priority(stream, on=0, weight=15):
    return frame(PRIORITY, 0, stream, struct.pack(">IB", on, weight))


def priority_update(stream, value=b"u=1", on=0):
    return frame(PRIORITY_UPDATE, 0, on, stream.to_bytes(4, "big") + value)


def rst_stream(stream, code=Code.CANCEL):
    return frame(RST_STREAM, 0, stream, int(code).to_bytes(4, "big"))


def settings(*pairs, ack=False):
    return frame(SETTINGS, ACK if ack else 0, 0, b"".join(struct.pack(">HI", *pair) for pair in pairs))


def ping(payload=b"gatehous", ack=False):
    return frame(PING, ACK if ack else 0, 0, payload)


def goaway(last=0, code=Code.NO_ERROR, debug=b""):
    return frame(GOAWAY, 0, 0, struct.pack(">II", last, int(code)) + debug)


def window_update(stream, increment):
    return frame(WINDOW_UPDATE, 0, stream, increment.to_bytes(4, "big"))


def push_promise(stream, promised, block, whole=True):
    return frame(PUSH_PROMISE, END_HEADERS if whole else 0, stream, promised.to_bytes(4, "big") + block)


class Frame:
    """One that came."""

    def __init__(self, kind, flags, stream, payload):
        self.kind, self.flags, self.stream, self.payload = kind, flags, stream, payload

    def has(self, flag):
        return bool(self.flags & flag)

    @property
    def code(self):
        """Of RST_STREAM and GOAWAY."""
        return int.from_bytes(self.payload[:4] if self.kind == RST_STREAM else self.payload[4:8], "big")

    @property
    def content(self):
        """The payload without padding and priority."""
        payload = self.payload
        if self.has(PADDED) and self.kind in (DATA, HEADERS, PUSH_PROMISE):
            payload = payload[1 : len(payload) - payload[0]]
        if self.kind == HEADERS and self.has(PRIORITISED):
            payload = payload[5:]
        return payload

    def __str__(self):
        text = f"{NAMES.get(self.kind, hex(self.kind))} on {self.stream}"
        if self.kind in (RST_STREAM, GOAWAY):
            text += f" {code_name(self.code)}"
        if self.kind == GOAWAY and len(self.payload) > 8:
            text += f" {self.payload[8:100]!r}"
        if self.kind == SETTINGS and self.has(ACK):
            text += " ACK"
        return text


def settings_of(payload):
    """The pairs of a SETTINGS payload in order."""
    return [struct.unpack_from(">HI", payload, at) for at in range(0, len(payload) - 5, 6)]


def take(buffer):
    """The first whole frame of a bytearray, removed from it; None when more must come."""
    if len(buffer) < 9:
        return None
    size = int.from_bytes(buffer[:3], "big")
    if len(buffer) < 9 + size:
        return None
    kind, flags = buffer[3], buffer[4]
    stream = int.from_bytes(buffer[5:9], "big") & WINDOW_MAX
    payload = bytes(buffer[9 : 9 + size])
    del buffer[: 9 + size]
    return Frame(kind, flags, stream, payload)
