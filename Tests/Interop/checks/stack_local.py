"""The published Stack calls against the local provider (contract, sections 2, 5, 7, 10, 11)."""

import time

from kit.jose import JsonWebKey, jwt

from kit.check import Report, lab
from kit.person import Person, mail, pkce, query_of
from kit.stack import SENTINEL, Stack

LAB = lab()
STACK = Stack(LAB)


def redirect_mode(report):
    person, email = Person(LAB), mail()
    verifier, challenge = pkce()
    query = STACK.authorize_query(challenge, after_callback_redirect_url=LAB.app + "/after")
    first = person.get(STACK.authorize_url("local", query))
    report.must("authorize answers 302", first.status_code == 302, first)
    cookie = first.headers.get("set-cookie", "")
    report.ok(
        "the browser is bound by a __Host- cookie",
        cookie.startswith("__Host-stack-oauth-inner-") and "HttpOnly" in cookie
        and "Secure" in cookie and "SameSite=Lax" in cookie and "Max-Age=600" in cookie,
        cookie,
    )  # fmt: skip
    page = person.follow(first)
    report.must("it leads to the sign-in page", page.status_code == 200 and "password" in page.text, page)
    policy = page.headers.get("content-security-policy", "")
    report.ok("pages have a policy", "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, policy)
    ended = person.sign_up(page, email, [LAB.app])
    report.must("signing up leads to the application", hasattr(ended, "arrived"), ended)
    answer = query_of(ended.arrived)
    report.equal("with exactly code and state", sorted(answer), ["code", "state"])
    report.equal("the state is the application's", answer["state"], query["state"])
    report.ok("codes are 64 hex characters", len(answer["code"]) == 64, answer)
    report.ok("the redirect after the POST is 303", ended.status_code in (200, 303), ended)
    signed_in = {"answer": answer, "verifier": verifier, "query": query}
    # The documented form: JSON, project in the fields, with the verifier added.
    tokens = STACK.token(
        {
            "grant_type": "authorization_code", "code": answer["code"],
            "redirect_uri": query["redirect_uri"], "code_verifier": verifier,
        },
        as_json=True,
        headers={
            "x-stack-project-id": LAB.project, "x-stack-publishable-client-key": LAB.publishable_key,
        },
    )  # fmt: skip
    report.must("JSON body with project fields gets tokens", tokens.status_code == 200, tokens)
    body = tokens.json()
    report.equal(
        "the answer's fields", sorted(body),
        ["access_token", "afterCallbackRedirectUrl", "after_callback_redirect_url", "expires_in",
         "is_new_user", "newUser", "refresh_token", "scope", "token_type"],
    )  # fmt: skip
    report.equal("token_type", body["token_type"].lower(), "bearer")
    report.ok("expires_in is true", 595 <= body["expires_in"] <= 600, body["expires_in"])
    report.equal("scope is what was granted", body["scope"], "openid email orders:read")
    report.ok("a new user", body["is_new_user"] is True and body["newUser"] is True, body)
    report.equal("the address comes back", body["after_callback_redirect_url"], LAB.app + "/after")
    report.ok("refresh tokens have 45 characters", len(body["refresh_token"]) == 45, "")
    report.equal("no-store", tokens.headers.get("cache-control"), "no-store")
    report.equal("pragma", tokens.headers.get("pragma"), "no-cache")
    replay = STACK.redeem(signed_in)
    report.ok("the code is used up", replay.json().get("code") == "INVALID_AUTHORIZATION_CODE", replay)
    return email


def form_mode(report, email):
    signed_in = STACK.code("local", email=email, new=False)
    tokens = STACK.redeem(signed_in)
    report.must("the JS SDK's form gets tokens", tokens.status_code == 200, tokens)
    report.ok("no new user at the second sign-in", tokens.json()["is_new_user"] is False, tokens)
    again = STACK.redeem(STACK.code("local", email=email, new=False), client_secret=SENTINEL)
    report.ok("and with the public client's sentinel", again.status_code == 200, again)
    no_secret = STACK.redeem(STACK.code("local", email=email, new=False), client_secret=None)
    report.ok("and with a verifier in place of a secret", no_secret.status_code == 200, no_secret)
    return tokens.json()


def json_mode(report, email):
    verifier, challenge = pkce()
    query = STACK.authorize_query(
        challenge, stack_response_mode="json", error_redirect_url=LAB.app + "/error",
        bot_challenge_phase="invisible",
    )  # fmt: skip
    answer = STACK.http.get(
        STACK.authorize_url("local", query), headers={"origin": "https://app.example.com"}
    )
    report.must("JSON mode answers 200 with a location", answer.status_code == 200 and "location" in answer.json(), answer)
    report.ok("and no cookie", "set-cookie" not in answer.headers, answer.headers)
    report.equal("any origin may read it", answer.headers.get("access-control-allow-origin"), "*")
    person = Person(LAB)
    page = person.follow(person.get(answer.json()["location"]))
    ended = person.sign_in(page, email, [LAB.app])
    report.must("the page leads to the application", hasattr(ended, "arrived"), ended)
    tokens = STACK.redeem({"answer": query_of(ended.arrived), "verifier": verifier, "query": query})
    report.ok("and its code is good", tokens.status_code == 200, tokens)
    link = STACK.http.get(STACK.authorize_url("local", {**query, "type": "link", "token": tokens.json()["access_token"]}))
    report.ok("type=link is refused in JSON mode", link.status_code == 400, link)


def refreshing(report, tokens):
    first = STACK.refresh(tokens["refresh_token"])
    report.must("a form refreshes", first.status_code == 200, first)
    body = first.json()
    report.ok("without a new refresh token", "refresh_token" not in body, sorted(body))
    report.ok("with another access token", body["access_token"] != tokens["access_token"], "")
    report.ok("and no word of new users", "is_new_user" not in body and "newUser" not in body, body)
    documented = STACK.token(
        {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]},
        as_json=True, headers={k: v for k, v in STACK.headers.items() if k != "x-stack-access-type"},
    )  # fmt: skip
    report.ok("JSON with project fields refreshes", documented.status_code == 200, documented)
    swift = STACK.token(
        {
            "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"],
            "client_id": LAB.project, "client_secret": LAB.publishable_key,
        },
        headers={"x-stack-project-id": LAB.project, "x-stack-publishable-client-key": LAB.publishable_key},
    )  # fmt: skip
    report.ok("the Swift SDK's form refreshes", swift.status_code == 200, swift)
    latest = STACK.token(
        {
            "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"],
            "client_id": LAB.project, "client_secret": SENTINEL,
        },
        base=LAB.issuer + "/api/latest",
    )  # fmt: skip
    report.ok("/api/latest is the same", latest.status_code == 200, latest)
    dead = STACK.refresh("0" * 45)
    report.ok(
        "a dead one gets 401 with the SDK's code and RFC 6749's word",
        dead.status_code == 401
        and dead.headers.get("x-stack-known-error") == "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED"
        and dead.json()["code"] == "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED"
        and dead.json()["error"] == "invalid_grant" and "www-authenticate" not in dead.headers,
        dead,
    )  # fmt: skip
    session = STACK.call(
        "POST", "/auth/sessions/current/refresh", headers={"x-stack-refresh-token": tokens["refresh_token"]}
    )
    report.ok(
        "sessions/current/refresh gives an access token",
        session.status_code == 200 and list(session.json()) == ["access_token"], session,
    )  # fmt: skip


