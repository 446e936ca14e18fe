"""RFC 9113 sections 3 to 8, RFC 7541 and RFC 8441, over TLS, with raw frames.

    http2_conformance.py [PEER] [--target HOST:PORT] [--only WORDS] [--strict] [--loud]

PEER is gateway (the default), nghttpx, nginx or haproxy: it is started in front of a back end that
writes down what reaches it. With --target, any server: what the back end saw is then not looked at.
"""

import argparse
import importlib
import sys

from kit.http2.peers import Behind, Peer, Started
from kit.http2.suite import Run

SERVER = [
    "starting", "framing", "streams", "frames_small", "flow", "messages", "fields",
    "hpack_blocks", "extended_connect",
]  # fmt: skip
CLIENT = ["upstream_wire", "upstream_messages"]


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("peer", nargs="?", default="gateway", choices=["gateway", "nghttpx", "nginx", "haproxy"])
    words.add_argument("--target", help="host:port of a server that runs already")
    words.add_argument("--only", default="", help="part of the names of the cases to run")
    words.add_argument("--strict", action="store_true", help="what the RFC merely tolerates fails")
    words.add_argument("--loud", action="store_true", help="a line for each case")
    words.add_argument("--side", default="both", choices=["both", "server", "client"], help="the role of the peer")
    given = words.parse_args()
    if given.target:
        host, _, port = given.target.rpartition(":")
        peer = Peer((host, int(port)))
        return play(given, peer, SERVER)
    code = play(given, Started(given.peer), SERVER) if given.side != "client" else 0
    if given.side != "server" and given.peer != "nginx":
        code |= play(given, Behind(given.peer), CLIENT)
    return code


def play(given, peer, suites):
    run = Run(peer, given.strict, given.only, given.loud)
    try:
        for name in suites:
            run.suite(importlib.import_module(f"http2.{name}").SUITE)
    finally:
        peer.end()
    return run.end()


if __name__ == "__main__":
    sys.exit(main())
