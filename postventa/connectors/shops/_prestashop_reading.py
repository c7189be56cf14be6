"""Translates whole PrestaShop orders and credit slips into news: strict about what we need, forgiving otherwise."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from postventa.connectors.fields import NOTHING, ident, need, objects, text, wrong
from postventa.connectors.shops._prestashop_amounts import (
    CENT,
    Sum,
    carrier_name,
    charges_of,
    discount_of,
    lines_less,
    lines_of,
    slip_amount,
    slip_lines,
    total_of,
)
from postventa.connectors.shops._prestashop_states import Facts, is_payment, names_of, states_of
from postventa.connectors.shops._prestashop_time import Wall, shown_in
from postventa.connectors.shops._prestashop_whole import BOXES, FOUND
from postventa.connectors.shops._states import States
from postventa.news import Address, CustomerNews, NotUnderstood, OrderNews, ParcelNews, Raw, RefundNews
from postventa.rules.orders import FulfilmentState

_CURRENCY = re.compile(r"[A-Z]{3}")
_LANGUAGE = re.compile(r"[a-z]{2}(?![a-z])")
_NUMBERS = re.compile(r"[,;]+")


@dataclass(frozen=True, slots=True)
class Habits:
    """What the configuration says of this shop's own ways."""

    shop: str
    statuses: Mapping[str, FulfilmentState]
    boxes: tuple[str, ...]


def read_order(raw: Raw, habits: Habits) -> OrderNews:
    """A whole order as news. Raises NotUnderstood with a sentence that names order and field."""
    if not isinstance(raw, Mapping):
        raise NotUnderstood("an order must be an object")
    ref = ident(raw, "id")
    try:
        return _order(ref, raw, _object(raw, FOUND), habits)
    except NotUnderstood as cause:
        raise NotUnderstood(f"order {ref}: {cause}") from None


def read_refund(raw: Raw) -> RefundNews:
    """A credit slip as news. Raises NotUnderstood with a sentence that names slip and field."""
    if not isinstance(raw, Mapping):
        raise NotUnderstood("a credit slip must be an object")
    ref = ident(raw, "id")
    try:
        return _slip(raw, wall_in(_object(raw, FOUND)))
    except NotUnderstood as cause:
        raise NotUnderstood(f"credit slip {ref}: {cause}") from None


def wall_in(found: Raw) -> Wall:
    """The zone that the shop had when this was heard."""
    try:
        zone = ZoneInfo(text(found, "zone"))
    except (ZoneInfoNotFoundError, ValueError):
        raise wrong(f"{FOUND}.zone", "a time zone", found.get("zone")) from None
    return Wall(zone, None, zone)


def _order(ref: str, raw: Raw, found: Raw, habits: Habits) -> OrderNews:
    wall, total = wall_in(found), total_of(raw)
    refunds = tuple(_slip(slip, wall) for slip in objects(found, "slips"))
    state, passed = _state(raw, found), _passed(found, wall)
    module = text(raw, "module").lower()
    facts = Facts([one for _, one in passed], module, total.gross, sum((r.amount for r in refunds), NOTHING))
    states = states_of(state, facts, habits.statuses, habits.shop)
    before = lines_of(objects(found, "lines"))
    goods = Sum(sum((s.net for _, s in before), NOTHING), sum((s.tax for _, s in before), NOTHING))
    vouchers = objects(found, "vouchers")
    discount = discount_of(raw, vouchers, goods)
    language = _language(found)
    billing = _address(found.get("invoice"))
    shipping = _address(found.get("delivery"))
    left_at = next((at for at, one in passed if text(one, "shipped") == "1"), None)
    needs_shipping = text(raw, "id_carrier") not in {"", "0"}
    return OrderNews(
        ref=ref,
        number=text(raw, "reference") or ref,
        raw_status=next(iter(names_of(state)), "") or text(raw, "current_state"),
        order_state=states.order,
        payment_state=states.payment,
        fulfilment_state=states.fulfilment,
        placed_at=wall.instant(shown_in(need(raw, "date_add"), "date_add")),
        modified_at=_modified_at(found),
        paid_at=_paid_at(states, passed, module),
        completed_at=left_at,
        currency=_currency(found),
        language=language,
        customer=_customer(found, billing, habits),
        billing=billing,
        shipping=shipping if needs_shipping and (shipping.lines or shipping.city) else None,
        lines=lines_less(before, discount.goods),
        charges=charges_of(raw, discount, _maybe(found, "carrier"), language or ""),
        taxes=(),
        coupons=tuple(code for one in vouchers if (code := text(one, "code") or text(one, "name"))),
        discount=discount.goods.net,
        total=total.gross,
        tax_total=total.tax,
        prices_include_tax=True,
        payment_method=text(raw, "payment") or module,
        needs_shipping=needs_shipping,
        parcels=_parcels(found, left_at),
        refunds=refunds,
        invoice_number=None,  # the number alone lacks the prefix that its customer reads
    )