def calls(report, tokens, email):
    access = tokens["access_token"]
    me = STACK.call("GET", "/users/me", access)
    report.must("users/me", me.status_code == 200, me)
    report.equal("its address", me.json()["primary_email"], email)
    report.ok("verified, as assumed", me.json()["primary_email_verified"] is True, me)
    wanted = {
        "id", "primary_email", "primary_email_verified", "primary_email_auth_enabled",
        "display_name", "profile_image_url", "signed_up_at_millis", "last_active_at_millis",
        "has_password", "auth_with_email", "otp_auth_enabled", "passkey_auth_enabled",
        "requires_totp_mfa", "is_anonymous", "is_restricted", "restricted_reason",
        "selected_team", "selected_team_id", "client_metadata", "client_read_only_metadata",
        "oauth_providers",
    }  # fmt: skip
    report.ok("has every field", wanted <= set(me.json()), wanted - set(me.json()))
    project = STACK.call("GET", "/projects/current")
    report.ok(
        "projects/current",
        project.status_code == 200 and project.json()["id"] == LAB.project
        and [p["id"] for p in project.json()["config"]["oauth_providers"]] == ["local", "corp", "nano", "glew"],
        project,
    )  # fmt: skip
    sessions = STACK.call("GET", f"/auth/sessions?user_id={me.json()['id']}", access)
    report.ok(
        "the session list has exactly one current one",
        sessions.status_code == 200
        and sum(item["is_current_session"] for item in sessions.json()["items"]) == 1,
        sessions,
    )  # fmt: skip
    foreign = STACK.call("GET", "/auth/sessions?user_id=00000000-0000-4000-8000-000000000000", access)
    report.ok("another's list is refused", foreign.status_code == 403, foreign)
    others = [item["id"] for item in sessions.json()["items"] if not item["is_current_session"]]
    if others:
        ended = STACK.call("DELETE", f"/auth/sessions/{others[0]}", access, json={})
        report.ok("another session of one's own is ended", ended.status_code == 200, ended)
    current = [item["id"] for item in sessions.json()["items"] if item["is_current_session"]][0]
    own = STACK.call("DELETE", f"/auth/sessions/{current}", access, json={})
    report.ok("not the current one that way", own.headers.get("x-stack-known-error") == "CANNOT_DELETE_CURRENT_SESSION", own)
    override = STACK.call("GET", "/users/me", "broken", headers={"x-stack-override-error-status": "true"})
    report.ok(
        "x-stack-override-error-status",
        override.status_code == 200 and override.headers.get("x-stack-actual-status") == "401"
        and override.headers.get("x-stack-known-error") == "UNPARSABLE_ACCESS_TOKEN",
        override,
    )  # fmt: skip
    bare = STACK.http.get(STACK.base + "/users/me")
    report.ok("no access type", bare.status_code == 400 and bare.headers.get("x-stack-known-error") == "ACCESS_TYPE_REQUIRED", bare)


