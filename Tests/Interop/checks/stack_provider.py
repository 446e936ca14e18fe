"""The published Stack calls through real OpenID providers (contract, sections 6, 12, 13)."""

import secrets
import urllib.parse

from kit.jose import JsonWebKey, jwt

from kit.check import Report, lab
from kit.person import Person, mail, pkce, query_of
from kit.stack import Stack

LAB = lab()
STACK = Stack(LAB)


def begun(provider, **changes):
    """A sign-in that has reached the provider's page."""
    person = Person(LAB)
    verifier, challenge = pkce()
    query = STACK.authorize_query(challenge, **changes)
    first = person.get(STACK.authorize_url(provider, query))
    assert first.status_code == 302, first.text
    return person, first, {"verifier": verifier, "query": query}


def callback_of(provider, person, first, subject="ann"):
    """The address that the provider sends the browser back to, not yet followed."""
    page = person.follow(first, [LAB.issuer])
    until = [f"{LAB.issuer}/api/v1/auth/oauth/callback/"]
    ended = person.at_provider(provider, page, until, subject)
    assert hasattr(ended, "arrived"), ended.text[:300]
    return ended.arrived


def both_grants(report, provider):
    person, first, flow = begun(provider)
    sent = query_of(first.headers["location"])
    report.ok(
        "the provider is asked with state, nonce and S256",
        len(sent.get("state", "")) == 43 and len(sent.get("nonce", "")) >= 43
        and sent.get("code_challenge_method") == "S256" and len(sent.get("code_challenge", "")) == 43
        and sent["redirect_uri"] == f"{LAB.issuer}/api/v1/auth/oauth/callback/{provider}",
        sent,
    )  # fmt: skip
    back = callback_of(provider, person, first)
    ended = person.get(back)
    report.must("the callback answers 303", ended.status_code == 303, ended)
    report.ok("to the application", ended.headers["location"].startswith(LAB.app + "/callback?"), ended)
    report.ok("and takes its cookie back", "Max-Age=0" in ended.headers.get("set-cookie", ""), dict(ended.headers))
    answer = query_of(ended.headers["location"])
    report.equal("with exactly code and state", sorted(answer), ["code", "state"])
    again = person.get(back)
    report.ok("the callback works once", again.status_code == 400, again)
    tokens = STACK.redeem({**flow, "answer": answer})
    report.must("the code gets tokens", tokens.status_code == 200, tokens)
    keys = STACK.http.get(f"{STACK.base}/projects/{LAB.project}/.well-known/jwks.json").json()
    claims = jwt.decode(tokens.json()["access_token"], JsonWebKey.import_key_set(keys))
    report.ok("its token is the project's", claims["project_id"] == LAB.project, claims)
    me = STACK.call("GET", "/users/me", tokens.json()["access_token"]).json()
    report.ok("users/me names the provider", provider in [one["id"] for one in me["oauth_providers"]], me)
    refreshed = STACK.refresh(tokens.json()["refresh_token"])
    report.ok("refresh grant", refreshed.status_code == 200, refreshed)
    report.ok("the back end is reached", STACK.api(refreshed.json()["access_token"]).status_code == 200)
    second = STACK.redeem(STACK.code(provider))
    report.ok("the second time it is the same user", second.json().get("is_new_user") is False, second)
    json_verifier, challenge = pkce()
    query = STACK.authorize_query(challenge, stack_response_mode="json")
    location = STACK.http.get(STACK.authorize_url(provider, query)).json()["location"]
    other = Person(LAB)
    page = other.follow(other.get(location))
    ended = other.at_provider(provider, page, [LAB.app])
    redeemed = STACK.redeem({"verifier": json_verifier, "query": query, "answer": query_of(ended.arrived)})
    report.ok("JSON mode", redeemed.status_code == 200, redeemed)
    out = STACK.call("DELETE", "/auth/sessions/current", tokens.json()["access_token"], json={})
    report.ok("sign-out", out.status_code == 200, out)
    report.equal("refused at once", STACK.api(refreshed.json()["access_token"]).status_code, 401)


def nothing_before_token(report):
    """Decision 6: an abandoned callback leaves no account."""
    person, first, flow = begun("corp")
    subject = "ghost" + secrets.token_hex(4)
    ended = person.get(callback_of("corp", person, first, subject))
    report.must("a callback of a new person", ended.status_code == 303, ended)
    second = STACK.redeem(STACK.code("corp", subject=subject))
    report.ok("nothing was written by it: still a new user", second.json().get("is_new_user") is True, second)
    late = STACK.redeem({**flow, "answer": query_of(ended.headers["location"])})
    report.ok("the first code is then no new user", late.status_code == 200 and late.json()["is_new_user"] is False, late)


