"""What was tried against the endpoints and must be refused; the list goes into the closing note."""

import base64
import concurrent.futures
import json
import pathlib
import re
import secrets
import urllib.parse

import requests

from kit import plain
from kit.check import Report, lab
from kit.person import Forms, Person, mail, pkce, query_of
from kit.stack import Stack

LAB = lab()
STACK = Stack(LAB)
HTTP = STACK.http
BASIC = ("reporting", LAB.secret)

# Addresses that look like a trusted one: https://app.example.com, loopback, or a registered string.
REDIRECTS = [
    "javascript:alert(1)", "javascript://localhost/%0aalert(1)", "JaVaScRiPt:alert(1)",
    "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:https://app.example.com/x",
    "https://app.example.com@evil.example/", "https://user:pass@app.example.com/",
    "https://app.example.com:pass@evil.example/", "https://evil.example\\@app.example.com/",
    "https://evil.example\\.app.example.com/", "https:\\\\app.example.com\\",
    "https://app.example.com.evil.example/", "https://evilapp.example.com/",
    "https://app.example.comevil.example/", "https://app-example.com/", "https://example.com/",
    "https://xn--pp-xja.example.com/", "https://app.example.com%2eevil.example/",
    "https://app.example.com%00.evil.example/", "https://evil.example#app.example.com",
    "https://evil.example?app.example.com", "https://evil.example/app.example.com",
    "http://app.example.com/", "https://app.example.com:8443/", "//app.example.com/", "/callback",
    "https:///app.example.com", "https:app.example.com", "http://localhost.evil.example/",
    "http://127.0.0.1.evil.example/", "http://127.0.0.1@evil.example/", "http://2130706433/",
    "http://0x7f.1/", "http://localhost@evil.example:80/", "http://[::1]@evil.example/",
    "http://[::ffff:127.0.0.1]/", "https://a.b.preview.example.com/", "https://preview.example.com/",
    "https://evil.example/.preview.example.com", "stack-auth-mobile-oauth-url://success",
    "https://app.example.com\t.evil.example/", "https://app.example.com\n.evil.example/",
    " https://evil.example", "https://app.example.com /", "https://аpp.example.com/",
    "urn:ietf:wg:oauth:2.0:oob", "urn:ietf:wg:oauth:2.0:oob:auto", "myapp:/callback",
]  # fmt: skip
PLAIN_REDIRECTS = [
    "http://127.0.0.1/callback/", "http://127.0.0.1/callback?x=1", "http://127.0.0.1/Callback",
    "http://127.0.0.1/callback/../evil", "http://127.0.0.1/%63allback", "http://localhost/callback",
    "http://127.0.0.2/callback", "https://127.0.0.1/callback", "http://127.0.0.1@evil.example/callback",
    "http://127.0.0.1:80@evil.example/callback", "http://127.0.0.1:99999/callback",
    "http://127.0.0.1\\@evil.example/callback", "http://127.1/callback", "http://[::1]/callback",
    "http://127.0.0.1/callback#x", "http://127.0.0.1:0x50/callback",
    "javascript://127.0.0.1/callback", "http://127.0.0.1.evil.example/callback",
    "http://127.0.0.1/callback\n", "urn:ietf:wg:oauth:2.0:oob",
]  # fmt: skip


