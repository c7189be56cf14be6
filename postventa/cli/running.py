"""Commands that start Prefect: a flow run by hand, and the set-up of pool, limits and automations.

The one place of the core that knows Prefect; imports are lazy, so that asking the store stays quick.
"""

import os
import sys
from collections.abc import Mapping
from datetime import date
from importlib import import_module
from typing import Any

from postventa.cli.house import Common, Wrong, app
from postventa.settings import ENVIRONMENT_KEY, read_settings, settings_path

FLOWS = {
    "orders": ("shop", "flows.orders.follow_orders"),
    "shipments": ("carrier", "flows.shipments.follow_shipments"),
    "messages": ("channel", "flows.messages.send_what_is_owed"),
    "mailboxes": ("mailbox", "flows.mailboxes.read_mailbox"),
    "complaints": ("", "flows.complaints.watch_deadlines"),
    "returns": ("", "flows.returns.follow_returns"),
    "reactions": ("", "flows.reactions.react_to_customers"),
    "reviews": ("", "flows.reviews.ask_customers"),
    "reconciliation": ("shop", "flows.reconciliation.prove_completeness"),
    "nightly": ("", "flows.nightly.publish_datasets"),
}
"""The flows that there are: what each is run for (nothing: one run does all there is), and where it is."""
BY_DAYS = frozenset({"nightly"})
"""Those that can be asked for one day."""
REBUILDS = {"nightly": "flows.nightly.rebuild_datasets"}
"""What builds many days of a flow again."""


@app.command(name="run")
def run_flow(
    flow: str,
    *,
    shop: str | None = None,
    carrier: str | None = None,
    channel: str | None = None,
    mailbox: str | None = None,
    day: date | None = None,
    rebuild: str | None = None,
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Run a flow once, through Prefect; exit 1 if the run is red. FLOW is one of those that there are.

    Without --shop, --carrier, --channel or --mailbox it runs for each that is configured. `nightly` builds published
    days again: one with --day, many with --rebuild FIRST..LAST, which several processes share out.
    """
    if flow not in FLOWS:
        raise Wrong(f"there is no flow {flow!r}: there are {', '.join(FLOWS)}", code=2)
    if day is not None and flow not in BY_DAYS:
        raise Wrong(f"the flow {flow} does not work by days: leave --day away", code=2)
    again = _days(rebuild, flow) if rebuild else {}
    with common.workplace() as place:
        os.environ[ENVIRONMENT_KEY] = str(settings_path(common.config))
        _quiet_prefect()
        settings = place.settings
        key, entrypoint = FLOWS[flow]
        configured: dict[str, Mapping[str, object]] = {
            "shop": settings.shops,
            "carrier": settings.carriers,
            "channel": settings.channels,
            "mailbox": settings.mailboxes,
        }
        named = {"shop": shop, "carrier": carrier, "channel": channel, "mailbox": mailbox, "": None}[key]
        runs = [{key: name} for name in _each(key, named, configured[key])] if key else [{}]
        prefect_answers()
        if not os.environ.get("PREFECT_API_URL") and sys.stderr.isatty():
            print("A Prefect server starts for this run alone: up to a minute ...", file=sys.stderr)
        started = _flow(REBUILDS[flow] if again else entrypoint)
        asked: dict[str, date] = again or ({"day": day} if day is not None else {})
        states = [(given, started(**given, **asked, return_state=True)) for given in runs]
    red = [f"{_run(flow, given)}: {_said(state)}" for given, state in states if not state.is_completed()]
    done = [{**given, "state": state.name, "message": state.message} for given, state in states]
    common.answer(done, "\n".join(f"{_run(flow, given)}: {state.name}" for given, state in states))
    if red:
        raise Wrong("; ".join(red))
    return 0


@app.command(name="setup")
def set_up(*, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Create the work pool, limits and automations in Prefect's server; running it again changes nothing."""
    prefect_answers()
    _quiet_prefect()
    from postventa.cli.prefect_setup import set_up_server

    with common.clock():
        done = set_up_server(read_settings(common.config))
    common.answer(done, "\n".join(done))
    return 0


def _days(written: str, flow: str) -> dict[str, date]:
    if flow not in REBUILDS:
        raise Wrong(f"the flow {flow} does not work by days: leave --rebuild away", code=2)
    first, _, last = written.partition("..")
    try:
        return {"first": date.fromisoformat(first), "last": date.fromisoformat(last)}
    except ValueError:
        raise Wrong(f"--rebuild is FIRST..LAST, as 2026-10-01..2026-10-31, not {written!r}", code=2) from None


def prefect_answers() -> str:
    """Reaches Prefect's server; raises Wrong if it does not answer."""
    address = os.environ.get("PREFECT_API_URL", "")
    if not address:
        return "no PREFECT_API_URL: each `postventa run` starts a server of its own for a while"
    import requests

    try:
        with requests.Session() as session:
            session.trust_env = False
            session.get(f"{address.rstrip('/')}/health", timeout=5).raise_for_status()
    except requests.RequestException as down:
        if not address.rstrip("/").endswith("/api"):
            raise Wrong(f"PREFECT_API_URL is {address}, and Prefect answers at .../api: add it") from down
        raise Wrong(f"no Prefect server at {address}: start one with `prefect server start`") from down
    return f"answers at {address}"


def _flow(entrypoint: str) -> Any:
    """A flow by its place. Prefect is imported here and not before: that takes two seconds."""
    module, _, name = entrypoint.rpartition(".")
    return getattr(import_module(module), name)


def _each(key: str, named: str | None, configured: Mapping[str, object]) -> list[str]:
    section = "mailboxes" if key == "mailbox" else f"{key}s"
    if named is not None and named not in configured:
        raise Wrong(f"there is no [{section}.{named}] in the configuration")
    if not configured:
        raise Wrong(f"the configuration has no [{section}.NAME]: `postventa init` shows how")
    return [named] if named is not None else list(configured)


def _run(flow: str, given: Mapping[str, str]) -> str:
    return " ".join([flow, *given.values()])


def _said(state: Any) -> str:
    return " ".join((state.message or state.name).split())


def _quiet_prefect() -> None:
    """No telemetry, a temporary server that is given the time it needs to start, and runs that say that they live."""
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")
    # A run that is silent for 90 seconds is taken for dead.
    os.environ.setdefault("PREFECT_FLOWS_HEARTBEAT_FREQUENCY", "30")
