"""HTTP servers behind the gateway: one of ours that says what came, nginx and nghttpd."""

import getpass
import hashlib
import http.server
import json
import pathlib
import random
import shutil
import socket
import subprocess
import threading
import time

from kit.servers import free_ports

MIB = 1 << 20


class Origin(http.server.BaseHTTPRequestHandler):
    """HTTP/1.1: `seen` tells the request, `bytes/N` sends so many, `trailers` and `odd` their like."""

    protocol_version = "HTTP/1.1"

    def read(self):
        """Length and digest of the body, and its trailers."""
        digest, length, trailers = hashlib.sha256(), 0, {}
        if "chunked" in self.headers.get("transfer-encoding", ""):
            while size := int(self.rfile.readline().split(b";")[0], 16):
                while size:
                    part = self.rfile.read(min(size, MIB))
                    digest.update(part)
                    length, size = length + len(part), size - len(part)
                self.rfile.readline()
            while (line := self.rfile.readline().decode().strip()):
                name, _, value = line.partition(":")
                trailers[name.lower()] = value.strip()
        else:
            left = int(self.headers.get("content-length", 0))
            while left and (part := self.rfile.read(min(left, MIB))):
                digest.update(part)
                length, left = length + len(part), left - len(part)
        return length, digest.hexdigest(), trailers

    def answer(self):
        if self.headers.get("expect"):
            self.server.expected += 1
        length, digest, trailers = self.read()
        words = self.path.split("?")[0].strip("/").split("/")[1:]
        what = words[0] if words else ""
        if what == "bytes":
            return self.give(pattern(int(words[1])))
        if what == "status":
            return self.give(b"", int(words[1]))
        if what == "early":
            self.close_connection = True
            return self.give(b"enough", 200)
        if what == "hints":
            self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\nconnection: x-hop\r\nx-hop: 1\r\n\r\n" * 2)
            return self.give(b"hinted", 200)
        if what == "drip":
            return self.drip(int(words[1]))
        if what == "trailers":
            return self.chunked([b"with ", b"trailers"], {"x-sum": "42"})
        if what == "odd":
            more = [("keep-alive", "timeout=5"), ("proxy-connection", "keep-alive"), ("X-MiXeD", "Case"), ("set-cookie", "a=1"), ("set-cookie", "b=2"), ("upgrade", "h2c")]
            return self.give(b"odd", 200, more)
        if what == "hop":
            return self.give(b"hop", 200, [("connection", "x-hop"), ("x-hop", "1")])
        seen = {
            "line": self.requestline, "length": length, "sha256": digest, "trailers": trailers,
            "headers": [[name.lower(), value] for name, value in self.headers.items()],
        }  # fmt: skip
        return self.give(json.dumps(seen).encode(), 200, [("content-type", "application/json")])

    def give(self, body, status=200, more=()):
        self.send_response(status)
        for name, value in more:
            self.send_header(name, value)
        if status >= 200 and status not in (204, 304):
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(body)

    def drip(self, count):
        """A byte every tenth of a second."""
        self.send_response(200)
        self.send_header("content-length", str(count))
        self.end_headers()
        for _ in range(count):
            self.wfile.write(b".")
            self.wfile.flush()
            time.sleep(0.1)

    def chunked(self, parts, trailers):
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.send_header("trailer", ", ".join(trailers))
        self.end_headers()
        for part in parts:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        lines = "".join(f"{name}: {value}\r\n" for name, value in trailers.items())
        self.wfile.write(f"0\r\n{lines}\r\n".encode())

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = answer

    def log_message(self, *_):
        pass


class Threaded(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    expected = 0

    def handle_error(self, *_):
        """A peer that leaves is no news."""


def pattern(count):
    return random.Random(count).randbytes(count)


class Backends:
    """All of them; `end` ends them."""

    def __init__(self, gate):
        self.gate = gate
        self.home = gate.folder / "backends"
        self.files = self.home / "files"
        for prefix in ("", "nginx", "nginx2", "nghttpd", "secure", "churn", "trail"):
            (self.files / prefix).mkdir(parents=True)
            for name, count in (("small", 1024), ("mib", MIB), ("big", 50 * 1000 * 1000)):
                if prefix == "":
                    (self.files / name).write_bytes(pattern(count))
                else:
                    (self.files / prefix / name).symlink_to(self.files / name)
        self.origin = Threaded(("127.0.0.1", 0), Origin)
        threading.Thread(target=self.origin.serve_forever, daemon=True).start()
        self.origin_port = self.origin.server_address[1]
        self.nginx_port, self.nginx2_port, self.churn_port, self.nghttpd_port, self.secure_port, self.trail_port = free_ports(6)
        self.processes = []

    def begin(self):
        (self.home / "nginx.conf").write_text(NGINX.format(home=self.home, files=self.files, user=getpass.getuser(), http=self.nginx_port, h2=self.nginx2_port, churn=self.churn_port))
        self.start("nginx", "-p", self.home, "-c", self.home / "nginx.conf", "-e", self.home / "nginx.log")
        nghttpd = shutil.which("nghttpd") or "/usr/sbin/nghttpd"
        plain = [nghttpd, "-a", "127.0.0.1", "-d", self.files, "--no-tls", "--echo-upload", "-n2"]
        self.start(*plain, self.nghttpd_port)
        self.start(*plain, "--no-content-length", "--trailer", "x-sum: 42", self.trail_port)
        self.start(nghttpd, "-a", "127.0.0.1", "-d", self.files, self.secure_port, self.gate.private_key, self.gate.certificate)
        for port in (self.nginx_port, self.nginx2_port, self.churn_port, self.nghttpd_port, self.secure_port, self.trail_port):
            self.await_port(port)

    def start(self, *words):
        with open(self.home / "servers.log", "ab") as out:
            process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        self.processes.append(process)

    def await_port(self, port):
        for _ in range(100):
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
        said = "".join(path.read_text() for path in pathlib.Path(self.home).glob("*.log"))
        raise SystemExit(f"interop: a back end does not listen on {port}: {said[-1500:]}")

    def end(self):
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.origin.shutdown()


NGINX = """\
user {user}; daemon off; pid {home}/nginx.pid; worker_processes 1;
events {{ worker_connections 4096; }}
http {{
    access_log off; root {files}; default_type text/plain; keepalive_requests 1000000;
    client_max_body_size 0;
    client_body_temp_path {home}/t1; proxy_temp_path {home}/t2; fastcgi_temp_path {home}/t3;
    uwsgi_temp_path {home}/t4; scgi_temp_path {home}/t5;
    server {{ listen 127.0.0.1:{http}; location /nginx/trailed {{ alias {files}/small; add_trailer x-sum 42; }} }}
    server {{ listen 127.0.0.1:{h2} http2; }}
    # A GOAWAY after every 500th request of a connection.
    server {{ listen 127.0.0.1:{churn} http2; keepalive_requests 500; }}
}}
"""