def redirects(report):
    _, challenge = pkce()
    for program in (True, False):
        headers = {"accept": "application/json"} if program else Person(LAB).session.headers
        led = []
        for uri in REDIRECTS:
            url = STACK.authorize_url("local", STACK.authorize_query(challenge, redirect_uri=uri))
            answer = HTTP.get(url, headers=headers, allow_redirects=False)
            if answer.status_code != 400 or plain.leads_away(answer):
                led.append((uri, answer.status_code, answer.headers.get("location")))
        report.ok(f"{len(REDIRECTS)} hostile redirect_uri of Stack ({'program' if program else 'browser'})", not led, led)
    led = []
    for uri in REDIRECTS:
        url = STACK.authorize_url("local", STACK.authorize_query(challenge, after_callback_redirect_url=uri))
        answer = HTTP.get(url, allow_redirects=False)
        if answer.status_code != 400 or plain.leads_away(answer):
            led.append((uri, answer.status_code))
    report.ok(f"{len(REDIRECTS)} hostile after_callback_redirect_url", not led, led)
    led = []
    for uri in REDIRECTS + PLAIN_REDIRECTS:
        query = plain.request(LAB, challenge, redirect_uri=uri)
        answer = Person(LAB).get(LAB.issuer + "/oauth2/authorize", params=query)
        if answer.status_code not in (400, 403) or plain.leads_away(answer):
            led.append((uri, answer.status_code, answer.headers.get("location")))
    report.ok(f"{len(REDIRECTS + PLAIN_REDIRECTS)} hostile redirect_uri of a plain client", not led, led)
    led = []
    for uri in REDIRECTS + ["https://app.example.com/", "http://127.0.0.1/x"]:
        answer = Person(LAB).get(LAB.issuer + "/oauth2/logout", params={"post_logout_redirect_uri": uri, "client_id": "reporting"})
        if "location" in answer.headers and not answer.headers["location"].startswith((LAB.issuer + "/", "/oauth2/")) or answer.status_code >= 500:
            led.append((uri, answer.status_code, answer.headers.get("location")))
        elif "refresh" in answer.text and uri in answer.text:
            led.append((uri, "page"))
    report.ok("hostile post_logout_redirect_uri", not led, led)
    # An error address outside the list is as if it had not come.
    led = []
    for uri in REDIRECTS:
        query = STACK.authorize_query(challenge, error_redirect_uri=uri, redirect_uri=LAB.app + "/callback")
        person = Person(LAB)
        first = person.get(STACK.authorize_url("corp", query))
        state = query_of(first.headers["location"])["state"]
        ended = person.get(f"{STACK.base}/auth/oauth/callback/corp?error=access_denied&state={state}")
        if not ended.headers.get("location", "").startswith(LAB.app + "/callback?"):
            led.append((uri, ended.status_code, ended.headers.get("location")))
    report.ok("hostile error_redirect_uri are ignored", not led, led)


def proof_keys(report):
    _, challenge = pkce()
    for what, changes in (
        ("no challenge", {"code_challenge": None}), ("an empty challenge", {"code_challenge": ""}),
        ("plain", {"code_challenge_method": "plain"}), ("no method", {"code_challenge_method": None}),
        ("a short challenge", {"code_challenge": challenge[:-1]}),
        ("a challenge that is no base64url", {"code_challenge": challenge[:-1] + "!"}),
    ):  # fmt: skip
        answer = HTTP.get(STACK.authorize_url("local", STACK.authorize_query(challenge, **changes)), allow_redirects=False)
        report.ok(f"Stack authorize with {what}", answer.status_code == 400, answer)
        answer = Person(LAB).get(LAB.issuer + "/oauth2/authorize", params=plain.request(LAB, challenge, **changes))
        told = query_of(answer.headers["location"]) if "location" in answer.headers else {}
        report.ok(f"plain authorize with {what}", told.get("error") == "invalid_request", answer)
    email = mail()
    first = STACK.code("local", email=email)
    STACK.redeem(first)
    for what, verifier in (
        ("another verifier", pkce()[0]), ("no verifier", None), ("the challenge as verifier", "challenge"),
        ("an empty verifier", ""), ("a short verifier", "short"), ("129 characters", "a" * 129),
    ):  # fmt: skip
        flow = STACK.code("local", email=email, new=False)
        sent = flow["query"]["code_challenge"] if verifier == "challenge" else verifier
        answer = STACK.redeem(flow, code_verifier=sent)
        report.ok(f"redeeming with {what}", answer.status_code == 400 and answer.json()["error"] in ("invalid_grant", "invalid_request"), answer)
        if verifier is not None:
            right = STACK.redeem(flow)
            report.ok(f"{what} used the code up", right.status_code == 400, right)


