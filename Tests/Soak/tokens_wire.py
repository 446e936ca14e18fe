"""The dialects over the wire: a small HTTP client, the endpoints, and a provider to sign in at."""

import base64
import hashlib
import http.server
import json
import os
import socket
import threading
import time
import urllib.parse

import kit

PROJECT = "6fbbf22e-f4b2-4c6e-95a1-beab6fa41063"
OOB = "urn:ietf:wg:oauth:2.0:oob:auto"
VERIFIER = "the-verifier-of-every-race-1234567890-abcdefg"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()

CONF = """
workers 4;
state_directory state;
access_log logs/access.log format=json;
error_log stderr info;
listen 127.0.0.1:{tls} {{ tls_certificate tls/server.crt; tls_certificate_key tls/server.key; }}
listen 127.0.0.1:{plain};
admin 127.0.0.1:{admin};
authorization_server https://localhost:{tls} {{
    authorize_requests_per_second 1000000 burst=1000000;
    token_requests_per_second     1000000 burst=1000000;
    provider corp {{
        discovery     http://127.0.0.1:{spare}/.well-known/openid-configuration;
        client_id     gatehouse;
        client_secret env:CORP_SECRET;
    }}
    project {project} {{
        dialect stack; allow_localhost on; sign_up on; providers corp;
        grantable_scopes orders:read; default_scopes orders:read;
    }}
    client app-long  {{ dialect dressipi; grantable_scopes orders:read; default_scopes orders:read;
        refresh_reuse_grace 60s; }}
    client app-short {{ dialect dressipi; grantable_scopes orders:read; default_scopes orders:read;
        refresh_reuse_grace 1s; }}
    client app-none  {{ dialect dressipi; grantable_scopes orders:read; default_scopes orders:read;
        refresh_reuse_grace 0s; }}
}}
upstream orders {{ server 127.0.0.1:{origin}; }}
route /orders/  {{ upstream orders; issuer self; project {project}; scope orders:read; }}
route /fashion/ {{ upstream orders; issuer self; client app-long app-short app-none; anonymous allow;
    scope orders:read; }}
"""
ORIGIN = 'location / { return 200 "fine\\n"; }'


class Broken(Exception):
    """No whole answer came: whether the request was carried out is not known."""


class Wire:
    """One keep-alive connection that is opened again when it broke."""

    def __init__(self, port, timeout=20):
        self.port, self.timeout, self.socket = port, timeout, None

    def request(self, method, path, body=None, **fields):
        text = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
        for name, value in fields.items():
            text += f"{name.replace('_', '-')}: {value}\r\n"
        data = b""
        if body is not None:
            data = urllib.parse.urlencode(body).encode()
            text += "Content-Type: application/x-www-form-urlencoded\r\n"
            text += f"Content-Length: {len(data)}\r\n"
        try:
            if self.socket is None:
                self.socket = socket.create_connection(("127.0.0.1", self.port), self.timeout)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.sendall(text.encode() + b"\r\n" + data)
            return self.answer()
        except (OSError, ValueError, IndexError) as fault:
            self.close()
            raise Broken(f"{method} {path.partition('?')[0]}: {fault!r}") from None

    def answer(self):
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.some()
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        size = int(fields.get("content-length", "0"))
        while len(body) < size:
            body += self.some()
        if fields.get("connection") == "close":
            self.close()
        return int(lines[0].split()[1]), fields, body

    def some(self):
        data = self.socket.recv(65536)
        if not data:
            raise OSError("closed")
        return data

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None


def parsed(body):
    try:
        return json.loads(body)
    except ValueError:
        return {}


class Dressipi:
    """The Dressipi dialect: a code without a browser."""

    def __init__(self, wire, client):
        self.wire, self.client = wire, client

    def code(self):
        query = urllib.parse.urlencode({
            "client_id": self.client, "redirect_uri": OOB, "response_type": "code", "state": "s",
            "code_challenge": CHALLENGE, "code_challenge_method": "S256",
        })  # fmt: skip
        status, _, body = self.wire.request("GET", f"/oauth/authorize?{query}")
        if status != 200:
            raise Broken(f"authorize: {status} {body[:200]!r}")
        return parsed(body)["code"]

    def token(self, **body):
        whole = {"client_id": self.client, "redirect_uri": OOB, **body}
        status, _, answer = self.wire.request("POST", "/oauth/token", whole)
        return status, parsed(answer)

    def redeem(self, code, verifier=VERIFIER):
        return self.token(grant_type="authorization_code", code=code, code_verifier=verifier)

    def refresh(self, token):
        return self.token(grant_type="refresh_token", refresh_token=token)

    def reaches(self, access_token):
        status, _, _ = self.wire.request(
            "GET", "/fashion/1", Authorization=f"Bearer {access_token}"
        )
        return status


