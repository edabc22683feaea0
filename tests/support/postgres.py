"""A PostgreSQL server of the tests' own: private data folder, port and socket; started, stopped, killed, frozen."""
from __future__ import annotations

import atexit
import functools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Mapping

from .certificates import ServerFiles
from .ports import free_port
from .program import Program
from .wait import until

#: Owns the databases; no superuser, as in production.
ROLE = "voicehook"
#: Members of this role must give a password; everybody else is believed.
GUARDED = "guarded"
_PREFIX = "vh-pg-"
_SHUTDOWN = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
_ROOM_WANTED = 2 << 30


@functools.cache
def tools() -> Path:
    """Where the server's programs are; Debian keeps them out of PATH."""
    chosen = os.environ.get("VOICEHOOK_POSTGRES_BIN")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    found = Path(chosen) / "postgres" if chosen else debian[-1] if debian else Path(shutil.which("postgres") or "postgres")
    if not found.is_file():
        raise FileNotFoundError("there is no PostgreSQL server here: ./dev setup, or set VOICEHOOK_POSTGRES_BIN")
    return found.parent


def as_server_user(*command: str | Path) -> list[str]:
    """PostgreSQL refuses to run as root: then it runs as the user that Debian made for it."""
    words = list(map(str, command))
    return words if os.geteuid() else ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--", *words]


def _give_to_server_user(path: Path) -> None:
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(path, user.pw_uid, user.pw_gid)


def memory_folder() -> Path:
    """A folder in memory when there is room in it, else the one for temporary files."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM_WANTED
    return memory if roomy else Path(tempfile.gettempdir())


def _new_folder(parent: Path) -> Path:
    """A folder that the server's user owns. Folders of test runs that were killed are removed on the way."""
    for left in parent.glob(f"{_PREFIX}*"):
        owner = left.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent))
    _give_to_server_user(folder)
    return folder


