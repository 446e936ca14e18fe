"""`gatehouse demo`: a stranger follows its link in Chromium, signs up, is known, and signs out."""

import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import requests

from kit.browserkeys import spki
from kit.check import Report, lab
from kit.devtools import Browser
from kit.person import PASSWORD, mail

LAB = lab()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def started(folder):
    """The demo, and the link that it prints."""
    port = free_port()
    out = open(folder / "demo.log", "wb")
    demo = subprocess.Popen(
        [LAB.gatehouse, "demo", "--port", str(port), "--directory", str(folder / "demo")],
        stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
    )  # fmt: skip
    for _ in range(200):
        text = (folder / "demo.log").read_text()
        if f"https://localhost:{port}/\n" in text or demo.poll() is not None:
            break
        time.sleep(0.1)
    return demo, f"https://localhost:{port}/", text


def visit(report, browser, link, certificate):
    email = mail()
    browser.open(link)
    report.must("the link opens", "Sign in" in browser.text, browser.text)
    browser.shoot("60-demo")
    browser.click(words="sign in")
    report.must("it leads to the sign-in page", browser.has("#password"), browser.text)
    browser.click(words="create an account")
    browser.type("#email", email)
    browser.type("#display_name", "Ann Example")
    browser.type("#password", PASSWORD)
    browser.click("button[type=submit]")
    report.must("signing up leads to the account", browser.url == link + "account", f"{browser.url} {browser.text[:400]}")
    browser.shoot("61-demo-account")
    text = browser.text
    report.ok("the back end sees who it is", "x-stack-user-id" in text and email in text, text)
    cookies = {one["name"]: one for one in browser.call("Network.getCookies", urls=[link])["cookies"]}
    token = cookies["__Host-token"]["value"]
    report.ok("the token is out of scripts' reach", cookies["__Host-token"]["httpOnly"] and cookies["__Host-token"]["secure"], cookies)
    report.ok("the token did not reach the back end", token[-30:] not in text, "it is on the page")

    def asked():
        return requests.get(link + "account", headers={"cookie": f"__Host-token={token}"}, verify=certificate, timeout=20, allow_redirects=False).status_code

    report.equal("the token works for whoever has it", asked(), 200)
    browser.click(words="sign out")
    report.ok("signing out leads back", browser.url == link, f"{browser.url} {browser.text[:300]}")
    report.equal("the token is refused at once, on every worker", {asked() for _ in range(8)}, {401})
    browser.open(link + "account")
    report.ok("the browser is out too", "x-stack-user-id" not in browser.text, browser.text)
    browser.open(link + "login")
    report.ok("and must sign in again", browser.has("#password"), browser.text)
    browser.type("#email", email)
    browser.type("#password", PASSWORD)
    browser.click("button[type=submit]")
    report.equal("which works", browser.url, link + "account")
    heard = [one for one in browser.complaints if "status of 401" not in one and "favicon" not in one]
    report.ok("the console is quiet", not heard, heard)


def main():
    report = Report("demo")
    if not shutil.which("chromium"):
        report.skip("all", "chromium is not installed: Tests/Scripts/install interop")
        report.end()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gatehouse-interop-demo-"))
    demo, link, said = started(folder)
    try:
        if report.ok("the demo prints its link", demo.poll() is None and link in said, said):
            certificate = str(folder / "demo" / "server.crt")
            browser = Browser(LAB.shots, spki(certificate))
            try:
                report.part("a stranger follows the link", visit, browser, link, certificate)
            finally:
                browser.end()
    finally:
        demo.terminate()
        try:
            report.equal("it ends on a signal", demo.wait(timeout=20), 0)
        except subprocess.TimeoutExpired:
            demo.kill()
            demo.wait()
            report.ok("it ends on a signal", False, "it had to be killed")
        shutil.rmtree(folder, ignore_errors=True)
    report.end()


main()
