"""W2: orders walk the confirmation chain, a mail a step: our sender against one Prefect task for each message.

Both ways get databases of their own with the same orders, and take turns, step by step, at the same Prefect
server and the same sink, so that whatever else the machine does touches both alike.
"""

import json
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from subprocess import Popen
from typing import Any

from invented import STEPS, owe
from stand import HERE, House, Stand, cpu_of, kept, rss_mb, wait_until_idle

from postventa.rules.messages import Outcome
from postventa.store.ledger import ledger

WAYS = ("ours", "usual")


class WrongResult(AssertionError):
    """A benchmark whose outcome is wrong has measured nothing."""


@dataclass
class Total:
    """What one way needed for all its steps so far."""

    messages: int = 0
    seconds: float = 0
    cpu: float = 0
    server_cpu: float = 0
    database_cpu: float = 0
    peak_rss_mb: float = 0

    def figures(self) -> dict[str, float]:
        thousands = self.messages / 1000
        return {
            "messages": self.messages,
            "messages_per_second": round(self.messages / self.seconds, 1),
            "client_cpu_s_per_1000": round(self.cpu / thousands, 2),
            "server_cpu_s_per_1000": round(self.server_cpu / thousands, 2),
            "database_cpu_s_per_1000": round(self.database_cpu / thousands, 2),
            "peak_rss_mb": round(self.peak_rss_mb),
        }


def walk(stand: Stand, database: str, orders: int, ways=WAYS, steps=STEPS) -> dict[str, Any]:
    """Walks `orders` orders through `steps` in each of the ways, turn by turn; answers the figures of each."""
    server = stand.with_prefect().processes[0].pid
    stand.with_sink()
    houses = {way: stand.house(database) for way in ways}
    totals = {way: Total() for way in ways}
    with ExitStack() as clients:
        running = {
            way: clients.enter_context(
                kept([HERE / "chain_client.py", way], POSTVENTA_CONFIG=str(house.config))
            )
            for way, house in houses.items()
        }
        for client in running.values():
            client.stdout.readline()
            _asked(
                client
            )  # nothing is owed yet: Prefect's client gets ready, which takes a second in either way
        began = datetime.now(UTC) - timedelta(hours=1)
        for place, step in enumerate(steps):
            for way in ways if place % 2 else reversed(ways):
                owed = owe(
                    houses[way].place.store, houses[way].place.settings.shops["tienda"], orders, step, began
                )
                _run(stand, server, running[way], houses[way], totals[way], owed, step)
    for way, house in houses.items():
        _check(house, way, orders * len(steps))
    figures: dict[str, Any] = {way: total.figures() for way, total in totals.items()}
    figures["server_rss_mb"] = round(rss_mb(server))
    return figures


def _run(
    stand: Stand, server: int, client: Popen[str], house: House, total: Total, owed: int, step: str
) -> None:
    _settle(house)
    wait_until_idle(server)
    stand.counted()
    database = stand.postgres().pid if house.place.store.dialect.name == "postgresql" else None
    before = cpu_of(server), cpu_of(database) if database else 0
    said = _asked(client)
    wait_until_idle(server)
    arrived = stand.counted()
    if arrived["mails"] != owed or arrived["distinct"] != owed or set(arrived["by_message"]) != {step}:
        raise WrongResult(f"{owed} messages of {step} were owed and {arrived} arrived: {said}")
    print(f"  {step:15} {owed / said['seconds']:8.0f}/s cpu {said['cpu'] / owed * 1000:6.2f}", flush=True)
    total.messages += owed
    total.seconds += said["seconds"]
    total.cpu += said["cpu"]
    total.server_cpu += cpu_of(server) - before[0]
    total.database_cpu += cpu_of(database) - before[1] if database else 0
    total.peak_rss_mb = max(total.peak_rss_mb, said["peak_rss_mb"])


def _asked(client: Popen[str]) -> dict[str, Any]:
    """Has the process run its flow once; answers what that took."""
    client.stdin.write("go\n")
    client.stdin.flush()
    return dict(json.loads(client.stdout.readline()))


def _settle(house: House) -> None:
    """What filling left behind is not the senders' work."""
    with house.place.store.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("VACUUM ANALYZE outbox")
            connection.exec_driver_sql("CHECKPOINT")
    time.sleep(0.2)


def _check(house: House, way: str, messages: int) -> None:
    with house.place.reading() as connection:
        book = ledger(connection)
    if not book.is_balanced or book.sent != messages or book.owed != messages:
        raise WrongResult(f"{way}: {messages} messages should be {Outcome.SENT}, the ledger says {book}")
