"""Starts gateway, back end and providers, runs each check as a process of its own, ends them."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from kit.servers import Servers  # noqa: E402

ORDER = [
    "stack_local.py", "stack_provider.py", "dressipi.py", "oauth_authlib.py", "oauth_requests.py",
    "oauth_curl.sh", "operators.py", "attacks.py", "malformed.py",
    "limits.py", "browser.py", "demo.py", "http2_conformance.py",
]  # fmt: skip
# These start gateways of their own, and need no provider.
ALONE = [
    "http2_clients.py", "http2_load.py", "grpc_calls.py", "grpc_tokens.py", "websocket_wires.py",
    "websocket_suite.py",
]  # fmt: skip
# No check takes more than two minutes; a browser that hangs must not hold a CI run.
LIMIT = 240


def main():
    wanted = sys.argv[1:]
    chosen = [one for one in ORDER + ALONE if not wanted or one.split(".")[0] in wanted]
    unknown = set(wanted) - {one.split(".")[0] for one in ORDER + ALONE}
    if unknown:
        sys.exit(f"interop: no such check: {' '.join(sorted(unknown))}")
    servers = Servers()
    results = []
    died = None
    values = servers.folder / "lab.json"
    try:
        if not set(chosen) <= set(ALONE):
            servers.begin()
            values.write_text(json.dumps(servers.values()))
        for name in chosen:
            results.append((name, *check(name, values)))
        if servers.gateway is not None:
            died = servers.gateway.poll()
    finally:
        servers.end()
    if died is not None:
        print(f"FAIL  the gateway ended by itself with {died}: see {servers.folder}/gateway.log")
    print()
    for name, code, seconds in results:
        print(f"{'pass' if code == 0 else 'FAIL'}  {name:20} {seconds:6.1f} s")
    failed = sum(code != 0 for _, code, _ in results) + (died is not None)
    print(f"{len(results) - sum(code != 0 for _, code, _ in results)} passed, {failed} failed")
    if failed or os.environ.get("GATEHOUSE_INTEROP_KEEP"):
        print(f"logs: {servers.folder}")
    else:
        shutil.rmtree(servers.folder)
    sys.exit(1 if failed else 0)


def check(name, values):
    print(f"== {name}", flush=True)
    script = HERE / "checks" / name
    words = [sys.executable, "-W", "ignore", script] if name.endswith(".py") else ["bash", script]
    environment = {
        **os.environ, "GATEHOUSE_INTEROP_LAB": str(values), "PYTHONPATH": str(HERE),
        "GATEHOUSE_INTEROP_PYTHON": sys.executable,
    }  # fmt: skip
    begun = time.monotonic()
    try:
        code = subprocess.run(words, env=environment, timeout=LIMIT).returncode
    except subprocess.TimeoutExpired:
        print(f"  FAIL  {name} took more than {LIMIT} s")
        code = 1
    return code, time.monotonic() - begun


main()
