"""Chromium through our pages and real providers' pages: no complaint in the console on any of ours."""

import shutil
import urllib.parse

from kit import plain
from kit.browserkeys import spki
from kit.check import Report, lab
from kit.devtools import Browser
from kit.person import PASSWORD, mail, pkce, query_of
from kit.stack import Stack

LAB = lab()
STACK = Stack(LAB)


def quiet(report, browser, what, accepts=()):
    """Nothing was complained about since the last look."""
    heard = [one for one in browser.complaints if not any(words in one for words in accepts)]
    browser.complaints.clear()
    report.ok(f"{what}: the console is quiet", not heard, heard)


def fill(browser, email, password=PASSWORD):
    browser.type("#email", email)
    browser.type("#password", password)


def stack_url(provider):
    verifier, challenge = pkce()
    query = STACK.authorize_query(challenge)
    return STACK.authorize_url(provider, query), {"verifier": verifier, "query": query}


def plain_url(client="spa", **changes):
    verifier, challenge = pkce()
    query = {
        "response_type": "code", "client_id": client, "redirect_uri": plain.callback(LAB),
        "scope": "openid email orders:read", "state": "st-" + verifier[:8], "code_challenge": challenge,
        "code_challenge_method": "S256", **changes,
    }  # fmt: skip
    return f"{LAB.issuer}/oauth2/authorize?{urllib.parse.urlencode(query)}", verifier


def arrived(report, browser, what):
    report.must(f"{what}: back at the application", browser.url.startswith(LAB.app + "/callback?"), f"{browser.url} {browser.text[:300]}")
    return query_of(browser.url)


def local(report, browser):
    email = mail()
    url, flow = stack_url("local")
    browser.open(url)
    report.must("the sign-in page", browser.has("#password"), browser.text)
    browser.shoot("01-sign-in")
    quiet(report, browser, "sign-in page")
    fill(browser, email, "wrong password here")
    browser.click("button[type=submit]")
    report.ok("a wrong password is told at the form", browser.has("#password") and not browser.url.startswith(LAB.app), browser.text)
    browser.shoot("02-sign-in-fault")
    quiet(report, browser, "sign-in fault", accepts=("status of 4",))
    browser.click(words="create an account")
    report.must("the sign-up page", browser.has("#display_name"), browser.text)
    browser.shoot("03-sign-up")
    fill(browser, email)
    browser.type("#display_name", "Ann Example")
    browser.click("button[type=submit]")
    answer = arrived(report, browser, "signing up")
    quiet(report, browser, "signing up")
    tokens = STACK.redeem({**flow, "answer": answer})
    report.ok("the code gets tokens", tokens.status_code == 200, tokens)
    url, flow = stack_url("local")
    browser.open(url)
    if browser.has("#password"):
        fill(browser, email)
        browser.click("button[type=submit]")
    answer = arrived(report, browser, "signing in")
    report.ok("its code too", STACK.redeem({**flow, "answer": answer}).status_code == 200)
    quiet(report, browser, "signing in")
    return email


def provider(report, browser, name):
    url, flow = stack_url(name)
    browser.open(url)
    report.ok(f"{name}'s own page", not browser.url.startswith(LAB.issuer), browser.url)
    browser.shoot(f"10-{name}-page")
    browser.complaints.clear()
    at_provider(browser, name)
    answer = arrived(report, browser, name)
    # The providers' own pages load from hosts that cannot be reached here.
    browser.complaints.clear()
    tokens = STACK.redeem({**flow, "answer": answer})
    report.ok("the code gets tokens", tokens.status_code == 200, tokens)


def at_provider(browser, name):
    if name == "corp":
        browser.type("input[name=sub]", "ann")
        browser.click("button[type=submit]")
    else:
        browser.type("input[name=username]", "admin")
        browser.type("input[name=password]", "admin")
        browser.click("button[type=submit]")


