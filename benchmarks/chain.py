"""W2: orders walk the confirmation chain, a mail a step: our sender against one Prefect task for each message.

Both ways get databases of their own with the same orders, and take turns, step by step, at the same Prefect
server and the same sink, so that whatever else the machine does touches both alike.
"""

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from invented import owe
from stand import HERE, Stand, WrongResult, cpu_of, kept, rss_mb, wait_until_idle

from postventa.store.ledger import ledger

ROUNDS = (("received", "paid", "in_preparation"), ("ready_to_ship",), ("shipped",), ("delivered",))
"""A shop's first word of an order paid by card is often that it is being prepared; later steps come one by one.

A step that is overtaken before it is told is suppressed, so each of these is a flow run of its own.
"""
WARM = 350
"""Orders at most that only warm each way up: its imports, its connections, our second process. What they cost is told apart."""
FIRST_WARM = 1_000_001


@dataclass
class Total:
    """What one way needed for all its steps so far."""

    messages: int = 0
    seconds: float = 0
    cpu: float = 0
    server_cpu: float = 0
    database_cpu: float = 0
    peak_mb: float = 0

    bytes: int = 0

    def add(
        self, arrived: dict[str, Any], said: dict[str, Any], server_cpu: float, database_cpu: float
    ) -> None:
        self.messages += arrived["mails"]
        self.bytes += arrived["bytes"]
        self.seconds += said["seconds"]
        self.cpu += said["cpu"]
        self.server_cpu += server_cpu
        self.database_cpu += database_cpu
        self.peak_mb = max(self.peak_mb, said["peak_mb"])

    def figures(self) -> dict[str, Any]:
        thousands = self.messages / 1000
        return {
            "messages": self.messages,
            "messages_per_second": round(self.messages / self.seconds, 1),
            "client_cpu_s_per_1000": round(self.cpu / thousands, 2),
            "server_cpu_s_per_1000": round(self.server_cpu / thousands, 2),
            "database_cpu_s_per_1000": round(self.database_cpu / thousands, 2),
            "peak_mb": round(self.peak_mb),
            "kb_per_message": round(self.bytes / self.messages / 1000, 1),
        }


def walk(stand: Stand, database: str, orders: int, runs: Sequence[int]) -> dict[str, Any]:
    """Walks `orders` orders through the whole chain in each way, turn by turn; answers the figures of each.

    Ours is measured with as many flow runs side by side as `runs` says; the usual way cannot be split.
    """
    with ExitStack() as undo:
        walkers = [
            *(Walker(stand, database, "ours", undo, runs=number) for number in runs),
            Walker(stand, database, "usual", undo),
        ]
        for walker in walkers:
            walker.get_ready()
            walker.warm_up(orders)
        for place, steps in enumerate(ROUNDS):
            for walker in walkers if place % 2 else reversed(walkers):
                walker.go(range(1, orders + 1), steps)
        figures = {walker.way: walker.figures() for walker in walkers}
    usual = figures["usual"]
    for ours in figures.values():
        ours["times_the_usual"] = round(ours["messages_per_second"] / usual["messages_per_second"], 2)
        ours["cpu_of_the_usual"] = round(_all_cpu(ours) / _all_cpu(usual), 3)
    return {
        "orders": orders,
        **figures,
        "server_rss_mb": round(rss_mb(stand.server_pid)),
    }


def grow(stand: Stand, database: str, orders: int) -> dict[str, Any]:
    """Our sender alone, with the first two messages of `orders` orders, after a few of each to warm up."""
    with ExitStack() as undo:
        walker = Walker(stand, database, "ours", undo)
        walker.get_ready()
        walker.warm_up(orders)
        walker.go(range(1, orders + 1), ROUNDS[0][:2])
        return {"orders": orders, **walker.figures()}


