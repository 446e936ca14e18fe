"""RFC 9113, section 3: how a connection begins."""

import socket
import ssl

from kit.http2 import blocks, frames
from kit.http2.frames import Code
from kit.http2.suite import Failed, Skipped, Suite

SUITE = Suite("RFC 9113 §3, starting")


@SUITE.case("RFC 9113 §3.2", "of h2 and http/1.1 in ALPN, h2 is chosen")
def chooses(peer):
    wire = peer.open(alpn=("http/1.1", "h2"))
    if wire.socket.selected_alpn_protocol() != "h2":
        raise Failed(f"{wire.socket.selected_alpn_protocol()} was chosen")
    wire.get()
    wire.response(1, 200)


def tls(peer, *alpn):
    """A bare TLS connection; None when the handshake is refused."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(list(alpn))
    link = socket.create_connection(peer.address, timeout=2)
    try:
        return context.wrap_socket(link, server_hostname="localhost")
    except (ssl.SSLError, OSError):
        link.close()
        return None


def http1(link, more=""):
    """The answer to a request of HTTP/1.1: its status line."""
    link.sendall(f"GET / HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode())
    line = b""
    while b"\r\n" not in line:
        chunk = link.recv(4096)
        if not chunk:
            break
        line += chunk
    return line.partition(b"\r\n")[0].decode("latin-1")


@SUITE.case("RFC 9113 §3.2", "h2c alone in ALPN is not chosen over TLS")
def never_h2c(peer):
    link = tls(peer, "h2c")
    if link:
        with link:
            if link.selected_alpn_protocol() == "h2c":
                raise Failed("h2c was chosen")


@SUITE.case("RFC 9113 §3.2", "http/1.1 alone in ALPN speaks HTTP/1.1")
def http1_alone(peer):
    link = tls(peer, "http/1.1")
    if link is None:
        raise Skipped("the peer has no HTTP/1.1")
    with link:
        line = http1(link)
        if not line.startswith("HTTP/1.1 200"):
            raise Failed(line)


@SUITE.case("RFC 9113 §3.2", "without ALPN, HTTP/1.1 is spoken")
def no_alpn(peer):
    link = tls(peer)
    if link is None:
        raise Skipped("the peer has no HTTP/1.1")
    with link:
        line = http1(link)
        if not line.startswith("HTTP/1.1 200"):
            raise Failed(line)


@SUITE.case("RFC 9113 §3.1", "an upgrade to h2 or h2c over TLS is not taken")
def no_upgrade(peer):
    for name in ("h2c", "h2"):
        link = tls(peer, "http/1.1")
        if link is None:
            raise Skipped("the peer has no HTTP/1.1")
        with link:
            more = f"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: {name}\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
            line = http1(link, more)
            if line.startswith("HTTP/1.1 101") or not line.startswith("HTTP/1.1"):
                raise Failed(line)


@SUITE.case("RFC 9113 §3.4", "the server's first frame is SETTINGS, sent without waiting for a request")
def server_preface(peer):
    peer.open()


@SUITE.case("RFC 9113 §3.4", "a client may send requests right behind its preface")
def eager(peer):
    wire = peer.open(greets=False)
    wire.send(frames.PREFACE, frames.settings(), frames.headers(1, blocks.get()))
    wire.response(1, 200)


@SUITE.case("RFC 9113 §3.4", "a preface in pieces of one byte is taken")
def in_pieces(peer):
    wire = peer.open(greets=False)
    for byte in frames.PREFACE + frames.settings() + frames.headers(1, blocks.get()):
        wire.send(bytes((byte,)))
    wire.response(1, 200)


@SUITE.case("RFC 9113 §3.4", "a SETTINGS frame with all settings may end the preface")
def full_settings(peer):
    wire = peer.open((1, 4096), (2, 0), (3, 100), (4, 65535), (5, 16384), (6, 65536), (0xF00F, 9))
    wire.get()
    wire.response(1, 200)


FAULTS = [
    ("a preface wrong in its first byte", b"QRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("a preface wrong in its version", b"PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n"),
    ("a preface wrong in its last bytes", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r"),
    ("a request of HTTP/1.1 instead of the preface", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("SETTINGS without the magic", frames.settings()),
    ("random bytes instead of the preface", bytes(range(200, 256))),
]
# Beginnings of the second half: the magic is right, what follows is not a SETTINGS frame.
FIRST_FRAMES = [
    ("HEADERS", frames.headers(1, blocks.get())),
    ("PING", frames.ping()),
    ("WINDOW_UPDATE", frames.window_update(0, 1)),
    ("GOAWAY", frames.goaway()),
    ("DATA", frames.data(1, b"x")),
    ("PRIORITY", frames.priority(1)),
    ("RST_STREAM", frames.rst_stream(1)),
    ("an acknowledgement of SETTINGS", frames.settings(ack=True)),
    ("a frame of an unknown type", frames.frame(0xB0, 0, 0, b"x")),
]


def invalid(sent):
    def work(peer):
        wire = peer.open(greets=False)
        wire.send(sent)
        wire.connection_error(Code.PROTOCOL_ERROR)
        # GOAWAY may be left out here, in so many words.
        wire.notes.clear()
        peer.nothing_passed()

    return work


for what, sent in FAULTS:
    SUITE.add("RFC 9113 §3.4", f"{what} is a connection error PROTOCOL_ERROR", invalid(sent))
for what, sent in FIRST_FRAMES:
    title = f"{what} as the first frame is a connection error PROTOCOL_ERROR"
    SUITE.add("RFC 9113 §3.4", title, invalid(frames.PREFACE + sent))


@SUITE.case("RFC 9113 §3.4", "after the server's GOAWAY for an invalid preface nothing more is answered")
def nothing_after(peer):
    wire = peer.open(greets=False)
    wire.send(frames.PREFACE, frames.ping(), frames.settings(), frames.headers(1, blocks.get()))
    wire.connection_error(Code.PROTOCOL_ERROR)
    peer.nothing_passed()
    wire.notes.clear()


@SUITE.case("RFC 9113 §9.2", "TLS 1.1 does not carry HTTP/2")
def old_tls(peer):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    link = socket.create_connection(peer.address, timeout=2)
    try:
        with context.wrap_socket(link, server_hostname="localhost") as wrapped:
            if wrapped.selected_alpn_protocol() == "h2":
                raise Failed(f"h2 over {wrapped.version()}")
    except (ssl.SSLError, OSError):
        link.close()


@SUITE.case("RFC 9113 §9.2.2", "TLS 1.2 with a cipher suite of the prohibited list is refused, or not offered")
def old_cipher(peer):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA")
    link = socket.create_connection(peer.address, timeout=2)
    try:
        with context.wrap_socket(link, server_hostname="localhost") as wrapped:
            if wrapped.selected_alpn_protocol() == "h2":
                peer.notes.append(f"h2 over {wrapped.cipher()[0]} (MAY be INADEQUATE_SECURITY)")
    except (ssl.SSLError, OSError):
        link.close()
