"""The embedded stack of the demo: a Prefect server and a sandbox as processes of their own, ended with the demo."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from shlex import quote
from types import TracebackType
from typing import Any, Self

import requests

from postventa.clock import ENVIRONMENT_KEY as CLOCK_KEY
from postventa.demo import leash
from postventa.demo.configuration import Places, configuration
from postventa.demo.leash import LET_GO
from postventa.settings import ENVIRONMENT_KEY as CONFIG_KEY

PATIENCE_SECONDS = 240
SERVER_ERROR = 500
BESIDE_US = Path(sys.executable).parent


class StackDidNotStart(RuntimeError):
    """A process of the demo did not come up; the sentence names its log."""


@dataclass
class Stack:
    """Prefect's server, the sandbox, and the environment in which everything else of the demo runs."""

    folder: Path
    start: datetime
    orders: int
    seed: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        prefect_port, self.sandbox_port, self.smtp_port, self.web_port = (_free_port() for _ in range(4))
        self.prefect_url = f"http://127.0.0.1:{prefect_port}"
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        self.web_url = f"http://127.0.0.1:{self.web_port}"
        self._prefect_port = prefect_port
        self._leash: subprocess.Popen[bytes] | None = None
        self.config = self.folder / "postventa.toml"
        self.environment_file = self.folder / "environment"
        self.environment = {
            **os.environ,
            "PATH": f"{BESIDE_US}{os.pathsep}{os.environ.get('PATH', '')}",
            "PREFECT_HOME": str(self.folder / "prefect"),
            "PREFECT_API_URL": f"{self.prefect_url}/api",
            "PREFECT_SERVER_API_PORT": str(prefect_port),
            "DO_NOT_TRACK": "1",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
            "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
            "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "50",
            "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
            "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
            "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "50",
            "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "1",
            "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false",
            "PREFECT_LOGGING_LEVEL": "ERROR",
            "POSTVENTA_HOME": str(self.folder),
            CONFIG_KEY: str(self.config),
            "TIENDA_KEY": "ck_sandbox",
            "TIENDA_SECRET": "cs_sandbox",
            "DHL_KEY": "sandbox",
            "POSTVENTA_WEB_SECRET": token_hex(32),
            "POSTVENTA_DATASETS_KEY": token_hex(32),
        }

    def _write_environment(self) -> None:
        """What a shell must know that is to look into this store: `. .demo/environment`."""
        told = [name for name in self.environment if name.startswith(("TIENDA", "DHL", "POSTVENTA"))]
        self.environment_file.touch(mode=0o600)
        lines = [f"export {name}={quote(self.environment[name])}" for name in (*told, "PREFECT_API_URL")]
        self.environment_file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def __enter__(self) -> Self:
        """Starts what takes longest; `wait` says when it is there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._configure()
        self._write_environment()
        try:
            self._spawn(
                "prefect-server",
                "prefect",
                "server",
                "start",
                "--host",
                "127.0.0.1",
                "--port",
                str(self._prefect_port),
            )
            self._spawn(
                "sandbox",
                *(
                    "postventa",
                    "sandbox",
                    "--port",
                    str(self.sandbox_port),
                    "--smtp-port",
                    str(self.smtp_port),
                ),
                *("--orders", str(self.orders), "--seed", str(self.seed)),
                **{CLOCK_KEY: self.start.isoformat()},
            )
        except BaseException:
            self.stop()
            raise
        os.environ.update(self.environment)
        return self

    def wait(self) -> None:
        """Waits for what was started. Raises StackDidNotStart with the log that says why not."""
        self._wait("sandbox", f"{self.sandbox_url}/sandbox/status")
        self._wait("prefect-server", f"{self.prefect_url}/api/health")

    def _configure(self) -> None:
        places = Places(self.folder, self.sandbox_url, self.smtp_port, self.web_url)
        try:
            written = configuration(places, self.start)
        except ValueError as other:
            raise StackDidNotStart(str(other)) from None
        self.config.write_text(written, encoding="utf-8")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def set_clock(self, now: datetime, speed: float = 0) -> None:
        """Sets the sandbox's clock: what has happened in the shop and on the roads by then."""
        answer = self._ask(requests.post, "/sandbox/clock", json={"now": now.isoformat(), "speed": speed})
        answer.raise_for_status()

    def status(self) -> dict[str, Any]:
        """The sandbox's own account of orders, parcels and mails: the truth to compare with."""
        return dict(self._ask(requests.get, "/sandbox/status").json())

    def give_back(self, order_ref: str) -> None:
        """Has the shop pay an order's money back, as somebody there would."""
        self._ask(requests.post, f"/sandbox/orders/{order_ref}/refunds", json={}).raise_for_status()

    def write_review(self, written: dict[str, Any]) -> None:
        """Has a customer write a product review on the shop's page."""
        self._ask(requests.post, "/sandbox/reviews", json=written).raise_for_status()

    def open_pages(self, clock: str) -> None:
        """Opens the customers' pages, which the mails link to, on the clock that is written so."""
        self.keep("web", "postventa", "web", "--port", str(self.web_port), **{CLOCK_KEY: clock})
        self._wait("web", f"{self.web_url}/")

    def run(self, *words: str, **extra: str) -> None:
        """Runs a command of ours to its end. Raises StackDidNotStart if it fails."""
        done = subprocess.run(  # noqa: S603 - our own commands
            [BESIDE_US / words[0], *words[1:]],
            env={**self.environment, **extra},
            cwd=Path.cwd(),
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise StackDidNotStart(f"`{' '.join(words)}` failed: {done.stderr.decode()[-400:]}")

    def keep(self, name: str, *words: str, **extra: str) -> None:
        """Starts a further process that lives as long as the demo."""
        self._spawn(name, *words, **extra)

    def stop(self) -> None:
        """Ends the processes that this stack started, the newest first; the leash is let go of last."""
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in reversed(self.processes):
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._leash is not None and self._leash.stdin is not None:
            self._leash.stdin.write(f"{LET_GO}\n".encode())
            self._leash.stdin.close()
            self._leash.wait()
            self._leash = None

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _spawn(self, name: str, *words: str, **extra: str) -> None:
        with self.log(name).open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own commands
                [BESIDE_US / words[0], *words[1:]],
                env={**self.environment, **extra},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)
        self._on_the_leash(process)

    def _on_the_leash(self, process: subprocess.Popen[bytes]) -> None:
        """Has the process, and what it starts, ended with us, even if we are killed."""
        if self._leash is None:
            words = [sys.executable, "-I", "-S", leash.__file__]
            self._leash = subprocess.Popen(  # noqa: S603 - our own program
                words, stdin=subprocess.PIPE, start_new_session=True
            )
        if self._leash.stdin is None:
            raise AssertionError("the leash has no other end")
        self._leash.stdin.write(f"{process.pid}\n".encode())
        self._leash.stdin.flush()

    def _wait(self, name: str, url: str) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            if any(process.poll() is not None for process in self.processes):
                break
            try:
                if self._ask(requests.get, url.removeprefix(self.sandbox_url)).status_code < SERVER_ERROR:
                    return
            except requests.RequestException:
                time.sleep(0.3)
        raise StackDidNotStart(f"{name} did not start: {self.log(name)} says why")

    def _ask(self, method: Callable[..., requests.Response], path: str, **what: Any) -> requests.Response:
        url = path if path.startswith("http") else self.sandbox_url + path
        return method(url, timeout=10, proxies={"http": "", "https": ""}, **what)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