def cors(report):
    answer = STACK.http.options(
        STACK.base + "/auth/oauth/token",
        headers={
            "origin": "https://anywhere.example", "access-control-request-method": "POST",
            "access-control-request-headers": "x-stack-project-id,content-type",
        },
    )  # fmt: skip
    allowed = answer.headers.get("access-control-allow-headers", "").lower()
    report.ok(
        "a pre-flight is answered",
        answer.status_code == 200 and answer.headers.get("access-control-allow-origin") == "*"
        and "x-stack-project-id" in allowed and "x-stack-override-error-status" in allowed
        and "x-stack-refresh-token" in allowed
        and "access-control-allow-credentials" not in answer.headers,
        dict(answer.headers),
    )  # fmt: skip
    missing = STACK.http.get(STACK.base + "/nothing/here")
    report.ok("an unknown path", missing.status_code in (401, 404), missing)


def keys(report, tokens):
    answer = STACK.http.get(f"{STACK.base}/projects/{LAB.project}/.well-known/jwks.json")
    report.must("the key set is published", answer.status_code == 200, answer)
    claims = jwt.decode(tokens["access_token"], JsonWebKey.import_key_set(answer.json()))
    claims.validate(now=int(time.time()), leeway=5)
    report.equal("iss", claims["iss"], f"{LAB.issuer}/api/v1/projects/{LAB.project}")
    report.equal("aud is a string", claims["aud"], LAB.project)
    report.equal("typ", claims.header.get("typ"), "at+jwt")
    wanted = {
        "iss", "aud", "sub", "iat", "exp", "project_id", "branch_id", "refresh_token_id", "role",
        "name", "email", "selected_team_id", "email_verified", "is_anonymous", "is_restricted",
        "requires_totp_mfa", "restricted_reason", "signed_up_at", "jti", "client_id", "scope",
    }  # fmt: skip
    report.ok("every claim of section 11", wanted <= set(claims), wanted - set(claims))
    for key in answer.json()["keys"]:
        report.ok("keys say use and alg, with whole coordinates", key.get("use") == "sig" and key.get("alg") == "ES256" and len(key["x"]) == len(key["y"]) == 43, key)
    both = STACK.http.get(f"{STACK.base}/projects/{LAB.project}/.well-known/jwks.json?include_anonymous=true")
    report.ok("include_anonymous shows more keys", len(both.json()["keys"]) > len(answer.json()["keys"]), both)


