"""A gateway of one check's own, over TLS and plain, with an issuer whose key the check holds.

GATEHOUSE_INTEROP_PROXY=nghttpx puts nghttpx in its place: what fails there too is the check's fault,
not the gateway's. Statements about tokens are left out then.
"""

import dataclasses
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import uuid

from kit.jose import JsonWebKey, jwt
from kit.servers import find_gatehouse, free_ports

ISSUER = "https://issuer.test"
TOKEN = f"issuer {ISSUER};"


@dataclasses.dataclass
class Route:
    """A path, and the server behind it."""

    path: str
    port: int
    wire: str = "http"  # http, h2c or h2 (over TLS, as localhost, by the gate's own certificate)
    rule: str = "access public;"
    upstream: str = ""
    host: str = "127.0.0.1"


class Gate:
    """One proxy, its folder, its certificate."""

    def __init__(self, name):
        self.is_standin = os.environ.get("GATEHOUSE_INTEROP_PROXY") == "nghttpx"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"gatehouse-interop-{name}-"))
        self.port, self.plain_port, self.admin_port = free_ports(3)
        self.origin = f"https://localhost:{self.port}"
        self.plain = f"http://127.0.0.1:{self.plain_port}"
        self.certificate = str(self.folder / "tls.crt")
        self.private_key = str(self.folder / "tls.key")
        self.process = None
        self.log = self.folder / "gateway.log"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", "tls.key", "-out", "tls.crt"],
            cwd=self.folder, check=True, capture_output=True,
        )  # fmt: skip
        self.key = JsonWebKey.generate_key("EC", "P-256", {"kid": "k1", "use": "sig"}, True)
        public = {**self.key.as_dict(is_private=False), "alg": "ES256", "kid": "k1", "use": "sig"}
        (self.folder / "issuer.jwks.json").write_text(json.dumps({"keys": [public]}))

    def token(self, lifetime=600, **claims):
        """An access token that lives so many seconds; negative has ended already."""
        now = int(time.time())
        body = {
            "iss": ISSUER, "aud": "api", "sub": "ann", "client_id": "interop", "iat": now,
            "exp": now + lifetime, "scope": "shop:read", "jti": str(uuid.uuid4()), **claims,
        }  # fmt: skip
        if lifetime < 0:
            body["iat"] = now + lifetime - 60
        return jwt.encode({"alg": "ES256", "kid": "k1"}, body, self.key).decode()

    def begin(self, routes, settings="", listener=""):
        """Starts it, and returns once it listens."""
        self.routes, self.settings, self.listener = routes, settings, listener
        if self.is_standin:
            words = self.nghttpx()
        else:
            self.write()
            gatehouse = str(find_gatehouse())
            done = subprocess.run(
                [gatehouse, "check", "-c", "gateway.conf"], cwd=self.folder, capture_output=True,
                timeout=60,
            )  # fmt: skip
            if done.returncode != 0:
                raise SystemExit("interop: check says\n" + (done.stdout + done.stderr).decode())
            words = [gatehouse, "run", "-c", "gateway.conf"]
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(
                words, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.await_ports()

    def write(self, settings=None):
        """Writes the conf; a reload takes it."""
        if settings is not None:
            self.settings = settings
        text = CONF.format(
            port=self.port, plain=self.plain_port, admin=self.admin_port, settings=self.settings, listener=self.listener,
        )
        if any(TOKEN in one.rule for one in self.routes):
            text += f"issuer {ISSUER} {{ jwks_file issuer.jwks.json; audience api; clock_skew 0s; }}\n"
        for index, one in enumerate(self.routes):
            scheme = "" if one.wire == "http" else one.wire + "://"
            host = "localhost" if one.wire == "h2" else one.host
            trust = "trusted_certificates tls.crt;" if one.wire == "h2" else ""
            text += f"upstream u{index} {{ server {scheme}{host}:{one.port}; {trust} {one.upstream} }}\n"
            text += f"route {one.path} {{ upstream u{index}; {one.rule} }}\n"
        (self.folder / "gateway.conf").write_text(text)

    def nghttpx(self):
        """The same routes as far as nghttpx knows them."""
        words = [
            "nghttpx", "--workers=2", "--errorlog-file=/dev/stderr", "--accesslog-file=access.log",
            f"--frontend=127.0.0.1,{self.port}", f"--frontend=127.0.0.1,{self.plain_port};no-tls",
            f"--cacert={self.certificate}", "--no-location-rewrite", f"--pid-file={self.folder}/pid",
            f"--conf={os.devnull}",
        ]  # fmt: skip
        for one in self.routes:
            wire = {"http": "", "h2c": ";proto=h2", "h2": ";proto=h2;tls;sni=localhost"}[one.wire]
            path = one.path.removeprefix("= ")
            words.append(f"--backend=127.0.0.1,{one.port};{path}{wire}")
        # nghttpx wants a place for everything else: one that nobody serves.
        words.append(f"--backend=127.0.0.1,{free_ports(1)[0]}")
        return [*words, self.private_key, self.certificate]

    def await_ports(self):
        for port in (self.port, self.plain_port):
            for _ in range(200):
                if self.process.poll() is not None:
                    raise SystemExit("interop: the proxy ended:\n" + self.log.read_text()[-3000:])
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.05)
            else:
                raise SystemExit(f"interop: no answer; see {self.log}")

    def reload(self):
        """SIGHUP, and the word in the log that the conf was taken."""
        word = "the conf was reloaded"
        before = self.log.read_text().count(word)
        self.process.send_signal(1)
        for _ in range(200):
            if self.log.read_text().count(word) > before:
                return True
            time.sleep(0.05)
        return False

    def lines(self, **wanted):
        """Lines of the access log that say so; asked for a while, as the log is written late."""
        for _ in range(40):
            found = [
                one for one in self.access() if all(one.get(name) == value for name, value in wanted.items())
            ]
            if found:
                return found
            time.sleep(0.05)
        return []

    def access(self):
        path = self.folder / "access.log"
        text = path.read_text() if path.exists() else ""
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def memory(self):
        """Resident KiB."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1])

    def end(self, report=None):
        """Ends it; the folder stays where something failed."""
        code = None
        if self.process is not None:
            died = self.process.poll()
            if died is None:
                self.process.terminate()
                try:
                    code = self.process.wait(timeout=45)
                except subprocess.TimeoutExpired:
                    self.process.kill()
                    self.process.wait()
            if report is not None and not self.is_standin:
                seen = self.log.read_text()[-800:]
                report.ok("the gateway ran to the end", died is None, f"ended with {died}: {seen}")
                report.ok("and drained", died is not None or code == 0, f"{code}: {seen}")
        if report is not None and report.failed:
            print(f"  logs: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


CONF = """\
workers 2;
state_directory state;
access_log access.log format=json;
error_log stderr info;
admin 127.0.0.1:{admin};
drain_timeout 10s;
{settings}
listen 127.0.0.1:{port} {{
    tls_certificate tls.crt; tls_certificate_key tls.key;
    protocols h2 http/1.1;
    {listener}
}}
listen 127.0.0.1:{plain} {{ protocols h2 http/1.1; }}
"""