def denied(report):
    person, first, flow = begun("corp")
    page = person.follow(first)
    answer = person.post(page.url, {"action": "deny"})
    back = answer.headers.get("location", "")
    # oidc-provider-mock forgets the state of a refusal (RFC 6749 §4.1.2.1): a real one does not.
    if "state=" not in back:
        state = query_of(first.headers["location"])["state"]
        back += ("&" if "?" in back else "?") + "state=" + state
    ended = person.get(back)
    report.must("a refusal goes to the application", "location" in ended.headers, ended)
    told = query_of(ended.headers["location"])
    report.ok(
        "with access_denied, Stack's code and the state",
        told.get("error") == "access_denied" and told.get("errorCode") == "OAUTH_PROVIDER_ACCESS_DENIED"
        and told.get("state") == flow["query"]["state"] and told.get("details") == "{}" and told.get("message"),
        told,
    )  # fmt: skip


def linking(report):
    """The provider's account is attached to a local user, and signs in to it afterwards."""
    email = mail()
    local = STACK.redeem(STACK.code("local", email=email)).json()
    subject = "link" + secrets.token_hex(4)
    linked = STACK.redeem(STACK.code("corp", subject=subject, type="link", token=local["access_token"]))
    report.must("type=link", linked.status_code == 200, linked)
    me = STACK.call("GET", "/users/me", linked.json()["access_token"]).json()
    report.equal("it is the local user", me["primary_email"], email)
    later = STACK.redeem(STACK.code("corp", subject=subject))
    same = STACK.call("GET", "/users/me", later.json()["access_token"]).json()
    report.equal("the provider signs in to it", same["id"], me["id"])


def refused(report):
    person, first, _ = begun("corp")
    back = callback_of("corp", person, first)
    thief = Person(LAB).get(back)
    report.ok("a browser without the cookie", thief.status_code == 400 and "location" not in thief.headers, thief)
    parts = urllib.parse.urlsplit(back)
    other = parts._replace(path=parts.path.replace("/corp", "/nano")).geturl()
    mixed = person.get(other)
    report.ok("the callback of another provider", mixed.status_code == 400 and "location" not in mixed.headers, mixed)
    query = query_of(back)
    forged = parts._replace(query=urllib.parse.urlencode({**query, "state": secrets.token_urlsafe(32)})).geturl()
    answer = person.get(forged)
    report.ok("a forged state", answer.status_code == 400 and "location" not in answer.headers, answer)
    plain = person.session.get(forged, headers={"accept": "application/json", "sec-fetch-mode": "cors"}, allow_redirects=False)
    report.ok("to a program it is a sentence", plain.status_code == 400 and "text/plain" in plain.headers["content-type"], plain)
    double = person.get(back + "&state=" + query["state"])
    report.ok("two states", double.status_code == 400 and "location" not in double.headers, double)
    issued = person.get(back + "&iss=https%3A%2F%2Fevil.example") if "iss=" not in back else None
    if issued is not None:
        where = issued.headers.get("location", "")
        report.ok("the answer of another issuer (RFC 9207)", "code=" not in where, issued)
    person, first, flow = begun("corp")
    back = callback_of("corp", person, first)
    stolen = query_of(back)
    stolen["code"] = "stolen" + secrets.token_hex(8)
    answer = person.get(urllib.parse.urlsplit(back)._replace(query=urllib.parse.urlencode(stolen)).geturl())
    report.ok("a code that the provider never made", "code=" not in answer.headers.get("location", ""), answer)
    # A code of another sign-in at the same provider: nonce and verifier are of another flow.
    ann, first_ann, _ = begun("corp")
    eve, first_eve, _ = begun("corp")
    code_eve = query_of(callback_of("corp", eve, first_eve, "eve"))["code"]
    back = callback_of("corp", ann, first_ann)
    swapped = {**query_of(back), "code": code_eve}
    answer = ann.get(urllib.parse.urlsplit(back)._replace(query=urllib.parse.urlencode(swapped)).geturl())
    report.ok("a code injected from another sign-in", "code=" not in answer.headers.get("location", ""), answer)


def main():
    report = Report("stack_provider")
    for provider, name in (("corp", "oidc-provider-mock"), ("nano", "nanoidp")):
        report.part(f"{name}: both grants", both_grants, provider)
    if LAB.has_glewlwyd:
        report.part("glewlwyd: both grants", both_grants, "glew")
    else:
        report.skip("glewlwyd", "not installed: Tests/Scripts/install interop")
    report.part("no account before /token", nothing_before_token)
    report.part("denied at the provider", denied)
    report.part("linking", linking)
    report.part("refused", refused)
    report.end()


main()
