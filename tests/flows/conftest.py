"""One real Prefect server for all the tests of flows, and a sandbox to run them against."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest
import requests
from a_kept_store import KeptStores

from postventa.sandbox.server import Sandbox
from postventa.sandbox.settings import SandboxSettings

BIN = Path(sys.executable).parent
A_MIGRATED_STORE = (
    Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    / "postventa-tests"
    / f"prefect-{version('prefect')}.db"
)
"""What Prefect's own migrations make of an empty store, kept from one run of tests to the next: they take longer than a test."""
MONDAY_EVENING = "2026-11-02T20:00:00+00:00"


@dataclass(frozen=True)
class APrefect:
    """A running server: its address, its process, and the environment in which its commands run."""

    url: str
    pid: int
    environment: dict[str, str]

    def run(self, *words: str, cwd: Path, **extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BIN / words[0], *words[1:]],
            cwd=cwd,
            env={**self.environment, **extra},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def ask(self, path: str, **body: object) -> object:
        answer = requests.post(f"{self.url}{path}", json=body, timeout=10, proxies={"http": ""})
        answer.raise_for_status()
        return answer.json()


_running = ExitStack()


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[APrefect]:
    yield _running.enter_context(_serving())
    _running.close()


@pytest.hookimpl(trylast=True)  # after the fixtures that still speak to the server
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """The server ends with the last test of flows: idle, it takes a fifth of a core."""
    if nextitem is None or not nextitem.path.is_relative_to(Path(__file__).parent):
        _running.close()


@contextmanager
def _serving() -> Iterator[APrefect]:
    folder = Path(tempfile.mkdtemp(prefix="pv-prefect-"))
    if A_MIGRATED_STORE.exists():
        shutil.copy(A_MIGRATED_STORE, folder / "prefect.db")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api"
    environment = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PREFECT_HOME": str(folder),
        "PREFECT_API_URL": url,
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_API_SERVICES_SCHEDULER_LOOP_SECONDS": "2",
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "2",
        "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_RUNS": "3",  # not an hour's, every few seconds one
        "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_SCHEDULED_TIME": "PT10S",
        "PREFECT_LOGGING_LEVEL": "WARNING",
    }
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [BIN / "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(f"{url}/health", server, folder / "log")
        if not A_MIGRATED_STORE.exists():
            _keep(folder / "prefect.db")
        yield APrefect(url, server.pid, environment)
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _keep(migrated: Path) -> None:
    """Keeps the server's store as it stands before the first test; where nothing can be kept, nothing is."""
    with suppress(OSError, sqlite3.Error):
        A_MIGRATED_STORE.parent.mkdir(parents=True, exist_ok=True)
        whole = A_MIGRATED_STORE.with_suffix(f".{os.getpid()}")
        with closing(sqlite3.connect(migrated)) as here, closing(sqlite3.connect(whole)) as there:
            here.backup(there)
        whole.replace(A_MIGRATED_STORE)


@pytest.fixture
def in_prefect(prefect_server: APrefect) -> Iterator[APrefect]:
    """Flows of this process report to the server, without the heartbeat that costs each a second."""
    with _pointed_at(prefect_server):
        yield prefect_server


@contextmanager
def _pointed_at(server: APrefect) -> Iterator[None]:
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker
    from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    with temporary_settings({PREFECT_API_URL: server.url, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield
        EventsWorker.drain_all(timeout=20)
        APILogWorker.drain_all(timeout=20)


@pytest.fixture
def store_url(request: pytest.FixtureRequest, kept_stores: KeptStores, tmp_path: Path) -> str:
    """SQLite, unless a test asks for both: what a flow does to a store is tested with the tasks."""
    if "own_store" in request.fixturenames:
        return f"sqlite:///{tmp_path / 'postventa.db'}"
    return kept_stores.url(getattr(request, "param", "sqlite"))


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Thirty orders, as they stand on Monday evening."""
    from datetime import datetime, timedelta

    start = datetime.fromisoformat(MONDAY_EVENING) - timedelta(hours=12)
    with Sandbox(SandboxSettings(orders=30, start=start, spread=timedelta(hours=8))) as box:
        box.watch.set_to(datetime.fromisoformat(MONDAY_EVENING))
        yield box


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        try:
            if requests.get(url, timeout=5, proxies={"http": ""}).ok:
                return
        except requests.RequestException:
            time.sleep(0.2)
    raise RuntimeError(log.read_text()[-2000:])


@pytest.hookimpl(tryfirst=True)  # before names are given to groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need Prefect's server share one, so one worker runs them all."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group("prefect"))
