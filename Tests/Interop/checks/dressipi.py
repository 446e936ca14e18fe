"""The Dressipi flow: form, JSON, query; rotation, grace and reuse (contract, section 20)."""

import base64
import json
import secrets
import threading

import requests
from kit.jose import JsonWebKey, jwt

from kit.check import Report, lab
from kit.person import pkce

LAB = lab()
OOB = "urn:ietf:wg:oauth:2.0:oob:auto"
HTTP = requests.Session()
HTTP.verify = LAB.certificate
HTTP.trust_env = False
# The contract's vector.
VERIFIER = "1tBnEmtSImyCykPHxHYBdzpSFhKEj0Q1LuiHd4fdDlY"
CHALLENGE = "p7CN1Zi4o5ARn1mYNvNFvj2r5cKkr2k6y7a573eHJXQ"


def authorize(client="fashion-app", challenge=CHALLENGE, **changes):
    query = {
        "redirect_uri": OOB, "response_type": "code", "client_id": client,
        "state": secrets.token_hex(8), "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    query.update(changes)
    query = {name: value for name, value in query.items() if value is not None}
    return query, HTTP.get(LAB.issuer + "/oauth/authorize", params=query, allow_redirects=False)


def redeeming(code, client="fashion-app", verifier=VERIFIER):
    return {
        "redirect_uri": OOB, "grant_type": "authorization_code", "client_id": client,
        "code": code, "code_verifier": verifier,
    }  # fmt: skip


def refreshing(token, client="fashion-app"):
    return {
        "redirect_uri": OOB, "grant_type": "refresh_token", "client_id": client,
        "refresh_token": token,
    }  # fmt: skip


def token(fields, way="form"):
    url = LAB.issuer + "/oauth/token"
    place = {"form": "data", "json": "json", "query": "params"}[way]
    return HTTP.post(url, timeout=20, **{place: fields})


def atob(text):
    """What the client in the field decodes with: no `-`, no `_`."""
    assert "-" not in text and "_" not in text, "plain base64 cannot read this payload"
    return json.loads(base64.b64decode(text + "=" * (-len(text) % 4)))


def ways(report, way, client):
    query, answer = authorize(client)
    report.must("authorize answers 200 JSON", answer.status_code == 200, answer)
    report.equal("with code and state", sorted(answer.json()), ["code", "state"])
    report.equal("the state is the client's", answer.json()["state"], query["state"])
    report.ok("no-store", "no-store" in answer.headers.get("cache-control", ""), dict(answer.headers))
    got = token(redeeming(answer.json()["code"], client), way)
    report.must(f"{way}: the code gets tokens", got.status_code == 200, got)
    body = got.json()
    report.ok(
        "the four fields", {"access_token", "refresh_token", "expires_in", "token_type"} <= set(body)
        and body["token_type"] == "Bearer" and 86390 <= body["expires_in"] <= 86400, body,
    )  # fmt: skip
    claims = atob(body["access_token"].split(".")[1])
    report.ok("plain base64 reads the payload", {"exp", "iat", "sub", "iss"} <= set(claims), claims)
    keys = HTTP.get(LAB.issuer + "/.well-known/jwks.json").json()
    jwt.decode(body["access_token"], JsonWebKey.import_key_set(keys)).validate()
    report.ok("the server's keys verify it", True)
    for name, value in (("authorization", "Bearer "), ("x-dressipi-jwt", "")):
        reached = HTTP.get(LAB.issuer + "/fashion/x", headers={name: value + body["access_token"]})
        report.ok(f"{name} opens /fashion/", reached.status_code == 200, reached)
    next_one = token(refreshing(body["refresh_token"], client), way)
    report.must(f"{way}: refresh", next_one.status_code == 200, next_one)
    report.ok("rotates", next_one.json()["refresh_token"] != body["refresh_token"], "")
    same = atob(next_one.json()["access_token"].split(".")[1])
    report.equal("the profile stays", same["sub"], claims["sub"])


def rotation(report):
    code = authorize()[1].json()["code"]
    first = token(redeeming(code)).json()["refresh_token"]
    answer = token(refreshing(first)).json()
    again = token(refreshing(first))
    report.must("a replay inside the grace is answered", again.status_code == 200, again)
    report.ok(
        "with the same two tokens",
        (again.json()["access_token"], again.json()["refresh_token"])
        == (answer["access_token"], answer["refresh_token"]),
        "others",
    )  # fmt: skip
    report.ok("expires_in is computed anew", again.json()["expires_in"] <= answer["expires_in"], again)
    successor = answer["refresh_token"]
    third = token(refreshing(successor))
    report.must("the successor works", third.status_code == 200, third)
    late = token(refreshing(first))
    report.ok("then a replay is invalid_grant", late.status_code == 400 and late.json()["error"] == "invalid_grant", late)
    alive = token(refreshing(third.json()["refresh_token"]))
    report.ok("and revoked nothing", alive.status_code == 200, alive)


def racing(report):
    code = authorize()[1].json()["code"]
    first = token(redeeming(code)).json()["refresh_token"]
    answers = []

    def one():
        reply = requests.post(LAB.issuer + "/oauth/token", data=refreshing(first), verify=LAB.certificate, timeout=30)
        answers.append((reply.status_code, reply.json().get("access_token"), reply.json().get("refresh_token")))

    threads = [threading.Thread(target=one) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report.ok("20 at once get one answer", len(set(answers)) == 1 and answers[0][0] == 200, set(answers))


def refused(report):
    def bad(what, answer, word):
        report.ok(what, answer.status_code == 400 and answer.json().get("error") == word and "error_description" in answer.json(), answer)

    bad("no challenge", authorize(challenge=None)[1], "invalid_request")
    bad("plain", authorize(code_challenge_method="plain")[1], "invalid_request")
    bad("another redirect", authorize(redirect_uri="https://evil.example/")[1], "invalid_request")
    bad("another response type", authorize(response_type="token")[1], "unsupported_response_type")
    bad("no state", authorize(state=None)[1], "invalid_request")
    unknown = authorize(client="nobody")[1]
    report.ok("an unknown client", unknown.status_code == 400 and unknown.json()["error"] in ("invalid_client", "unauthorized_client", "invalid_request"), unknown)
    code = authorize()[1].json()["code"]
    bad("a wrong verifier", token(redeeming(code, verifier=pkce()[0])), "invalid_grant")
    bad("which uses the code up", token(redeeming(code)), "invalid_grant")
    code = authorize()[1].json()["code"]
    bad("another client's code", token(redeeming(code, "fashion-legacy")), "invalid_grant")
    code = authorize()[1].json()["code"]
    fields = redeeming(code)
    del fields["redirect_uri"]
    answer = token(fields)
    report.ok("no redirect_uri", answer.status_code == 400, answer)
    code = authorize()[1].json()["code"]
    bad("an unknown client at token", token(redeeming(code, "nobody")), "invalid_client")
    bad("another grant", token({**redeeming(code), "grant_type": "password"}), "unsupported_grant_type")
    code = authorize()[1].json()["code"]
    answer = token(redeeming(code), "query")
    report.ok("the query, where it is not switched on", answer.status_code == 400, answer)
    code = authorize("fashion-legacy")[1].json()["code"]
    fields = redeeming(code, "fashion-legacy")
    both = HTTP.post(LAB.issuer + "/oauth/token", params=fields, data=fields)
    report.ok("query and body together", both.status_code == 400, both)
    code = authorize()[1].json()["code"]
    pairs = list(redeeming(code).items()) + [("client_id", "fashion-app")]
    report.ok("a parameter twice", HTTP.post(LAB.issuer + "/oauth/token", data=pairs).status_code == 400)
    code = authorize()[1].json()["code"]
    tokens = token(redeeming(code)).json()
    bad("the code again", token(redeeming(code)), "invalid_grant")
    bad("which revokes what it gave", token(refreshing(tokens["refresh_token"])), "invalid_grant")
    reached = HTTP.get(LAB.issuer + "/fashion/x", headers={"x-dressipi-jwt": tokens["access_token"]})
    report.equal("at the routes too", reached.status_code, 401)
    other = HTTP.get(LAB.issuer + "/api/x", headers={"x-stack-access-token": token(redeeming(authorize()[1].json()["code"])).json()["access_token"]})
    report.ok("a profile opens no project's route", other.status_code in (401, 403), other)


def main():
    report = Report("dressipi")
    for way, client in (("form", "fashion-app"), ("json", "fashion-app"), ("query", "fashion-legacy")):
        report.part(way, ways, way, client)
    report.part("rotation", rotation)
    report.part("a race", racing)
    report.part("refused", refused)
    report.end()


main()
