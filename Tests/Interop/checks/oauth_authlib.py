"""Authlib as a plain OAuth and OpenID client (RFC 6749, 7009, 7636, 7662, 9207; OpenID Core)."""

import secrets
import time

import requests
from authlib.integrations.requests_client import OAuth2Session
from kit.jose import JsonWebKey, jwt
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata

from kit import plain
from kit.check import Report, lab
from kit.person import mail, query_of

LAB = lab()


def session(**options):
    options.setdefault("client_id", "reporting")
    options.setdefault("client_secret", LAB.secret)
    client = OAuth2Session(
        redirect_uri=plain.callback(LAB), code_challenge_method="S256",
        scope="openid email profile orders:read", **options,
    )  # fmt: skip
    client.verify = LAB.certificate
    client.trust_env = False
    return client


def fetch(path, **options):
    return requests.get(LAB.issuer + path, verify=LAB.certificate, timeout=20, **options)


def metadata(report):
    answer = fetch("/.well-known/openid-configuration")
    report.must("openid-configuration", answer.status_code == 200, answer)
    document = answer.json()
    # Discovery §3 wants RS256 named, which is for who signs by it: ES256 is the default here
    # (decision 12), so that it is added for Authlib's look at everything else.
    algorithms = document["id_token_signing_alg_values_supported"]
    OpenIDProviderMetadata({**document, "id_token_signing_alg_values_supported": [*algorithms, "RS256"]}).validate()
    report.equal("Authlib finds it valid (OpenID Discovery); signed by", algorithms, ["ES256"])
    report.equal("issuer", document["issuer"], LAB.issuer)
    report.ok("RFC 9207 is announced", document.get("authorization_response_iss_parameter_supported") is True, document)
    report.equal("S256 alone", document.get("code_challenge_methods_supported"), ["S256"])
    other = fetch("/.well-known/oauth-authorization-server")
    AuthorizationServerMetadata(other.json()).validate()
    report.ok("Authlib finds RFC 8414's valid", True)
    return document


