#!/usr/bin/env python3
"""Races and kills of the token endpoints, against the real binary with four workers.

    tokens.py [--kills 50] [--races 1000] [--seed N]

A kill shows that nothing acknowledged lives in the process alone. That it also survives the machine
rests on `synchronous=FULL`: strace, where it is installed, sees the log synced before each answer.
"""

import argparse
import json
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import tokens_wire
from kit import Lab, Verdict, find_gatehouse, need, wait_for_port
from tokens_wire import ORIGIN, Broken, Dressipi, Provider, Stack, Wire


def side_by_side(count, body):
    """Runs `body(index)` in as many threads, all released at once."""
    gate, results = threading.Barrier(count), [None] * count

    def run(index):
        gate.wait()
        try:
            results[index] = body(index)
        except Broken as fault:
            results[index] = (0, {"error": str(fault)})

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def statuses(results):
    found = {}
    for status, _ in results:
        found[status] = found.get(status, 0) + 1
    return dict(sorted(found.items()))


class Races:
    def __init__(self, lab, verdict, count):
        self.lab, self.verdict, self.count = lab, verdict, count
        self.wire = Wire(lab.plain)
        self.wires = [Wire(lab.plain) for _ in range(100)]
        for wire in self.wires:
            wire.request("GET", "/none")  # connected before the race begins

    def run(self):
        self.stack = Stack(self.wire)
        self.session = self.stack.sign_in("alice")
        self.redemptions()
        for client in ("app-long", "app-none"):
            self.refreshes(client)
        self.steady_refreshes()
        self.sign_outs()

    def redemptions(self):
        for round_ in range(10):
            app = Dressipi(self.wire, "app-long")
            code = app.code()
            results = side_by_side(
                100, lambda index: Dressipi(self.wires[index], "app-long").redeem(code)
            )
            answers = [answer for status, answer in results if status == 200]
            refused = [answer for status, answer in results if status == 400]
            right = len(answers) == 1 and len(refused) == 99
            right = right and all(one.get("error") == "invalid_grant" for one in refused)
            dead = answers and app.refresh(answers[0]["refresh_token"])[0] == 400
            shut = [
                Dressipi(wire, "app-long").reaches(answers[0]["access_token"])
                for wire in self.wires[:16]
            ] if answers else []  # fmt: skip
            if not right or not dead or set(shut) != {401}:
                self.verdict.hold(False, f"round {round_}: {statuses(results)}, {dead=}, {shut}")
                return
        self.verdict.hold(True, "10 x 100 parallel redemptions of one code: one 200 and 99 "
                          "invalid_grant each; refresh and access token of the one dead after the "
                          "last answer, on 16 connections to 4 workers")  # fmt: skip

    def refreshes(self, client):
        for round_ in range(10):
            app = Dressipi(self.wire, client)
            _, first = app.redeem(app.code())
            results = side_by_side(
                100,
                lambda index: Dressipi(self.wires[index], client).refresh(first["refresh_token"]),
            )
            answers = [answer for status, answer in results if status == 200]
            for answer in answers:
                answer.pop("expires_in", None)
            texts = {json.dumps(answer, sort_keys=True) for answer in answers}
            if client == "app-none":
                after = app.refresh(answers[0]["refresh_token"])[0] if answers else 0
                right = len(answers) == 1 and after == 400
                what = "without a grace: one 200, the rest refused, the family ended"
            else:
                after = app.refresh(answers[0]["refresh_token"])[0] if answers else 0
                right = len(answers) == 100 and len(texts) == 1 and after == 200
                what = "within the grace: 100 answers, byte for byte one but expires_in, and its " \
                    "refresh token good"  # fmt: skip
            if not right:
                self.verdict.hold(False, f"{client}, round {round_}: {statuses(results)}, "
                                  f"{len(texts)} different, then {after}")  # fmt: skip
                return
        self.verdict.hold(True, f"10 x 100 parallel refreshes {what}")

    def steady_refreshes(self):
        results = side_by_side(
            100, lambda index: Stack(self.wires[index]).refresh(self.session["refresh_token"])
        )
        sessions = {claims(answer["access_token"]).get("refresh_token_id")
                    for status, answer in results if status == 200}  # fmt: skip
        self.verdict.hold(statuses(results) == {200: 100} and len(sessions) == 1,
                          "100 parallel refreshes of a Stack token, which does not rotate: "
                          f"{statuses(results)}, {len(sessions)} session")  # fmt: skip

    def sign_outs(self):
        """A refresh races the sign-out of its session, on connections to all workers."""
        outcomes, faults = {}, []
        for round_ in range(self.count):
            status, child = self.stack.redeem(self.stack.hand_over(self.session))
            if status != 200:
                faults.append(f"round {round_}: no session: {status} {child}")
                break
            refreshing, leaving = random.sample(self.wires, 2)
            # Up to two milliseconds' lead for either, so that both orders are met.
            leads = [random.choice((0, random.uniform(0, 0.002))) for _ in range(2)]
            turns = [
                lambda: Stack(refreshing).refresh(child["refresh_token"]),
                lambda: Stack(leaving).sign_out(child["access_token"]),
            ]

            def turn(index):
                time.sleep(leads[index])
                return turns[index]()

            (status, answer), (left, said) = side_by_side(2, turn)
            outcomes[status] = outcomes.get(status, 0) + 1
            if status not in (200, 401) or left != 200:
                faults.append(f"round {round_}: refresh {status} {answer}, sign-out {left} {said}")
            tokens = [child["access_token"]] + ([answer["access_token"]] if status == 200 else [])
            for token in tokens:
                reached = Stack(random.choice(self.wires)).reaches(token)
                if reached != 401:
                    faults.append(f"round {round_}: a token reached the back end: {reached}")
            after = Stack(random.choice(self.wires)).refresh(child["refresh_token"])
            if after[0] != 401:
                faults.append(f"round {round_}: refresh after the sign-out: {after}")
            if len(faults) > 5:
                break
        for fault in faults:
            print(f"     {fault}")
        self.verdict.hold(not faults, f"refresh racing sign-out {sum(outcomes.values())} times: "
                          f"{dict(sorted(outcomes.items()))}; after the sign-out's answer no "
                          "refresh, and no access token of the session on any worker")  # fmt: skip


