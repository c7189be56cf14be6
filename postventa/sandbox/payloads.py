"""The shop's answers: orders as WooCommerce 11 writes them, field by field."""

from datetime import UTC, datetime
from hashlib import md5
from typing import Any
from zoneinfo import ZoneInfo

from postventa.sandbox import rows
from postventa.sandbox.basket import Amount, money
from postventa.sandbox.lives import Payment
from postventa.sandbox.orders import Order
from postventa.sandbox.people import Person

TITLES = {
    Payment.CARD: "Tarjeta de crédito",
    Payment.REDSYS: "Pago con tarjeta (Redsys)",
    Payment.TRANSFER: "Transferencia bancaria",
    Payment.CASH: "Contra reembolso",
    Payment.PAYPAL: "PayPal",
}
SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}
ROWS = 100
"""Ids of an order's rows start at its id times this."""


def order_payload(order: Order, site: str, zone: ZoneInfo) -> dict[str, Any]:
    """The order as of now. What was patched by hand stands over what was computed."""
    basket, now, row = order.basket, order.happened, order.id * ROWS
    shipping = basket.shipping or Amount(0, None)
    key = f"wc_order_{order.secret[:13]}"
    payload: dict[str, Any] = {
        "id": order.id,
        "parent_id": 0,
        "status": now.status,
        "currency": order.currency,
        "version": "11.0.1",
        "prices_include_tax": True,
        "date_created": local(order.placed_at, zone),
        "date_modified": local(order.modified_at, zone),
        "discount_total": money(basket.discount),
        "discount_tax": money(basket.discount_tax),
        "shipping_total": money(shipping.net),
        "shipping_tax": money(shipping.tax),
        "cart_tax": money(basket.cart_tax),
        "total": money(basket.total),
        "total_tax": money(basket.cart_tax + shipping.tax),
        "customer_id": order.person.ref,
        "order_key": key,
        "billing": {**_address(order.person), "email": order.person.email, "phone": order.person.phone},
        "shipping": {**(_address(order.person) if basket.shipping else _no_address()), "phone": ""},
        "payment_method": order.payment.value,
        "payment_method_title": TITLES[order.payment],
        "transaction_id": f"tx_{order.secret}" if now.paid_at and order.payment not in _BY_HAND else "",
        "customer_ip_address": "",
        "customer_user_agent": "",
        "created_via": "checkout",
        "customer_note": "",
        "date_completed": local(now.completed_at, zone),
        "date_paid": local(now.paid_at, zone),
        "cart_hash": "",
        "number": str(order.id),
        "meta_data": meta(order),
        "line_items": [
            rows.line_item(line, row + place, order.language) for place, line in enumerate(basket.lines, 1)
        ],
        "tax_lines": rows.taxes(basket, row + 40),
        "shipping_lines": rows.shipping(basket.shipping, row + 50),
        "fee_lines": rows.fees(basket.fee, row + 60),
        "coupon_lines": rows.coupons(basket, row + 70),
        "refunds": [
            {
                "id": refund_id(order, place),
                "reason": reason(change.value),
                "total": money(-sum(amount.gross for amount in refunded(order, change.value))),
                "total_tax": money(-sum(amount.tax for amount in refunded(order, change.value))),
            }
            for place, change in reversed(list(enumerate(now.refunds)))
        ],
        "payment_url": f"{site}/checkout/order-pay/{order.id}/?pay_for_order=true&key={key}",
        "is_editable": now.status in {"pending", "on-hold", "auto-draft"},
        "needs_payment": now.status in {"pending", "failed"},
        "needs_processing": not order.digital,
        "date_created_gmt": gmt(order.placed_at),
        "date_modified_gmt": gmt(order.modified_at),
        "date_completed_gmt": gmt(now.completed_at),
        "date_paid_gmt": gmt(now.paid_at),
        "currency_symbol": SYMBOLS[order.currency],
        "_links": _links(order, site),
    }
    return payload | now.fields


_BY_HAND = {Payment.TRANSFER, Payment.CASH}


def local(at: datetime | None, zone: ZoneInfo) -> str | None:
    return at.astimezone(zone).replace(tzinfo=None).isoformat(timespec="seconds") if at else None


def gmt(at: datetime | None) -> str | None:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") if at else None


def refund_id(order: Order, place: int) -> int:
    return order.id * ROWS + 90 + place


def reason(what: str) -> str:
    return "Order fully refunded." if what == "all" else "Artículo devuelto"


def refunded(order: Order, what: str) -> tuple[Amount, ...]:
    """The amounts that a refund gives back: of all, or of one line."""
    return order.basket.charges if what == "all" else (order.basket.lines[int(what)].after,)


def meta(order: Order) -> list[dict[str, Any]]:
    """The order's meta: plugins write here, and each plugin in its own way."""
    now = order.happened
    kept: list[tuple[str, Any]] = []
    if order.names_language:
        kept.append(("wpml_language", order.language))
    kept.append(("_einvoice_consent", "yes" if order.einvoice_consent else "no"))
    if order.wants_advertising is not None:
        kept.append(("_marketing_consent", "yes" if order.wants_advertising else "no"))
    if now.paid_at:
        kept.append(("_wcpdf_invoice_number", f"{now.paid_at.year}-{order.id - 10_000:05d}"))
    if now.tracked:
        kept.append(("_wc_shipment_tracking_items", [tracking_item(parcel) for parcel in now.tracked]))
    if now.fulfilled:
        whole = len(now.fulfilled) == len(order.parcels)
        kept.append(("_fulfillment_status", "fulfilled" if whole else "partially_fulfilled"))
    first = order.id * ROWS
    return [{"id": first + place, "key": key, "value": value} for place, (key, value) in enumerate(kept)]


def tracking_item(parcel: Any) -> dict[str, Any]:
    """A row of the meta: half as the official plugin writes it, half as Advanced Shipment Tracking does."""
    own_name = parcel.order_id % 20 == 0
    item = {
        "tracking_provider": "" if own_name else "DHL",
        "custom_tracking_provider": "DHL Parcel" if own_name else "",
        "custom_tracking_link": "",
        "tracking_number": parcel.number,
        "date_shipped": str(int(parcel.shipped_at.timestamp())),
        "tracking_id": tracking_id(parcel.number),
    }
    if parcel.order_id % 2:
        return {key: value for key, value in item.items() if not key.startswith("custom")} | {
            "source": "function"
        }
    return item


def tracking_id(number: str) -> str:
    return md5(number.encode(), usedforsecurity=False).hexdigest()


def _address(person: Person) -> dict[str, Any]:
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "company": person.company,
        "address_1": person.address_1,
        "address_2": person.address_2,
        "city": person.city,
        "state": person.state,
        "postcode": person.postcode,
        "country": person.country,
    }


def _no_address() -> dict[str, Any]:
    return dict.fromkeys(
        (
            "first_name",
            "last_name",
            "company",
            "address_1",
            "address_2",
            "city",
            "state",
            "postcode",
            "country",
        ),
        "",
    )


def _links(order: Order, site: str) -> dict[str, Any]:
    base = f"{site}/wp-json/wc/v3"
    own = f"{base}/orders/{order.id}"
    links: dict[str, Any] = {
        "self": [{"href": own, "targetHints": {"allow": ["GET", "POST", "PUT", "PATCH", "DELETE"]}}],
        "collection": [{"href": f"{base}/orders"}],
        "email_templates": [{"embeddable": True, "href": f"{own}/actions/email_templates"}],
    }
    if order.person.ref:
        links["customer"] = [{"href": f"{base}/customers/{order.person.ref}"}]
    return links
