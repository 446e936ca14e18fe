"""The published Stack calls, as its clients make them."""

import secrets
import urllib.parse

import requests

from kit.person import Person, pkce, query_of

SENTINEL = "__stack_public_client__"


class Stack:
    """One application of the project."""

    def __init__(self, lab):
        self.lab = lab
        self.base = f"{lab.issuer}/api/v1"
        self.http = requests.Session()
        self.http.verify = lab.certificate
        self.http.trust_env = False

    @property
    def headers(self):
        return {
            "x-stack-access-type": "client",
            "x-stack-project-id": self.lab.project,
            "x-stack-publishable-client-key": self.lab.publishable_key,
        }

    def authorize_query(self, challenge, **changes):
        query = {
            "client_id": self.lab.project,
            "client_secret": self.lab.publishable_key,
            "redirect_uri": self.lab.app + "/callback",
            "scope": "legacy",
            "state": secrets.token_urlsafe(16),
            "grant_type": "authorization_code",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "response_type": "code",
            "type": "authenticate",
        }
        query.update(changes)
        return {name: value for name, value in query.items() if value is not None}

    def authorize_url(self, provider, query):
        path = f"{self.base}/auth/oauth/authorize/{provider}"
        return f"{path}?{urllib.parse.urlencode(query)}"

    def code(self, provider="local", person=None, email=None, new=True, subject="ann", **changes):
        """A whole sign-in in redirect mode: code, verifier and what came with it."""
        person = person or Person(self.lab)
        verifier, challenge = pkce()
        query = self.authorize_query(challenge, **changes)
        page = person.follow(person.get(self.authorize_url(provider, query)))
        until = [query["redirect_uri"]]
        if provider != "local":
            ended = person.at_provider(provider, page, until, subject)
        elif new:
            ended = person.sign_up(page, email, until)
        else:
            ended = person.sign_in(page, email, until)
        if not hasattr(ended, "arrived"):
            raise AssertionError(f"no redirect to the application: {ended.status_code} {ended.text[:500]}")
        answer = query_of(ended.arrived)
        return {"answer": answer, "verifier": verifier, "query": query, "response": ended}

    def token(self, fields, as_json=False, headers=None, base=None):
        url = (base or self.base) + "/auth/oauth/token"
        options = {"json": fields} if as_json else {"data": fields}
        return self.http.post(url, headers=headers or {}, timeout=20, **options)

    def redeem(self, signed_in, **changes):
        """The JS SDK's request: a form, no x-stack field."""
        fields = {
            "grant_type": "authorization_code",
            "client_id": self.lab.project,
            "client_secret": self.lab.publishable_key,
            "code": signed_in["answer"].get("code"),
            "redirect_uri": signed_in["query"]["redirect_uri"],
            "code_verifier": signed_in["verifier"],
        }
        fields.update(changes)
        fields = {name: value for name, value in fields.items() if value is not None}
        return self.token(fields, headers={"accept": "application/json"})

    def refresh(self, refresh_token, **changes):
        fields = {
            "grant_type": "refresh_token",
            "client_id": self.lab.project,
            "client_secret": self.lab.publishable_key,
            "refresh_token": refresh_token,
        }
        fields.update(changes)
        return self.token(fields, headers={"accept": "application/json"})

    def call(self, method, path, access_token=None, headers=None, **options):
        sent = dict(self.headers)
        if access_token:
            sent["x-stack-access-token"] = access_token
        sent.update(headers or {})
        return self.http.request(method, self.base + path, headers=sent, timeout=20, **options)

    def api(self, access_token, path="/api/orders"):
        """The protected back end behind the gateway."""
        headers = {"x-stack-access-token": access_token}
        return self.http.get(self.lab.issuer + path, headers=headers, timeout=20)
