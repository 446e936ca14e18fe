"""The servers of one run: gateway, back end, application, providers; each ended by its id."""

import hashlib
import http.server
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from kit import glewlwyd

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROJECT = "6fbbf22e-f4b2-4c6e-95a1-beab6fa41063"
STRICT_PROJECT = "0d9f3a53-7d3c-4f43-9a36-3f7f8a0f6a11"
KEY, STRICT_KEY = "pck_" + "0" * 45, "pck_" + "1" * 45
# Everything that Basic credentials go wrong with, and enough bits.
SECRET = "a%3Ab+c:d-e%zz f_" + "0123456789abcdef" * 2


def find_gatehouse():
    named = os.environ.get("GATEHOUSE")
    places = [named] if named else [
        ROOT / ".build" / kind / "gatehouse" for kind in ("release", "debug")
    ]  # fmt: skip
    for place in places:
        if pathlib.Path(place).exists():
            return pathlib.Path(place).resolve()
    sys.exit("interop: no gatehouse; run `swift build --product gatehouse`, or name it in GATEHOUSE")


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Echo(http.server.BaseHTTPRequestHandler):
    """Says what reached it: as JSON, or, as the application's callback, as a page."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path.startswith("/callback"):
            body = b"<!doctype html><title>Application</title><link rel=icon href=data:,>"
            body += b"<h1>The application has you back</h1>"
            kind = "text/html; charset=utf-8"
        else:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.dumps({"path": self.path, "headers": headers}).encode()
            kind = "application/json"
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_):
        pass


class Servers:
    """All of them, and the folder that they live in."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gatehouse-interop-"))
        self.processes = []
        self.gateway = None
        ports = free_ports(5)
        self.gateway_port, self.echo_port, self.corp_port, self.nano_port, self.glew_port = ports
        self.issuer = f"https://localhost:{self.gateway_port}"
        self.corp = f"http://127.0.0.1:{self.corp_port}"
        self.nano = f"http://127.0.0.1:{self.nano_port}"
        self.glew = f"http://127.0.0.1:{self.glew_port}"
        self.has_glewlwyd = glewlwyd.is_installed()
        self.app = f"http://127.0.0.1:{self.echo_port}"

    def values(self):
        """What the checks read."""
        return {
            "gateway_process": self.gateway.pid, "folder": str(self.folder), "gatehouse": str(find_gatehouse()), "certificate": str(self.folder / "tls.crt"),
            "issuer": self.issuer, "app": self.app, "corp": self.corp, "nano": self.nano, "glew": self.glew, "has_glewlwyd": self.has_glewlwyd,
            "project": PROJECT, "strict_project": STRICT_PROJECT,
            "publishable_key": KEY, "strict_key": STRICT_KEY,
            "secret": SECRET, "shots": os.environ.get("GATEHOUSE_INTEROP_SHOTS")
            or str(self.folder / "shots"),
        }  # fmt: skip

    def start(self, *words, log, cwd=None, environment=None):
        with open(self.folder / log, "wb") as out:
            process = subprocess.Popen(
                [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, cwd=cwd, env={**os.environ, **(environment or {})},
            )  # fmt: skip
        self.processes.append(process)
        return process

    def begin(self):
        echo = http.server.ThreadingHTTPServer(("127.0.0.1", self.echo_port), Echo)
        echo.daemon_threads = True
        threading.Thread(target=echo.serve_forever, daemon=True).start()
        bin = pathlib.Path(sys.executable).parent
        claims = {"sub": "ann", "email": "ann@corp.test", "email_verified": True, "name": "Ann"}
        bob = {"sub": "bob", "email": "bob@corp.test", "email_verified": True}
        self.start(
            bin / "oidc-provider-mock", "--port", self.corp_port, "--user-claims",
            json.dumps(claims), "--user-claims", json.dumps(bob), log="corp.log",
        )  # fmt: skip
        self.begin_nanoidp(bin)
        for name, url in (("oidc-provider-mock", self.corp), ("nanoidp", self.nano)):
            self.await_document(name, url + "/.well-known/openid-configuration")
        self.begin_glewlwyd()
        self.begin_gateway()

    def begin_nanoidp(self, bin):
        home = self.folder / "nanoidp"
        home.mkdir()
        subprocess.run(
            [str(bin / "nanoidp"), "--config", ".", "init"], cwd=home, check=True,
            capture_output=True, timeout=60,
        )  # fmt: skip
        settings = home / "config" / "settings.yaml"
        text = settings.read_text().replace("http://localhost:8000", self.nano)
        settings.write_text(text.replace("port: 8000", f"port: {self.nano_port}"))
        self.start(
            bin / "nanoidp", "--config", "config", "--port", self.nano_port,
            cwd=home, log="nanoidp.log",
        )  # fmt: skip

    def begin_glewlwyd(self):
        if not self.has_glewlwyd:
            return
        home = self.folder / "glewlwyd"
        self.start(*glewlwyd.prepare(home, self.glew_port), cwd=home, log="glewlwyd.log")
        self.await_document("glewlwyd", self.glew + "/login.html")
        redirect_uris = [
            self.issuer + path + "glew" for path in ("/api/v1/auth/oauth/callback/", "/oauth2/callback/")
        ]
        glewlwyd.set_up(home, self.glew, redirect_uris)

    def begin_gateway(self, relaxed=True):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", "tls.key", "-out", "tls.crt"],
            cwd=self.folder, check=True, capture_output=True,
        )  # fmt: skip
        text = self.conf()
        if not relaxed:
            text = re.sub(r"(?m)^    (authorize|token)_requests_per_second .*\n", "", text)
        (self.folder / "gateway.conf").write_text(text)
        # The same store behind another port: it must not start.
        second = self.conf().replace(f"listen 127.0.0.1:{self.gateway_port} ", "listen 127.0.0.1:0 ")
        (self.folder / "second.conf").write_text(second)
        self.gatehouse = find_gatehouse()
        done = subprocess.run(
            [str(self.gatehouse), "check", "-c", "gateway.conf"], cwd=self.folder,
            capture_output=True, env={**os.environ, "CORP_SECRET": "s%+:-"}, timeout=60,
        )  # fmt: skip
        if done.returncode != 0:
            raise SystemExit("interop: check says\n" + (done.stdout + done.stderr).decode())
        self.gateway = self.start(
            self.gatehouse, "run", "-c", "gateway.conf", cwd=self.folder, log="gateway.log",
            environment={"CORP_SECRET": "s%+:-"},
        )
        self.await_port("gatehouse", self.gateway_port)

    def conf(self):
        digest = hashlib.sha256(SECRET.encode()).hexdigest()
        return CONF.format(
            port=self.gateway_port, echo=self.echo_port, corp=self.corp, nano=self.nano,
            glew=self.glew, glew_secret=glewlwyd.SECRET, project=PROJECT, strict=STRICT_PROJECT, key=KEY, strict_key=STRICT_KEY, digest=digest,
        )  # fmt: skip

    def await_document(self, name, url):
        for _ in range(150):
            try:
                with urllib.request.urlopen(url, timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"interop: {name} does not answer; see {self.folder}")

    def await_port(self, name, port):
        for _ in range(150):
            if self.processes[-1].poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        log = (self.folder / "gateway.log").read_text()[-3000:]
        raise SystemExit(f"interop: {name} does not listen:\n{log}")

    def end(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


CONF = """\
workers 2;
state_directory state;
access_log access.log format=json;
error_log stderr info;
listen 127.0.0.1:{port} {{ tls_certificate tls.crt; tls_certificate_key tls.key; }}
authorization_server https://localhost:{port} {{
    store sqlite state/gatehouse.db;
    # Everything comes from one address here: what these bound has its own tests.
    authorize_requests_per_second 1000 burst=10000;
    token_requests_per_second 1000 burst=10000;
    provider local {{ sign_up on; email_verification assumed; }}
    provider corp {{
        discovery {corp}/.well-known/openid-configuration;
        client_id gatehouse;
        client_secret env:CORP_SECRET;
        scope openid email profile;
    }}
    provider nano {{
        discovery {nano}/.well-known/openid-configuration;
        client_id demo-client;
        client_secret demo-secret;
        scope openid email profile;
    }}
    provider glew {{
        discovery {glew}/api/oidc/.well-known/openid-configuration;
        client_id gatehouse;
        client_secret "{glew_secret}";
        scope openid;
    }}
    project {project} {{
        dialect stack;
        name "Internal tools";
        publishable_client_key {key};
        trusted_domain https://app.example.com https://*.preview.example.com;
        allow_localhost on;
        providers local corp nano glew;
        grantable_scopes openid email orders:read orders:write;
        default_scopes openid email orders:read;
        sign_up on;
    }}
    project {strict} {{
        dialect stack;
        publishable_client_key {strict_key};
        require_publishable_client_key on;
        redirect_uri https://strict.example.com/callback;
        providers local;
        grantable_scopes openid;
        default_scopes openid;
        sign_up on;
    }}
    project default {{
        providers local corp nano glew;
        grantable_scopes openid email profile offline_access orders:read;
        default_scopes openid email profile offline_access orders:read;
        sign_up on;
    }}
    client fashion-app {{
        dialect dressipi; grantable_scopes profile:read; default_scopes profile:read;
    }}
    client fashion-legacy {{
        dialect dressipi; grantable_scopes profile:read; default_scopes profile:read;
        token_parameters_in_query on;
    }}
    client reporting {{
        client_secret_hash sha256:{digest};
        grant_types client_credentials authorization_code refresh_token;
        redirect_uri http://127.0.0.1/callback;
        post_logout_redirect_uri http://127.0.0.1:{echo}/callback;
        audience orders-api;
        grantable_scopes openid email profile orders:read;
        default_scopes openid email orders:read;
        consent implicit;
        name "Reports";
    }}
    client spa {{
        redirect_uri http://127.0.0.1/callback;
        post_logout_redirect_uri http://127.0.0.1:{echo}/callback;
        cors_origins https://spa.example.com;
        grantable_scopes openid email orders:read;
        default_scopes openid email;
        consent required;
        name "Shop window";
    }}
    client resource {{
        client_secret_hash sha256:{digest};
        grant_types client_credentials;
        introspect any;
        grantable_scopes orders:read;
        default_scopes orders:read;
    }}
}}
upstream echo {{ server 127.0.0.1:{echo}; }}
route /api/ {{ upstream echo; issuer self; project {project}; scope orders:read; }}
route /plain/ {{ upstream echo; issuer self; client reporting spa resource; scope orders:read; }}
route /fashion/ {{
    upstream echo; issuer self; client fashion-app fashion-legacy;
    scope profile:read; anonymous allow; restricted allow;
}}
"""