def code_flow(report, document, email, new=True, provider="local", person=None, **changes):
    client = session(**changes)
    nonce, verifier = secrets.token_urlsafe(12), secrets.token_urlsafe(36)
    url, state = client.create_authorization_url(
        document["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    back, person = plain.authorize(LAB, url, email=email, new=new, provider=provider, person=person)
    answer = query_of(back)
    report.ok("the answer has code, state and iss", set(answer) == {"code", "state", "iss"} and answer["iss"] == LAB.issuer, answer)
    token = client.fetch_token(
        document["token_endpoint"], authorization_response=back, code_verifier=verifier, state=state
    )
    report.must("code + PKCE gets tokens", token.get("access_token") and token.get("refresh_token"), token)
    return client, token, nonce, person


def id_token(report, document, token, nonce, client_id="reporting"):
    keys = JsonWebKey.import_key_set(requests.get(document["jwks_uri"], verify=LAB.certificate).json())
    claims = jwt.decode(
        token["id_token"], keys, claims_cls=CodeIDToken,
        claims_options={"iss": {"value": LAB.issuer, "essential": True}, "aud": {"value": client_id}},
        claims_params={"nonce": nonce, "client_id": client_id, "access_token": token["access_token"]},
    )  # fmt: skip
    claims.validate(now=int(time.time()), leeway=5)
    report.ok("Authlib verifies the ID token against discovery and keys", True)
    report.ok("it has auth_time", isinstance(claims.get("auth_time"), int), claims)
    report.equal("its typ", claims.header.get("typ"), "JWT")
    return claims


def everything(report, document):
    email = mail()
    client, token, nonce, person = code_flow(report, document, email)
    report.ok("token_type and expires_in", token["token_type"].lower() == "bearer" and 590 <= token["expires_in"] <= 600, token)
    claims = id_token(report, document, token, nonce)
    info = client.get(document["userinfo_endpoint"])
    report.ok(
        "userinfo is of the same subject",
        info.status_code == 200 and info.json()["sub"] == claims["sub"] and info.json().get("email") == email, info,
    )  # fmt: skip
    reached = fetch("/plain/x", headers={"authorization": "Bearer " + token["access_token"]})
    report.ok("the route takes the token", reached.status_code == 200, reached)
    looked = client.introspect_token(document["introspection_endpoint"], token=token["access_token"], token_type_hint="access_token")
    report.ok(
        "introspection: active", looked.status_code == 200 and looked.json()["active"] is True
        and looked.json()["sub"] == claims["sub"] and looked.json()["client_id"] == "reporting", looked,
    )  # fmt: skip
    old = token["refresh_token"]
    fresh = client.refresh_token(document["token_endpoint"], refresh_token=old)
    report.must("refresh", fresh.get("access_token") and fresh["access_token"] != token["access_token"], fresh)
    report.ok("rotates", fresh["refresh_token"] != old, "")
    seen = client.introspect_token(document["introspection_endpoint"], token=fresh["refresh_token"], token_type_hint="refresh_token")
    report.ok("introspection of the refresh token", seen.json().get("active") is True, seen)
    gone = client.revoke_token(document["revocation_endpoint"], token=fresh["refresh_token"], token_type_hint="refresh_token")
    report.ok("revocation answers 200", gone.status_code == 200, gone)
    after = client.introspect_token(document["introspection_endpoint"], token=fresh["access_token"])
    report.equal("then the access token is not active", after.json(), {"active": False})
    refused = fetch("/plain/x", headers={"authorization": "Bearer " + fresh["access_token"]})
    report.equal("and refused at once", refused.status_code, 401)
    info = fetch("/oauth2/userinfo", headers={"authorization": "Bearer " + fresh["access_token"]})
    report.ok("userinfo: 401 invalid_token", info.status_code == 401 and "invalid_token" in info.headers.get("www-authenticate", ""), info)
    try:
        client.refresh_token(document["token_endpoint"], refresh_token=fresh["refresh_token"])
        report.ok("refresh after revocation is refused", False, "it was answered")
    except Exception as fault:  # noqa: BLE001
        report.ok("refresh after revocation is refused", "invalid_grant" in str(fault), fault)
    # The browser is still signed in at our page: no password a second time.
    again = session()
    url, _ = again.create_authorization_url(document["authorization_endpoint"], code_verifier=secrets.token_urlsafe(36), prompt="none")
    page = person.follow(person.get(url), [LAB.app])
    report.ok("prompt=none answers with a code at once", hasattr(page, "arrived") and "code" in query_of(page.arrived), page)
    stranger = plain.Person(LAB)
    page = stranger.follow(stranger.get(url), [LAB.app])
    report.ok("and login_required to a stranger", hasattr(page, "arrived") and query_of(page.arrived).get("error") == "login_required", page)
    logout(report, document, token["id_token"], person, url)


def logout(report, document, id_token, person, silent):
    where = LAB.app + "/callback"
    answer = person.get(document["end_session_endpoint"], params={
        "id_token_hint": id_token, "post_logout_redirect_uri": where, "state": "bye",
    })  # fmt: skip
    page = person.follow(answer, [LAB.app])
    if not hasattr(page, "arrived") and page.status_code == 200 and plain.Forms(page.text).forms:
        page = person.follow(person.submit(page, {}), [LAB.app])
    report.ok("RP-initiated logout comes back with its state", hasattr(page, "arrived") and query_of(page.arrived) == {"state": "bye"}, page)
    page = person.follow(person.get(silent), [LAB.app])
    report.ok("and the browser is signed out", hasattr(page, "arrived") and query_of(page.arrived).get("error") == "login_required", page)


def public_client(report, document):
    email = mail()
    client, token, nonce, _ = code_flow(report, document, email, client_id="spa", client_secret=None, token_endpoint_auth_method="none")
    id_token(report, document, token, nonce, "spa")
    fresh = client.refresh_token(document["token_endpoint"], refresh_token=token["refresh_token"])
    report.ok("a public client refreshes", fresh.get("access_token"), fresh)
    url, state = session(client_id="spa", client_secret=None).create_authorization_url(document["authorization_endpoint"], code_verifier=secrets.token_urlsafe(36))
    back, _ = plain.authorize(LAB, url, email=mail(), decision="deny")
    told = query_of(back)
    report.ok("no on the consent page is access_denied", told.get("error") == "access_denied" and told.get("state") == state and told.get("iss") == LAB.issuer, told)


def post_credentials(report, document):
    client = session(token_endpoint_auth_method="client_secret_post")
    token = client.fetch_token(document["token_endpoint"], grant_type="client_credentials", scope="orders:read")
    report.ok("client_secret_post", token.get("access_token"), token)
    machine = jwt.decode(token["access_token"], JsonWebKey.import_key_set(fetch("/.well-known/jwks.json").json()))
    report.ok("machine tokens are the client's own", machine["sub"] == machine["client_id"] == "reporting" and "refresh_token" not in token, machine)
    report.equal("aud is the configured one", machine["aud"], "orders-api")
    reached = fetch("/plain/x", headers={"authorization": "Bearer " + token["access_token"]})
    report.ok("and reach the back end without a user", reached.status_code == 200 and "x-stack-user-id" not in reached.json()["headers"], reached)
    resource = session(client_id="resource")
    looked = resource.introspect_token(document["introspection_endpoint"], token=token["access_token"])
    report.ok("a resource server may look at another's token", looked.json().get("active") is True, looked)
    own = session().introspect_token(
        document["introspection_endpoint"],
        token=resource.fetch_token(document["token_endpoint"], grant_type="client_credentials", scope="orders:read")["access_token"],
    )  # fmt: skip
    report.equal("a client only at its own", own.json(), {"active": False})


def provider(report, document, name):
    client, token, nonce, _ = code_flow(report, document, None, provider=name)
    id_token(report, document, token, nonce)


def main():
    report = Report("oauth_authlib")
    document = report.part("metadata", metadata)
    if document:
        report.part("code, ID token, userinfo, introspect, refresh, revoke, logout", everything, document)
        report.part("a public client, consent", public_client, document)
        report.part("client_secret_post, client_credentials", post_credentials, document)
        report.part("through oidc-provider-mock", provider, document, "corp")
        report.part("through nanoidp", provider, document, "nano")
        if LAB.has_glewlwyd:
            report.part("through glewlwyd", provider, document, "glew")
    report.end()


main()