class Walker:
    """One way with its own database and its own process."""

    def __init__(self, stand: Stand, database: str, way: str, undo: ExitStack, runs: int = 1) -> None:
        self.way = way if runs == 1 else f"{way}_{runs}_runs"
        self.total = self.cold = Total()
        self._stand = stand
        self._server = stand.server_pid
        self._house = stand.house(database)
        self._database = stand.postgres().pid if database == "postgresql" else None
        self._began = datetime.now(UTC) - timedelta(hours=1)
        self._clients = [
            undo.enter_context(
                kept(
                    [HERE / "chain_client.py", way],
                    log=self._house.config.with_name(f"{way}-{number}.log"),
                    POSTVENTA_CONFIG=str(self._house.config),
                    PREFECT_LOGGING_LEVEL="INFO",  # as Prefect has it; the demo's server environment is quieter
                )
            )
            for number in range(runs)
        ]
        self._told: Counter[str] = Counter()

    def get_ready(self) -> None:
        """Waits for the processes and lets the flow run while nothing is owed: Prefect's client takes a second."""
        for client in self._clients:
            client.stdout.readline()
        self._ask()
        wait_until_idle(self._server, self._stand.patience)

    def warm_up(self, orders: int) -> None:
        """A first round of some other orders, told apart from what follows."""
        self.go(range(FIRST_WARM, FIRST_WARM + min(WARM, orders)), ROUNDS[0])
        self.cold, self.total = self.total, Total()

    def go(self, orders: range, steps: tuple[str, ...]) -> None:
        """Owes the messages of these steps, lets the flow run once, and checks what came to the sink."""
        shop = self._house.place.settings.shops["tienda"]
        owed = {step: owe(self._house.place.store, shop, orders, step, self._began) for step in steps}
        self._settle()
        self._stand.counted()
        before = self._used_by_others()
        said = self._ask()
        while said["left_over"]:  # a run ends after some minutes, whatever is still due
            said = _both(said, self._ask())
        wait_until_idle(self._server, self._stand.patience)
        arrived = self._stand.counted()
        if arrived["by_message"] != owed or arrived["distinct"] != sum(owed.values()):
            raise WrongResult(f"{self.way}: {owed} were owed and {arrived} arrived; the flow said {said}")
        server, database = (now - then for now, then in zip(self._used_by_others(), before, strict=True))
        self.total.add(arrived, said, server, database)
        self._told.update(owed)
        self._check()

    def figures(self) -> dict[str, Any]:
        cold = self.cold.figures()["messages_per_second"] if self.cold.messages else None
        return self.total.figures() | {"cold_messages_per_second": cold}

    def _ask(self) -> dict[str, Any]:
        """Lets every process run its flow once, side by side; answers what that took in all."""
        for client in self._clients:
            client.stdin.write("go\n")
            client.stdin.flush()
        said = [json.loads(client.stdout.readline()) for client in self._clients]
        return {
            "seconds": max(one["seconds"] for one in said),
            "cpu": sum(one["cpu"] for one in said),
            "peak_mb": max(one["peak_mb"] for one in said),
            "states": [(one["state"], one["message"]) for one in said],
            "left_over": self._is_more_due(),
        }

    def _is_more_due(self) -> bool:
        with self._house.place.reading() as connection:
            return ledger(connection).waiting > 0

    def _used_by_others(self) -> tuple[float, float]:
        return cpu_of(self._server), cpu_of(self._database) if self._database else 0

    def _settle(self) -> None:
        """What owing left behind for later is not the senders' work."""
        if self._database:
            with self._house.place.store.connect().execution_options(
                isolation_level="AUTOCOMMIT"
            ) as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")
                connection.exec_driver_sql("CHECKPOINT")

    def _check(self) -> None:
        with self._house.place.reading() as connection:
            book = ledger(connection)
        if not book.is_balanced or book.sent != self._told.total() or book.owed != book.sent:
            raise WrongResult(f"{self.way}: {self._told} should be sent, the ledger says {book}")


def _both(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Two runs as one: the second's outcome, the time and the work of both."""
    return other | {
        "seconds": one["seconds"] + other["seconds"],
        "cpu": one["cpu"] + other["cpu"],
        "peak_mb": max(one["peak_mb"], other["peak_mb"]),
    }


def _all_cpu(figures: dict[str, Any]) -> float:
    return sum(value for name, value in figures.items() if name.endswith("cpu_s_per_1000"))
