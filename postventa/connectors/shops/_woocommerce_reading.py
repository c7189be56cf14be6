"""Translates WooCommerce's raw orders and refunds into news: strict about what we need, forgiving otherwise."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from postventa.connectors.shops._woocommerce_fields import (
    NOTHING,
    amount,
    amount_or_zero,
    ident,
    instant,
    instant_or_none,
    meta_of,
    need,
    objects,
    text,
    wrong,
)
from postventa.connectors.shops._woocommerce_lines import (
    charges_of,
    lines_of,
    refunded_lines_of,
    refunds_of,
    taxes_of,
)
from postventa.connectors.shops._woocommerce_states import Facts, states_of
from postventa.connectors.shops._woocommerce_tracking import parcels_of
from postventa.news import (
    Address,
    CustomerNews,
    NotUnderstood,
    OrderNews,
    Raw,
    RefundNews,
)
from postventa.rules.orders import FulfilmentState

LANGUAGE_KEYS = ("wpml_language", "pll_language", "_pll_language", "lang")
_YES_NO = {
    "yes": True,
    "1": True,
    "true": True,
    "on": True,
    "no": False,
    "0": False,
    "false": False,
    "off": False,
}
_LANGUAGE = re.compile(r"[a-z]{2}(?![a-z])")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Habits:
    """What the configuration says of this shop's own ways."""

    shop: str
    statuses: Mapping[str, FulfilmentState]
    tracking_meta_keys: tuple[str, ...]
    invoice_number_meta_keys: tuple[str, ...]
    einvoice_consent_meta_keys: tuple[str, ...]
    consent_meta_keys: tuple[str, ...] = ()


def read_order(raw: Raw, habits: Habits) -> OrderNews:
    """A raw order as news. Raises NotUnderstood with a sentence that names order and field."""
    if not isinstance(raw, Mapping):
        raise NotUnderstood("an order must be an object")
    ref = ident(raw, "id")
    try:
        return _order(ref, raw, habits)
    except NotUnderstood as cause:
        raise NotUnderstood(f"order {ref}: {cause}") from None


def read_refund(raw: Raw) -> RefundNews:
    """A raw refund as news. Raises NotUnderstood with a sentence that names refund and field."""
    if not isinstance(raw, Mapping):
        raise NotUnderstood("a refund must be an object")
    ref = ident(raw, "id")
    try:
        return RefundNews(
            ref=ref,
            order_ref=ident(raw, "parent_id"),
            amount=abs(amount(need(raw, "amount"), "amount")),
            reason=text(raw, "reason"),
            at=instant(need(raw, "date_created_gmt"), "date_created_gmt"),
            line_refs=refunded_lines_of(raw),
        )
    except NotUnderstood as cause:
        raise NotUnderstood(f"refund {ref}: {cause}") from None


def _order(ref: str, raw: Raw, habits: Habits) -> OrderNews:
    meta = meta_of(raw)
    status = _status(raw)
    total = amount(need(raw, "total"), "total")
    refunds = refunds_of(ref, raw)
    paid_at, completed_at = instant_or_none(raw, "date_paid_gmt"), instant_or_none(raw, "date_completed_gmt")
    billing = _billing(raw)
    shipping = _address(shipping_raw) if isinstance(shipping_raw := raw.get("shipping"), dict) else None
    # Shops that charge no shipping leave the lines out but still take an address; downloads have neither.
    needs_shipping = bool(objects(raw, "shipping_lines")) or (
        raw.get("needs_processing") is True and shipping is not None and bool(shipping.lines)
    )
    method = text(raw, "payment_method")
    facts = Facts(
        is_paid=paid_at is not None,
        is_completed=completed_at is not None,
        payment_method=method,
        needs_shipping=needs_shipping,
        total=total,
        refunded=sum((refund.amount for refund in refunds), NOTHING),
    )
    states = states_of(status, facts, habits.statuses, habits.shop)
    return OrderNews(
        ref=ref,
        number=text(raw, "number") or ref,
        raw_status=status,
        order_state=states.order,
        payment_state=states.payment,
        fulfilment_state=states.fulfilment,
        placed_at=instant(need(raw, "date_created_gmt"), "date_created_gmt"),
        modified_at=instant(need(raw, "date_modified_gmt"), "date_modified_gmt"),
        paid_at=paid_at,
        completed_at=completed_at,
        currency=_currency(raw),
        language=_language(meta),
        customer=_customer(raw, billing, meta, habits),
        billing=_address(billing),
        shipping=shipping if shipping is not None and (shipping.lines or shipping.city) else None,
        lines=lines_of(raw),
        charges=charges_of(raw),
        taxes=taxes_of(raw),
        coupons=tuple(code for one in objects(raw, "coupon_lines") if (code := text(one, "code"))),
        discount=abs(amount_or_zero(raw, "discount_total")),
        total=total,
        tax_total=amount_or_zero(raw, "total_tax"),
        prices_include_tax=raw.get("prices_include_tax") is True,
        payment_method=text(raw, "payment_method_title") or method,
        needs_shipping=needs_shipping,
        parcels=parcels_of(raw, meta, habits.tracking_meta_keys),
        refunds=refunds,
        invoice_number=_said(meta, habits.invoice_number_meta_keys) or None,
    )


def _status(raw: Raw) -> str:
    found = need(raw, "status")
    if not isinstance(found, str) or not found:
        raise wrong("status", "text", found)
    return found.removeprefix("wc-")


def _currency(raw: Raw) -> str:
    found = need(raw, "currency")
    if not isinstance(found, str) or not _CURRENCY.fullmatch(found):
        raise wrong("currency", "three capital letters such as EUR", found)
    return found


def _billing(raw: Raw) -> Mapping[str, Any]:
    found = need(raw, "billing")
    if found == []:  # PHP's empty object
        return {}
    if not isinstance(found, dict):
        raise wrong("billing", "an object", found)
    return found


def _name(person: Mapping[str, Any]) -> str:
    return f"{text(person, 'first_name')} {text(person, 'last_name')}".strip()


def _address(raw: Mapping[str, Any]) -> Address:
    return Address(
        name=_name(raw),
        company=text(raw, "company"),
        lines=tuple(line for line in (text(raw, "address_1"), text(raw, "address_2")) if line),
        postcode=text(raw, "postcode"),
        city=text(raw, "city"),
        region=text(raw, "state"),
        country=text(raw, "country"),
    )


def _customer(raw: Raw, billing: Mapping[str, Any], meta: Mapping[str, Any], habits: Habits) -> CustomerNews:
    ref = text(raw, "customer_id")
    consent = _said(meta, habits.einvoice_consent_meta_keys).lower()
    return CustomerNews(
        ref=ref if ref not in {"", "0"} else None,  # 0 is a guest
        email=text(billing, "email"),
        name=_name(billing) or text(billing, "company"),
        phone=text(billing, "phone"),
        einvoice_consent=_YES_NO.get(consent),
        wants_advertising=_YES_NO.get(_said(meta, habits.consent_meta_keys).lower()),
    )


def _language(meta: Mapping[str, Any]) -> str | None:
    for key in LANGUAGE_KEYS:
        if found := _LANGUAGE.match(text(meta, key).lower()):
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
