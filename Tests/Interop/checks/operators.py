"""What the operator's commands do to signed-in people, on the running gateway, at once."""

import os
import pathlib
import signal
import stat
import subprocess
import time

from kit.check import Report, lab
from kit.person import PASSWORD, Person, mail, pkce, query_of
from kit.stack import Stack
from kit.jose import JsonWebKey, jwt

LAB = lab()
STACK = Stack(LAB)


def gatehouse(*words, typed=""):
    """A command, with what is typed to it."""
    return subprocess.run(
        [LAB.gatehouse, *words, "-c", f"{LAB.folder}/gateway.conf"], input=typed, text=True,
        capture_output=True, timeout=60, env={**os.environ, "CORP_SECRET": "s%+:-"},
    )  # fmt: skip


def users(*words, typed=""):
    return gatehouse("users", *words, "--project", LAB.project, typed=typed)


def done(report, what, command):
    return report.ok(what, command.returncode == 0, command.stdout + command.stderr)


def refused_everywhere(tokens):
    """On every worker."""
    return {STACK.api(tokens["access_token"]).status_code for _ in range(8)} == {401} and STACK.refresh(
        tokens["refresh_token"]
    ).status_code == 401


def sign_in(email, password=PASSWORD):
    person, (verifier, challenge) = Person(LAB), pkce()
    query = STACK.authorize_query(challenge)
    page = person.follow(person.get(STACK.authorize_url("local", query)))
    ended = person.sign_in(page, email, [LAB.app], password)
    if not hasattr(ended, "arrived"):
        return None
    return STACK.redeem({"answer": query_of(ended.arrived), "verifier": verifier, "query": query})


def accounts(report):
    email = mail()
    done(report, "users add", users("add", email, typed=PASSWORD + "\n" + PASSWORD + "\n"))
    tokens = sign_in(email)
    report.must("who was added signs in", tokens is not None and tokens.status_code == 200, tokens)
    tokens = tokens.json()
    listed = users("list")
    report.ok("users list names them", listed.returncode == 0 and email in listed.stdout, listed.stdout + listed.stderr)
    report.ok("orders:write is not theirs", "orders:write" not in tokens["scope"], tokens["scope"])
    done(report, "users grant", users("grant", email, "orders:write"))
    fresh = STACK.refresh(tokens["refresh_token"]).json()
    report.ok("a refresh has it", "orders:write" in fresh.get("scope", ""), fresh)
    done(report, "users revoke", users("revoke", email, "orders:write"))
    report.ok("sessions that carry it end at once", refused_everywhere({**tokens, **fresh}), "")
    tokens = sign_in(email).json()
    report.equal("the route takes the next sign-in", STACK.api(tokens["access_token"]).status_code, 200)
    done(report, "users disable", users("disable", email))
    report.ok("tokens are refused at once", refused_everywhere(tokens), "")
    again = sign_in(email)
    report.ok("and nobody signs in", again is None or again.status_code != 200, again)
    done(report, "users enable", users("enable", email))
    tokens = sign_in(email)
    report.ok("until they are let in again", tokens is not None and tokens.status_code == 200, tokens)
    other = "another horse battery staple"
    done(report, "users passwd", users("passwd", email, typed=other + "\n" + other + "\n"))
    report.ok("another password ends sessions", refused_everywhere(tokens.json()), "")
    report.ok("the old one is wrong", sign_in(email) is None, "")
    tokens = sign_in(email, other)
    report.ok("the new one is right", tokens is not None and tokens.status_code == 200, tokens)
    unknown = users("disable", "nobody@example.test")
    report.ok("an unknown user is said so", unknown.returncode == 1 and unknown.stderr.strip(), unknown)


def keys(report):
    def published():
        url = f"{STACK.base}/projects/{LAB.project}/.well-known/jwks.json"
        return STACK.http.get(url).json()

    email = mail()
    tokens = STACK.redeem(STACK.code("local", email=email)).json()
    old = jwt.decode(tokens["access_token"], JsonWebKey.import_key_set(published())).header["kid"]
    listed = gatehouse("keys", "list")
    report.ok("keys list names the key that signs", listed.returncode == 0 and old in listed.stdout, listed.stdout + listed.stderr)
    done(report, "keys rotate", gatehouse("keys", "rotate"))
    report.equal("a token of the old key is good", {STACK.api(tokens["access_token"]).status_code for _ in range(6)}, {200})
    fresh = STACK.refresh(tokens["refresh_token"]).json()
    now = jwt.decode(fresh["access_token"], JsonWebKey.import_key_set(published())).header["kid"]
    report.ok("the next is signed by another", now != old, now)
    report.ok("both are published", {old, now} <= {key["kid"] for key in published()["keys"]}, published())
    report.equal("every worker knows it", {STACK.api(fresh["access_token"]).status_code for _ in range(6)}, {200})


def reloading(report):
    """A sign-in under way, and tokens, outlive a reload."""
    person, (verifier, challenge) = Person(LAB), pkce()
    query = STACK.authorize_query(challenge)
    page = person.follow(person.get(STACK.authorize_url("local", query)))
    os.kill(LAB.gateway_process, signal.SIGHUP)
    time.sleep(1)
    ended = person.sign_up(page, mail(), [LAB.app])
    report.must("a sign-in that began before a reload ends well", hasattr(ended, "arrived"), ended)
    tokens = STACK.redeem({"answer": query_of(ended.arrived), "verifier": verifier, "query": query})
    report.ok("and gets tokens", tokens.status_code == 200, tokens)
    out = STACK.call("DELETE", "/auth/sessions/current", tokens.json()["access_token"], json={})
    report.ok("sign-out after a reload", out.status_code == 200, out)
    os.kill(LAB.gateway_process, signal.SIGHUP)
    time.sleep(1)
    report.ok("what was revoked before a reload is refused after it", refused_everywhere(tokens.json()), "")


def files(report):
    state = pathlib.Path(LAB.folder) / "state"
    for name in ("sealing.key", "control.sock", "gatehouse.db"):
        place = state / name
        mode = stat.S_IMODE(place.stat().st_mode) if place.exists() else None
        report.ok(f"{name} is its owner's alone", mode is not None and mode & 0o077 == 0, mode and oct(mode))
    second = subprocess.run(
        [LAB.gatehouse, "run", "-c", f"{LAB.folder}/second.conf"], capture_output=True, text=True,
        timeout=60, env={**os.environ, "CORP_SECRET": "s%+:-"},
    )  # fmt: skip
    report.ok(
        "a second gateway on the store says who holds it, and exits 1",
        second.returncode == 1 and str(LAB.gateway_process) in second.stderr, second.stderr[-600:],
    )  # fmt: skip


def main():
    report = Report("operators")
    report.part("accounts", accounts)
    report.part("keys", keys)
    report.part("reload", reloading)
    report.part("files", files)
    report.end()


main()
