"""The servers of a run: each in a folder of its own, on loopback ports that nobody uses.

Every process is started here, pinned to one core, known by its id, and stopped by it.
"""

import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import time

from material import HERE, MATERIAL, ROOT, SCRATCH, compile_c

LUA_MODULES = ["ndk_http_module.so", "ngx_http_lua_module.so"]
LUA_FOLDER = pathlib.Path("/usr/lib/nginx/modules")
TICKS = os.sysconf("SC_CLK_TCK")


def cores():
    """The proxy's core, and the one that origin and load share; the same where there is but one."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def find_gatehouse():
    """`GATEHOUSE`, or the release build; `None` where neither is there."""
    named = os.environ.get("GATEHOUSE")
    path = pathlib.Path(named) if named else ROOT / ".build" / "release" / "gatehouse"
    if named and not path.exists():
        raise SystemExit(f"bench: GATEHOUSE={named} does not exist")
    return path.resolve() if path.exists() else None


def children(pid):
    """A process and all that descend from it."""
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += children(int(child))
    return found


class Server:
    """One server program with its conf, its folder and its log."""

    name = "server"
    template = ""
    program = ""
    log_name = "access.log"

    def __init__(self, values=None, wrapper=(), environment=None):
        self.plain, self.tls, self.admin = free_ports(3)
        self.folder = SCRATCH / "run" / f"{self.name}-{self.plain}"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.wrapper = [str(word) for word in wrapper]
        self.environment = {**os.environ, **(environment or {})}
        self.process = None
        self.exit_code = None
        self.core = cores()[0]
        self.values = {
            "PLAIN": self.plain, "TLS": self.tls, "ADMIN": self.admin, "DIRECTORY": self.folder,
            "MATERIAL": MATERIAL, "USER": "user root;" if os.getuid() == 0 else "",
            "LUA": "", "LUA_HTTP": "", "LUA_ACCESS": "", **(values or {}),
        }  # fmt: skip
        self.conf = self.folder / "conf"

    @classmethod
    def is_available(cls):
        return shutil.which(cls.program) is not None

    def command(self):
        raise NotImplementedError

    @property
    def log(self):
        return self.folder / self.log_name

    def start(self):
        if self.template:
            text = (HERE / "conf" / self.template).read_text()
            for key, value in self.values.items():
                text = text.replace(f"@{key}@", str(value))
            self.conf.write_text(text)
        self.prepare()
        self.output = open(self.folder / "stderr.log", "wb")
        self.process = subprocess.Popen(
            ["taskset", "-c", str(self.core), *self.wrapper, *self.command()],
            stdin=subprocess.DEVNULL, stdout=self.standard_output(), stderr=self.output,
            env=self.environment, cwd=self.folder, start_new_session=True,
        )  # fmt: skip
        self.wait_for(self.ready_port())
        return self

    def prepare(self):
        pass

    def standard_output(self):
        return self.output

    def ready_port(self):
        return self.plain

    def wait_for(self, port, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                return
            except OSError:
                time.sleep(0.05)
        said = (self.folder / "stderr.log").read_text(errors="replace")[-2000:]
        self.stop()
        raise SystemExit(f"bench: {self.name} did not start\n{said}")

    def stop(self):
        """Asks it to end, and insists after ten seconds; only what `start` started."""
        if self.process is None:
            return
        if self.process.poll() is None:
            for pid in self.own_processes():
                os.kill(pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.output.close()
        self.exit_code = self.process.returncode
        self.process = None

    def own_processes(self):
        """Whom a signal goes to: below a wrapper such as strace, the wrapped program."""
        below = children(self.process.pid)
        return below[1:2] if self.wrapper and len(below) > 1 else below[:1]

    def pids(self):
        return children(self.process.pid)

    def cpu_seconds(self):
        """User and system time of all its processes, and of those it has already buried."""
        ticks = 0
        for index, pid in enumerate(self.pids()):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
            if index == 0:
                ticks += int(fields[13]) + int(fields[14])
        return ticks / TICKS

    def memory_bytes(self):
        """Proportional set size of all its processes."""
        total = 0
        for pid in self.pids():
            for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        return total


class Nginx(Server):
    name = "nginx"
    template = "nginx.conf"
    program = "nginx"

    def command(self):
        return [self.program, "-e", self.folder / "error.log", "-p", self.folder, "-c", self.conf]


class NginxLua(Nginx):
    name = "nginx-lua"

    def __init__(self, values=None, **options):
        modules = "\n".join(f"load_module {LUA_FOLDER / module};" for module in LUA_MODULES)
        lua = {
            "LUA": modules,
            "LUA_HTTP": f'lua_package_path "{HERE}/conf/?.lua;/usr/share/lua/5.1/?.lua;;"; '
            f"""init_by_lua_block {{ require("verify").load("{MATERIAL}/issuer.pub") }}""",
            "LUA_ACCESS": 'access_by_lua_block { require("verify").check("orders:read") }',
        }
        super().__init__({**(values or {}), **lua}, **options)

    @classmethod
    def is_available(cls):
        return super().is_available() and all((LUA_FOLDER / one).exists() for one in LUA_MODULES)


class UnaryOrigin(Server):
    """The gRPC back end: HTTP/2 without TLS. It counts the calls that reached it whole."""

    name = "unary"

    def __init__(self):
        super().__init__()
        self.core = cores()[1]

    def command(self):
        program = compile_c(HERE / "unary.c", SCRATCH / "unary", "-lnghttp2")
        return [program, str(self.plain), self.log]

    def count(self):
        return struct.unpack("=Q", self.log.read_bytes())[0]


class Origin(Nginx):
    """The legacy back end and the gRPC one beside it. Its log has two bytes a request."""

    name = "origin"
    template = "origin.conf"

    def __init__(self):
        super().__init__()
        self.core = cores()[1]
        self.values.update({"ORIGIN": self.plain, "BACKUP": self.tls})
        self.unary = UnaryOrigin()

    def start(self):
        self.unary.start()
        return super().start()

    def stop(self):
        super().stop()
        self.unary.stop()

    def count(self, is_unary=False):
        return self.unary.count() if is_unary else self.log.stat().st_size // 2

    def places(self):
        """What a proxy's conf has to know."""
        return {"ORIGIN": self.plain, "BACKUP": self.tls, "UNARY": self.unary.plain}


