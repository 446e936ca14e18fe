"""Servers under test, each in front of the recording back end: the gateway, and what others made."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from kit.servers import find_gatehouse, free_ports

from . import frames
from .backend import Backend
from .suite import Failed, Skipped
from .upstream import Scripted, ask
from .wire import Wire

NGINX = """
{user} daemon off; worker_processes 1; pid nginx.pid; error_log nginx.err;
events {{ worker_connections 512; }}
http {{
    access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f;
    uwsgi_temp_path u; scgi_temp_path s; client_max_body_size 0;
    server {{
        listen 127.0.0.1:{port} ssl http2; ssl_certificate tls.crt; ssl_certificate_key tls.key;
        location / {{
            proxy_pass http://127.0.0.1:{backend}; proxy_http_version 1.1;
            proxy_set_header host $http_host; proxy_request_buffering off;
        }}
    }}
}}
"""
HAPROXY = """
global
    nbthread 1
    stats socket {folder}/haproxy.sock
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend tls
    bind 127.0.0.1:{port} ssl crt {folder}/both.pem alpn h2,http/1.1
    default_backend all
backend all
    server one 127.0.0.1:{backend}
"""
HAPROXY_UPSTREAM = HAPROXY.replace("{backend}", "{scripted} proto h2")
GATEWAY = """
workers 1;
error_log stderr info;
access_log access.log format=json;
listen 127.0.0.1:{port} {{ tls_certificate tls.crt; tls_certificate_key tls.key; protocols h2 http/1.1; }}
upstream all {{ server 127.0.0.1:{backend}; }}
route / {{ upstream all; access public; }}
"""

GATEWAY_UPSTREAM = GATEWAY.replace("server 127.0.0.1:{backend};", "server h2c://127.0.0.1:{scripted}; ejection off;")


class Peer:
    """A server under test; `begin` and `finish` stand around each case."""

    name, process, backend, folder = "target", None, None, None

    def __init__(self, address):
        self.address, self.wires, self.notes, self.mark = address, [], [], 0

    def begin(self):
        self.notes = []
        self.mark = len(self.backend.seen) if self.backend else 0

    def finish(self):
        for wire in self.wires:
            wire.close()
        self.wires = []
        if self.process and self.process.poll() is not None:
            raise SystemExit(f"http2: {self.name} ended with {self.process.returncode}: {self.log()}")

    def open(self, *settings, **changes):
        wire = Wire(self.address, settings, notes=self.notes, **changes)
        self.wires.append(wire)
        return wire

    @property
    def seen(self):
        """The requests that reached the back end in this case."""
        if not self.backend:
            raise Skipped("no back end of ours behind this target")
        return self.backend.seen[self.mark :]

    def nothing_passed(self):
        """No request has reached the back end: told after an answer, so there is nothing to wait for."""
        if self.backend and self.seen:
            raise Failed(f"the back end saw {self.seen[0].line!r} {self.seen[0].fields}")

    def one_passed(self):
        if len(self.seen) != 1:
            raise Failed(f"the back end saw {len(self.seen)} requests: {[one.line for one in self.seen]}")
        return self.seen[0]

    def log(self):
        return (self.folder / "peer.log").read_text(errors="replace")[-2000:]

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.backend:
            self.backend.end()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


class Started(Peer):
    """One that is started here."""

    def __init__(self, name):
        port, self.spare = free_ports(2)
        super().__init__(("127.0.0.1", port))
        self.name, self.backend = name, Backend()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"gatehouse-http2-{name}-"))
        make_certificate(self.folder)
        values = {
            "port": port, "backend": self.backend.port, "folder": self.folder,
            "user": "user root;" if os.getuid() == 0 else "",
        }  # fmt: skip
        words = getattr(self, "with_" + name)(values)
        with open(self.folder / "peer.log", "wb") as log:
            self.process = subprocess.Popen(
                [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, cwd=self.folder,
            )  # fmt: skip
        await_port(self)

    def with_nghttpx(self, values):
        need("nghttpx")
        return [
            "nghttpx", f"--frontend=127.0.0.1,{values['port']}", f"--backend=127.0.0.1,{values['backend']}",
            "--workers=1", "--no-ocsp", "--conf=/dev/null", "--log-level=ERROR", "--errorlog-file=peer.err",
            self.folder / "tls.key", self.folder / "tls.crt",
        ]  # fmt: skip

    def with_nginx(self, values):
        need("nginx")
        (self.folder / "nginx.conf").write_text(NGINX.format(**values))
        return ["nginx", "-e", "nginx.err", "-p", self.folder, "-c", self.folder / "nginx.conf"]

    def with_haproxy(self, values):
        need("haproxy")
        (self.folder / "both.pem").write_text(
            (self.folder / "tls.crt").read_text() + (self.folder / "tls.key").read_text()
        )
        (self.folder / "haproxy.cfg").write_text(HAPROXY.format(**values))
        return ["haproxy", "-db", "-f", self.folder / "haproxy.cfg"]

    def with_gateway(self, values):
        (self.folder / "gateway.conf").write_text(GATEWAY.format(**values))
        return [find_gatehouse(), "run", "-c", "gateway.conf"]


class Behind(Started):
    """A proxy whose back end speaks HTTP/2 by the script of each case."""

    def __init__(self, name):
        self.scripted = Scripted(free_ports(1)[0])
        super().__init__(name)

    def with_nghttpx(self, values):
        words = super().with_nghttpx(values)
        return [f"--backend=127.0.0.1,{self.scripted.port};;proto=h2" if str(word).startswith("--backend=") else word for word in words]

    def with_haproxy(self, values):
        words = super().with_haproxy(values)
        (self.folder / "haproxy.cfg").write_text(HAPROXY_UPSTREAM.format(scripted=self.scripted.port, **values))
        return words

    def with_nginx(self, values):
        raise SystemExit("http2: nginx has no HTTP/2 towards its back ends")

    def with_gateway(self, values):
        (self.folder / "gateway.conf").write_text(GATEWAY_UPSTREAM.format(scripted=self.scripted.port, **values))
        return [find_gatehouse(), "run", "-c", "gateway.conf"]

    def ask(self, script, again=True, **asked):
        """A request whose back end plays the script.

        Asked again where the proxy only found out by it that the last case's connection is gone.
        """
        self.scripted.begin(script)
        reply = self.plain_ask(**asked)
        for _ in range(3):
            if self.scripted.connections or not again or reply.status not in (0, 502, 503, 504):
                break
            reply = self.plain_ask(**asked)
        if not self.scripted.connections:
            raise Failed(f"the proxy never asked its back end: {reply}")
        return reply

    def plain_ask(self, **asked):
        return ask(self.address, **asked)

    def ask_slowly(self, script):
        """A client that asks and takes nothing of the answer."""
        self.scripted.begin(script)
        wire = self.open((frames.INITIAL_WINDOW_SIZE, 0))
        wire.get(1)
        return wire

    def finish(self):
        self.scripted.finish()
        super().finish()

    def end(self):
        self.scripted.end()
        super().end()


def need(tool):
    if not shutil.which(tool):
        raise SystemExit(f"http2: {tool} is not installed")


def make_certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", "tls.key", "-out", "tls.crt"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip


def await_port(peer, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end and peer.process.poll() is None:
        try:
            socket.create_connection(peer.address, timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    log = peer.log()
    peer.end()
    raise SystemExit(f"http2: {peer.name} does not listen: {log}")
