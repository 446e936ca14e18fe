"""What a run needs before any server starts: keys, certificate, tokens, a large body, the loader.

Made once below `.build-bench` and kept: twenty thousand RSA signatures take half a minute.
"""

import base64
import concurrent.futures
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SCRATCH = ROOT / ".build-bench"
MATERIAL = SCRATCH / "material"
LIFETIME = 30 * 86400

# Ahead of every SHA-256 digest in a PKCS #1 v1.5 signature (RFC 8017, section 9.2).
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


def run(*words, **options):
    """Runs a tool, and shows what it said only when it fails."""
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, stdin=subprocess.DEVNULL, **options
    )
    if done.returncode != 0:
        raise SystemExit(f"bench: {' '.join(map(str, words))}\n{done.stderr.decode()}")
    return done.stdout


def compile_c(source, output, *words):
    """Compiles one C file when it is newer than what was made of it."""
    output.parent.mkdir(parents=True, exist_ok=True)
    if output.exists() and output.stat().st_mtime >= source.stat().st_mtime:
        return output
    compiler = shutil.which("cc") or shutil.which("clang")
    if not compiler:
        raise SystemExit("bench: no C compiler; run Tests/Scripts/install test")
    run(compiler, "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o", output, source, *words)
    return output


def loader():
    """The load generator, compiled."""
    return compile_c(HERE / "load.c", SCRATCH / "load", "-lssl", "-lcrypto")


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class PrivateKey:
    """An RSA key in Chinese-remainder form: enough to sign with nothing but the standard library."""

    def __init__(self, path):
        text = run("openssl", "rsa", "-in", path, "-noout", "-text").decode()
        numbers, name = {}, None
        for line in text.splitlines():
            if line.startswith(" ") and name:
                numbers[name] += line.strip().replace(":", "")
            elif ":" in line:
                name = line.split(":")[0]
                numbers[name] = ""
        number = {key: int(value, 16) for key, value in numbers.items() if value}
        self.n = number["modulus"]
        self.p, self.q = number["prime1"], number["prime2"]
        self.dp, self.dq = number["exponent1"], number["exponent2"]
        self.inverse = number["coefficient"]
        self.size = (self.n.bit_length() + 7) // 8

    def sign(self, message):
        digest = SHA256_PREFIX + hashlib.sha256(message).digest()
        padding = b"\xff" * (self.size - len(digest) - 3)
        m = int.from_bytes(b"\x00\x01" + padding + b"\x00" + digest, "big")
        one, two = pow(m % self.p, self.dp, self.p), pow(m % self.q, self.dq, self.q)
        signature = two + (self.inverse * (one - two) % self.p) * self.q
        return signature.to_bytes(self.size, "big")


def unsigned_token(number, expiry):
    """Header and claims of the size that issuers send: about 700 bytes with the signature."""
    header = {"alg": "RS256", "typ": "at+jwt", "kid": "bench-1"}
    claims = {
        "iss": "https://issuer.test",
        "aud": "orders-api",
        "sub": f"user-{number:08d}",
        "client_id": "storefront",
        "scope": "openid orders:read",
        "jti": f"5f3c9d0e-0000-4000-8000-{number:012d}",
        "iat": expiry - LIFETIME,
        "exp": expiry,
    }
    parts = (json.dumps(part, separators=(",", ":")).encode() for part in (header, claims))
    return ".".join(base64url(part) for part in parts)


def signed_tokens(key_path, numbers, expiry):
    key = PrivateKey(key_path)
    texts = (unsigned_token(number, expiry) for number in numbers)
    return [f"{text}.{base64url(key.sign(text.encode()))}" for text in texts]


def forged_tokens(count, expiry):
    """Right in everything but the signature, which is no signature of any key."""
    noise = random.Random(20_000)
    return [
        f"{unsigned_token(number, expiry)}.{base64url(b'%c' % 1 + noise.randbytes(255))}"
        for number in range(count)
    ]


def write_lines(path, lines):
    path.write_text("".join(line + "\n" for line in lines))


def make_certificate():
    """A self-signed P-256 certificate, as most servers carry now."""
    run(
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", MATERIAL / "server.key", "-out", MATERIAL / "server.crt", "-days", "60",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
    )  # fmt: skip
    both = (MATERIAL / "server.crt").read_text() + (MATERIAL / "server.key").read_text()
    (MATERIAL / "server.pem").write_text(both)


def make_issuer():
    key, public = MATERIAL / "issuer.key", MATERIAL / "issuer.pub"
    run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key)
    run("openssl", "pkey", "-in", key, "-pubout", "-out", public)
    modulus = PrivateKey(key).n.to_bytes(256, "big")
    jwk = {
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "bench-1",
        "n": base64url(modulus), "e": "AQAB",
    }  # fmt: skip
    (MATERIAL / "issuer.jwks.json").write_text(json.dumps({"keys": [jwk]}))
    return key


def make(token_counts=(1, 1000, 20_000)):
    """Makes what is missing or about to expire; returns the folder."""
    stamp = MATERIAL / "stamp.json"
    wanted = {"counts": sorted(token_counts), "source": hashlib.sha256(
        pathlib.Path(__file__).read_bytes()).hexdigest()}
    if stamp.exists():
        made = json.loads(stamp.read_text())
        is_fresh = made["made"] + LIFETIME / 2 > time.time()
        if is_fresh and made["source"] == wanted["source"]:
            if set(wanted["counts"]) <= set(made["counts"]):
                return MATERIAL
    MATERIAL.mkdir(parents=True, exist_ok=True)
    expiry = int(time.time()) + LIFETIME
    make_certificate()
    key = make_issuer()
    (MATERIAL / "large.bin").write_bytes(random.Random(1).randbytes(1 << 20))
    most = max(token_counts)
    print(f"bench: signing {most} tokens", flush=True)
    slices = [range(begin, min(begin + 500, most)) for begin in range(0, most, 500)]
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        parts = pool.map(signed_tokens, [key] * len(slices), slices, [expiry] * len(slices))
        tokens = [token for part in parts for token in part]
    for count in token_counts:
        write_lines(MATERIAL / f"tokens-{count}.txt", tokens[:count])
    write_lines(MATERIAL / "forged.txt", forged_tokens(min(most, 2000), expiry))
    stamp.write_text(json.dumps({**wanted, "made": time.time()}))
    return MATERIAL
