#!/usr/bin/env python3
"""A WebSocket echo through a protected route, and 2 GiB each way with flat memory."""

import argparse
import base64
import hashlib
import http.client
import os
import random
import signal
import socket
import struct
import threading
import time
import zlib

from kit import Lab, MemorySampler, Verdict, need

CONF = """
workers 2;
access_log logs/access.log format=json;
error_log stderr info;
listen 127.0.0.1:{tls} {{ tls_certificate tls/server.crt; tls_certificate_key tls/server.key; }}
listen 127.0.0.1:{plain};
admin 127.0.0.1:{admin};
issuer https://issuer.test {{
    jwks_file keys/issuer.jwks.json; audience orders-api; algorithms ES256;
}}
upstream orders {{ server 127.0.0.1:{origin}; }}
route /orders/ {{
    upstream orders; scope orders:read;
    method POST PUT {{ scope orders:write; }}
}}
"""
BLOCK = random.Random(7).randbytes(1 << 20)
GROWTH_MAX = 32 << 10
"""KiB that the process may grow: a few connections' windows and the allocator's slack."""


class Origin(threading.Thread):
    """Counts and sums what is sent to it, sends as much as it is asked for, and echoes WebSockets."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", port))

    def run(self):
        while True:
            link, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(link,), daemon=True).start()

    def serve(self, link):
        with link, link.makefile("rb", 1 << 20) as stream:
            while True:
                line = stream.readline()
                if not line:
                    return
                method, path, _ = line.decode().split()
                fields = http.client.parse_headers(stream)
                if fields.get("Upgrade", "").lower() == "websocket":
                    return self.echo(link, stream, fields)
                if method in ("PUT", "POST"):
                    self.take(link, stream, fields)
                else:
                    self.give(link, path)

    def take(self, link, stream, fields):
        count, checksum = 0, 0
        for piece in self.pieces(stream, fields):
            count += len(piece)
            checksum = zlib.crc32(piece, checksum)
        text = f"{count} {checksum}".encode()
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))

    def pieces(self, stream, fields):
        if fields.get("Transfer-Encoding") == "chunked":
            while True:
                size = int(stream.readline().split(b";")[0], 16)
                left = size
                while left:
                    piece = stream.read(min(left, 1 << 20))
                    left -= len(piece)
                    yield piece
                stream.readline()
                if size == 0:
                    return
        left = int(fields.get("Content-Length", 0))
        while left:
            piece = stream.read1(min(left, 1 << 20))
            if not piece:
                raise EOFError
            left -= len(piece)
            yield piece

    def give(self, link, path):
        """`/orders/give/MiB` with a length, `/orders/chunked/MiB` without."""
        _, _, manner, count = path.split("/")
        if manner == "give":
            link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (int(count) << 20))
            for _ in range(int(count)):
                link.sendall(BLOCK)
        else:
            link.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(int(count)):
                link.sendall(b"100000\r\n")
                link.sendall(BLOCK)
                link.sendall(b"\r\n")
            link.sendall(b"0\r\n\r\n")

    def echo(self, link, stream, fields):
        answer = accept_word(fields["Sec-WebSocket-Key"])
        subject = fields.get("x-stack-user-id", "nobody")
        link.sendall(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {answer}\r\nX-Subject: {subject}\r\n\r\n".encode()
        )
        while True:
            kind, data = read_frame(stream)
            link.sendall(frame(kind, data, mask=None))
            if kind == 8:
                return


def accept_word(key):
    text = (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()
    return base64.b64encode(hashlib.sha1(text).digest()).decode()


def masked(data, mask):
    whole = int.from_bytes((mask * (len(data) // 4 + 1))[: len(data)], "big")
    return (int.from_bytes(data, "big") ^ whole).to_bytes(len(data), "big")


def frame(kind, data, mask):
    bit = 0x80 if mask else 0
    if len(data) < 126:
        head = struct.pack("!BB", 0x80 | kind, bit | len(data))
    elif len(data) < 65536:
        head = struct.pack("!BBH", 0x80 | kind, bit | 126, len(data))
    else:
        head = struct.pack("!BBQ", 0x80 | kind, bit | 127, len(data))
    return head + (mask + masked(data, mask) if mask else data)


def read_frame(stream):
    first, second = stream.read(2)
    size = second & 127
    if size > 125:
        size = int.from_bytes(stream.read(2 if size == 126 else 8), "big")
    mask = stream.read(4) if second & 128 else None
    data = stream.read(size)
    return first & 15, masked(data, mask) if mask else data


def try_websocket(lab, verdict):
    print("## WebSocket echo over TLS, through a protected route\n", flush=True)

    def open_socket(authorization):
        raw = socket.create_connection(("127.0.0.1", lab.tls), 10)
        link = lab.client_context().wrap_socket(raw, server_hostname="localhost")
        key = base64.b64encode(os.urandom(16)).decode()
        link.sendall(
            "GET /orders/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"X-Stack-User-Id: mallory\r\n{authorization}\r\n".encode()
        )
        stream = link.makefile("rb")
        status = int(stream.readline().split()[1])
        return link, stream, status, http.client.parse_headers(stream), key

    _, _, status, fields, _ = open_socket("")
    verdict.hold(status == 401, f"without a token: {status} {fields.get('WWW-Authenticate')}")
    link, stream, status, fields, key = open_socket(f"Authorization: Bearer {lab.token()}\r\n")
    verdict.hold(status == 101, f"with a token: {status}")
    verdict.hold(fields.get("Sec-WebSocket-Accept") == accept_word(key), "the accept word is right")
    verdict.hold(fields.get("X-Subject") == "alice", f"the back end saw {fields.get('X-Subject')}")
    sizes = [0, 1, 125, 126, 65535, 65536, 1 << 20, 5 << 20]
    for size in sizes:
        data = os.urandom(size)
        link.sendall(frame(2, data, os.urandom(4)))
        verdict.hold(read_frame(stream) == (2, data), f"echo of {size} bytes")
    begin = time.monotonic()
    for number in range(2000):
        text = f"message {number}".encode()
        link.sendall(frame(1, text, b"abcd"))
        if read_frame(stream) != (1, text):
            verdict.hold(False, f"message {number}")
    rate = 2000 / (time.monotonic() - begin)
    verdict.hold(True, f"2000 round trips, {rate:.0f} a second")
    link.sendall(frame(8, b"\x03\xe8", b"abcd"))
    verdict.hold(read_frame(stream) == (8, b"\x03\xe8"), "the close frame comes back")
    verdict.hold(stream.read(1) == b"", "and then the end")


def connection(lab, is_tls):
    if is_tls:
        context = lab.client_context()
        return http.client.HTTPSConnection("localhost", lab.tls, timeout=60, context=context)
    return http.client.HTTPConnection("localhost", lab.plain, timeout=60)


def upload(lab, mebibytes, is_tls, is_chunked):
    link = connection(lab, is_tls)
    fields = {"Authorization": f"Bearer {lab.token()}"}
    if not is_chunked:
        fields["Content-Length"] = str(mebibytes << 20)
    blocks = (BLOCK for _ in range(mebibytes))
    link.request("PUT", "/orders/up", blocks, fields, encode_chunked=is_chunked)
    answer = link.getresponse()
    text = answer.read().decode()
    checksum = 0
    for _ in range(mebibytes):
        checksum = zlib.crc32(BLOCK, checksum)
    return answer.status == 200 and text == f"{mebibytes << 20} {checksum}", text


def download(lab, mebibytes, is_tls, manner, pause=0):
    link = connection(lab, is_tls)
    path = f"/orders/{manner}/{mebibytes}"
    link.request("GET", path, headers={"Authorization": f"Bearer {lab.token()}"})
    answer = link.getresponse()
    buffer, count, wrong = bytearray(1 << 20), 0, 0
    view = memoryview(buffer)
    while True:
        filled = 0
        while filled < len(buffer):
            size = answer.readinto(view[filled:])
            if not size:
                break
            filled += size
        count += filled
        wrong += filled == len(buffer) and buffer != BLOCK
        if count == 64 << 20 and pause:
            time.sleep(pause)
        if filled < len(buffer):
            break
    return answer.status == 200 and count == mebibytes << 20 and wrong == 0, f"{count} bytes"


def try_bodies(lab, gateway, verdict, mebibytes):
    print(f"\n## {mebibytes} MiB each way\n", flush=True)
    upload(lab, 64, True, False)
    download(lab, 64, True, "give")
    ways = [
        ("upload over TLS, with a length", lambda: upload(lab, mebibytes, True, False)),
        ("upload over TLS, chunked", lambda: upload(lab, mebibytes, True, True)),
        ("download over TLS, with a length", lambda: download(lab, mebibytes, True, "give")),
        ("download over TLS, chunked", lambda: download(lab, mebibytes, True, "chunked")),
        ("download in plain, the reader pausing 5 s",
         lambda: download(lab, mebibytes, False, "give", pause=5)),
    ]  # fmt: skip
    for title, way in ways:
        sampler = MemorySampler(gateway.pid)
        begin = time.monotonic()
        try:
            is_right, said = way()
        except (OSError, http.client.HTTPException) as fault:
            is_right, said = False, repr(fault)
        seconds = time.monotonic() - begin
        first, least, most, last = sampler.stop()
        verdict.hold(is_right, f"{title}: {said}, {mebibytes / seconds:.0f} MiB/s")
        resident = f"RSS KiB: {first} before, {least} to {most} during, {last} after"
        verdict.hold(most - first < GROWTH_MAX, resident)


def main():
    words = argparse.ArgumentParser()
    words.add_argument("--mebibytes", type=int, default=2048)
    given = words.parse_args()
    need("openssl")
    lab = Lab("bodies")
    verdict = Verdict("WebSocket echo, and large bodies")
    try:
        Origin(lab.origin).start()
        gateway = lab.gateway(CONF.format(**vars(lab)))
        try_websocket(lab, verdict)
        try_bodies(lab, gateway, verdict, given.mebibytes)
        gateway.send_signal(signal.SIGTERM)
        verdict.hold(gateway.wait(40) == 0, "SIGTERM ends it with 0")
    finally:
        lab.close()
    verdict.end(lab)


if __name__ == "__main__":
    main()