def consent(report, browser):
    email = mail()
    browser.open(plain_url(prompt="login")[0])
    browser.shoot("20-choose")
    quiet(report, browser, "choosing a provider")
    if not browser.has("#password"):
        browser.click(words="e-mail")
    if not browser.has("#password"):
        raise AssertionError(f"no way to the sign-in page: {browser.text}")
    browser.click(words="create an account")
    fill(browser, email)
    browser.click("button[type=submit]")
    report.must("the consent page", browser.has("button[value=allow]"), f"{browser.url} {browser.text}")
    browser.shoot("21-consent")
    quiet(report, browser, "consent page")
    browser.click("button[value=deny]")
    told = arrived(report, browser, "no")
    report.equal("no is access_denied", told.get("error"), "access_denied")
    url, verifier = plain_url()
    browser.open(url)
    report.must("the next attempt asks for consent, not for a password", browser.has("button[value=allow]"), browser.text)
    browser.click("button[value=allow]")
    told = arrived(report, browser, "yes")
    report.ok("yes has code, state and iss", set(told) == {"code", "state", "iss"}, told)
    # Consent is written with the code's redemption, like everything of an account (decision 6).
    tokens = STACK.http.post(LAB.issuer + "/oauth2/token", data={
        "grant_type": "authorization_code", "client_id": "spa", "code": told["code"],
        "redirect_uri": plain.callback(LAB), "code_verifier": verifier,
    })  # fmt: skip
    report.ok("the code gets tokens", tokens.status_code == 200, tokens)
    browser.open(plain_url()[0])
    told = arrived(report, browser, "the third time")
    report.ok("nothing is asked again", "code" in told, told)
    quiet(report, browser, "consent")


def sign_out(report, browser):
    browser.open(f"{LAB.issuer}/oauth2/logout?client_id=spa")
    browser.shoot("30-sign-out")
    if browser.has("form"):
        browser.click("button[type=submit]")
    report.ok("the signed-out page", "signed out" in browser.text.lower(), f"{browser.url} {browser.text}")
    browser.shoot("31-signed-out")
    quiet(report, browser, "signing out")
    browser.open(plain_url(prompt="none")[0])
    told = arrived(report, browser, "prompt=none")
    report.equal("nobody is signed in", told.get("error"), "login_required")


def errors(report, browser):
    browser.open(plain_url(redirect_uri="https://evil.example/")[0])
    report.ok("a page, not a redirect", browser.url.startswith(LAB.issuer) and "Request" in browser.text, f"{browser.url} {browser.text}")
    browser.shoot("40-error-redirect")
    browser.open(f"{STACK.base}/auth/oauth/callback/corp?code=x&state=forged")
    report.ok("an expired or forged sign-in is a page", browser.has("h1"), browser.text)
    browser.shoot("41-error-state")
    quiet(report, browser, "error pages", accepts=("status of 4",))


def federated_plain(report, browser):
    browser.open(plain_url(client="reporting", prompt="login")[0])
    browser.click(words="corp")
    report.ok("the provider's page", browser.url.startswith(LAB.corp), browser.url)
    at_provider(browser, "corp")
    told = arrived(report, browser, "plain client through the provider")
    report.ok("a code", "code" in told, told)
    browser.complaints.clear()


def small(report, browser):
    """A narrow and dark one, for the eye."""
    browser.call("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=1, mobile=True)
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    browser.open(stack_url("local")[0])
    browser.shoot("50-sign-in-dark-narrow")
    report.ok("nothing is wider than a telephone", browser.run("document.documentElement.scrollWidth") <= 360)
    quiet(report, browser, "narrow and dark")


def main():
    report = Report("browser")
    if not shutil.which("chromium"):
        report.skip("all", "chromium is not installed: Tests/Scripts/install interop")
        report.end()
    browser = Browser(LAB.shots, spki(LAB.certificate))
    try:
        report.part("local sign-up and sign-in", local, browser)
        report.part("through oidc-provider-mock", provider, browser, "corp")
        report.part("through nanoidp", provider, browser, "nano")
        report.part("choosing, consent", consent, browser)
        report.part("sign-out", sign_out, browser)
        report.part("a plain client through a provider", federated_plain, browser)
        report.part("errors", errors, browser)
        report.part("narrow and dark", small, browser)
    finally:
        browser.end()
    print(f" pictures: {LAB.shots}")
    report.end()


main()
