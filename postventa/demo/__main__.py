"""`make demo`: starts the stack, lets three weeks pass in two minutes, says what happened, and stays up to be looked at."""

import argparse
import shutil
import signal
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from postventa.clock import ENVIRONMENT_KEY as CLOCK_KEY
from postventa.clock import Clock
from postventa.demo.rhythm import DAYS
from postventa.demo.stack import Stack, StackDidNotStart
from postventa.shipped import shipped
from postventa.store.migrate import upgrade
from postventa.workplace import open_workplace

SPEED = 60.0
"""How fast the clock goes on after the story: an hour a minute."""


def main() -> int:
    """Runs the demo; the exit code is 0 only if the ledger adds up and the mailbox agrees with it."""
    asked = _asked()
    for ending in (signal.SIGINT, signal.SIGTERM):  # also where a shell started us with Ctrl-C switched off
        signal.signal(ending, signal.default_int_handler)
    console = Console()
    began = time.monotonic()
    folder = Path(".demo").resolve()
    shutil.rmtree(folder, ignore_errors=True)
    console.print(
        "[bold]postventa[/] · a shop, a carrier, a mailbox and the service that looks after every order\n"
    )
    console.print("  starting Prefect's server and the sandbox ...")
    try:
        with Stack(folder, _last_monday(), asked.orders, asked.seed) as stack:
            return _tell(stack, asked, console, began)
    except StackDidNotStart as wrong:
        print(f"demo: {wrong}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _tell(stack: Stack, asked: argparse.Namespace, console: Console, began: float) -> int:
    # While the server starts. Prefect reads its settings from the environment when it is imported: not before.
    from postventa.contract_suites import suite
    from postventa.contracts import contract
    from postventa.demo.story import settle, walk
    from postventa.demo.summary import summarise

    upgrade(open_workplace().store)
    suite(contract("net_sales"))  # Great Expectations takes seconds to come: better here than in the night
    stack.wait()
    console.print(f"  {asked.orders} orders, {asked.days} days\n")
    told, now = walk(stack, asked.days, console)
    settle()
    going_on = Clock(now, time.time(), SPEED)
    stack.open_pages(going_on.written())
    adds_up = summarise(stack, told, now, console, time.monotonic() - began)
    if not asked.exit:
        _stay(stack, going_on, console)
    return 0 if adds_up else 1


def _stay(stack: Stack, going_on: Clock, console: Console) -> None:
    """Hands over to the timetable: deployments and a worker, on a clock that goes on from here, a minute a second."""
    stack.environment[CLOCK_KEY] = going_on.written()
    stack.set_clock(going_on.now(), SPEED)
    console.print("\n  handing over to the timetable: deploying, starting a worker ...")
    stack.run("postventa", "setup")
    stack.run("prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(shipped("prefect.yaml")))
    stack.keep("worker", "prefect", "worker", "start", "--pool", "postventa")
    console.print("  the worker runs the flows by their schedule. [bold]Ctrl-C[/] ends everything.")
    threading.Event().wait()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--exit", action="store_true", help="end after the summary")
    parser.add_argument("--orders", type=int, default=300)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _last_monday() -> datetime:
    """A Monday morning long enough ago that the whole story has passed."""
    today = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0)
    return today - timedelta(days=today.weekday() + 28)


if __name__ == "__main__":
    sys.exit(main())
