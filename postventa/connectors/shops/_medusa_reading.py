"""Translates Medusa's raw orders into news: strict about what we need, forgiving otherwise."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from postventa.connectors.fields import NOTHING, inside, moment, moment_or_none, need, objects, text
from postventa.connectors.shops._medusa_fields import (
    currency_of,
    exact,
    known_by,
    payable,
    smallest_coin,
)
from postventa.connectors.shops._medusa_lines import money_of
from postventa.connectors.shops._medusa_parcels import parcels_of
from postventa.connectors.shops._medusa_states import states_of
from postventa.news import Address, CustomerNews, NotUnderstood, OrderNews, Raw, RefundNews
from postventa.rules.orders import FulfilmentState, PaymentState

LANGUAGE_KEYS = ("locale", "language", "lang")
_HAVE_LEFT = frozenset({FulfilmentState.SHIPPED, FulfilmentState.DELIVERED})
_WAS_PAID = frozenset({PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED, PaymentState.REFUNDED})
_LANGUAGE = re.compile(r"[a-z]{2}(?![a-z])")
_YES_NO = {
    "true": True,
    "yes": True,
    "1": True,
    "on": True,
    "false": False,
    "no": False,
    "0": False,
    "off": False,
}


@dataclass(frozen=True, slots=True)
class Habits:
    """Under which keys of an order's metadata this shop writes what Medusa has no field for."""

    invoice_number_meta_keys: tuple[str, ...] = ()
    einvoice_consent_meta_keys: tuple[str, ...] = ()
    consent_meta_keys: tuple[str, ...] = ()


def read_order(raw: Raw, habits: Habits) -> OrderNews:
    """A raw order as news. Raises NotUnderstood with a sentence that names order and field."""
    if not isinstance(raw, Mapping):
        raise NotUnderstood("an order must be an object")
    ref = known_by(raw)
    try:
        return _order(ref, raw, habits)
    except NotUnderstood as cause:
        raise NotUnderstood(f"order {ref}: {cause}") from None


def moved_at(raw: Raw) -> datetime:
    """When the order last changed. Its own stamp stays where it is when a payment is taken or given back."""
    moments = [moment(need(raw, "updated_at"), "updated_at")]
    for payment in _payments(raw):
        moments += [at for field in ("captured_at", "canceled_at") if (at := moment_or_none(payment, field))]
        moments += [at for one in objects(payment, "refunds") if (at := moment_or_none(one, "created_at"))]
    return max(moments)


def refunded_since(raw: Raw, since: datetime) -> bool:
    """Whether money was given back at `since` or later."""
    stamps = (moment_or_none(one, "created_at") for pay in _payments(raw) for one in objects(pay, "refunds"))
    return any(at is not None and at >= since for at in stamps)


def _order(ref: str, raw: Raw, habits: Habits) -> OrderNews:
    currency = currency_of(raw)
    money, meta = money_of(raw, currency), inside(raw, "metadata")
    refunds = _refunds(ref, raw, currency)
    states = states_of(raw, _still_paid(raw), smallest_coin(currency))
    left = [at for one in objects(raw, "fulfillments") if (at := moment_or_none(one, "shipped_at"))]
    billing, shipping = _address(inside(raw, "billing_address")), _address(inside(raw, "shipping_address"))
    billing = billing if _is_filled(billing) else shipping  # a checkout need not ask for both
    methods = objects(raw, "shipping_methods")
    return OrderNews(
        ref=ref,
        number=text(raw, "custom_display_id") or text(raw, "display_id") or ref,
        raw_status=states.raw,
        order_state=states.order,
        payment_state=states.payment,
        fulfilment_state=states.fulfilment,
        placed_at=moment(need(raw, "created_at"), "created_at"),
        modified_at=moved_at(raw),
        paid_at=_paid_at(raw) if states.payment in _WAS_PAID else None,
        completed_at=max(left) if left and states.fulfilment in _HAVE_LEFT else None,
        currency=currency,
        language=_language(raw, meta),
        customer=_customer(raw, billing, meta, habits),
        billing=billing,
        shipping=shipping if _is_filled(shipping) else None,
        lines=money.lines,
        charges=money.charges,
        taxes=money.taxes,
        coupons=_coupons(raw),
        discount=money.discount,
        total=money.total,
        tax_total=money.tax_total,
        prices_include_tax=_prices_include_tax(raw),
        payment_method=_payment_method(raw),
        needs_shipping=bool(methods)
        or any(item.get("requires_shipping") is True for item in objects(raw, "items")),
        parcels=parcels_of(raw),
        refunds=refunds,
        invoice_number=_said(meta, habits.invoice_number_meta_keys) or None,
    )


