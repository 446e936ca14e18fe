"""Debian's glewlwyd as an OpenID provider: its database, its plug-in, our client and one user."""

import gzip
import pathlib
import re
import sqlite3
import subprocess

import requests

SCHEMA = pathlib.Path("/usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz")
SAMPLE = pathlib.Path("/usr/share/doc/glewlwyd/glewlwyd.conf.sample.gz")
SECRET = "glew%+:-secret"
USER, PASSWORD = "ann", "password of ann"


def is_installed():
    return SCHEMA.exists() and SAMPLE.exists() and pathlib.Path("/usr/bin/glewlwyd").exists()


def prepare(home, port):
    """Writes its database and its conf; returns the words that start it."""
    home.mkdir()
    database = sqlite3.connect(home / "glewlwyd.db")
    database.executescript(gzip.decompress(SCHEMA.read_bytes()).decode())
    database.commit()
    database.close()
    text = gzip.decompress(SAMPLE.read_bytes()).decode()
    for name, value in (
        ("port", f'{port}\nbind_address="127.0.0.1"'), ("external_url", f'"http://127.0.0.1:{port}"'),
        ("cookie_domain", '"127.0.0.1"'), ("cookie_secure", "0"),
    ):  # fmt: skip
        text = re.sub(rf"(?m)^{name}=.*$", f"{name}={value}", text)
    text = text.replace("/var/cache/glewlwyd/glewlwyd.db", str(home / "glewlwyd.db"))
    (home / "glewlwyd.conf").write_text(text)
    for words in (("genrsa", "-out", "key.pem", "2048"), ("rsa", "-in", "key.pem", "-pubout", "-out", "cert.pem")):
        subprocess.run(["openssl", *words], cwd=home, check=True, capture_output=True)
    return ["glewlwyd", f"--config-file={home / 'glewlwyd.conf'}"]


def set_up(home, url, redirect_uris):
    """Through its own interface, as its administrator would; the password is its documented first."""
    session = requests.Session()
    session.trust_env = False

    def post(path, body):
        answer = session.post(url + "/api" + path, json=body, timeout=20)
        if answer.status_code != 200:
            raise SystemExit(f"interop: glewlwyd {path}: {answer.status_code} {answer.text}")

    post("/auth/", {"username": "admin", "password": "password"})
    post("/mod/plugin/", {"module": "oidc", "name": "oidc", "display_name": "OpenID", "parameters": {
        "iss": url + "/api/oidc", "jwt-type": "rsa", "jwt-key-size": "256",
        "key": (home / "key.pem").read_text(), "cert": (home / "cert.pem").read_text(),
        "access-token-duration": 3600, "refresh-token-duration": 86400, "code-duration": 600,
        "refresh-token-rolling": True, "auth-type-code-enabled": True,
        "auth-type-refresh-enabled": True, "allow-non-oidc": True, "jwks-show": True,
        "subject-type": "public", "pkce-allowed": True, "pkce-method-plain-allowed": False,
        "email-claim": "mandatory", "name-claim": "mandatory", "allowed-scope": ["openid"],
        "request-parameter-allow": False, "claims": [],
    }})  # fmt: skip
    post("/client/", {
        "client_id": "gatehouse", "name": "Gatehouse", "confidential": True, "enabled": True,
        "client_secret": SECRET, "password": SECRET, "redirect_uri": redirect_uris,
        "authorization_type": ["code", "refresh_token"], "scope": ["openid"],
        "token_endpoint_auth_method": ["client_secret_basic", "client_secret_post"],
    })  # fmt: skip
    post("/user/", {
        "username": USER, "name": "Ann", "email": "ann@glew.test", "password": PASSWORD,
        "scope": ["openid", "g_profile"], "enabled": True,
    })  # fmt: skip
