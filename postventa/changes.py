"""What an order's news changes: from the shop's description and what we knew to the rows that are saved together."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from postventa.agreements import agreed_in
from postventa.chain import Course, advance
from postventa.copies import details_of, lines_digest
from postventa.news import CustomerNews, LineNews, OrderNews, ParcelNews
from postventa.rules.happenings import ALL_LEFT, Known, Said, happenings
from postventa.rules.orders import MOVES_THE_SALE, STOPPED, Event, FulfilmentState, Stage
from postventa.rules.shipments import FINAL, ShipmentStatus
from postventa.settings import Shop
from postventa.store.changes import Change
from postventa.store.standings import Standing

_HELD = {FulfilmentState.ON_HOLD, FulfilmentState.BACKORDERED}
_UNHEARD_OF = {ShipmentStatus.PENDING, ShipmentStatus.UNKNOWN}
REREAD_FOR = timedelta(days=45)
"""An order that is not delivered after so long is no longer read again by itself."""
REFUNDS_REREAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reader:
    """What the reading of one shop's news needs: its settings, who answers for a parcel, and the time."""

    shop: str
    settings: Shop
    carrier_for: Callable[[str], str | None]
    now: datetime


def change_from(news: OrderNews, standing: Standing | None, reader: Reader) -> Change:
    """The change that `news` makes to an order that stands as `standing` (None: never heard of)."""
    known = standing.known if standing else Known()
    course = advance(
        known.stage,
        happenings(known, _said(news)),
        backfill_since=reader.settings.backfill_since,
        grace=timedelta(hours=reader.settings.tracking_grace_hours),
    )
    has_new_lines = standing is None or standing.lines_digest != lines_digest(news.lines)
    return Change(
        shop=reader.shop,
        ref=news.ref,
        customer=_customer(news, reader.now),
        order=_order(news, known, course, standing, reader),
        lines=[_line(line) for line in news.lines] if has_new_lines else None,
        refunds=[
            {"ref": r.ref, "amount": r.amount, "reason": r.reason[:1000], "refunded_at": r.at}
            for r in news.refunds
        ],
        withdrawn=standing.refunds - {refund.ref for refund in news.refunds} if standing else frozenset(),
        parcels=_parcels(news, standing, course, reader),
        course=course,
        agreed=agreed_in(news, reader.shop, reader.settings, is_first=standing is None),
    )


def identity_of(customer: CustomerNews, order_ref: str) -> str:
    """By what a customer is known again: the e-mail address without regard to case, else the shop's own id."""
    if customer.email:
        return customer.email.lower()
    return f"ref:{customer.ref}" if customer.ref else f"order:{order_ref}"


def _said(news: OrderNews) -> Said:
    return Said(
        order_state=news.order_state,
        payment_state=news.payment_state,
        fulfilment_state=news.fulfilment_state,
        needs_shipping=news.needs_shipping,
        placed_at=news.placed_at,
        paid_at=news.paid_at,
        at=news.modified_at,
        completed_at=news.completed_at,
        parcels={parcel.tracking_number: parcel.shipped_at for parcel in news.parcels},
    )


def _customer(news: OrderNews, now: datetime) -> dict[str, Any]:
    customer = news.customer
    return {
        "identity": identity_of(customer, news.ref)[:320],
        "ref": customer.ref,
        "email": customer.email[:320],
        "name": customer.name[:400],
        "phone": customer.phone[:64],
        "einvoice_consent_at": now if customer.einvoice_consent else None,
        "hard_bounced_at": None,
    }


def _order(
    news: OrderNews, known: Known, course: Course, standing: Standing | None, reader: Reader
) -> dict[str, Any]:
    left = [
        line.happened_at
        for line in course.logged
        if line.event in {Event.PARCEL_SHIPPED, Event.SHIPPED_UNTRACKED}
    ]
    return {
        "shop": reader.shop,
        "ref": news.ref,
        "number": news.number[:64],
        "raw_status": news.raw_status[:64],
        "order_state": news.order_state,
        "payment_state": news.payment_state,
        "fulfilment_state": news.fulfilment_state,
        "stage": course.stage,
        "is_held": news.fulfilment_state in _HELD,
        "is_all_shipped": known.is_all_shipped or news.fulfilment_state in ALL_LEFT,
        "needs_shipping": news.needs_shipping,
        "placed_at": news.placed_at,
        "modified_at": news.modified_at,
        "paid_at": news.paid_at,
        "shipped_at": min(left, default=None),
        "delivered_at": course.happened(Event.ALL_DELIVERED),
        "currency": news.currency,
        "total": news.total,
        "tax_total": news.tax_total,
        "discount": news.discount,
        "language": news.language,
        "invoice_number": news.invoice_number,
        "details": details_of(news),
        "heard_at": reader.now,
        "reread_at": _reread_at(news, course, standing, reader),
        "sale_look_at": reader.now if _concerns_the_sale(news, course, standing) else None,
    }


