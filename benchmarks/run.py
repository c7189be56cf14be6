"""`make bench`: measures what postventa's claims of speed rest on, as ratios in one run, and keeps the figures in `.bench/`."""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import asks
import chain
import due
import first_sync
import news
import rollup
import sync
from rich.console import Console
from rich.table import Table
from stand import DATABASES, SENDERS, Stand, stand
from usual import THREADS

KINDS = ("sync", "first", "chain", "grow", "news", "due", "asks", "rollup")
LATENCIES_MS = (20, 100, 300)
MAIN, MORE, MOST = 1000, 10_000, 50_000
FIRST = 100_000
CLOCKS = (1000, 1_000_000)
ANSWERS, MOST_ANSWERS = 1_000_000, 10_000_000
FILES = ("Parquet",)
"""Where there is no database."""


def main() -> int:
    asked = _asked()
    console = Console()
    began = time.monotonic()
    found: dict[str, Any] = {"machine": _machine(), "asked": vars(asked)}
    with stand(asked.patience, asked.server) as one:
        for kind in asked.only:
            for database in FILES if kind == "rollup" else asked.database:
                for title, measure in _measures(kind, one, database, asked):
                    figures = measure()
                    found.setdefault(kind, {}).setdefault(database, []).append(figures)
                    _show(console, f"{title}, {database}", figures)
    path = Path(".bench") / f"{datetime.now(UTC):%Y-%m-%dT%H%M}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(found, indent=2), encoding="utf-8")
    console.print(f"\nAll of it in {path}, after {time.monotonic() - began:.0f} s.")
    return 0


def _measures(  # noqa: PLR0911 - a table
    kind: str, one: Stand, database: str, asked: argparse.Namespace
) -> list[tuple[str, Callable[[], dict[str, Any]]]]:
    orders = asked.orders
    sizes = [orders, *asked.more]
    match kind:
        case "sync":
            return [
                (f"W1 sync at {ms} ms", lambda ms=ms: sync.read(one, database, 2 * orders, ms))
                for ms in asked.latency
            ]
        case "first":
            title = f"First sync of {asked.first:,} orders, killed at 60 %"
            return [(title, lambda: first_sync.resume(one, database, asked.first))]
        case "chain":
            return [("W2 chain", lambda: chain.walk(one, database, orders, asked.runs))]
        case "grow":
            return [
                (f"W2 with {size:,} orders", lambda size=size: chain.grow(one, database, size))
                for size in sizes
            ]
        case "due":
            return [
                (f"W4 due of {size:,} clocks", lambda size=size: due.look(one, database, size))
                for size in asked.clocks
            ]
        case "asks":
            return [
                (f"W4 asks about {size:,} delivered orders", lambda size=size: asks.look(one, database, size))
                for size in asked.clocks
            ]
        case "rollup":
            return [
                (f"W5 rollup of {size:,} answers", lambda size=size: rollup.look(size, asked.days))
                for size in asked.answers
            ]
        case _:
            return [
                (f"News of {size:,} orders", lambda size=size: news.apply(one, database, size))
                for size in sizes
            ]


def _show(console: Console, title: str, figures: dict[str, Any]) -> None:
    """Figures of several ways side by side, plain ones below."""
    ways = [name for name, value in figures.items() if isinstance(value, dict)]
    table = Table("", *(ways or [""]), title=title, title_justify="left")
    for name in figures[ways[0]] if ways else ():
        table.add_row(name.replace("_", " "), *(str(figures[way][name]) for way in ways))
    for name, value in figures.items():
        if name not in ways:
            table.add_row(name.replace("_", " "), str(value))
    console.print(table)


def _machine() -> dict[str, Any]:
    names = ("prefect", "sqlalchemy", "psycopg", "jinja2", "duckdb", "pandas")
    return {
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "python": platform.python_version(),
        **{name: version(name) for name in names},
        "senders": SENDERS,
        "threads_of_the_usual_way": THREADS,
    }


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--orders", type=int, default=MAIN, help="the size that ratios are measured at")
    parser.add_argument(
        "--more", type=int, nargs="*", default=[MORE], help="the sizes that it is compared with"
    )
    parser.add_argument("--first", type=int, default=FIRST, help="the orders of a first sync")
    parser.add_argument("--latency", type=int, nargs="+", default=list(LATENCIES_MS), help="in milliseconds")
    parser.add_argument(
        "--runs", type=int, nargs="+", default=[1, 2], help="how many of our flow runs at once"
    )
    parser.add_argument(
        "--clocks",
        type=int,
        nargs="+",
        default=list(CLOCKS),
        help="how many deadlines run, or orders were delivered; 100 of them are due",
    )
    parser.add_argument("--answers", type=int, nargs="+", default=[ANSWERS], help="of customers, rolled up")
    parser.add_argument("--days", type=int, default=rollup.DAYS, help="on which those were given")
    parser.add_argument(
        "--patience", type=float, default=120, help="seconds that Prefect's server may take to come to rest"
    )
    parser.add_argument(
        "--server",
        type=int,
        help="the process of a Prefect server that runs at PREFECT_API_URL; else one is started",
    )
    parser.add_argument(
        "--full",
        action="store_true",
        help=f"compares with {MOST:,} orders, and {MOST_ANSWERS:,} answers, as well",
    )
    parser.add_argument("--database", nargs="+", choices=DATABASES, default=list(DATABASES))
    parser.add_argument("--only", nargs="+", choices=KINDS, default=list(KINDS))
    asked = parser.parse_args()
    if asked.full:
        asked.more = [*asked.more, MOST]
        asked.answers = [*asked.answers, MOST_ANSWERS]
    return asked


if __name__ == "__main__":
    sys.exit(main())
