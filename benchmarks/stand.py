"""What the benchmarks stand on: processes of their own for Prefect's server, the sink and PostgreSQL, and a house for each way."""

import importlib.util
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import psutil

from postventa.demo.stack import Stack
from postventa.settings import Settings, read_settings
from postventa.shipped import shipped
from postventa.store.database import create_tables, open_store
from postventa.workplace import Workplace

os.environ.update(TIENDA_KEY="ck_sandbox", TIENDA_SECRET="cs_sandbox", DHL_KEY="sandbox")
HERE = Path(__file__).parent
SENDERS = 2
DATABASES = ("sqlite", "postgresql")


class WrongResult(AssertionError):
    """A benchmark whose outcome is wrong has measured nothing."""


@dataclass
class House:
    """One way's own database and configuration."""

    place: Workplace
    config: Path


@dataclass
class Stand:
    folder: Path
    patience: float
    """Seconds that are given to Prefect's server to come to rest between two measurements."""
    server: int | None = None
    """The process of a Prefect server that runs already, where PREFECT_API_URL says."""
    _stack: Any = None
    _sink: Any = None
    _smtp_port: int = 0
    _teller: int = 0
    _postgres: Any = None
    _houses: int = 0
    _undo: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *wrong: object) -> None:
        self._undo.close()

    @property
    def server_pid(self) -> int:
        """Prefect's server, with the demo's settings, started when the first benchmark wants it."""
        if self.server is not None:
            return self.server
        if self._stack is None:
            stack = Stack(self.folder / "prefect", datetime.now(UTC), orders=1, seed=1)
            self._stack = self._undo.enter_context(stack)
            stack.wait()
        return int(self._stack.processes[0].pid)

    @property
    def smtp_port(self) -> int:
        if self._sink is None:
            self._sink = self._undo.enter_context(kept([HERE / "sink.py"]))
            self._smtp_port, self._teller = map(int, self._sink.stdout.readline().split())
        return self._smtp_port

    def counted(self) -> dict[str, Any]:
        """What has come to the sink since it was last asked."""
        with socket.create_connection(("127.0.0.1", self._teller)) as teller, teller.makefile() as said:
            return dict(json.loads(said.read()))

    def postgres(self) -> Any:
        """A PostgreSQL that waits for the disk, as the ones that shops have do."""
        if self._postgres is None:
            path = HERE.parent / "tests" / "support" / "a_postgres.py"
            spec = importlib.util.spec_from_file_location("a_postgres", path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            self._postgres = module.APostgres(durable=True)
            self._undo.callback(self._postgres.stop)
        return self._postgres

    def house(self, database: str, shop_url: str = "http://127.0.0.1:9") -> House:
        """An empty store on `database`, with the example's configuration."""
        self._houses += 1
        home = self.folder / f"house-{self._houses}"
        home.mkdir()
        url = f"sqlite:///{home / 'postventa.db'}" if database == "sqlite" else self.postgres().database()
        written = shipped("postventa.example.toml").read_text(encoding="utf-8")
        for example, ours in {
            "sqlite:///postventa.db": url,
            "https://tienda.example": shop_url,
            "port = 1025": f"port = {self.smtp_port}",
            "connections = 1 ": f"connections = {SENDERS} ",
            "requests_per_second = 5": "requests_per_second = 10000",
            "2026-11-01T00:00:00Z": "2026-01-01T00:00:00Z",
        }.items():
            written = written.replace(example, ours)
        config = home / "postventa.toml"
        config.write_text(written, encoding="utf-8")
        settings: Settings = read_settings(config)
        store = open_store(url)
        create_tables(store)
        self._undo.callback(store.dispose)
        return House(Workplace(settings, store), config)


@contextmanager
def stand(patience: float = 120, server: int | None = None) -> Iterator[Stand]:
    with (
        tempfile.TemporaryDirectory(prefix="pv-bench-") as folder,
        Stand(Path(folder), patience, server) as one,
    ):
        yield one


@contextmanager
def kept(words: list[Any], *, log: Path | None = None, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process of ours that ends when the block does; what it says on stderr goes to `log`, else to ours."""
    with ExitStack() as undo:
        process = subprocess.Popen(
            [sys.executable, *map(str, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=undo.enter_context(log.open("wb")) if log else None,
            text=True,
            env={**os.environ, **environment},
        )
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait(timeout=60)
        process.stdout.close()


def cpu_of(pid: int) -> float:
    """CPU seconds that a process and its children, gone ones included, have used."""
    total = 0.0
    process = psutil.Process(pid)
    for one in (process, *process.children(recursive=True)):
        times = one.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


def rss_mb(pid: int) -> float:
    process = psutil.Process(pid)
    return sum(one.memory_info().rss for one in (process, *process.children(recursive=True))) / 2**20


def wait_until_idle(pid: int, patience: float) -> None:
    """Prefect's server goes on recording task runs, once a second, after the flow has ended: part of their price."""
    until = time.monotonic() + patience
    quiet, before = 0, cpu_of(pid)
    while time.monotonic() < until and quiet < 3:
        time.sleep(0.5)
        now = cpu_of(pid)
        quiet = quiet + 1 if now - before < 0.05 else 0
        before = now
