"""Requests that no client makes: duplicates, odd parameters, other hosts and paths, too much of it."""

import base64
import json

from kit import plain
from kit.check import Report, lab
from kit.person import Person, mail, pkce, query_of
from kit.stack import Stack

LAB = lab()
STACK = Stack(LAB)
HTTP = STACK.http
BASIC = ("reporting", LAB.secret)


def duplicates(report):
    _, challenge = pkce()
    query = list(STACK.authorize_query(challenge).items())
    for name in ("client_id", "redirect_uri", "state", "scope", "code_challenge", "response_type"):
        value = dict(query)[name]
        answer = HTTP.get(f"{STACK.base}/auth/oauth/authorize/local", params=query + [(name, value)], allow_redirects=False)
        report.ok(f"Stack authorize with {name} twice", answer.status_code == 400, answer)
    asked = list(plain.request(LAB, challenge).items())
    for name in ("client_id", "redirect_uri", "state", "scope", "code_challenge", "nonce"):
        value = dict(asked).get(name, "n")
        twice = asked + [(name, value)] + ([(name, value)] if name == "nonce" else [])
        answer = Person(LAB).get(LAB.issuer + "/oauth2/authorize", params=twice)
        where = answer.headers.get("location", "")
        told = "error=invalid_request" in where and where.startswith(LAB.app)
        report.ok(f"plain authorize with {name} twice", answer.status_code == 400 or told, answer)
    flow = STACK.code("local", email=mail())
    pairs = [
        ("grant_type", "authorization_code"), ("client_id", LAB.project), ("client_secret", LAB.publishable_key),
        ("code", flow["answer"]["code"]), ("redirect_uri", flow["query"]["redirect_uri"]),
        ("code_verifier", flow["verifier"]), ("code_verifier", flow["verifier"]),
    ]  # fmt: skip
    answer = HTTP.post(STACK.base + "/auth/oauth/token", data=pairs)
    report.ok("Stack token with code_verifier twice", answer.status_code == 400, answer)
    text = json.dumps(dict(pairs))[:-1] + ', "code": "x"}'
    answer = HTTP.post(STACK.base + "/auth/oauth/token", data=text, headers={"content-type": "application/json"})
    report.ok("a JSON key twice", answer.status_code == 400, answer)
    answer = HTTP.post(LAB.issuer + "/oauth2/token", auth=BASIC, data=[("grant_type", "client_credentials")] * 2)
    report.ok("plain token with grant_type twice", answer.status_code == 400 and answer.json()["error"] == "invalid_request", answer)
    answer = HTTP.post(LAB.issuer + "/oauth2/token?client_id=reporting", data={"grant_type": "client_credentials", "client_id": "reporting", "client_secret": LAB.secret})
    report.ok("token parameters in the query", answer.status_code == 400, answer)
    answer = HTTP.post(LAB.issuer + "/oauth2/token", auth=BASIC, json={"grant_type": "client_credentials"})
    report.ok("JSON at the plain token endpoint", answer.status_code in (400, 415), answer)


