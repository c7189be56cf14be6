"""Translates what dropped files told of an order into news."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from postventa.connectors.shops._filedrop_pieces import broken, merged
from postventa.connectors.shops._filedrop_states import states_of
from postventa.news import (
    Address,
    ChargeNews,
    CustomerNews,
    LineNews,
    NotUnderstood,
    OrderNews,
    ParcelNews,
    Raw,
    RefundNews,
    TaxNews,
)
from postventa.rules.orders import FulfilmentState

NOTHING = Decimal(0)
CENT = Decimal("0.01")
_YES_NO = {"yes": True, "no": False}
Cells = Mapping[str, str]


def read_pieces(raw: Raw, before: Sequence[Raw], own: Mapping[str, FulfilmentState]) -> OrderNews:
    """A piece as news of its order, together with the pieces told before. Raises NotUnderstood.

    A broken piece told before is in quarantine, and is left out.
    """
    if not isinstance(raw, Mapping) or not isinstance(raw.get("order"), str):
        raise NotUnderstood("order_required: order is missing")
    for _, said in broken(raw, own):
        raise NotUnderstood(f"order {raw['order']}: {said}")
    good = [one for one in before if "order" in one and not any(broken(one, own))]
    whole = merged([*good, raw])
    if "status" not in whole:
        raise NotUnderstood(
            f"order {raw['order']}: order_untold: no file has told of the order itself yet; "
            "drop its row, then let this be read again"
        )
    return _order(whole, own)


def _order(whole: Raw, own: Mapping[str, FulfilmentState]) -> OrderNews:
    lines = tuple(_line(one) for one in whole.get("lines", ()))
    charges = _charges(whole)
    refunds = tuple(_refund(whole["order"], one) for one in whole.get("refunds", ()))
    billing, elsewhere = _address(whole, ""), _address(whole, "shipping_")
    shipping = elsewhere if elsewhere.lines else billing
    needs_shipping = _YES_NO.get(whole.get("needs_shipping", ""), bool(shipping.lines))
    total = Decimal(whole["total"])
    paid_at = _instant(whole, "paid_at")
    states = states_of(
        whole["statuses"],
        own,
        is_paid=paid_at is not None,
        needs_shipping=needs_shipping,
        total=total,
        refunded=sum((one.amount for one in refunds), NOTHING),
    )
    taxes = _taxes(whole)
    return OrderNews(
        ref=whole["order"],
        number=whole.get("number", whole["order"]),
        raw_status=whole["status"],
        order_state=states.order,
        payment_state=states.payment,
        fulfilment_state=states.fulfilment,
        placed_at=datetime.fromisoformat(whole["placed_at"]),
        modified_at=datetime.fromisoformat(whole["modified_at"]),
        paid_at=paid_at,
        completed_at=_instant(whole, "completed_at"),
        currency=whole["currency"],
        language=whole.get("language"),
        customer=CustomerNews(
            ref=whole.get("customer"),
            email=whole.get("email", ""),
            name=billing.name or billing.company,
            phone=whole.get("phone", ""),
            einvoice_consent=_YES_NO.get(whole.get("einvoice_consent", "")),
            wants_advertising=_YES_NO.get(whole.get("wants_advertising", "")),
        ),
        billing=billing,
        shipping=shipping if needs_shipping and shipping.lines else None,
        lines=lines,
        charges=charges,
        taxes=taxes,
        coupons=tuple(whole.get("coupons", "").split()),
        discount=sum((line.net_before - line.net for line in lines), NOTHING),
        total=total,
        tax_total=_amount(whole, "tax_total", sum((one.amount for one in taxes), NOTHING)),
        prices_include_tax=True,
        payment_method=whole.get("payment_method", ""),
        needs_shipping=needs_shipping,
        parcels=tuple(_parcel(one) for one in whole.get("shipments", ())),
        refunds=refunds,
        invoice_number=whole.get("invoice_number"),
    )


def _line(cells: Cells) -> LineNews:
    percent = Decimal(cells["tax_percent"])
    net, tax = _divided(Decimal(cells["line_total"]), percent)
    net_before, tax_before = _divided(_amount(cells, "line_total_before", net + tax), percent)
    return LineNews(
        ref=cells["line"],
        product_ref=cells.get("product_ref", ""),
        sku=cells.get("sku", ""),
        name=cells["product"],
        quantity=Decimal(cells["quantity"]),
        net_before=net_before,
        tax_before=tax_before,
        net=net,
        tax=tax,
    )


def _divided(gross: Decimal, percent: Decimal) -> tuple[Decimal, Decimal]:
    """An amount as net and tax, which always add up to it."""
    net = (gross * 100 / (100 + percent)).quantize(CENT, ROUND_HALF_UP)
    return net, gross - net


def _charges(whole: Raw) -> tuple[ChargeNews, ...]:
    gross = _amount(whole, "delivery_total", NOTHING)
    if not gross and "delivery_title" not in whole:
        return ()
    net, tax = _divided(gross, _amount(whole, "delivery_tax_percent", NOTHING))
    return (ChargeNews("shipping", whole.get("delivery_title", ""), net, tax),)


def _taxes(whole: Raw) -> tuple[TaxNews, ...]:
    found: dict[Decimal, Decimal] = defaultdict(Decimal)
    for cells in whole.get("lines", ()):
        percent = Decimal(cells["tax_percent"])
        found[percent] += _divided(Decimal(cells["line_total"]), percent)[1]
    percent = _amount(whole, "delivery_tax_percent", NOTHING)
    found[percent] += _divided(_amount(whole, "delivery_total", NOTHING), percent)[1]
    return tuple(
        TaxNews(f"{percent.normalize():f} %", percent, tax) for percent, tax in sorted(found.items()) if tax
    )


def _refund(ref: str, cells: Cells) -> RefundNews:
    return RefundNews(
        ref=cells["refund"],
        order_ref=ref,
        amount=Decimal(cells["amount"]),
        reason=cells.get("reason", ""),
        at=_instant(cells, "refunded_at"),
    )


def _parcel(cells: Cells) -> ParcelNews:
    return ParcelNews(
        tracking_number=cells["tracking_number"],
        carrier=cells.get("carrier", ""),
        tracking_url=cells.get("tracking_url", ""),
        shipped_at=_instant(cells, "shipped_at"),
    )


def _address(whole: Raw, kind: str) -> Address:
    said = {
        name: whole.get(f"{kind}{name}", "") for name in ("name", "company", "postcode", "city", "region")
    }
    lines = tuple(line for name in ("address", "address_2") if (line := whole.get(f"{kind}{name}", "")))
    return Address(lines=lines, country=whole.get(f"{kind}country", ""), **said)


def _amount(cells: Raw, column: str, otherwise: Decimal) -> Decimal:
    return Decimal(cells[column]) if column in cells else otherwise


def _instant(cells: Raw, column: str) -> datetime | None:
    return datetime.fromisoformat(cells[column]) if column in cells else None