def codes(report):
    email = mail()
    flow = STACK.code("local", email=email)
    tokens = STACK.redeem(flow).json()
    report.must("the route takes the tokens first", STACK.api(tokens["access_token"]).status_code == 200)
    other = STACK.redeem({**flow, "verifier": pkce()[0]})
    report.ok("a replay with a wrong verifier is refused", other.status_code == 400, other)
    report.equal("and revokes nothing", STACK.api(tokens["access_token"]).status_code, 200)
    replay = STACK.redeem(flow)
    report.ok("a replay with the right one is refused", replay.status_code == 400, replay)
    seen = {STACK.api(tokens["access_token"]).status_code for _ in range(8)}
    report.equal("and revokes what the code gave", seen, {401})
    report.equal("its refresh token too", STACK.refresh(tokens["refresh_token"]).status_code, 401)
    flow = STACK.code("local", email=email, new=False)
    for what, changes in (
        ("another redirect_uri that is trusted", {"redirect_uri": "https://app.example.com/callback"}),
        ("another project", {"client_id": LAB.strict_project, "client_secret": LAB.strict_key}),
        ("another project's key", {"client_secret": LAB.strict_key}),
        ("an unknown project", {"client_id": "00000000-0000-4000-8000-000000000000"}),
    ):  # fmt: skip
        flow = STACK.code("local", email=email, new=False)
        answer = STACK.redeem(flow, **changes)
        report.ok(f"redeeming with {what}", answer.status_code in (400, 401) and "access_token" not in answer.text, answer)
    flow = STACK.code("local", email=email, new=False)
    answer = HTTP.post(LAB.issuer + "/oauth2/token", auth=BASIC, data={
        "grant_type": "authorization_code", "code": flow["answer"]["code"],
        "redirect_uri": flow["query"]["redirect_uri"], "code_verifier": flow["verifier"],
    })  # fmt: skip
    report.ok("a Stack code at the plain token endpoint", answer.status_code == 400 and answer.json()["error"] == "invalid_grant", answer)
    flow = STACK.code("local", email=email, new=False)
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: STACK_NEW().redeem(flow), range(100)))
    good = [one for one in answers if one.status_code == 200]
    report.ok("100 parallel redemptions: one answer at most", len(good) == 1, [one.status_code for one in answers])
    if good:
        report.equal("whose tokens are dead at the end", STACK.api(good[0].json()["access_token"]).status_code, 401)


def STACK_NEW():
    """A session of its own: requests' are not for many threads."""
    return Stack(LAB)


def plain_tokens():
    verifier, challenge = pkce()
    query = plain.request(LAB, challenge, scope="openid orders:read")
    url = LAB.issuer + "/oauth2/authorize?" + urllib.parse.urlencode(query)
    back, _ = plain.authorize(LAB, url, email=mail())
    answer = HTTP.post(LAB.issuer + "/oauth2/token", auth=BASIC, data={
        "grant_type": "authorization_code", "code": query_of(back)["code"],
        "redirect_uri": query["redirect_uri"], "code_verifier": verifier,
    })  # fmt: skip
    assert answer.status_code == 200, answer.text
    return answer.json()


def plain_refresh(token, auth=BASIC, **more):
    fields = {"grant_type": "refresh_token", "refresh_token": token, **more}
    return requests.post(LAB.issuer + "/oauth2/token", auth=auth, data=fields, verify=LAB.certificate, timeout=30)


def refreshes(report):
    tokens = plain_tokens()
    stranger = plain_refresh(tokens["refresh_token"], auth=("resource", LAB.secret))
    report.ok("another client's refresh token", stranger.status_code == 400 and stranger.json()["error"] in ("invalid_grant", "unauthorized_client"), stranger)
    public = plain_refresh(tokens["refresh_token"], auth=None, client_id="spa")
    report.ok("by a public client", public.status_code == 400 and public.json()["error"] == "invalid_grant", public)
    stack = STACK.refresh(tokens["refresh_token"])
    report.ok("by a Stack project", stack.status_code == 401, stack)
    wider = plain_refresh(tokens["refresh_token"], scope="openid orders:read orders:write admin")
    if wider.status_code == 200:
        report.ok("a wider scope is not granted", "orders:write" not in wider.json()["scope"], wider)
        tokens = wider.json()
    else:
        report.ok("a wider scope is not granted", wider.json()["error"] == "invalid_scope", wider)
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: plain_refresh(tokens["refresh_token"]), range(100)))
    distinct = {(one.status_code, one.json().get("refresh_token"), one.json().get("access_token")) for one in answers}
    report.ok("100 parallel refreshes inside the grace: one family, one answer", len(distinct) == 1 and answers[0].status_code == 200, distinct)
    looked = HTTP.post(LAB.issuer + "/oauth2/introspect", auth=("resource", LAB.secret), data={"token": answers[0].json()["access_token"]})
    report.ok("the successor is alive", looked.json().get("active") is True, looked)
    used = plain_refresh(answers[0].json()["refresh_token"])
    late = plain_refresh(tokens["refresh_token"])
    report.ok("a replay after the successor's use", used.status_code == 200 and late.status_code == 400, late)


