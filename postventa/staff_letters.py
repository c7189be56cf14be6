"""Letters to the desk about an order without a case: what is due, how the order stands, and what may come of it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, select, text

from postventa.connectors.addresses import address_problem
from postventa.copies import order_view, sums_of
from postventa.facts import facts_of
from postventa.messages import language_for
from postventa.proofs import ORDER_RECEIPT, PROOFS
from postventa.rules.messages import Verdict, may_write_in_a_case
from postventa.rules.shipments import ShipmentStatus
from postventa.rules.silence import Quiet, Silence
from postventa.settings import Settings
from postventa.silences import is_still_quiet
from postventa.store.clocks import TICKING, ClockRow
from postventa.store.dossiers import Dossier
from postventa.store.owing import owe_message
from postventa.views import MessageView

ABOUT_AN_ORDER = "desk_order"
ABOUT_A_SILENCE = "desk_silence"


def owe_about_order(
    connection: Connection,
    order: Any,
    occasion: str,
    now: datetime,
    *,
    recipient: str,
    facts: Mapping[str, Any],
    message: str = ABOUT_AN_ORDER,
) -> bool:
    """Owes somebody in [desk.people] a letter about an order; False if it was owed before."""
    return owe_message(
        connection,
        message,
        f"{order.shop}:{order.ref}:-:{message}:{occasion}@{recipient}",
        now,
        occasion=occasion,
        order_id=order.id,
        recipient=recipient,
        facts=facts,
    )


def ticking_among(connection: Connection, rows: Collection[Any]) -> frozenset[int]:
    """Of the clocks that these letters to the desk are about, those that still run."""
    named = {number for row in rows if row.recipient is not None and (number := _clock_of(row)) is not None}
    if not named:
        return frozenset()
    clocks = ClockRow.__table__.c
    return frozenset(
        connection.execute(select(clocks.id).where(clocks.id.in_(named), text(TICKING))).scalars()
    )


def staff_verdict(row: Any, dossier: Dossier, settings: Settings, ticking: Collection[int]) -> Verdict:
    """Whether it may go: what has been done since is told to nobody."""
    is_acknowledged = any((message, None) in dossier.told for message in PROOFS[ORDER_RECEIPT])
    is_done = is_acknowledged and (row.facts or {}).get("duty") == ORDER_RECEIPT
    is_over = _is_heard_of(row, dossier) if row.message == ABOUT_A_SILENCE else _clock_of(row) not in ticking
    if is_done or is_over:
        return Verdict.no("superseded")
    email = address_of(row, settings)[1]
    has_address = bool(email) and address_problem(email) is None
    return may_write_in_a_case("service", has_address=has_address, has_bounced=False)


def address_of(row: Any, settings: Settings) -> tuple[str, str]:
    """Name and address of whom it is for; an empty address where nobody of that name is configured any more."""
    person = settings.desk.people.get(row.recipient)
    return (person.name, person.email) if person else ("", "")


def staff_view(row: Any, dossier: Dossier, settings: Settings) -> MessageView:
    """What it is rendered from: the order as it stands now, in the shop's language; nothing of who its customer is."""
    order, shop = dossier.order, settings.shop(dossier.order.shop)
    parcels = [one for one in dossier.parcels.values() if one.status != ShipmentStatus.CANCELLED]
    stands = {
        "order_name": f"{order.shop}:{order.ref}",
        "stage": order.stage,
        "parcels": len(parcels),
        "arrived": sum(one.status == ShipmentStatus.DELIVERED for one in parcels),
        "waiting": sum(one.status == ShipmentStatus.READY_FOR_PICKUP for one in parcels),
        "is_all_shipped": order.is_all_shipped,
    }
    facts = facts_of(row.facts or {}, shop.zone)
    language = language_for(shop.language, shop.language)
    return MessageView(
        language=language,
        shop_name=shop.display_name or settings.company.legal_name,
        shop_url=shop.url,
        company=settings.company,
        customer_name=address_of(row, settings)[0],
        order=order_view(order, dossier.lines, sums_of(order, dossier.lines), shop.zone, language),
        facts=SimpleNamespace(**vars(facts) | stands),
        is_for_staff=True,
    )


def _is_heard_of(row: Any, dossier: Dossier) -> bool:
    """Whether the silence that it tells of has ended."""
    said = Quiet(
        Silence(row.facts["silence"]), datetime.fromisoformat(row.facts["since_at"]), row.facts["parcel"]
    )
    return not is_still_quiet(said, dossier.order, dossier.parcels.values())


def _clock_of(row: Any) -> int | None:
    """The clock that a letter is about, as its occasion `clock:call` names it."""
    clock_id = row.occasion.partition(":")[0]
    return int(clock_id) if clock_id.isdecimal() else None