def claims(token):
    import base64

    part = token.split(".")[1]
    return json.loads(base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_"))


class Ledger:
    """What one actor was told, and so must hold after a kill."""

    def __init__(self):
        self.family = None  # the last refresh token that was acknowledged
        self.older = []  # those before it, and when each was replaced
        self.doubted = False  # whether a refresh of it was under way
        self.dead = []  # (refresh token, access token) that were signed out
        self.codes = []  # (code, the refresh token it gave): redeemed with success
        self.count = 0


class Rotating(threading.Thread):
    """Signs in and refreshes, one after the other, until the gateway is gone."""

    def __init__(self, lab, client, ledger, seed):
        super().__init__(daemon=True)
        self.app, self.ledger = Dressipi(Wire(lab.plain), client), ledger
        self.random, self.fault = random.Random(seed), None

    def run(self):
        ledger = self.ledger
        try:
            while True:
                if ledger.family is None or self.random.random() < 0.1:
                    code = self.app.code()
                    status, answer = self.app.redeem(code)
                    if status != 200:
                        self.fault = f"redeem: {status} {answer}"
                        return
                    ledger.codes.append((code, answer["refresh_token"]))
                    # A family begins anew; the one before ends here and is not asked for again.
                    ledger.family, ledger.older = answer["refresh_token"], []
                    ledger.count += 1
                ledger.doubted = True
                status, answer = self.app.refresh(ledger.family)
                if status != 200:
                    self.fault = f"refresh: {status} {answer}"
                    return
                ledger.older.append((ledger.family, time.monotonic()))
                ledger.family, ledger.doubted = answer["refresh_token"], False
                ledger.count += 1
        except Broken:
            return


class Leaving(threading.Thread):
    """Takes a session over, refreshes it, and signs it out."""

    def __init__(self, lab, parent, ledger):
        super().__init__(daemon=True)
        self.stack, self.parent, self.ledger = Stack(Wire(lab.plain)), parent, ledger
        self.fault = None

    def run(self):
        try:
            while True:
                status, child = self.stack.redeem(self.stack.hand_over(self.parent))
                if status != 200:
                    self.fault = f"hand over: {status} {child}"
                    return
                status, fresh = self.stack.refresh(child["refresh_token"])
                if status != 200:
                    self.fault = f"refresh: {status} {fresh}"
                    return
                status, said = self.stack.sign_out(fresh["access_token"])
                if status != 200:
                    self.fault = f"sign-out: {status} {said}"
                    return
                self.ledger.dead.append((child["refresh_token"], child["access_token"]))
                self.ledger.count += 3
        except Broken:
            return


class Kills:
    CLIENTS = ("app-long", "app-short", "app-none")

    def __init__(self, lab, verdict, count, gateway):
        self.lab, self.verdict, self.count, self.gateway = lab, verdict, count, gateway
        self.faults, self.tokens, self.restart_times = [], 0, []
        self.checks = {}

    def check(self, what, is_right, detail=""):
        self.checks[what] = self.checks.get(what, 0) + 1
        if not is_right:
            self.faults.append(f"{what}: {detail}")
            print(f"     kill {self.number}: {what}: {detail}", flush=True)

    def run(self):
        self.parent = Stack(Wire(self.lab.plain)).sign_in("bob")
        # One chain per client that is used a little and must last through all kills.
        self.lasting = {}
        for client in self.CLIENTS:
            app = Dressipi(Wire(self.lab.plain), client)
            self.lasting[client] = app.redeem(app.code())[1]["refresh_token"]
        for self.number in range(1, self.count + 1):
            self.round()
            if len(self.faults) > 10:
                break
        for what, count in self.checks.items():
            wrong = sum(1 for fault in self.faults if fault.startswith(what + ":"))
            self.verdict.hold(wrong == 0, f"{what}: {count} looked at, {wrong} wrong")
        worst = max(self.restart_times)
        self.verdict.hold(self.number >= self.count,
                          f"{self.number} kills under load, {self.tokens} acknowledged answers; "
                          f"ready again within {worst:.2f} s")  # fmt: skip

    def round(self):
        ledgers = [Ledger() for _ in range(12)]
        actors = [
            Rotating(self.lab, self.CLIENTS[index % 3], ledgers[index], random.random())
            for index in range(8)
        ] + [Leaving(self.lab, self.parent, ledgers[index]) for index in range(8, 12)]
        for actor in actors:
            actor.start()
        time.sleep(random.uniform(0.05, 1.0))
        self.gateway.send_signal(signal.SIGKILL)
        self.gateway.wait()
        for actor in actors:
            actor.join(30)
            self.check("no answer under load but success", actor.fault is None, actor.fault)
        self.tokens += sum(ledger.count for ledger in ledgers)
        self.check_file()
        began = time.monotonic()
        words = [find_gatehouse(), "run", "-c", "gateway.conf"]
        self.gateway = self.lab.start("gateway", words)
        wait_for_port(self.lab.plain, self.gateway, self.lab.folder / "gateway.out")
        self.restart_times.append(time.monotonic() - began)
        try:
            self.look(actors[:8], ledgers[:8], ledgers[8:])
        except Broken as fault:
            self.check("the gateway answers after a restart", False, str(fault))

    def check_file(self):
        """On a copy, so that the gateway itself recovers what the kill left."""
        copy = self.lab.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for path in (self.lab.folder / "state").glob("gatehouse.db*"):
            if path.suffix in (".db", ".db-wal") or path.name.endswith("-wal"):
                shutil.copy(path, copy / path.name)
        link = sqlite3.connect(copy / "gatehouse.db")
        said = link.execute("PRAGMA integrity_check").fetchall()
        self.check("the store is sound (integrity_check)", said == [("ok",)], said)
        said = link.execute("PRAGMA foreign_key_check").fetchall()
        self.check("no row without its owner (foreign_key_check)", said == [], said)
        link.close()

    def look(self, actors, ledgers, leaving):
        wire = Wire(self.lab.plain)
        stack = Stack(wire)
        for ledger in leaving:
            for refresh_token, access_token in ledger.dead[-3:]:
                reached = stack.reaches(access_token)
                self.check("a signed-out access token is refused from the start", reached == 401,
                           reached)  # fmt: skip
                status, answer = stack.refresh(refresh_token)
                self.check("a signed-out refresh token is refused", status == 401,
                           f"{status} {answer}")  # fmt: skip
        status, answer = stack.refresh(self.parent["refresh_token"])
        self.check("a Stack session lasts", status == 200, f"{status} {answer}")
        if status == 200:
            self.parent["access_token"] = answer["access_token"]
        for client, token in self.lasting.items():
            status, answer = Dressipi(wire, client).refresh(token)
            self.check("an acknowledged refresh token works", status == 200, f"{status} {answer}")
            if status == 200:
                self.lasting[client] = answer["refresh_token"]
        time.sleep(1.2)  # the grace of app-short
        for actor, ledger in zip(actors, ledgers):
            self.look_at(Dressipi(wire, actor.app.client), ledger)

    def look_at(self, app, ledger):
        current = ledger.family
        if current is None:
            return
        where = f"{app.client}, doubted {ledger.doubted}"
        status, answer = app.refresh(current)
        if ledger.doubted and app.client != "app-long":
            # The answer was lost, and the grace with it: good once or not at all.
            self.check("a refresh without an answer is good at most once", status in (200, 400),
                       f"{where}: {status} {answer}")  # fmt: skip
        else:
            self.check("an acknowledged refresh token works", status == 200,
                       f"{where}: {status} {answer}")  # fmt: skip
        if status == 200:
            successor = answer["refresh_token"]
            # An older one of the family, outside its grace: refused, and the family with it.
            late = [token for token, at in ledger.older
                    if app.client == "app-none"
                    or app.client == "app-short" and time.monotonic() - at > 1.1]  # fmt: skip
            if late:
                status, answer = app.refresh(late[-1])
                self.check("no token is good twice outside its grace", status == 400,
                           f"{where}: {status} {answer}")  # fmt: skip
                status, answer = app.refresh(successor)
                self.check("reuse ends the family", status == 400, f"{where}: {status} {answer}")
        for code, refresh_token in ledger.codes[-2:]:
            status, answer = app.redeem(code)
            self.check("a code that was answered is never good again", status == 400,
                       f"{where}: {status} {answer}")  # fmt: skip
            status, answer = app.refresh(refresh_token)
            self.check("a replayed code ends what it gave", status == 400,
                       f"{where}: {status} {answer}")  # fmt: skip


def durable_before_answer(lab, gateway, verdict):
    """With strace: between the reading of a token request and its answer the log is synced."""
    if not shutil.which("strace"):
        print("     strace is not installed: not looked at")
        return
    output = lab.folder / "strace.out"
    trace = subprocess.Popen(
        ["strace", "-f", "-tt", "-s", "64", "-e", "trace=fdatasync,fsync,sendto,recvfrom,write,writev,sendmsg",
         "-o", output, "-p", str(gateway.pid)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    time.sleep(1)
    app = Dressipi(Wire(lab.plain), "app-long")
    _, answer = app.redeem(app.code())
    for _ in range(5):
        _, answer = app.refresh(answer["refresh_token"])
    trace.send_signal(signal.SIGINT)
    trace.wait(10)
    lines = output.read_text(errors="replace").splitlines()
    asked, synced, right, wrong = False, False, 0, 0
    for line in lines:
        if "POST /oauth/token" in line:
            asked, synced = True, False
        elif asked and re.search(r"(fdatasync|fsync)(\(.*| resumed.*)= 0", line):
            synced = True
        elif asked and "HTTP/1.1 200" in line:
            right, wrong, asked = right + synced, wrong + (not synced), False
    verdict.hold(right == 6 and wrong == 0,
                 f"strace: {right} token answers left after the log was synced, {wrong} before")


def main():
    need("nginx", "openssl")
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--kills", type=int, default=50)
    words.add_argument("--races", type=int, default=1000)
    words.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = words.parse_args()
    random.seed(options.seed)
    verdict = Verdict(f"Races and kills of the token endpoints, seed {options.seed}")
    lab = Lab("tokens")
    try:
        lab.nginx(ORIGIN)
        Provider(lab)
        gateway = lab.gateway(tokens_wire.conf(lab))
        if options.races:
            print("## Races over the wire\n", flush=True)
            Races(lab, verdict, options.races).run()
            durable_before_answer(lab, gateway, verdict)
        if options.kills:
            print(f"\n## {options.kills} kills at random moments under token load\n", flush=True)
            Kills(lab, verdict, options.kills, gateway).run()
    except BaseException:
        lab.close()
        print(f"kept: {lab.folder}")
        raise
    verdict.end(lab)


if __name__ == "__main__":
    main()