def tampered(token, **changes):
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims.update(changes)
    text = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{head}.{text}.{signature}"


def tokens_misused(report):
    tokens = STACK.redeem(STACK.code("local", email=mail())).json()
    access = tokens["access_token"]
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').rstrip(b"=").decode()
    for what, bad in (
        ("a changed claim", tampered(access, scope="openid orders:read orders:write")),
        ("alg none", none + "." + access.split(".")[1] + "."),
        ("a refresh token as access token", tokens["refresh_token"]),
    ):
        report.equal(f"{what} at the route", STACK.api(bad).status_code, 401)
    mine = plain_tokens()
    report.ok("a plain client's token at a project's route", STACK.api(mine["access_token"]).status_code in (401, 403))
    report.equal("an ID token at the route", HTTP.get(LAB.issuer + "/plain/x", headers={"authorization": "Bearer " + mine["id_token"]}).status_code, 401)
    stack = HTTP.get(LAB.issuer + "/plain/x", headers={"authorization": "Bearer " + access})
    report.ok("a project's token at a client's route", stack.status_code in (401, 403), stack)
    info = HTTP.get(LAB.issuer + "/oauth2/userinfo", headers={"authorization": "Bearer " + access})
    report.ok("a Stack token at userinfo", info.status_code in (401, 403), info)
    query = HTTP.get(LAB.issuer + "/oauth2/userinfo?access_token=" + mine["access_token"])
    report.equal("a token in userinfo's query", query.status_code, 401)
    other = STACK.call("GET", "/users/me", access, headers={"x-stack-project-id": LAB.strict_project, "x-stack-publishable-client-key": LAB.strict_key})
    report.ok("another project's token at users/me", other.status_code == 401 and other.headers.get("x-stack-known-error") == "INVALID_PROJECT_FOR_ACCESS_TOKEN", other)
    forged = HTTP.get(LAB.issuer + "/api/x", headers={"x-stack-user-id": "admin", "x-stack-access-token": access, "x-stack-scopes": "admin"})
    report.ok("forged identity headers", forged.json()["headers"].get("x-stack-user-id") != "admin" and forged.json()["headers"].get("x-stack-scopes") != "admin", forged)


