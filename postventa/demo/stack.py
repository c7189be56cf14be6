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
from types import TracebackType
from typing import Any, Self

import requests

from postventa.clock import ENVIRONMENT_KEY as CLOCK_KEY
from postventa.settings import ENVIRONMENT_KEY as CONFIG_KEY
from postventa.shipped import shipped

PATIENCE_SECONDS = 120
SERVER_ERROR = 500
STAFF = """\
ana = { name = "Ana Pons", email = "ana@tienda.example" }
joan = { name = "Joan Riera", email = "joan@tienda.example" }
marta = { name = "Marta Gil", email = "marta@tienda.example" }"""
ENTITY = "Junta Arbitral de Consum de Catalunya"
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
        self.config = self.folder / "postventa.toml"
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
            "PREFECT_LOGGING_LEVEL": "ERROR",
            "POSTVENTA_HOME": str(self.folder),
            CONFIG_KEY: str(self.config),
            "TIENDA_KEY": "ck_sandbox",
            "TIENDA_SECRET": "cs_sandbox",
            "DHL_KEY": "sandbox",
            "POSTVENTA_WEB_SECRET": token_hex(32),
        }

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_configuration()
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
            self._wait("sandbox", f"{self.sandbox_url}/sandbox/status")
            self._wait("prefect-server", f"{self.prefect_url}/api/health")
        except BaseException:
            self.stop()
            raise
        os.environ.update(self.environment)
        return self

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
        """Ends the processes that this stack started, the newest first."""
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in reversed(self.processes):
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

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

    def _write_configuration(self) -> None:
        """The example configuration, pointed at the sandbox."""
        written = shipped("postventa.example.toml").read_text(encoding="utf-8")
        for example, ours in {
            "sqlite:///postventa.db": f"sqlite:///{self.folder / 'postventa.db'}",
            "https://tienda.example": self.sandbox_url,
            "https://api-eu.dhl.com": f"{self.sandbox_url}/dhl",
            "port = 1025": f"port = {self.smtp_port}",
            "requests_per_second = 5": "requests_per_second = 500",
            "requests_per_second = 1\n": "requests_per_second = 500\n",
            "2026-11-01T00:00:00Z": f"{self.start:%Y-%m-%dT%H:%M:%SZ}",
            'path = "files"': f'path = "{self.folder / "files"}"',
            'url = ""                                   # how': f'url = "{self.web_url}" # how',
            'owner = "" ': 'owner = "ana" ',
            'team_lead = ""': 'team_lead = "joan"',
            'manager = ""': 'manager = "marta"',
            'soft_opt_in_wording = ""': 'soft_opt_in_wording = "2026-01"',
            "review_delay_days = 7": "review_delay_days = 3",
            "\n[desk.people]\n": f"\n[desk.people]\n{STAFF}\n",
            'entity = "" ': f'entity = "{ENTITY}" ',
            "[policy.exemptions] ": "[policy.exemptions]\ne = ['CRE-50*'] ",
        }.items():
            if example not in written:
                raise StackDidNotStart(f"the example configuration has no {example.strip()!r} any more")
            written = written.replace(example, ours)
        self.config.write_text(written, encoding="utf-8")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
