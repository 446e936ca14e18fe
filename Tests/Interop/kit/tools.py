"""curl, nghttp and h2load, with what they say in pieces."""

import dataclasses
import re
import shutil
import subprocess


@dataclasses.dataclass
class Answer:
    """What curl got: the version of HTTP, the status, the last head, what came after it, the body."""

    version: str
    status: int
    headers: list
    trailers: list
    body: bytes
    sent: int
    code: int
    said: str
    interim: list = dataclasses.field(default_factory=list)

    def header(self, name):
        return ", ".join(value for key, value in self.headers if key == name) or None

    def trailer(self, name):
        return ", ".join(value for key, value in self.trailers if key == name) or None


def missing(*tools):
    return [one for one in tools if not shutil.which(one)]


def curl(gate, path, *options, wire="--http2", plain=False, body=None, limit=60):
    """One request; `body` is what stands on curl's standard input."""
    origin = gate.plain if plain else gate.origin
    heads = gate.folder / "heads"
    words = [
        "curl", "--silent", "--show-error", "--max-time", str(limit), "--cacert", gate.certificate, "--noproxy", "*", wire,
        "--dump-header", str(heads), "--write-out", "%{stderr}\n%{http_version} %{response_code} %{size_upload}", *options, origin + path,
    ]  # fmt: skip
    heads.write_bytes(b"")
    done = subprocess.run(words, input=body, capture_output=True, timeout=limit + 10)
    said, _, last = done.stderr.decode(errors="replace").rpartition("\n")
    version, status, sent = last.split()
    blocks = [block for block in re.split(r"\r?\n\r?\n", heads.read_text(errors="replace")) if block.strip()]
    final = max((at for at, block in enumerate(blocks) if block.startswith("HTTP/")), default=None)
    headers = fields(blocks[final].split("\n")[1:]) if final is not None else []
    trailers = [one for block in blocks[final + 1 :] for one in fields(block.split("\n"))] if final is not None else []
    interim = [(int(block.split()[1]), fields(block.split("\n")[1:])) for block in blocks[: final or 0] if block.startswith("HTTP/")]
    return Answer(version, int(status), headers, trailers, done.stdout, int(sent), done.returncode, said.strip(), interim)


def early(*arguments, **named):
    """The same where the answer comes before the upload is over.

    curl 7.88 forgets such an answer over HTTP/2 where the RST_STREAM (NO_ERROR) behind it comes in
    the same read, from every server alike: it gets a few turns.
    """
    for _ in range(8):
        answer = curl(*arguments, **named)
        if answer.status:
            break
    return answer


def fields(lines):
    pairs = (line.strip().partition(":") for line in lines if ":" in line)
    return [(name.lower(), value.strip()) for name, _, value in pairs]


def run(*words, limit=90):
    """Exit code and everything that it said."""
    done = subprocess.run([str(word) for word in words], capture_output=True, timeout=limit, stdin=subprocess.DEVNULL)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def h2load(*words, limit=120):
    """What h2load counted: requests by outcome, statuses by class, and the whole text."""
    code, text = run("h2load", *words, limit=limit)
    return counted(code, text)


def counted(code, text):
    found = {"code": code, "text": text[-1500:]}
    if match := re.search(r"requests: (\d+) total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", text):
        found.update(zip(("total", "done", "succeeded", "failed", "errored", "timeout"), map(int, match.groups())))
    if match := re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", text):
        found.update(zip(("2xx", "3xx", "4xx", "5xx"), map(int, match.groups())))
    if match := re.search(r"finished in ([\d.]+)(m?s), ([\d.]+) req/s", text):
        found["rate"] = float(match[3])
    return found
