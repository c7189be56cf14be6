"""Commands that ask the store and change nothing, but for `parked retry` and `quarantine retry`."""

from dataclasses import asdict
from typing import Annotated

from cyclopts import App, Parameter
from sqlalchemy import Connection, select, update

from postventa import clock
from postventa.cli.house import Common, Wrong, app
from postventa.estimates import parcels_of
from postventa.order_deadlines import deadlines_of
from postventa.outlook import outlook
from postventa.standing import chain_today
from postventa.store import filing
from postventa.store.inbox import ParkedRow, QuarantineRow
from postventa.store.ledger import ledger
from postventa.store.orders import OrderRow, order_id_of
from postventa.store.shipments import ShipmentRow
from postventa.timeline import timeline
from postventa.windows import window_of

parked_app = App(name="parked", help="Orders that were set aside, with the reason.")
quarantine_app = App(name="quarantine", help="What was heard and not understood.")
app.command(parked_app)
app.command(quarantine_app)


@app.command(name="ledger")
def show_ledger(*, order: str | None = None, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Count the messages that are owed and what became of them; exit 1 if they do not add up."""
    with common.workplace() as place, place.reading() as connection:
        counted = ledger(connection, _the_order(connection, order)[0] if order else None)
        today = chain_today(connection, clock.now())
    document = {
        "owed": counted.owed,
        "sent": counted.sent,
        "suppressed": counted.suppressed,
        "deferred": counted.deferred,
        "failed": counted.failed,
        "uncertain": counted.uncertain,
        "waiting": counted.waiting,
        "by_message": counted.by_message,
        "as_texts": counted.texts,
        "balanced": counted.is_balanced,
    }
    lines = [f"{'owed':12} {counted.owed}", f"{'sent':12} {counted.sent}"]
    kept_back = {"suppressed": counted.suppressed, "deferred": counted.deferred, "failed": counted.failed}
    for name, reasons in kept_back.items():
        lines.append(f"{name:12} {sum(reasons.values())}")
        lines += [f"  {reason:24} {count}" for reason, count in sorted(reasons.items())]
    lines += [f"{'uncertain':12} {counted.uncertain}", f"{'waiting':12} {counted.waiting}"]
    texts = sum(counted.texts.values())
    lines += [f"{'as texts':12} {texts}, {counted.texts.get('sent', 0)} of them sent"] if texts else []
    lines.append("The ledger adds up." if counted.is_balanced else "THE LEDGER DOES NOT ADD UP.")
    common.answer(document, "\n".join(lines) if order else "\n".join([*lines, "", today]))
    return 0 if counted.is_balanced else 1


@app.command(name="plan")
def show_plan(*, until: str | None = None, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Show every message that would go out, and every one that would not, with the reason. Sends nothing."""
    with common.workplace() as place, place.reading() as connection:
        horizon = clock.read_instant(until) if until else None
        planned = outlook(connection, place.settings, clock.now(), horizon)
    rows = [
        f"{one.at:%Y-%m-%d %H:%M} UTC  {one.outcome:10} {one.message:17} {one.order}  {one.reason}{one.how}".rstrip()
        for one in planned
    ]
    common.answer([asdict(one) for one in planned], "\n".join(rows) or "Nothing is owed.")
    return 0


@app.command(name="order")
def show_order(ref: str, *, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Show an order's deadlines and its timeline: news, stages, scans, messages. REF is SHOP:REF, the shop's id, or the order's number."""
    with common.workplace() as place, place.reading() as connection:
        order_id, shop, order_ref, number = _the_order(connection, ref)
        order = connection.execute(OrderRow.__table__.select().where(OrderRow.id == order_id)).one()
        lines = timeline(connection, order_id, shop, order_ref)
        window = window_of(connection, place.settings, order_id, clock.now())
        deadlines = deadlines_of(connection, order_id)
        zone = place.settings.shop(shop).zone
        parcels = parcels_of(connection, order_id, zone, clock.now())
    standing = {
        name: getattr(order, name)
        for name in (
            "stage",
            "order_state",
            "payment_state",
            "fulfilment_state",
            "raw_status",
            "currency",
            "total",
        )
    }
    head = (
        f"Order {shop}:{order_ref} (number {number}) is {order.stage}; the shop calls it {order.raw_status}."
    )
    rows = [f"{line.at:%Y-%m-%d %H:%M:%S} UTC  {line.kind:8} {line.what}" for line in lines]
    document = {"shop": shop, "ref": order_ref, "number": number, **standing, "withdrawal": window.document()}
    document["sale_final_at"] = order.sale_final_at
    final = (
        [f"the sale is final from {order.sale_final_at:%Y-%m-%d %H:%M} UTC on"] if order.sale_final_at else []
    )
    following = [*(one.sentence(zone) for one in parcels), *(one.sentence(zone) for one in deadlines)]
    told = [head, *window.sentences(), *final, *following, *rows]
    document["parcels"] = [asdict(one) for one in parcels]
    document["deadlines"] = [asdict(one) for one in deadlines]
    common.answer({**document, "timeline": [asdict(line) for line in lines]}, "\n".join(told))
    return 0


@parked_app.default
def show_parked(*, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """List the orders that were set aside and wait for a person."""
    waiting = select(ParkedRow).where(ParkedRow.resolved_at.is_(None)).order_by(ParkedRow.id)
    with common.workplace() as place, place.reading() as connection:
        rows = connection.execute(waiting).mappings().all()
    text = [f"{row['id']:5} {row['shop']}:{row['order_ref']}  {row['reason']}" for row in rows]
    common.answer([dict(row) for row in rows], "\n".join(text) or "No order is parked.")
    return 0


@parked_app.command(name="retry")
def retry_parked(
    number: Annotated[int, Parameter(help="The first column of `postventa parked`")],
    *,
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Let a parked order be tried again by the next run."""
    with common.workplace() as place, place.store.begin() as connection:
        row = connection.execute(
            select(ParkedRow).where(ParkedRow.id == number, ParkedRow.resolved_at.is_(None))
        ).one_or_none()
        if row is None:
            raise Wrong(f"no order is parked under {number}: `postventa parked` lists those that are")
        same = (ParkedRow.shop == row.shop) & (ParkedRow.order_ref == row.order_ref)
        connection.execute(
            update(ParkedRow).where(same, ParkedRow.resolved_at.is_(None)).values(resolved_at=clock.now())
        )
        order = select(OrderRow.id).where(OrderRow.shop == row.shop, OrderRow.ref == row.order_ref)
        connection.execute(
            update(ShipmentRow)
            .where(ShipmentRow.order_id.in_(order), ShipmentRow.carrier.is_not(None))
            .where(ShipmentRow.look_at.is_(None), ShipmentRow.delivered_at.is_(None))
            .values(look_at=clock.now())
        )
    said = f"Order {row.shop}:{row.order_ref} goes on with the next run."
    common.answer({"order": f"{row.shop}:{row.order_ref}", "retried": True}, said)
    return 0


@quarantine_app.default
def show_quarantine(*, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """List what was heard and not understood."""
    columns = [column for column in QuarantineRow.__table__.c if column.name != "raw"]
    with common.workplace() as place, place.reading() as connection:
        rows = connection.execute(select(*columns).order_by(QuarantineRow.id)).mappings().all()
    text = [f"{r['id']:5} {r['source']}:{r['ref']}  {r['times']}x  {r['reason']}" for r in rows]
    common.answer([dict(row) for row in rows], "\n".join(text) or "Nothing is in quarantine.")
    return 0


@quarantine_app.command(name="show")
def show_quarantined(number: int, *, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Show one payload that was not understood, as it came. It may hold personal data."""
    table = QuarantineRow.__table__
    with common.workplace() as place, place.reading() as connection:
        row = connection.execute(select(table).where(QuarantineRow.id == number)).mappings().one_or_none()
    if row is None:
        raise Wrong(f"nothing is in quarantine under {number}: `postventa quarantine` lists what is")
    common.answer(dict(row), f"{row['reason']}\n\n{row['raw']}")
    return 0


@quarantine_app.command(name="retry")
def retry_quarantined(
    *numbers: Annotated[int, Parameter(help="The first column of `postventa quarantine`")],
    everything: Annotated[bool, Parameter(name="--all", negative="")] = False,
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Let the next run read again what was not understood: after a status was explained, or an upgrade."""
    if bool(numbers) == everything:
        raise Wrong("say which ones by their numbers, or --all", code=2)
    with common.workplace() as place, place.store.begin() as connection:
        there = set(connection.execute(select(QuarantineRow.id)).scalars())
        missing = [number for number in numbers if number not in there]
        if missing:
            raise Wrong(f"nothing is in quarantine under {missing[0]}: `postventa quarantine` lists what is")
        chosen = sorted(there if everything else set(numbers))
        reopened = filing.read_again(connection, chosen)
    said = f"{len(chosen)} out of quarantine; payloads that the next run reads again: {reopened}."
    common.answer({"retried": chosen, "payloads": reopened}, said)
    return 0


def _the_order(connection: Connection, reference: str) -> tuple[int, str, str, str]:
    found = order_id_of(connection, reference)
    if not found:
        raise Wrong(f"there is no order {reference}: give the shop's id, the order's number, or SHOP:REF")
    if len(found) > 1:
        names = ", ".join(f"{shop}:{ref}" for _, shop, ref, _ in found[:5])
        raise Wrong(f"{reference} may be any of {names}: name one of them")
    return found[0]
