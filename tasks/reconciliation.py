"""The night's proof: a shop's orders and parcels held against ours, repaired by the usual path, and told."""

from datetime import timedelta
from functools import partial
from typing import Any

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from postventa import clock
from postventa.connectors.doors import open_shop
from postventa.estimates import learn_times
from postventa.findings import close, record
from postventa.news import TellsInPieces
from postventa.parcel_checks import plan_looks, waiting_carriers
from postventa.poll_lag import jumped
from postventa.reconciliation import Comparison, Frame, is_number_known, statuses_known
from postventa.reconciliation_told import SHOWN_AT_MOST, page_of, rows_of
from postventa.silence_letters import rows_of as silent_rows
from postventa.silence_letters import tell
from postventa.silences import silent_orders
from postventa.store.filing import cursor, heard_until
from postventa.store.reconciliation import NOT_REPAIRABLE, ReconciliationRow, findings_of, forget_polls
from postventa.workplace import Workplace, open_workplace
from tasks.orders import FIRST_LOOK_BACK
from tasks.promise import promise


class NothingToCompare(RuntimeError):
    """The poll has not come as far as the days that are to be compared; the sentence says how far."""


@promise("compare-orders-{shop}")
def compare_orders(shop: str) -> int:
    """Holds every order that changed in the shop within the last days against ours, and files what we lack.

    All of it is written down in one transaction at the end: killed on the way, it has done nothing. Answers the
    number of the comparison, which is an empty one where a shop tells everything once and cannot be asked again.
    Raises NothingToCompare before the poll has come so far.
    """
    place, now = open_workplace(), clock.now()
    settings = place.settings.shop(shop)
    door = open_shop(shop, settings)
    since = max(now - timedelta(days=settings.reconcile_days), settings.backfill_since - FIRST_LOOK_BACK)
    if isinstance(door, TellsInPieces):
        with place.store.begin() as connection:
            return record(
                connection,
                Comparison(Frame(shop, now, now, timedelta(), now), door.read_order),
                settings.zone,
            )
    with place.reading() as connection:
        at, until = cursor(connection, f"{shop}:orders"), heard_until(connection, f"{shop}:orders")
    if at is None or until is None or until < since:
        heard = f"has come to {until:%Y-%m-%d %H:%M} UTC only" if until else "has not been made yet"
        raise NothingToCompare(
            f"the poll of {shop} {heard}: let `postventa run orders --shop {shop}` end first"
        )
    frame = Frame(shop, since, at, timedelta(minutes=settings.overlap_minutes), now)
    comparison = Comparison(frame, door.read_order)
    for page in door.changed_orders(since):
        with place.reading() as connection:
            comparison.page(connection, page)
    with place.reading() as connection:
        unlisted = comparison.not_listed(connection)
        known = statuses_known(connection, shop, unlisted)
    comparison.look_for(unlisted, door, lambda ref: known.get(ref, ""))
    comparison.look_into_gaps(door, partial(_is_known, place, shop))
    with place.store.begin() as connection:
        forget_polls(connection, shop, now)
        return record(connection, comparison, settings.zone)


@promise("plan-looks-{reconciliation}")
def plan_parcel_looks(reconciliation: int) -> list[str]:
    """Makes every parcel that may still change due for a look, within its carrier's budget of the night if it has one.

    Answers the carriers that are to be asked.
    """
    place, now = open_workplace(), clock.now()
    budgets = {name: carrier.reconcile_calls for name, carrier in place.settings.carriers.items()}
    with place.store.begin() as connection:
        run = connection.execute(_run(reconciliation)).one()
        plan_looks(connection, run, budgets, now)
        return waiting_carriers(connection, run)


@promise("carriers-to-ask-{reconciliation}")
def carriers_to_ask(reconciliation: int) -> list[str]:
    """The carriers that have not been asked about all that was planned: a round has an end, and gives its turn back."""
    place = open_workplace()
    with place.reading() as connection:
        return waiting_carriers(connection, connection.execute(_run(reconciliation)).one())


@promise("close-reconciliation-{reconciliation}")
def close_reconciliation(reconciliation: int) -> list[str]:
    """Looks up what was repaired, and answers a sentence for what was not and for a cursor that has jumped."""
    place, now = open_workplace(), clock.now()
    with place.store.begin() as connection:
        run = connection.execute(_run(reconciliation)).one()
        findings = close(connection, run, now)
        ahead = jumped(connection, run.shop, now)
    left = [f"{run.shop}:{one.ref}: {one.said}" for one in findings if one.outcome == NOT_REPAIRABLE]
    return [*(f"not repaired, {one}" for one in left), *ahead]


@promise("report-reconciliation-{reconciliation}")
def report_reconciliation(reconciliation: int) -> None:
    """Writes what managers see of a comparison: the counts, and every difference."""
    place, now = open_workplace(), clock.now()
    with place.reading() as connection:
        run = connection.execute(_run(reconciliation)).one()
        findings = findings_of(connection, reconciliation)
        ahead = jumped(connection, run.shop, now)
    key = _key(run.shop)
    create_markdown_artifact(
        key=f"completeness-{key}",
        markdown=page_of(run, findings, ahead),
        description=f"What the poll of {run.shop} missed",
    )
    if findings:
        create_table_artifact(
            key=f"completeness-{key}-findings",
            table=rows_of(run, findings),
            description=f"Every difference with {run.shop}",
        )


@promise("learn-transit-times")
def learn_transit_times() -> int:
    """Learns anew how long parcels take, by carrier and place; answers of how many it knows. Safe to run twice."""
    place = open_workplace()
    with place.store.begin() as connection:
        return len(learn_times(connection, place.settings, clock.now()))


@promise("tell-silences-{shop}")
def tell_silences(shop: str) -> list[str]:
    """Owes the desk a letter about each order that has been silent too long, once; answers what nobody can be told."""
    place, now = open_workplace(), clock.now()
    with place.store.begin() as connection:
        return tell(connection, place.settings, silent_orders(connection, place.settings, shop, now), now)


@promise("report-silences-{shop}")
def report_silences(shop: str) -> None:
    """Writes the list of all that are silent."""
    place, now = open_workplace(), clock.now()
    with place.reading() as connection:
        found = silent_orders(connection, place.settings, shop, now)
    create_table_artifact(
        key=f"silent-{_key(shop)}",
        table=silent_rows(place.settings, found[:SHOWN_AT_MOST]),
        description=f"Orders of {shop} that nothing was heard of: {len(found)}",
    )


def _key(shop: str) -> str:
    """Prefect takes lower-case letters, digits and dashes."""
    return "".join(char if char.isalnum() else "-" for char in shop.lower())


def _is_known(place: Workplace, shop: str, number: str, is_id: bool) -> bool:
    with place.reading() as connection:
        return is_number_known(connection, shop, number, is_id=is_id)


def _run(reconciliation: int) -> Any:
    runs: Any = ReconciliationRow.__table__
    return runs.select().where(runs.c.id == reconciliation)