def flows(report):
    """Mixed-up providers, forged states, stolen cookies, forms of others."""
    person, (_, challenge) = Person(LAB), pkce()
    first = person.get(STACK.authorize_url("corp", STACK.authorize_query(challenge)))
    state = query_of(first.headers["location"])["state"]
    for what, url, who in (
        ("the state at another provider's callback", f"{STACK.base}/auth/oauth/callback/nano?code=x&state={state}", person),
        ("the state at the plain callback", f"{LAB.issuer}/oauth2/callback/nano?code=x&state={state}", person),
        ("the state without the cookie", f"{STACK.base}/auth/oauth/callback/corp?code=x&state={state}", Person(LAB)),
        ("a forged state", f"{STACK.base}/auth/oauth/callback/corp?code=x&state={secrets.token_urlsafe(32)}", person),
        ("no state", f"{STACK.base}/auth/oauth/callback/corp?code=x", person),
        ("an empty state", f"{STACK.base}/auth/oauth/callback/corp?code=x&state=", person),
        ("a state twice", f"{STACK.base}/auth/oauth/callback/corp?code=x&state={state}&state={state}", person),
        ("a local provider's callback", f"{STACK.base}/auth/oauth/callback/local?code=x&state={state}", person),
        ("an unknown provider's callback", f"{STACK.base}/auth/oauth/callback/nobody?code=x&state={state}", person),
    ):  # fmt: skip
        answer = who.get(url)
        report.ok(what, answer.status_code in (400, 404) and "location" not in answer.headers, answer)
    fixed = Person(LAB)
    name = f"__Host-stack-oauth-inner-{state}"
    for value in ("true", "", "A" * 43):
        answer = fixed.session.get(
            f"{STACK.base}/auth/oauth/callback/corp?code=x&state={state}",
            headers={"cookie": f"{name}={value}"}, allow_redirects=False,
        )  # fmt: skip
        report.ok(f"a made-up cookie {value[:5]!r}", answer.status_code == 400 and "location" not in answer.headers, answer)
    # The sign-in page of somebody else's attempt, and forms without its token.
    victim = Person(LAB)
    page = victim.follow(victim.get(STACK.authorize_url("local", STACK.authorize_query(challenge))))
    thief = Person(LAB).get(page.url)
    report.ok("another's sign-in page without the cookie", thief.status_code == 400, thief)
    form = Forms(page.text).forms[0]
    fields = {**form["fields"], "email": mail(), "password": "correct horse battery staple"}
    target = urllib.parse.urljoin(page.url, form["action"] or page.url)
    for what, who, sent in (
        ("the form without its token", victim, {**fields, "csrf": ""}),
        ("the form with a wrong token", victim, {**fields, "csrf": "A" * 43}),
        ("the form from a browser without the cookie", Person(LAB), fields),
    ):
        answer = who.post(target, sent)
        report.ok(what, answer.status_code in (400, 403) and "location" not in answer.headers, answer)
    cross = victim.post(target, fields, headers={"origin": "https://evil.example", "sec-fetch-site": "cross-site"})
    report.ok("the form posted by another site", cross.status_code in (400, 403) and "location" not in cross.headers, cross)
    other = Person(LAB)
    page_two = other.follow(other.get(STACK.authorize_url("local", STACK.authorize_query(challenge))))
    mixed = {**fields, "csrf": Forms(page_two.text).forms[0]["fields"]["csrf"]}
    answer = victim.post(target, mixed)
    report.ok("the token of another attempt", answer.status_code in (400, 403) and "location" not in answer.headers, answer)


def passwords(report):
    email = mail()
    STACK.code("local", email=email)
    person, (_, challenge) = Person(LAB), pkce()
    page = person.follow(person.get(STACK.authorize_url("local", STACK.authorize_query(challenge))))
    wrong = person.submit(page, {"email": email, "password": "not the password"})
    report.ok("a wrong password", "location" not in wrong.headers and wrong.status_code in (200, 400, 401, 403), wrong)
    unknown = person.submit(page, {"email": mail(), "password": "not the password"})

    notices = [re.findall(r'role="alert">(.*?)</div>', one.text, re.DOTALL) for one in (wrong, unknown)]
    report.ok("an unknown address is told the same", notices[0] and notices[0] == notices[1], notices)
    for _ in range(4):
        person.submit(page, {"email": email, "password": "not the password"})
    right = person.submit(page, {"email": email, "password": "correct horse battery staple"})
    report.ok("after too many, the right one rests too", "location" not in right.headers and "http-equiv" not in right.text, right)
    page = person.follow(person.get(STACK.authorize_url("local", STACK.authorize_query(challenge))))
    up = person.get(person.link(page, "create an account"))
    again = person.submit(up, {"email": email, "password": "correct horse battery staple", "display_name": ""})
    report.ok("a second account with the address", "location" not in again.headers and "http-equiv" not in again.text, again)
    short = person.submit(up, {"email": mail(), "password": "short", "display_name": ""})
    report.ok("a short password", "location" not in short.headers and "http-equiv" not in short.text, short)
    script = "<script>alert(1)</script>@example.test"
    answer = person.submit(up, {"email": script, "password": "x", "display_name": '"><img src=x onerror=1>'})
    report.ok("markup in a form comes back as text", "<script>alert" not in answer.text and "<img src=x" not in answer.text, answer)