def signing_out(report, tokens):
    access = tokens["access_token"]
    before = STACK.api(access)
    report.must("the access token opens /api/", before.status_code == 200, before)
    seen = before.json()["headers"]
    report.ok(
        "the back end sees who calls, and no token",
        seen.get("x-stack-user-id") and seen.get("x-stack-project-id") == LAB.project
        and "orders:read" in seen.get("x-stack-scopes", "") and "x-stack-access-token" not in seen,
        seen,
    )  # fmt: skip
    fresh = STACK.refresh(tokens["refresh_token"]).json()["access_token"]
    out = STACK.call("DELETE", "/auth/sessions/current", access, json={})
    report.must("DELETE sessions/current", out.status_code == 200 and out.json() == {"success": True}, out)
    after = [STACK.api(token).status_code for token in (access, fresh) for _ in range(6)]
    report.equal("its access tokens are refused at once, on every worker", set(after), {401})
    gone = STACK.refresh(tokens["refresh_token"])
    report.ok(
        "refresh says 401 REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED",
        gone.status_code == 401 and gone.headers.get("x-stack-known-error") == "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED",
        gone,
    )  # fmt: skip
    twice = STACK.call("DELETE", "/auth/sessions/current", access, json={})
    report.ok("signing out twice", twice.headers.get("x-stack-known-error") == "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED", twice)
    me = STACK.call("GET", "/users/me", access)
    report.ok("users/me of a dead session", me.status_code == 401 and me.headers.get("x-stack-known-error") == "ACCESS_TOKEN_EXPIRED", me)


def cross_domain(report, tokens):
    verifier, challenge = pkce()
    target = "https://one.preview.example.com/handler"
    body = {"redirect_uri": target, "state": "s1", "code_challenge": challenge, "code_challenge_method": "S256"}
    answer = STACK.call(
        "POST", "/auth/oauth/cross-domain/authorize", tokens["access_token"],
        headers={"x-stack-refresh-token": tokens["refresh_token"]}, json=body,
    )  # fmt: skip
    report.must("cross-domain authorize", answer.status_code == 200 and answer.json()["redirect_url"].startswith(target), answer)
    code = query_of(answer.json()["redirect_url"])
    redeemed = STACK.redeem({"answer": code, "verifier": verifier, "query": {"redirect_uri": target}})
    report.ok("its code gets tokens of a child session", redeemed.status_code == 200 and redeemed.json()["refresh_token"] != tokens["refresh_token"], redeemed)
    evil = STACK.call(
        "POST", "/auth/oauth/cross-domain/authorize", tokens["access_token"],
        headers={"x-stack-refresh-token": tokens["refresh_token"]},
        json={**body, "redirect_uri": "https://evil.example/"},
    )  # fmt: skip
    report.ok("not to a stranger", evil.headers.get("x-stack-known-error") == "REDIRECT_URL_NOT_WHITELISTED", evil)


def main():
    report = Report("stack_local")
    email = report.part("redirect mode, a new user", redirect_mode)
    if email:
        tokens = report.part("form, a known user", form_mode, email)
        report.part("JSON mode", json_mode, email)
        if tokens:
            report.part("refresh", refreshing, tokens)
            report.part("calls", calls, tokens, email)
            report.part("keys", keys, tokens)
            report.part("cross-domain", cross_domain, tokens)
            report.part("signing out", signing_out, tokens)
    report.part("CORS", cors)
    report.end()


main()