def _concerns_the_sale(news: OrderNews, course: Course, standing: Standing | None) -> bool:
    """Whether it was sold, goods have moved or money has gone back: a deadline begins, or may end otherwise."""
    before = standing.known.stage if standing else Stage.NEW
    is_sold = course.stage != before in {Stage.NEW, Stage.RECEIVED}
    has_moved = any(line.event in MOVES_THE_SALE for line in course.logged)
    return is_sold or has_moved or bool(news.refunds) or bool(standing and standing.refunds)


def _reread_at(news: OrderNews, course: Course, standing: Standing | None, reader: Reader) -> datetime | None:
    """When the shop is asked about this order by itself: what is missing may come without moving its stamp."""
    stage = course.stage
    if reader.now - news.placed_at > REREAD_FOR or stage in STOPPED:
        return None
    if course.happened(Event.SHIPPED_UNTRACKED):
        return reader.now  # its tracking is somewhere that a list of orders does not show: look at once
    has_parcels = bool(news.parcels or (standing and standing.parcels))
    if news.needs_shipping and not has_parcels and stage not in {Stage.NEW, Stage.DELIVERED}:
        return reader.now + timedelta(hours=reader.settings.reread_hours)
    return reader.now + REFUNDS_REREAD if news.refunds else None


def _line(line: LineNews) -> dict[str, Any]:
    return {
        "ref": line.ref,
        "product_ref": line.product_ref,
        "sku": line.sku[:128],
        "name": line.name[:1000],
        "quantity": line.quantity,
        "net_before": line.net_before,
        "tax_before": line.tax_before,
        "net": line.net,
        "tax": line.tax,
    }


def _parcels(
    news: OrderNews, standing: Standing | None, course: Course, reader: Reader
) -> list[dict[str, Any]]:
    stored = standing.parcels if standing else {}
    left = {line.parcel: line.happened_at for line in course.logged if line.event == Event.PARCEL_SHIPPED}
    named = [_parcel(parcel, stored.get(parcel.tracking_number), left, reader) for parcel in news.parcels]
    listed = {parcel.tracking_number for parcel in news.parcels}
    taken_back = [
        {**_columns(row), "status": ShipmentStatus.CANCELLED, "look_at": None}
        for number, row in stored.items()
        if listed and number not in listed and row.status in _UNHEARD_OF
    ]
    return [row for row in (*named, *taken_back) if row is not None]


def _parcel(
    parcel: ParcelNews, row: Any, left: dict[str | None, datetime], reader: Reader
) -> dict[str, Any] | None:
    shipped_at = left.get(parcel.tracking_number)
    carrier = reader.carrier_for(parcel.carrier)
    if row is not None:
        is_news = shipped_at is not None or row.carrier_word != parcel.carrier[:128] or row.carrier != carrier
        if not is_news:
            return None
        look_at = row.look_at or (reader.now if row.status not in FINAL and carrier else None)
        return {
            **_columns(row),
            "carrier_word": parcel.carrier[:128],
            "carrier": carrier,
            "shipped_at": row.shipped_at or shipped_at,
            "look_at": look_at,
        }
    return {
        "tracking_number": parcel.tracking_number,
        "carrier_word": parcel.carrier[:128],
        "carrier": carrier,
        "tracking_url": parcel.tracking_url[:1000],
        "shipped_at": shipped_at,
        "delivered_at": None,
        "status": ShipmentStatus.PENDING,
        "raw_code": "",
        "raw_text": "",
        "mapped_by": "",
        "first_estimated_at": None,
        "estimated_at": None,
        "guessed_at": None,
        "pickup_point": "",
        "last_news_at": reader.now,
        "look_at": reader.now if carrier else None,
        "looked_at": None,
    }


def _columns(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row._asdict().items() if name not in {"id", "order_id"}}