class Stack:
    """The Stack dialect: refresh tokens that stay, sign-out, sessions handed over."""

    def __init__(self, wire, redirect="http://localhost:4000/callback"):
        self.wire, self.redirect = wire, redirect
        self.fields = {"x-stack-access-type": "client", "x-stack-project-id": PROJECT}

    def sign_in(self, subject):
        """Through the provider that this process is itself, and back."""
        query = urllib.parse.urlencode({
            "client_id": PROJECT, "client_secret": "__stack_public_client__",
            "redirect_uri": self.redirect, "scope": "legacy", "state": "s",
            "grant_type": "authorization_code", "response_type": "code",
            "code_challenge": CHALLENGE, "code_challenge_method": "S256",
            "stack_response_mode": "json",
        })  # fmt: skip
        path = f"/api/v1/auth/oauth/authorize/corp?{query}"
        status, _, body = self.wire.request("GET", path)
        if status != 200:
            raise Broken(f"authorize: {status} {body[:300]!r}")
        sent = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(parsed(body)["location"]).query))
        code = kit.segment({"sub": subject, "nonce": sent.get("nonce")})
        query = urllib.parse.urlencode({"state": sent["state"], "code": code})
        path = f"/api/v1/auth/oauth/callback/corp?{query}"
        status, fields, body = self.wire.request("GET", path)
        if status not in (302, 303):
            raise Broken(f"callback: {status} {body[:300]!r}")
        status, answer = self.redeem(code_in(fields["location"]))
        if status != 200:
            raise Broken(f"token: {status} {answer}")
        return answer

    def hand_over(self, session):
        """A code for another session of the same user, without the provider."""
        body = {
            "redirect_uri": self.redirect, "state": "s", "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }  # fmt: skip
        status, _, answer = self.wire.request(
            "POST", "/api/v1/auth/oauth/cross-domain/authorize", body, **self.fields,
            **{"x-stack-access-token": session["access_token"],
               "x-stack-refresh-token": session["refresh_token"]},
        )  # fmt: skip
        if status != 200:
            raise Broken(f"cross-domain: {status} {answer[:300]!r}")
        return code_in(parsed(answer)["redirect_url"])

    def token(self, **body):
        whole = {"client_id": PROJECT, "client_secret": "__stack_public_client__", **body}
        status, _, answer = self.wire.request("POST", "/api/v1/auth/oauth/token", whole)
        return status, parsed(answer)

    def redeem(self, code):
        return self.token(
            grant_type="authorization_code", code=code, code_verifier=VERIFIER,
            redirect_uri=self.redirect,
        )  # fmt: skip

    def refresh(self, token):
        return self.token(grant_type="refresh_token", refresh_token=token)

    def sign_out(self, access_token):
        status, _, answer = self.wire.request(
            "DELETE", "/api/v1/auth/sessions/current", **self.fields,
            **{"x-stack-access-token": access_token},
        )  # fmt: skip
        return status, parsed(answer)

    def reaches(self, access_token):
        """The status of a protected route of the data plane."""
        status, _, _ = self.wire.request(
            "GET", "/orders/1", Authorization=f"Bearer {access_token}"
        )
        return status


def code_in(location):
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
    if "code" not in query:
        raise Broken(f"no code in {location}")
    return query["code"]


class Provider:
    """An OpenID provider that believes every code: the code is the answer itself."""

    def __init__(self, lab):
        self.url = f"http://127.0.0.1:{lab.spare}"
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if self.path == "/jwks.json":
                    return self.say({"keys": [lab.key.jwk]})
                self.say({
                    "issuer": outer.url, "authorization_endpoint": outer.url + "/authorize",
                    "token_endpoint": outer.url + "/token", "jwks_uri": outer.url + "/jwks.json",
                    "id_token_signing_alg_values_supported": ["ES256"],
                    "response_types_supported": ["code"], "subject_types_supported": ["public"],
                    "code_challenge_methods_supported": ["S256"],
                    "scopes_supported": ["openid", "email", "profile"],
                })  # fmt: skip

            def do_POST(self):
                size = int(self.headers.get("content-length", "0"))
                form = dict(urllib.parse.parse_qsl(self.rfile.read(size).decode()))
                text = form["code"]
                said = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
                now = int(time.time())
                token = signed(lab.key, {
                    "iss": outer.url, "aud": "gatehouse", "sub": said["sub"], "iat": now,
                    "exp": now + 300, "nonce": said["nonce"],
                })  # fmt: skip
                self.say({
                    "access_token": "x", "token_type": "Bearer", "expires_in": 300,
                    "id_token": token,
                })  # fmt: skip

            def say(self, value):
                data = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", lab.spare), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def signed(key, claims):
    header = {"alg": "ES256", "typ": "JWT", "kid": key.id}
    text = f"{kit.segment(header)}.{kit.segment(claims)}"
    words = ["openssl", "dgst", "-sha256", "-sign", str(key.path)]
    der = kit.subprocess.run(words, input=text.encode(), capture_output=True, check=True).stdout
    return f"{text}.{kit.base64url(kit.fixed_size_signature(der))}"


def conf(lab):
    os.environ["CORP_SECRET"] = "not-a-secret-of-anyone"
    values = {name: getattr(lab, name) for name in ("tls", "plain", "admin", "origin", "spare")}
    return CONF.format(project=PROJECT, **values)