@functools.cache
def _fresh_data() -> Path:
    """A data folder as initdb makes it, once per run: copying it is ten times faster."""
    folder = _new_folder(memory_folder())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    done = subprocess.run(
        as_server_user(tools() / "initdb", "--pgdata", folder / "data", "--username=postgres", "--auth=trust",
                       "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
        cwd="/", capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
    if done.returncode != 0:
        raise RuntimeError(f"initdb: {done.stderr}")
    return folder / "data"


class Postgres:
    """One server with a database `voicehook` of the role `voicehook`. It runs when the constructor returns.

    With `fsync=False` it forgets on a power cut and lives in memory: for tests that are not about durability.
    With `tls` connections over TCP must be TLS, under that certificate. `settings` are lines of postgresql.conf.
    `parent` is where its folder is made; it must be reachable by the user `postgres` when we are root."""

    def __init__(self, parent: Path | None = None, *, fsync: bool = True, tls: ServerFiles | None = None,
                 settings: Mapping[str, Any] | None = None) -> None:
        self.port = free_port()
        self.folder = _new_folder(parent or (Path(tempfile.gettempdir()) if fsync else memory_folder()))
        self.data = self.folder / "data"
        self.program: Program
        self._settings: dict[str, Any] = {
            "listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": str(self.folder),
            "fsync": "on" if fsync else "off", "full_page_writes": "on" if fsync else "off", "timezone": "UTC",
            "max_connections": 60, "shared_buffers": "64MB", "log_line_prefix": "%m [%p] %q%u@%d ", **(settings or {})}
        try:
            self._make_data(tls)
            self.start()
            self.query(f"CREATE ROLE {ROLE} LOGIN CREATEDB; CREATE ROLE {GUARDED}", "postgres")
            self.create_database(ROLE)
        except BaseException:
            self.close()
            raise

    # ---- life ----

    def start(self, within: float = 30.0) -> "Postgres":
        """Starts the server, after a crash too, and waits until it takes connections."""
        # The inner setpriv: a change of user forgets the first one's --pdeathsig.
        command = as_server_user("setpriv", "--pdeathsig", "QUIT", "--", tools() / "postgres", "-D", self.data)
        self.program = Program(command, self.folder, "postgres")
        until(self._ready_or_dead, "PostgreSQL is ready", within)
        return self

    @property
    def running(self) -> bool:
        return hasattr(self, "program") and self.program.running

    def stop(self, mode: str = "fast", within: float = 30.0) -> None:
        """`smart` waits for every session to end, `fast` ends them, `immediate` is a crash that tells the sessions."""
        if self.running:
            self.program.signal(_SHUTDOWN[mode])
            self.program.wait(within)

    def restart(self, mode: str = "fast") -> None:
        self.stop(mode)
        self.start()

    def kill(self) -> None:
        """SIGKILL to every process at once: nobody is told anything."""
        processes = self.processes()
        for process in processes:
            _signal(process, signal.SIGKILL)
        self.program.kill()
        until(lambda: not any(_runs(process) for process in processes), "every process is gone", 10)

    def pause(self) -> None:
        """The machine hangs: connections stay open and nothing answers."""
        for process in self.processes():
            _signal(process, signal.SIGSTOP)

    def resume(self) -> None:
        for process in reversed(self.processes()):
            _signal(process, signal.SIGCONT)

    def close(self) -> None:
        """Gone, with everything that it wrote."""
        if self.running:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> "Postgres":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def processes(self) -> list[int]:
        """The server's process, then its children."""
        parent = self.program.process.pid
        try:
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        except FileNotFoundError:
            return []
        return [parent, *map(int, children)]

    def on(self, folder: Path) -> "Postgres":
        """Another server, on a copy of this one's folder: what a power cut left, say. It runs when this returns."""
        server = Postgres.__new__(Postgres)
        server.port, server.folder, server.data = free_port(), folder, folder / "data"
        server._settings = {**self._settings, "port": server.port, "unix_socket_directories": str(folder)}
        server._write_settings()
        (server.data / "postmaster.pid").unlink(missing_ok=True)  # it names this server, which lives
        return server.start()

    # ---- databases ----

    def url(self, database: str = ROLE, user: str = ROLE, host: str = "127.0.0.1", port: int | None = None, **options: Any) -> str:
        """What `store.url` takes; `options` become its query."""
        query = "&".join(f"{name}={value}" for name, value in options.items())
        return f"postgresql://{user}@{host}:{port or self.port}/{database}" + (f"?{query}" if query else "")

    def create_database(self, name: str) -> str:
        """An empty database of the role `voicehook`, and its URL."""
        self.query(f'CREATE DATABASE "{name}" OWNER {ROLE}', "postgres")
        return self.url(name)

    def replace_database(self, name: str, source: str, *, keep: bool) -> None:
        """Makes `name` what `source` is, whether it was there before or not; `source` stays if `keep`. Ends their sessions."""
        for one in (name, source):
            if self.query(f"SELECT 1 FROM pg_database WHERE datname = '{one}'", "postgres"):
                self.query(f'ALTER DATABASE "{one}" ALLOW_CONNECTIONS false', "postgres")
                self.end_sessions(one)
                until(lambda: self.query(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{one}'", "postgres") == "0",
                      f"nobody uses {one}", 10)
        self.query(f'DROP DATABASE IF EXISTS "{name}"', "postgres")
        self.query(f'CREATE DATABASE "{name}" OWNER {ROLE} TEMPLATE "{source}"' if keep else
                   f'ALTER DATABASE "{source}" RENAME TO "{name}"', "postgres")
        for one in (name, source) if keep else (name,):
            self.query(f'ALTER DATABASE "{one}" ALLOW_CONNECTIONS true', "postgres")

    def create_role(self, name: str, password: str) -> None:
        """A role that must give its password and may do what `voicehook` may."""
        self.query(f"CREATE ROLE {name} LOGIN PASSWORD '{password}' IN ROLE {GUARDED}, {ROLE}", "postgres")

    def query(self, sql: str, database: str = ROLE, user: str = "postgres", within: float = 30.0) -> str:
        """What psql prints for it: a row per line, columns between `|`."""
        done = subprocess.run(
            [str(tools() / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder), "-p", str(self.port), "-U", user,
             "-d", database, "-c", sql], cwd="/", capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=within)
        if done.returncode != 0:
            raise OSError(f"{sql}: {done.stderr.strip()}")
        return done.stdout.strip()

    def end_sessions(self, database: str = ROLE, share: float = 1.0) -> int:
        """pg_terminate_backend for the sessions of a database, each with the chance `share`; how many."""
        return int(self.query(
            "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{database}' AND pid <> pg_backend_pid() AND random() < {share}) ended", "postgres"))

    def configure(self, **changes: Any) -> None:
        """Changes settings that need no restart."""
        self._settings.update(changes)
        self._write_settings()
        self.query("SELECT pg_reload_conf()", "postgres")
        for name, value in changes.items():
            until(lambda: self.query(f"SHOW {name}", "postgres") == str(value), f"{name} is {value}", 5)

    # ---- inside ----

    def _ready_or_dead(self) -> bool:
        if not self.running:
            raise SystemError(f"PostgreSQL ended with {self.program.process.returncode}: {self.program.tail()}")
        told = (self.data / "postmaster.pid").read_text().splitlines()
        return int(told[0]) == self.program.process.pid and len(told) > 7 and told[7].strip() == "ready"

    def _make_data(self, tls: ServerFiles | None) -> None:
        subprocess.run(as_server_user("cp", "-a", "--reflink=auto", _fresh_data(), self.data), cwd="/", check=True, timeout=60)
        if tls:
            self._install(tls)
        self._write_access(tls is not None)
        self._write_settings()
        with open(self.data / "postgresql.conf", "a") as configuration:
            configuration.write("\ninclude 'tests.conf'\n")

    def _install(self, tls: ServerFiles) -> None:
        for source, name in ((tls.certificate, "server.crt"), (tls.key, "server.key")):
            shutil.copy(source, self.data / name)
            (self.data / name).chmod(0o600)
            _give_to_server_user(self.data / name)
        self._settings["ssl"] = "on"

    def _write_access(self, only_tls: bool) -> None:
        lines = ["local all all trust", *(["hostnossl all all all reject"] if only_tls else []),
                 f"host all +{GUARDED} 127.0.0.1/32 scram-sha-256", "host all all 127.0.0.1/32 trust"]
        (self.data / "pg_hba.conf").write_text("\n".join(lines) + "\n")

    def _write_settings(self) -> None:
        path = self.data / "tests.conf"
        path.write_text("".join(f"{name} = '{value}'\n" for name, value in self._settings.items()))
        _give_to_server_user(path)


def _signal(process: int, number: signal.Signals) -> None:
    try:
        os.kill(process, number)
    except ProcessLookupError:
        pass


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False