def _slip(raw: Raw, wall: Wall) -> RefundNews:
    return RefundNews(
        ref=ident(raw, "id"),
        order_ref=ident(raw, "id_order"),
        amount=slip_amount(raw).quantize(CENT),
        reason="",
        at=wall.instant(shown_in(need(raw, "date_add"), "date_add")),
        line_refs=slip_lines(raw),
    )


def _state(raw: Raw, found: Raw) -> Raw:
    ref = ident(raw, "current_state")
    state = _maybe(found, "states").get(ref)
    if not isinstance(state, dict):
        raise NotUnderstood(f"current_state is {ref}, and the shop has no such state any more")
    return state


def _passed(found: Raw, wall: Wall) -> list[tuple[datetime, Raw]]:
    """The states that the order went through, oldest first; states that were deleted since are left out."""
    states = _maybe(found, "states")
    return [
        (wall.instant(shown_in(one.get("date_add"), "history.date_add")), states[ref])
        for one in objects(found, "history")
        if (ref := text(one, "id_order_state")) in states
    ]


def _paid_at(states: States, passed: list[tuple[datetime, Raw]], module: str) -> datetime | None:
    if states.payment.value in {"pending", "failed"}:
        return None
    return next((at for at, one in passed if is_payment(one, module)), None)


def _modified_at(found: Raw) -> datetime:
    written = found.get("modified_at")
    try:
        return datetime.fromisoformat(str(written)).astimezone(UTC)
    except ValueError:
        raise wrong(f"{FOUND}.modified_at", "an instant", written) from None


def _parcels(found: Raw, left_at: datetime | None) -> tuple[ParcelNews, ...]:
    """Each tracking number once; staff write several into one field, with commas between them."""
    parcels: dict[str, ParcelNews] = {}
    for one in objects(found, "parcels"):
        carrier = _maybe(one, "carrier")
        for part in _NUMBERS.split(text(one, "tracking_number")):
            number = "".join(part.split())
            if number:
                link = text(carrier, "url").replace("@", number)
                url = link if link.startswith(("https://", "http://")) else ""
                parcels.setdefault(number, ParcelNews(number, carrier_name(carrier), url, left_at))
    return tuple(parcels.values())


def _customer(found: Raw, billing: Address, habits: Habits) -> CustomerNews:
    customer, address = _maybe(found, "customer"), _maybe(found, "invoice")
    said = [text(customer, box) for box in habits.boxes if box in BOXES and box in customer]
    return CustomerNews(
        ref=text(customer, "id") or None if text(customer, "is_guest") != "1" else None,
        email=text(customer, "email"),
        name=_name(customer) or billing.name,
        phone=text(address, "phone_mobile") or text(address, "phone"),
        einvoice_consent=None,
        wants_advertising="1" in said if said else None,
    )


def _name(person: Mapping[str, Any]) -> str:
    return f"{text(person, 'firstname')} {text(person, 'lastname')}".strip()


def _address(raw: Any) -> Address:
    found: Raw = raw if isinstance(raw, dict) else {}
    return Address(
        name=_name(found),
        company=text(found, "company"),
        lines=tuple(line for line in (text(found, "address1"), text(found, "address2")) if line),
        postcode=text(found, "postcode"),
        city=text(found, "city"),
        region=text(found, "region"),
        country=text(found, "country"),
    )


def _currency(found: Raw) -> str:
    said = found.get("currency")
    if not isinstance(said, str) or not _CURRENCY.fullmatch(said):
        raise wrong("id_currency", "a currency whose code has three capital letters such as EUR", said)
    return said


def _language(found: Raw) -> str | None:
    said = _LANGUAGE.match(text(found, "language").lower())
    return said.group() if said else None


def _object(raw: Raw, field: str) -> Raw:
    found = need(raw, field)
    if not isinstance(found, dict):
        raise wrong(field, "an object", found)
    return found


def _maybe(raw: Raw, field: str) -> Raw:
    found = raw.get(field)
    return found if isinstance(found, dict) else {}