def _payments(raw: Raw) -> list[Mapping[str, Any]]:
    return [pay for one in objects(raw, "payment_collections") for pay in objects(one, "payments")]


def _refunds(ref: str, raw: Raw, currency: str) -> tuple[RefundNews, ...]:
    return tuple(
        RefundNews(
            ref=known_by(one),
            order_ref=ref,
            amount=payable(exact(one.get("amount"), "refunds.amount"), currency),
            reason=text(one, "note") or text(inside(one, "refund_reason"), "label"),
            at=moment_or_none(one, "created_at"),
        )
        for payment in _payments(raw)
        for one in objects(payment, "refunds")
    )


def _still_paid(raw: Raw) -> Decimal:
    """What was captured and not given back, exact."""
    left = NOTHING
    for payment in _payments(raw):
        if payment.get("captured_at"):
            left += exact(payment.get("amount"), "payments.amount")
        left -= sum(
            (exact(one.get("amount"), "refunds.amount") for one in objects(payment, "refunds")), NOTHING
        )
    return left


def _paid_at(raw: Raw) -> datetime | None:
    return max((at for pay in _payments(raw) if (at := moment_or_none(pay, "captured_at"))), default=None)


def _payment_method(raw: Raw) -> str:
    """`pp_stripe_stripe` is the provider stripe; `pp_system_default` is no provider at all."""
    services = (text(pay, "provider_id").removeprefix("pp_").partition("_")[0] for pay in _payments(raw))
    return next((service for service in services if service and service != "system"), "")


def _prices_include_tax(raw: Raw) -> bool:
    items = objects(raw, "items")
    return bool(items) and all(item.get("is_tax_inclusive") is True for item in items)


def _coupons(raw: Raw) -> tuple[str, ...]:
    rows = (*objects(raw, "items"), *objects(raw, "shipping_methods"))
    codes = (text(one, "code") for row in rows for one in objects(row, "adjustments"))
    return tuple(dict.fromkeys(code for code in codes if code))


def _customer(raw: Raw, billing: Address, meta: Mapping[str, Any], habits: Habits) -> CustomerNews:
    phones = (text(inside(raw, f"{which}_address"), "phone") for which in ("billing", "shipping"))
    has_account = inside(raw, "customer").get("has_account") is True
    return CustomerNews(
        ref=(text(raw, "customer_id") or None) if has_account else None,  # guests get an id each time
        email=text(raw, "email"),
        name=billing.name or billing.company,
        phone=next((phone for phone in phones if phone), ""),
        einvoice_consent=_YES_NO.get(_said(meta, habits.einvoice_consent_meta_keys).lower()),
        wants_advertising=_YES_NO.get(_said(meta, habits.consent_meta_keys).lower()),
    )


def _address(raw: Mapping[str, Any]) -> Address:
    return Address(
        name=f"{text(raw, 'first_name')} {text(raw, 'last_name')}".strip(),
        company=text(raw, "company"),
        lines=tuple(line for line in (text(raw, "address_1"), text(raw, "address_2")) if line),
        postcode=text(raw, "postal_code"),
        city=text(raw, "city"),
        region=text(raw, "province"),
        country=text(raw, "country_code").upper(),
    )


def _is_filled(address: Address) -> bool:
    return bool(address.lines or address.city)


def _language(raw: Raw, meta: Mapping[str, Any]) -> str | None:
    for said in (text(raw, "locale"), *(text(meta, key) for key in LANGUAGE_KEYS)):
        if found := _LANGUAGE.match(said.lower()):
            return found.group()
    return None


def _said(meta: Mapping[str, Any], keys: Iterable[str]) -> str:
    for key in keys:
        value = meta.get(key)
        if value is True or value is False:
            return "yes" if value else "no"
        if said := text(meta, key):
            return said
    return ""
