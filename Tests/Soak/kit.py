"""What the long experiments share: keys and tokens, servers in a folder of their own, samples.

Standard library and the openssl tool only. Everything listens on loopback, on ports that nobody
uses; every process is started here, known by its id, and stopped by it.
"""

import base64
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def find_gatehouse():
    """`GATEHOUSE`, or the release build."""
    path = pathlib.Path(os.environ.get("GATEHOUSE") or ROOT / ".build" / "release" / "gatehouse")
    if not path.exists():
        sys.exit(f"soak: {path} is missing; build it, or name one in GATEHOUSE")
    return path.resolve()


def need(*tools):
    """Ends with a word, not with a fault, where a tool is not installed."""
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        print(f"soak: SKIPPED, not installed: {' '.join(missing)}")
        sys.exit(0)


def run(*words, **options):
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, stdin=subprocess.DEVNULL, **options
    )
    if done.returncode != 0:
        raise SystemExit(f"soak: {' '.join(map(str, words))}\n{done.stderr.decode()}")
    return done.stdout


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def segment(value):
    return base64url(json.dumps(value, separators=(",", ":")).encode())


class Key:
    """A P-256 signing key under an id."""

    def __init__(self, folder, identifier):
        self.id = identifier
        self.path = pathlib.Path(folder) / f"{identifier}.pem"
        curve = ("-pkeyopt", "ec_paramgen_curve:P-256")
        run("openssl", "genpkey", "-algorithm", "EC", *curve, "-out", self.path)
        point = run("openssl", "pkey", "-in", self.path, "-pubout", "-outform", "DER")[-64:]
        self.jwk = {
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": identifier,
            "x": base64url(point[:32]), "y": base64url(point[32:]),
        }  # fmt: skip

    def token(self, issuer, lifetime=3600, **claims):
        text = unsigned(issuer, self.id, lifetime, **claims)
        signed = ["openssl", "dgst", "-sha256", "-sign", str(self.path)]
        der = subprocess.run(signed, input=text.encode(), capture_output=True, check=True).stdout
        return f"{text}.{base64url(fixed_size_signature(der))}"


def unsigned(issuer, key_id, lifetime=3600, **claims):
    now = int(time.time())
    header = {"alg": "ES256", "typ": "at+jwt", "kid": key_id}
    body = {
        "iss": issuer, "aud": "orders-api", "sub": "alice", "client_id": "soak",
        "scope": "orders:read orders:write", "iat": now - 1, "exp": now + lifetime, **claims,
    }  # fmt: skip
    return f"{segment(header)}.{segment(body)}"


def unknown_key_token(issuer, key_id):
    """Right in everything, but of a key that nobody has published."""
    return f"{unsigned(issuer, key_id)}.{base64url(os.urandom(64))}"


def fixed_size_signature(der):
    """The two numbers of a DER signature as 32 bytes each (RFC 7518, section 3.4)."""
    numbers, rest = [], der[2:]
    while rest:
        size = rest[1]
        numbers.append(int.from_bytes(rest[2 : 2 + size], "big").to_bytes(32, "big"))
        rest = rest[2 + size :]
    return b"".join(numbers)


class Lab:
    """A folder with certificate and issuer key, and the servers of one experiment."""

    def __init__(self, name):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"gatehouse-soak-{name}-"))
        self.processes = []
        for part in ("tls", "keys", "logs"):
            (self.folder / part).mkdir()
        run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", self.folder / "tls/server.key", "-days", "2",
            "-out", self.folder / "tls/server.crt", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        )  # fmt: skip
        os.chmod(self.folder / "tls/server.key", 0o600)
        self.key = Key(self.folder / "keys", "local-1")
        (self.folder / "keys/issuer.jwks.json").write_text(json.dumps({"keys": [self.key.jwk]}))
        self.plain, self.tls, self.admin, self.origin, self.spare = free_ports(5)
        self.certificate = self.folder / "tls/server.crt"

    def token(self):
        return self.key.token("https://issuer.test")

    def start(self, name, words):
        with open(self.folder / f"{name}.out", "wb") as output:
            process = subprocess.Popen(
                [str(word) for word in words],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                cwd=self.folder, start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def gateway(self, conf):
        (self.folder / "gateway.conf").write_text(conf)
        process = self.start("gateway", [find_gatehouse(), "run", "-c", "gateway.conf"])
        wait_for_port(self.plain, process, self.folder / "gateway.out")
        return process

    def nginx(self, locations):
        user = "user root;" if os.getuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(
            f"{user} daemon off; worker_processes 1; pid nginx.pid; error_log nginx.err;\n"
            "events { worker_connections 4096; }\n"
            "http { access_log off; client_body_temp_path body; proxy_temp_path p; "
            "fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s; keepalive_requests 1000000; "
            f"client_max_body_size 0; server {{ listen 127.0.0.1:{self.origin} backlog=4096; "
            f"{locations} }} }}\n"
        )
        words = ["nginx", "-e", "nginx.err", "-p", self.folder, "-c", self.folder / "nginx.conf"]
        process = self.start("nginx", words)
        wait_for_port(self.origin, process, self.folder / "nginx.out")
        return process

    def client_context(self):
        return ssl.create_default_context(cafile=str(self.certificate))

    def close(self):
        """Asks all to end, and insists after ten seconds."""
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def forget(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def wait_for_port(port, process, log, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.02)
    sys.exit(f"soak: nothing listens on {port}\n{log.read_text(errors='replace')[-2000:]}")


def metric(port, name):
    """The sum of one metric's samples."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    own = [line for line in lines if line.startswith((name + "{", name + " "))]
    return sum(float(line.rsplit(" ", 1)[1]) for line in own)


class MemorySampler:
    """The resident size of a process, ten times a second."""

    def __init__(self, pid):
        self.pid = pid
        self.samples = [self.now()]
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.sample, daemon=True)
        self.thread.start()

    def now(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0

    def sample(self):
        while not self.is_over.wait(0.1):
            self.samples.append(self.now())

    def stop(self):
        """First, least, most and last, in KiB."""
        self.is_over.set()
        self.thread.join()
        return self.samples[0], min(self.samples), max(self.samples), self.samples[-1]


class Verdict:
    """What held and what did not; the exit code is the answer."""

    def __init__(self, title):
        self.failures = 0
        print(f"# {title}\n# {time.strftime('%Y-%m-%d %H:%M:%S UTC', time.gmtime())}, "
              f"{find_gatehouse()}\n", flush=True)  # fmt: skip

    def hold(self, is_true, what):
        self.failures += not is_true
        print(f"{'ok  ' if is_true else 'FAIL'} {what}", flush=True)

    def end(self, lab):
        lab.close()
        if self.failures == 0:
            lab.forget()
        else:
            print(f"kept: {lab.folder}")
        print(f"\n{'PASSED' if self.failures == 0 else f'{self.failures} FAILED'}", flush=True)
        sys.exit(1 if self.failures else 0)
