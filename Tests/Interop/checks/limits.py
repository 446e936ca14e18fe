"""What one address may ask is bounded, by the conf's own defaults, and said so by 429."""

import collections
import concurrent.futures
import shutil

import requests

from kit.check import Report, lab
from kit.person import pkce
from kit.servers import Servers
from kit.stack import Stack

LAB = lab()


def many(count, ask):
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        return list(pool.map(lambda _: ask(), range(count)))


def bounded(report, servers):
    """Three times the burst at once; the rest is told when to come again."""
    mine = type("Lab", (), servers.values())()
    stack = Stack(mine)
    _, challenge = pkce()
    address = stack.authorize_url("local", stack.authorize_query(challenge))

    def authorize():
        return requests.get(address, verify=mine.certificate, allow_redirects=False, timeout=30)

    def token():
        fields = {"grant_type": "refresh_token", "client_id": mine.project, "client_secret": mine.publishable_key, "refresh_token": "0" * 45}
        return requests.post(stack.base + "/auth/oauth/token", data=fields, verify=mine.certificate, timeout=30)

    for name, count, ask, usual in (("authorize", 300, authorize, 302), ("token", 600, token, 401)):
        answers = many(count, ask)
        seen = collections.Counter(one.status_code for one in answers)
        report.ok(f"{name}: {count} at once are some {usual} and some 429", set(seen) == {usual, 429}, seen)
        late = [one for one in answers if one.status_code == 429]
        report.ok(f"{name}: 429 says when to come again", late and all(one.headers.get("retry-after", "").isdigit() for one in late), late[:1])
        report.ok(f"{name}: and any origin may read it", all(one.headers.get("access-control-allow-origin") == "*" for one in late), late[:1])


def main():
    report = Report("limits")
    servers = Servers()
    # Providers that are not there: only whom nobody signs in by them is concerned (section 2).
    servers.has_glewlwyd = False
    try:
        servers.begin_gateway(relaxed=False)
        report.part("the defaults", bounded, servers)
    finally:
        servers.end()
        shutil.rmtree(servers.folder, ignore_errors=True)
    report.end()


main()
