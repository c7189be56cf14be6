"""Which parcels their carriers are asked about once more at night: every one that may still change, or as many as a key allows.

What is not asked about is counted with its reason, so that the proof claims no more than was compared.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, func, insert, literal, or_, select, update

from postventa.rules.reconciliation import Difference
from postventa.rules.shipments import FINAL, GIVE_UP_AFTER, ShipmentStatus
from postventa.store.inbox import ParkedRow
from postventa.store.orders import OrderRow
from postventa.store.reconciliation import ASKED, NOT_FOLLOWED, FindingRow, ReconciliationRow
from postventa.store.shipments import ShipmentRow

ENDED_WITHIN = timedelta(days=7)
"""So long after its end a parcel may still turn out otherwise: one that was delivered has gone back, one that was given
up has arrived."""
JUST_ASKED = timedelta(hours=1)
"""What the usual round has asked within it counts as compared."""
_ORDERS: Any = OrderRow.__table__.c
_PARCELS: Any = ShipmentRow.__table__.c
_RUNS: Any = ReconciliationRow.__table__
_FINDINGS: Any = FindingRow.__table__.c


def plan_looks(connection: Connection, run: Any, budgets: Mapping[str, int | None], now: datetime) -> None:
    """Makes the shop's parcels due for a look, of each carrier as many as its budget allows; None is every one.

    What they were before is written down, so that it can be said what the look has found; what is left out is counted.
    Done once for each comparison: a second call changes nothing.
    """
    if run.parcels_left is not None:
        return
    fresh, left, strange, because = 0, 0, 0, []
    for row in connection.execute(_counts(run.shop, now)):
        if row.carrier not in budgets:
            strange += row.parcels
            continue
        budget = budgets[row.carrier]
        waiting = row.parcels - row.fresh - row.set_aside
        beyond = 0 if budget is None else max(waiting - budget, 0)
        if waiting > beyond:
            _plan(connection, run, row.carrier, budget, now)
        fresh, left = fresh + row.fresh, left + row.set_aside + beyond
        because += [f"{row.carrier}: {row.set_aside} of orders that are set aside"] if row.set_aside else []
        because += [f"{row.carrier}: {beyond} beyond reconcile_calls ({budget})"] if beyond else []
    _soon(connection, run, now)
    counted = {"parcels_fresh": fresh, "parcels_left": left, "parcels_without_carrier": strange}
    said = said_because(because)
    connection.execute(update(_RUNS).where(_RUNS.c.id == run.id).values(**counted, left_because=said))


def waiting_carriers(connection: Connection, run: Any) -> list[str]:
    """The carriers that have not yet been asked about all that was planned."""
    planned = _FINDINGS.shipment_id == _PARCELS.id
    wanted = (
        select(_PARCELS.carrier)
        .join(FindingRow, planned & (_FINDINGS.reconciliation_id == run.id) & (_FINDINGS.outcome == ASKED))
        .where(_PARCELS.look_at.is_not(None), ~was_asked(run))
    )
    return list(connection.execute(wanted.distinct().order_by(_PARCELS.carrier)).scalars())


def was_asked(run: Any) -> Any:
    """Whether a parcel's carrier has answered since the comparison began."""
    return func.coalesce(_PARCELS.looked_at >= run.began_at, False)


def said_because(reasons: Iterable[str]) -> str:
    """Why parcels were left, as the run's row keeps it."""
    return "; ".join(reasons)[:500]


def _is_under_way(now: datetime) -> Any:
    return _PARCELS.status.not_in(FINAL) & (_PARCELS.last_news_at > now - GIVE_UP_AFTER)


def _may_change(now: datetime) -> Any:
    """From a parcel that went back to its sender nothing leads on."""
    ended = {
        ShipmentStatus.DELIVERED: _PARCELS.delivered_at > now - ENDED_WITHIN,
        ShipmentStatus.CANCELLED: _PARCELS.last_news_at > now - ENDED_WITHIN,
        ShipmentStatus.EXPIRED: _PARCELS.last_news_at > now - GIVE_UP_AFTER - ENDED_WITHIN,
    }
    return or_(
        _is_under_way(now), *((_PARCELS.status == status) & lately for status, lately in ended.items())
    )


def _is_fresh(now: datetime) -> Any:
    return func.coalesce(_PARCELS.looked_at >= now - JUST_ASKED, False)


def _is_set_aside(shop: str) -> Any:
    """Of an order that waits for a person; a parcel of such a one that has its next look planned is asked about."""
    mine = (ParkedRow.shop == shop) & (ParkedRow.order_ref == _ORDERS.ref)
    is_parked = select(ParkedRow.id).where(mine, ParkedRow.resolved_at.is_(None)).exists()
    return and_(_PARCELS.look_at.is_(None), is_parked)


def _counts(shop: str, now: datetime) -> Any:
    """By carrier: the parcels that may change, those just asked about, and those that wait for a person."""
    is_fresh, is_set_aside = _is_fresh(now), _is_set_aside(shop)
    return (
        select(
            _PARCELS.carrier,
            func.count().label("parcels"),
            func.sum(case((is_fresh, 1), else_=0)).label("fresh"),
            func.sum(case((and_(~is_fresh, is_set_aside), 1), else_=0)).label("set_aside"),
        )
        .join(OrderRow, _ORDERS.id == _PARCELS.order_id)
        .where(_ORDERS.shop == shop, _may_change(now))
        .group_by(_PARCELS.carrier)
        .order_by(_PARCELS.carrier)
    )


def _plan(connection: Connection, run: Any, carrier: str, budget: int | None, now: datetime) -> None:
    """Those that nobody follows first, then the longest unasked, then those that have ended."""
    is_under_way = _is_under_way(now)
    is_lost = and_(is_under_way, _PARCELS.look_at.is_(None))
    wanted = (
        select(
            literal(run.id),
            literal(Difference.PARCEL.value),
            _ORDERS.ref,
            _PARCELS.id,
            func.coalesce(_PARCELS.looked_at, _PARCELS.last_news_at),
            literal(ASKED),
            case((is_lost, NOT_FOLLOWED), else_=_PARCELS.status),
        )
        .join(OrderRow, _ORDERS.id == _PARCELS.order_id)
        .where(_ORDERS.shop == run.shop, _PARCELS.carrier == carrier, _may_change(now))
        .where(~_is_fresh(now), ~_is_set_aside(run.shop))
        .order_by(
            case((is_lost, 0), (is_under_way, 1), else_=2), _PARCELS.looked_at.nulls_first(), _PARCELS.id
        )
        .limit(budget)
    )
    names = ("reconciliation_id", "kind", "ref", "shipment_id", "changed_at", "outcome", "said")
    connection.execute(insert(FindingRow).from_select(names, wanted))


def _soon(connection: Connection, run: Any, now: datetime) -> None:
    planned = select(_FINDINGS.shipment_id).where(_FINDINGS.reconciliation_id == run.id)
    is_later = _PARCELS.look_at.is_(None) | (_PARCELS.look_at > now)
    mine = _PARCELS.id.in_(planned.where(_FINDINGS.shipment_id.is_not(None)))
    connection.execute(update(ShipmentRow).where(mine, is_later).values(look_at=now))
