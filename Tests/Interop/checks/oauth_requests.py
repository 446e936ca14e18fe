"""requests-oauthlib as a plain OAuth client."""

import os

from oauthlib.oauth2 import BackendApplicationClient, InvalidGrantError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from kit import plain
from kit.check import Report, lab
from kit.person import mail

LAB = lab()
# Scopes may be cut (RFC 6749 §3.3): the library asks for this before it takes an answer with fewer.
os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"
# `profile` is not granted to everybody: the library asks for it again at each refresh.
SCOPE = ["openid", "email", "profile", "orders:read"]


def secure(session):
    session.verify = LAB.certificate
    session.trust_env = False
    return session


def code_flow(report):
    client = secure(OAuth2Session("reporting", redirect_uri=plain.callback(LAB), scope=SCOPE, pkce="S256"))
    url, state = client.authorization_url(LAB.issuer + "/oauth2/authorize")
    back, _ = plain.authorize(LAB, url, email=mail())
    # The library refuses callbacks over http, which RFC 8252 wants on loopback.
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    token = client.fetch_token(
        LAB.issuer + "/oauth2/token", authorization_response=back,
        auth=HTTPBasicAuth("reporting", LAB.secret), include_client_id=False,
    )  # fmt: skip
    report.must("code + PKCE with Basic as it stands", token.get("access_token"), token)
    reached = client.get(LAB.issuer + "/plain/x")
    report.ok("the session reaches the back end", reached.status_code == 200, reached)
    info = client.get(LAB.issuer + "/oauth2/userinfo")
    report.ok("userinfo", info.status_code == 200 and info.json().get("sub"), info)
    fresh = client.refresh_token(
        LAB.issuer + "/oauth2/token", refresh_token=token["refresh_token"],
        auth=HTTPBasicAuth("reporting", LAB.secret),
    )  # fmt: skip
    report.ok("refresh", fresh["access_token"] != token["access_token"], fresh)
    basic = HTTPBasicAuth("reporting", LAB.secret)
    looked = client.post(LAB.issuer + "/oauth2/introspect", data={"token": fresh["access_token"]}, auth=basic, withhold_token=True)
    report.ok("introspect", looked.status_code == 200 and looked.json()["active"] is True, looked)
    gone = client.post(LAB.issuer + "/oauth2/revoke", data={"token": fresh["access_token"]}, auth=basic, withhold_token=True)
    report.ok("revoke", gone.status_code == 200, gone)
    after = client.get(LAB.issuer + "/plain/x")
    report.ok("refused at once", after.status_code == 401, after)
    try:
        client.fetch_token(
            LAB.issuer + "/oauth2/token", authorization_response=back,
            auth=basic, include_client_id=False,
        )  # fmt: skip
        report.ok("the code again", False, "it was answered")
    except InvalidGrantError as fault:
        report.ok("the code again is invalid_grant", True, fault)


def machine(report):
    client = secure(OAuth2Session(client=BackendApplicationClient("reporting"), scope=["orders:read"]))
    token = client.fetch_token(LAB.issuer + "/oauth2/token", auth=HTTPBasicAuth("reporting", LAB.secret))
    report.ok("client_credentials", token.get("access_token") and "refresh_token" not in token, token)
    form = client.fetch_token(LAB.issuer + "/oauth2/token", client_id="reporting", client_secret=LAB.secret, include_client_id=True)
    report.ok("with the secret in the body", form.get("access_token"), form)


def main():
    report = Report("oauth_requests")
    report.part("code, refresh, introspect, revoke", code_flow)
    report.part("client_credentials", machine)
    report.end()


main()