def consent_forms(report):
    """Consent is given by the person who was asked, and for what was asked."""
    verifier, challenge = pkce()
    url = LAB.issuer + "/oauth2/authorize?" + urllib.parse.urlencode(plain.request(LAB, challenge, client_id="spa"))
    person = Person(LAB)
    page = person.follow(person.get(url))
    page = plain.choose(person, page, "local", [LAB.app])
    page = person.sign_up(page, mail(), [LAB.app])
    report.must("the consent page", "decision" in page.text, page)
    form = Forms(page.text).forms[0]
    target = urllib.parse.urljoin(page.url, form["action"] or page.url)
    fields = {**form["fields"], "decision": "allow"}
    thief = Person(LAB).post(target, fields)
    report.ok("consent from another browser", thief.status_code in (400, 403) and "location" not in thief.headers, thief)
    answer = person.post(target, {**fields, "csrf": "A" * 43})
    report.ok("consent with a wrong token", answer.status_code in (400, 403) and "location" not in answer.headers, answer)
    answer = person.get(target + ("&" if "?" in target else "?") + urllib.parse.urlencode(fields))
    report.ok("consent by GET", "code=" not in answer.headers.get("location", "") and "code=" not in (Forms(answer.text).refresh or ""), answer)
    framed = person.get(page.url)
    report.ok("pages cannot be framed", framed.headers.get("x-frame-options") == "DENY" and "frame-ancestors 'none'" in framed.headers["content-security-policy"] and framed.headers.get("referrer-policy") == "no-referrer" and "no-store" in framed.headers["cache-control"], dict(framed.headers))
    out = person.post(LAB.issuer + "/oauth2/logout", {"client_id": "spa"}, headers={"origin": "https://evil.example", "sec-fetch-site": "cross-site"})
    still = person.follow(person.get(url), [LAB.app])
    report.ok("a sign-out that another site posts asks first", "decision" in still.text, (out.status_code, still.url))
    done = person.consent(page, "allow", [LAB.app])
    report.must("the right one is taken", hasattr(done, "arrived"), done)
    twice = person.post(target, fields)
    report.ok("and once only", "code=" not in twice.headers.get("location", ""), twice)


def secrets_in_logs(report):
    """Nothing secret was written by any of this run."""
    folder = pathlib.Path(LAB.folder)
    tokens = STACK.redeem(STACK.code("local", email=mail())).json()
    STACK.refresh(tokens["refresh_token"])
    HTTP.get(LAB.issuer + "/oauth2/userinfo?access_token=" + tokens["access_token"])
    flow = STACK.code("corp")
    STACK.redeem(flow)
    words = [LAB.secret, LAB.secret.split(" ")[0], "correct horse", tokens["refresh_token"], tokens["access_token"][-40:],
             flow["answer"]["code"], flow["verifier"], "s%+:-", "demo-secret"]  # fmt: skip
    for name in ("gateway.log", "access.log"):
        text = (folder / name).read_text(errors="replace") if (folder / name).exists() else ""
        found = [word[:6] + "..." for word in words if word in text]
        report.ok(f"{name} ({len(text)} bytes) holds no secret", text and not found or name == "gateway.log" and not found, found)
    if (folder / "state" / "gatehouse.db").exists():
        data = b"".join(path.read_bytes() for path in (folder / "state").glob("gatehouse.db*"))
        found = [word[:6] for word in words[3:7] if word.encode() in data]
        report.ok("nor does the store", not found, found)


def main():
    report = Report("attacks")
    for title, work in (
        ("open redirects", redirects), ("PKCE", proof_keys), ("codes: replays, mix-ups, races", codes),
        ("refresh tokens", refreshes), ("tokens used elsewhere", tokens_misused),
        ("mixed-up providers, forged states, stolen cookies, foreign forms", flows),
        ("passwords and forms", passwords), ("consent", consent_forms),
        ("secrets in logs and store", secrets_in_logs),
    ):  # fmt: skip
        report.part(title, work)
    report.end()


main()
