"""Signing in for plain OAuth clients: the person's side, which no client library plays."""

import secrets
import urllib.parse

from kit.person import Forms, Person

def callback(lab):
    """On the port where the application listens: any port is allowed (RFC 8252 §7.3)."""
    return lab.app + "/callback"


def authorize(lab, url, email=None, new=True, person=None, decision="allow", provider="local"):
    """Opens an authorize address as a person and returns where the application is called back.

    Passes the page that asks for a provider, sign-up or sign-in, and consent, as they come.
    """
    person = person or Person(lab)
    until = [lab.app]
    page = person.follow(person.get(url), until)
    for _ in range(6):
        if hasattr(page, "arrived"):
            return page.arrived, person
        forms = Forms(page.text)
        fields = forms.forms[0]["fields"] if forms.forms else {}
        buttons = forms.forms[0]["buttons"] if forms.forms else []
        if page.status_code != 200:
            raise AssertionError(f"{page.status_code} at {page.url[:120]}: {page.text[-600:]}")
        if any(name == "decision" for name, _ in buttons):
            page = person.consent(page, decision, until)
        elif "password" in fields and "/oauth2/" in page.url and provider == "local":
            done = person.sign_up(page, email, until) if new else person.sign_in(page, email, until)
            page = done
        elif page.url.startswith(lab.issuer):
            # The page where a provider is chosen, or the sign-in page that offers others too.
            page = choose(person, page, provider, until)
        else:
            page = person.at_provider(provider, page, until)
    raise AssertionError("the sign-in has no end: " + " | ".join(person.trail[-8:]))


def choose(person, page, provider, until):
    forms = Forms(page.text)
    for link in forms.links:
        if provider in link["href"]:
            return person.follow(person.get(urllib.parse.urljoin(page.url, link["href"])), until)
    for index, form in enumerate(forms.forms):
        values = list(form["fields"].values()) + [value for _, value in form["buttons"]]
        if provider in values or provider in form["action"]:
            chosen = dict(button for button in form["buttons"] if button[1] == provider)
            return person.follow(person.submit(page, chosen, index=index), until)
    raise AssertionError(f"{provider} cannot be chosen at {page.url}: {page.text[-900:]}")


def request(lab, challenge, **changes):
    """An authorize request of the confidential client, with changes; `None` leaves one out."""
    query = {
        "response_type": "code", "client_id": "reporting", "redirect_uri": callback(lab),
        "scope": "openid", "state": secrets.token_urlsafe(8), "code_challenge": challenge,
        "code_challenge_method": "S256",
    }  # fmt: skip
    query.update(changes)
    return {name: value for name, value in query.items() if value is not None}


def leads_away(response):
    """Whether the browser is sent anywhere at all."""
    return "location" in response.headers or "http-equiv" in response.text.lower()
