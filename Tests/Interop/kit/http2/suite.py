"""Cases, each under the clause that it holds a peer to, and the run over them."""

import time
import traceback


class Failed(Exception):
    """The peer did something else than the clause says."""


class Skipped(Exception):
    """The peer does not have what the case is about."""


class Case:
    def __init__(self, clause, title, work):
        self.clause, self.title, self.work = clause, title, work

    @property
    def name(self):
        return f"{self.clause}: {self.title}"


class Suite:
    """The cases of one file."""

    def __init__(self, title):
        self.title, self.cases = title, []

    def add(self, clause, title, work):
        self.cases.append(Case(clause, title, work))

    def case(self, clause, title):
        def keep(work):
            self.add(clause, title, work)
            return work

        return keep


class Run:
    """All cases against one peer. A case passes, passes with a note (the RFC allows it, but there is
    a better answer), is skipped, or fails; with `is_strict` a note is a failure."""

    def __init__(self, peer, is_strict=False, wanted="", is_loud=False):
        self.peer, self.is_strict, self.wanted, self.is_loud = peer, is_strict, wanted, is_loud
        self.passed, self.skipped, self.failures, self.notes = 0, 0, [], []

    def suite(self, suite):
        chosen = [one for one in suite.cases if self.wanted in one.name]
        if not chosen:
            return
        before = (self.passed, len(self.failures), self.skipped)
        begun = time.monotonic()
        for case in chosen:
            self.case(case)
        passed, failed, skipped = self.passed - before[0], len(self.failures) - before[1], self.skipped - before[2]
        took = time.monotonic() - begun
        print(f" {suite.title}: {passed} pass, {failed} fail, {skipped} skipped, {took:.1f} s", flush=True)

    def case(self, case):
        self.peer.begin()
        kind, why = "pass", ""
        try:
            case.work(self.peer)
            why = "; ".join(self.peer.notes)
            if why:
                kind = "FAIL" if self.is_strict else "note"
        except Skipped as fault:
            kind, why = "skip", str(fault)
        except Failed as fault:
            kind, why = "FAIL", str(fault)
        except Exception as fault:  # noqa: BLE001: a fault of the case itself, said as one
            place = traceback.extract_tb(fault.__traceback__)[-1]
            why = f"{type(fault).__name__} {fault} at {place.filename.rsplit('/', 1)[-1]}:{place.lineno}"
            kind = "FAIL"
        finally:
            self.peer.finish()
        self.count(kind, case, why)

    def count(self, kind, case, why):
        if kind == "FAIL":
            self.failures.append((case.name, why))
        elif kind == "skip":
            self.skipped += 1
        else:
            self.passed += 1
        if kind == "note":
            self.notes.append((case.name, why))
        if kind == "FAIL" or self.is_loud:
            print(f"  {kind}  {case.name}{': ' + why[:700] if why else ''}", flush=True)

    def end(self):
        print(
            f"{self.peer.name}: {self.passed} passed ({len(self.notes)} of them with a note), "
            f"{len(self.failures)} failed, {self.skipped} skipped"
        )
        return 1 if self.failures or not self.passed else 0