def requests_odd(report):
    """What a plain authorize request may hold beside what it should."""
    _, challenge = pkce()

    def told(**changes):
        answer = Person(LAB).get(LAB.issuer + "/oauth2/authorize", params=plain.request(LAB, challenge, **changes))
        where = answer.headers.get("location", "")
        return query_of(where).get("error") if where.startswith(LAB.app) else f"{answer.status_code} {where[:80]}"

    report.equal("request= is not supported", told(request="e30.e30."), "request_not_supported")
    report.equal("request_uri= is not supported", told(request_uri="https://evil.example/r"), "request_uri_not_supported")
    report.equal("response_type=token", told(response_type="token"), "unsupported_response_type")
    report.equal("response_type=code id_token", told(response_type="code id_token"), "unsupported_response_type")
    report.equal("an unknown scope alone", told(scope="admin"), "invalid_scope")
    report.equal("prompt=none with another", told(prompt="none login"), "invalid_request")
    for mode in ("fragment", "form_post", "web_message"):
        report.equal(f"response_mode={mode}", told(response_mode=mode), "invalid_request")
    state = "a\r\nset-cookie: x=1\r\n\r\n<script>"
    for url, query in (
        (LAB.issuer + "/oauth2/authorize", plain.request(LAB, challenge, state=state, prompt="none")),
        (STACK.authorize_url("local", {}).rstrip("?"), STACK.authorize_query(challenge, state=state)),
    ):
        answer = Person(LAB).get(url, params=query)
        split = "x=1" in answer.headers.get("set-cookie", "") or "<script>" in answer.text
        report.ok("line ends and markup in state", not split and answer.status_code < 500, answer)
    answer = Person(LAB).get(LAB.issuer + "/oauth2/authorize", params=plain.request(LAB, challenge, client_id="nobody"))
    report.ok("an unknown client gets a page, no redirect", answer.status_code in (400, 401) and not plain.leads_away(answer), answer)
    answer = Person(LAB).get(LAB.issuer + "/oauth2/authorize", params=plain.request(LAB, challenge, client_id="fashion-app"))
    report.ok("a client of another dialect", answer.status_code in (400, 401) and not plain.leads_away(answer), answer)
    answer = Person(LAB).get(LAB.issuer + "/oauth2/authorize", params=plain.request(LAB, challenge, client_id=LAB.project))
    report.ok("a project as a plain client", answer.status_code in (400, 401) and not plain.leads_away(answer), answer)
    answer = HTTP.get(STACK.authorize_url("local", STACK.authorize_query(challenge, client_id="reporting", client_secret=LAB.secret)), allow_redirects=False)
    report.ok("a plain client as a project", answer.status_code == 400, answer)
    _, sent = "", HTTP.get(STACK.authorize_url("local", STACK.authorize_query(challenge, client_id=LAB.strict_project, client_secret="__stack_public_client__", redirect_uri="https://strict.example.com/callback")), allow_redirects=False)
    report.ok("the sentinel where a key is required", sent.status_code == 401 and sent.headers.get("x-stack-known-error") == "PUBLISHABLE_CLIENT_KEY_REQUIRED_FOR_PROJECT", sent)
    for body in ("[" * 5000, "{" * 5000, '{"a":' * 3000, "null", "[]", '"x"', "\xff\xfe", "{}{}"):
        answer = HTTP.post(STACK.base + "/auth/oauth/token", data=body.encode("latin-1"), headers={"content-type": "application/json"})
        report.ok(f"a JSON body {body[:6]!r}...", answer.status_code == 400, answer)
    for field in ("Basic", "Basic !!!", "Basic " + "A" * 4000, "Basic OnNlY3JldA==", "Bearer x", "basic " + base64.b64encode(b"reporting").decode()):
        answer = HTTP.post(LAB.issuer + "/oauth2/token", data={"grant_type": "client_credentials"}, headers={"authorization": field})
        report.ok(f"Authorization: {field[:16]}", answer.status_code in (400, 401) and "access_token" not in answer.text, answer)
    answer = HTTP.post(LAB.issuer + "/oauth2/token", data={"grant_type": "password", "username": "a", "password": "b"}, auth=BASIC)
    report.ok("the password grant", answer.status_code == 400 and answer.json()["error"] == "unsupported_grant_type", answer)
    for origin, allowed in (("https://spa.example.com", True), ("https://evil.example", False), ("null", False)):
        answer = HTTP.post(LAB.issuer + "/oauth2/token", data={"grant_type": "refresh_token", "client_id": "spa", "refresh_token": "x"}, headers={"origin": origin})
        seen = answer.headers.get("access-control-allow-origin")
        report.ok(f"CORS of token for {origin}", (seen == origin) if allowed else seen in (None, ""), dict(answer.headers))


def hosts(report):
    """Other hosts reach no endpoint, and change no address that we write."""
    for host in ("evil.example", f"evil.example:{LAB.issuer.rsplit(':', 1)[1]}"):
        answer = HTTP.get(LAB.issuer + "/.well-known/openid-configuration", headers={"host": host})
        report.ok(f"Host: {host}", answer.status_code in (400, 404, 421), answer)
    answer = HTTP.get(LAB.issuer + "/.well-known/openid-configuration", headers={"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"})
    report.ok("X-Forwarded-Host changes nothing", answer.status_code == 200 and "evil.example" not in answer.text, answer)
    for path in ("/oauth2/authorize/", "/oauth2//authorize", "/oauth2/./authorize", "/oauth2/%61uthorize/../token"):
        answer = HTTP.get(LAB.issuer + path, allow_redirects=False)
        report.ok(f"path {path}", answer.status_code in (400, 404, 405), answer)
    answer = HTTP.post(LAB.issuer + "/oauth2/token", auth=BASIC, data={"x": "a" * 2_000_000})
    report.ok("a body of 2 MB", answer.status_code in (400, 413), answer)


def main():
    report = Report("malformed")
    for title, work in (
        ("duplicates and misplaced parameters", duplicates), ("odd requests", requests_odd),
        ("hosts, paths, sizes", hosts),
    ):  # fmt: skip
        report.part(title, work)
    report.end()


main()
