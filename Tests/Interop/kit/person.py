"""A person with a browser: cookies, forms, redirects that are followed one at a time."""

import base64
import hashlib
import html.parser
import re
import secrets
import urllib.parse

import requests

from kit import glewlwyd

NAVIGATION = {
    "accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
}
PASSWORD = "correct horse battery staple"


def pkce():
    """A verifier and its S256 challenge."""
    verifier = secrets.token_urlsafe(32)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def query_of(url):
    """The parameters of an address; each must stand once."""
    pairs = urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query, keep_blank_values=True)
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"duplicates in {url}"
    return dict(pairs)


def mail():
    return f"ann.{secrets.token_hex(5)}@example.test"


class Forms(html.parser.HTMLParser):
    """The forms, links and refreshes of a page."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.links, self.refresh = [], [], None
        self._form = self._link = None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._form = {"action": attributes.get("action", ""), "fields": {}, "buttons": []}
            self._form["method"] = attributes.get("method", "get").lower()
            self.forms.append(self._form)
        elif tag == "input" and self._form is not None and attributes.get("name"):
            self._form["fields"][attributes["name"]] = attributes.get("value", "")
        elif tag == "button" and self._form is not None and attributes.get("name"):
            self._form["buttons"].append((attributes["name"], attributes.get("value", "")))
        elif tag == "a":
            self._link = {"href": attributes.get("href", ""), "text": ""}
            self.links.append(self._link)
        elif tag == "meta" and attributes.get("http-equiv", "").lower() == "refresh":
            match = re.search(r"url=(.*)", attributes.get("content", ""), re.IGNORECASE)
            self.refresh = match.group(1).strip() if match else None

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "a":
            self._link = None

    def handle_data(self, data):
        if self._link is not None:
            self._link["text"] += data


class Person:
    """One browser."""

    def __init__(self, lab):
        self.lab = lab
        self.session = requests.Session()
        self.session.verify = lab.certificate
        self.session.trust_env = False
        self.session.headers.update(NAVIGATION)
        self.trail = []

    def get(self, url, **options):
        response = self.session.get(url, allow_redirects=False, timeout=20, **options)
        self.trail.append(f"{response.status_code} {url}")
        return response

    def post(self, url, fields, **options):
        response = self.session.post(
            url, data=fields, allow_redirects=False, timeout=30, **options
        )
        self.trail.append(f"POST {response.status_code} {url}")
        return response

    def submit(self, page, values, action=None, index=0, **options):
        """Fills a form of the page in, as a browser would send it, and posts it."""
        form = Forms(page.text).forms[index]
        fields = dict(form["fields"])
        fields.update(values)
        target = urllib.parse.urljoin(page.url, action or form["action"] or page.url)
        origin = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(page.url))
        headers = {"origin": origin, "sec-fetch-site": "same-origin"}
        return self.post(target, fields, headers=headers, **options)

    def follow(self, response, until=()):
        """Follows redirects, until a page, or an address that begins with one of `until`."""
        for _ in range(12):
            target = response.headers.get("location")
            if target is None and response.ok and "html" in response.headers.get("content-type", ""):
                target = Forms(response.text).refresh
            if target is None:
                return response
            target = urllib.parse.urljoin(response.url, target)
            if any(target.startswith(prefix) for prefix in until):
                response.arrived = target
                return response
            response = self.get(target)
        raise AssertionError("the browser goes in circles: " + " | ".join(self.trail[-12:]))

    def link(self, page, words):
        """The address of the link with these words."""
        for link in Forms(page.text).links:
            if words.lower() in " ".join(link["text"].split()).lower():
                return urllib.parse.urljoin(page.url, link["href"])
        raise AssertionError(f"no link {words!r} in {page.url}: {page.text[:300]}")

    def sign_up(self, page, email, until, password=PASSWORD):
        """From a sign-in page of ours through its sign-up form to the application."""
        page = self.get(self.link(page, "create an account"))
        answer = self.submit(page, {"email": email, "password": password, "display_name": "Ann"})
        return self.follow(answer, until)

    def sign_in(self, page, email, until, password=PASSWORD):
        answer = self.submit(page, {"email": email, "password": password})
        return self.follow(answer, until)

    def consent(self, page, decision, until):
        return self.follow(self.submit(page, {"decision": decision}), until)

    def at_mock(self, page, subject, until):
        """Signs in at oidc-provider-mock."""
        answer = self.post(page.url, {"sub": subject})
        return self.follow(answer, until)

    def at_nanoidp(self, page, until, user="admin", password="admin"):
        """Signs in at nanoidp, whose form posts to itself."""
        answer = self.submit(page, {"username": user, "password": password})
        return self.follow(answer, until)

    def at_glewlwyd(self, page, until, user=glewlwyd.USER, password=glewlwyd.PASSWORD):
        """Does what its page's script does: signs in, grants, and goes on."""
        base = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(page.url))
        for method, path, body in (
            ("post", "/api/auth/", {"username": user, "password": password}),
            ("put", "/api/auth/grant/gatehouse", {"scope": "openid"}),
        ):
            answer = self.session.request(method, base + path, json=body, timeout=20)
            assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        onward = query_of(page.url)["callback_url"] + "&g_continue"
        return self.follow(self.get(onward), until)

    def at_provider(self, name, page, until, subject="ann"):
        if name == "corp":
            return self.at_mock(page, subject, until)
        if name == "glew":
            return self.at_glewlwyd(page, until)
        return self.at_nanoidp(page, until)
