"""The HTTP/1.1 back end behind a server under test: it writes down all that reached it."""

import hashlib
import base64
import json
import re
import socketserver
import threading

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Seen:
    """One request as its bytes told it."""

    def __init__(self, head):
        lines = head.split(b"\r\n")
        self.line = lines[0].decode("latin-1")
        self.method, _, rest = self.line.partition(" ")
        self.target = rest.rpartition(" ")[0]
        pairs = [line.partition(b":") for line in lines[1:] if line]
        self.fields = [(name.decode("latin-1").lower(), value.strip().decode("latin-1")) for name, _, value in pairs]
        self.body, self.trailers, self.is_whole = b"", [], False

    def field(self, name):
        return [value for own, value in self.fields if own == name]

    @property
    def path(self):
        return re.sub(r"^https?://[^/]*", "", self.target)


class Handler(socketserver.StreamRequestHandler):
    """Keeps the connection until the peer ends it."""

    def handle(self):
        try:
            while self.one():
                pass
        except (OSError, ValueError):
            pass

    def one(self):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline(1 << 20)
            if not line:
                return False
            head += line
            if head == b"\r\n":
                head = b""
        seen = Seen(head[:-4])
        self.server.seen.append(seen)
        path = seen.path
        if path.startswith("/stall"):
            # Nothing of the body is read: what is under way stays with the server under test.
            self.server.is_over.wait(15)
            return False
        if seen.method == "CONNECT":
            self.answer(405, b"no tunnels\n", "connection: close\r\n")
            return False
        if path.startswith("/early"):
            self.answer(200, b"early\n", "connection: close\r\n")
            return False
        if seen.field("upgrade") == ["websocket"] and path.startswith("/ws"):
            return self.tunnel(seen)
        if "100-continue" in seen.field("expect"):
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.read_body(seen)
        seen.is_whole = True
        self.respond(seen, path)
        return True

    def read_body(self, seen):
        if seen.field("transfer-encoding"):
            while size := int(self.rfile.readline().split(b";")[0], 16):
                seen.body += self.rfile.read(size)
                self.rfile.readline()
            while (line := self.rfile.readline().strip()):
                name, _, value = line.partition(b":")
                seen.trailers.append((name.decode("latin-1").lower(), value.strip().decode("latin-1")))
        elif seen.field("content-length"):
            wanted = int(seen.field("content-length")[0])
            seen.body = self.rfile.read(wanted)
            if len(seen.body) < wanted:
                raise ValueError("cut short")

    def respond(self, seen, path):
        if sized := re.match(r"/size/(\d+)", path):
            self.answer(200, bytes(int(sized[1])), "", seen.method == "HEAD")
        elif status := re.match(r"/status/(\d+)", path):
            number = int(status[1])
            self.answer(number, b"" if number in (204, 304) else b"as you wish\n", "", seen.method == "HEAD")
        elif path.startswith("/trailers"):
            self.wfile.write(
                b"HTTP/1.1 200 OK\r\ntrailer: x-last\r\ntransfer-encoding: chunked\r\n\r\n"
                b"5\r\nbody!\r\n0\r\nx-last: yes\r\n\r\n"
            )
        else:
            said = {
                "method": seen.method, "target": seen.target, "fields": seen.fields, "trailers": seen.trailers,
                "body": hashlib.sha256(seen.body).hexdigest(), "size": len(seen.body),
            }  # fmt: skip
            self.answer(200, json.dumps(said).encode(), "content-type: application/json\r\n", seen.method == "HEAD")

    def answer(self, status, body, more="", is_head=False):
        length = "" if status in (204, 304) else f"content-length: {len(body)}\r\n"
        head = f"HTTP/1.1 {status} Fine\r\n{length}{more}\r\n"
        self.wfile.write(head.encode() + (b"" if is_head else body))

    def tunnel(self, seen):
        """Upgrades, and gives every byte back."""
        key = (seen.field("sec-websocket-key") or [""])[0].encode()
        accept = base64.b64encode(hashlib.sha1(key + MAGIC).digest()).decode()
        self.wfile.write(
            b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            + f"sec-websocket-accept: {accept}\r\n\r\n".encode()
        )
        while more := self.connection.recv(65536):
            self.connection.sendall(more)
        return False


class Backend(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads, request_queue_size = True, True, 512

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen, self.is_over = [], threading.Event()
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass

    def end(self):
        self.is_over.set()
        self.shutdown()
        self.server_close()