class HAProxy(Server):
    name = "haproxy"
    template = "haproxy.cfg"
    program = "haproxy"

    def command(self):
        return [self.program, "-db", "-f", self.conf]

    def standard_output(self):
        self.access = open(self.log, "ab")
        return self.access

    def stop(self):
        was_running = self.process is not None
        super().stop()
        if was_running:
            self.access.close()


class Nghttpx(Server):
    name = "nghttpx"
    template = "nghttpx.conf"
    program = "nghttpx"

    def command(self):
        # One process below a tool that watches it: the second one ends without a word to the tool.
        alone = ["--single-process"] if self.wrapper else []
        return [self.program, f"--conf={self.conf}", *alone]


class Gatehouse(Server):
    name = "gatehouse"
    template = "gateway.conf"
    log_name = "logs/access.log"

    @classmethod
    def is_available(cls):
        return find_gatehouse() is not None

    def prepare(self):
        self.conf = self.conf.rename(self.folder / "gateway.conf")
        for name in ("logs", "tls", "keys"):
            (self.folder / name).mkdir()
        for name, place in (
            ("server.crt", "tls"),
            ("server.key", "tls"),
            ("issuer.jwks.json", "keys"),
        ):
            shutil.copy(MATERIAL / name, self.folder / place / name)
        os.chmod(self.folder / "tls" / "server.key", 0o600)

    def command(self):
        return [find_gatehouse(), "run", "-c", self.conf]
