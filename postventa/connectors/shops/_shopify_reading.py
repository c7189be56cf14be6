"""Translates Shopify's raw orders into news, in the currency that the customer paid with."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from postventa.connectors.fields import NOTHING, inside, link, moment, moment_or_none, need, objects, text
from postventa.connectors.shops._shopify_lines import charge_of, known_by, line_of, lines_of, money, tax_of
from postventa.connectors.shops._shopify_states import states_of
from postventa.news import Address, CustomerNews, NotUnderstood, OrderNews, ParcelNews, Raw, RefundNews
from postventa.rules.orders import FulfilmentState

_COUNTS = frozenset({"SUCCESS", "OPEN", "PENDING"})
"""Fulfilments that were not called off and did not fail."""
_HAVE_LEFT = frozenset({FulfilmentState.SHIPPED, FulfilmentState.DELIVERED})
_TAKES = frozenset({"SALE", "CAPTURE"})
_LANGUAGE = re.compile(r"[a-z]{2}(?![a-z])")


def read_order(raw: Raw) -> OrderNews:
    """A raw order as news. Raises NotUnderstood with a sentence that names order and field."""
    if not isinstance(raw, Mapping):
        raise NotUnderstood("an order must be an object")
    ref = known_by(raw)
    try:
        return _order(ref, raw)
    except NotUnderstood as cause:
        raise NotUnderstood(f"order {ref}: {cause}") from None


def _order(ref: str, raw: Raw) -> OrderNews:
    sent = [one for one in objects(raw, "fulfillments") if one.get("status") in _COUNTS]
    states = states_of(raw, sent)
    left = [at for one in sent if (at := moment_or_none(one, "createdAt"))]
    has_tax = raw.get("taxesIncluded") is True
    lines = tuple(
        line_of(line, f"lineItems[{at}].", has_tax=has_tax) for at, line in enumerate(lines_of(raw))
    )
    charges = tuple(
        charge_of(one, f"shippingLines[{at}].", has_tax=has_tax)
        for at, one in enumerate(objects(inside(raw, "shippingLines"), "nodes"))
    )
    billing, shipping = _address(inside(raw, "billingAddress")), _address(inside(raw, "shippingAddress"))
    billing = billing if _is_filled(billing) else shipping
    return OrderNews(
        ref=ref,
        number=text(raw, "name").removeprefix("#") or ref,
        raw_status=states.raw,
        order_state=states.order,
        payment_state=states.payment,
        fulfilment_state=states.fulfilment,
        placed_at=moment(need(raw, "createdAt"), "createdAt"),
        modified_at=moment(need(raw, "updatedAt"), "updatedAt"),
        paid_at=_paid_at(raw),
        completed_at=max(left) if left and states.fulfilment in _HAVE_LEFT else None,
        currency=text(raw, "presentmentCurrencyCode"),
        language=_language(text(raw, "customerLocale")),
        customer=_customer(raw, billing),
        billing=billing,
        shipping=shipping if _is_filled(shipping) else None,
        lines=lines,
        charges=charges,
        taxes=tuple(tax_of(one, f"taxLines[{at}].") for at, one in enumerate(objects(raw, "taxLines"))),
        coupons=tuple(code for code in raw.get("discountCodes") or () if isinstance(code, str) and code),
        discount=sum((line.net_before - line.net for line in lines), NOTHING),
        total=money(need(raw, "totalPriceSet"), "totalPriceSet"),
        tax_total=money(need(raw, "totalTaxSet"), "totalTaxSet"),
        prices_include_tax=has_tax,
        payment_method=next(
            (one for one in raw.get("paymentGatewayNames") or () if isinstance(one, str)), ""
        ),
        needs_shipping=raw.get("requiresShipping") is True,
        parcels=_parcels(sent),
        refunds=tuple(_refund(ref, one, f"refunds[{at}].") for at, one in enumerate(objects(raw, "refunds"))),
        invoice_number=None,
    )


def _refund(ref: str, one: Mapping[str, Any], where: str) -> RefundNews:
    return RefundNews(
        ref=known_by(one),
        order_ref=ref,
        amount=money(one.get("totalRefundedSet"), where + "totalRefundedSet"),
        reason=text(one, "note"),
        at=moment_or_none(one, "createdAt"),
    )


def _paid_at(raw: Raw) -> datetime | None:
    return max(
        (
            at
            for one in objects(raw, "transactions")
            if one.get("kind") in _TAKES and one.get("status") == "SUCCESS"
            if (at := moment_or_none(one, "processedAt"))
        ),
        default=None,
    )


def _parcels(sent: Iterable[Mapping[str, Any]]) -> tuple[ParcelNews, ...]:
    parcels: dict[str, ParcelNews] = {}
    for fulfilment in sent:
        for one in objects(fulfilment, "trackingInfo"):
            number = "".join(text(one, "number").split())
            if number and number not in parcels:
                parcels[number] = ParcelNews(
                    tracking_number=number,
                    carrier=text(one, "company"),
                    tracking_url=link(text(one, "url")),
                    shipped_at=moment_or_none(fulfilment, "createdAt"),
                )
    return tuple(parcels.values())


def _customer(raw: Raw, billing: Address) -> CustomerNews:
    phones = (
        text(raw, "phone"),
        *(text(inside(raw, f"{which}Address"), "phone") for which in ("billing", "shipping")),
    )
    return CustomerNews(
        ref=None,  # Shopify's id of a customer needs a right of its own; the address is enough
        email=text(raw, "email"),
        name=billing.name or billing.company,
        phone=next((phone for phone in phones if phone), ""),
        einvoice_consent=None,
        # A box that was not ticked may not have been shown: only a tick says anything.
        wants_advertising=True if raw.get("customerAcceptsMarketing") is True else None,
    )


def _address(raw: Mapping[str, Any]) -> Address:
    return Address(
        name=f"{text(raw, 'firstName')} {text(raw, 'lastName')}".strip(),
        company=text(raw, "company"),
        lines=tuple(line for line in (text(raw, "address1"), text(raw, "address2")) if line),
        postcode=text(raw, "zip"),
        city=text(raw, "city"),
        region=text(raw, "provinceCode"),
        country=text(raw, "countryCodeV2"),
    )


def _is_filled(address: Address) -> bool:
    return bool(address.lines or address.city)


def _language(said: str) -> str | None:
    found = _LANGUAGE.match(said.lower())
    return found.group() if found else None
