"""Orders of a seeded month: lines, messages, parcels with their scans."""

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from a_months_rows import DAY, HOUR, NOW, AMonth

from postventa.store.messages import OutboxRow
from postventa.store.orders import CustomerRow, LineRow, OrderRow
from postventa.store.shipments import ScanRow, ShipmentRow

PLACES = (("08001", "ES"), ("28013", "ES"), ("35001", "ES"), ("48001", "ES"), ("", "PT"))


def an_order(
    month: AMonth, draw: random.Random, shop: str, placed: datetime, currency: str = ""
) -> dict[str, Any]:
    """A paid order of one to three lines; the row may be changed until the month is saved."""
    serial = len(month.rows[OrderRow]) + 1
    people = [n for n, row in enumerate(month.rows[CustomerRow], 1) if row["shop"] == shop]
    postcode, country = draw.choice(PLACES)
    street = f"Carrer de la Prova {serial}"
    month.addresses.append(street)
    month.references.append(f"N-{700000 + serial}")
    place = {"name": month.names[0], "company": "", "lines": [street], "city": "", "region": ""}
    place |= {"postcode": postcode, "country": country}
    order = {
        "shop": shop,
        "ref": str(700000 + serial),
        "number": f"N-{700000 + serial}",
        "customer_id": draw.choice(people),
        "raw_status": "processing",
        "order_state": "open",
        "payment_state": "paid",
        "fulfilment_state": "unfulfilled",
        "stage": "paid",
        "is_held": False,
        "is_all_shipped": True,
        "needs_shipping": True,
        "placed_at": placed,
        "modified_at": placed,
        "paid_at": placed + timedelta(minutes=draw.randrange(1, 90)),
        "shipped_at": None,
        "delivered_at": None,
        "withdrawal_closes_at": None,
        "sale_final_at": None,
        "sale_look_at": None,
        "currency": currency or draw.choices(("EUR", "GBP"), (9, 1))[0],
        "total": Decimal(0),
        "tax_total": Decimal(0),
        "discount": Decimal(draw.choice(("0", "2.50"))),
        "language": draw.choices(("es", "ca", "en", None), (5, 3, 1, 1))[0],
        "invoice_number": None,
        "details": {"billing": place, "shipping": place, "charges": [], "taxes": [], "lines_digest": ""},
        "heard_at": placed,
        "reread_at": None,
    }
    month.add(OrderRow, **order)
    order = month.rows[OrderRow][-1]
    for index, product in enumerate(draw.sample(range(1, 9), draw.randrange(1, 4)), 1):
        net = Decimal(draw.randrange(500, 9000)) / 100
        tax = (net * Decimal("0.21")).quantize(Decimal("0.01"))
        order["total"] += net + tax
        order["tax_total"] += tax
        amounts = {"net_before": net, "tax_before": tax, "net": net, "tax": tax}
        line = {"order_id": serial, "ref": str(index), "product_ref": f"p{product}", "sku": f"SKU-{product}"}
        month.add(LineRow, **line, name=f"Article {product}", quantity=Decimal(1), **amounts)
    a_message(month, order, "received", placed)
    return order


def an_event(order: dict[str, Any], event: str, at: datetime) -> dict[str, Any]:
    told = {"order_id": order["id"], "event": event, "parcel": None, "happened_at": at, "recorded_at": at}
    return told | {"source": "shop", "stage": order["stage"], "reason": ""}


def a_message(month: AMonth, order: dict[str, Any], message: str, at: datetime, **more: Any) -> int:
    """A message owed and, unless said otherwise, sent some minutes later."""
    number = len(month.rows[OutboxRow]) + 1
    row = {"key": f"{order['shop']}:{order['ref']}:-:{message}:{number}", "order_id": order["id"]}
    row |= {"case_id": None, "recipient": None, "facts": None, "shipment_id": None, "message": message}
    row |= {"occasion": str(number), "happened_at": at, "owed_at": at, "due_at": at, "channel": "email"}
    row |= {"outcome": "sent", "reason": "", "words": "250 OK", "attempts": 1, "sender": None}
    row |= {"claimed_until": None, "message_id": f"<{number}@tienda.example>"}
    return month.add(OutboxRow, **row | {"settled_at": at + timedelta(minutes=4)} | more)


def a_parcel(
    month: AMonth, draw: random.Random, order: dict[str, Any], carrier: str | None, left: datetime, index: int
) -> datetime:
    """A parcel with its scans; answers when it arrives, however far ahead that is."""
    takes = timedelta(hours=draw.choices((draw.uniform(20, 70), draw.uniform(80, 190)), (85, 15))[0])
    arrives, number = left + takes, f"JD0146{order['id']:06}{index}"
    month.references.append(number)
    came = arrives < NOW
    scans = [("in_transit", left + 2 * HOUR)]
    if takes > 4 * DAY:
        scans += [("delivery_failed", arrives - DAY), ("exception", arrives - 30 * HOUR)]
    scans += [("out_for_delivery", arrives - 5 * HOUR), ("delivered", arrives)]
    heard = [scan for scan in sorted(scans, key=lambda one: one[1]) if scan[1] < NOW]
    status = heard[-1][0] if heard else "info_received"
    row = {"order_id": order["id"], "tracking_number": number, "carrier": carrier, "tracking_url": ""}
    row |= {"carrier_word": {"dhl": "DHL", "correos": "Correos"}.get(carrier or "", "Missatger local")}
    row |= {"shipped_at": left, "delivered_at": arrives if came else None, "status": status, "raw_code": ""}
    row |= {"first_estimated_at": None if carrier is None else left + 3 * DAY, "estimated_at": left + 3 * DAY}
    row |= {"raw_text": "", "mapped_by": "1", "pickup_point": "", "last_news_at": left, "look_at": None}
    shipment = month.add(ShipmentRow, **row, looked_at=None)
    for name, at in heard:
        scan = {"shipment_id": shipment, "fingerprint": f"{name}{at:%d%H%M}", "status": name, "raw_code": ""}
        month.add(ScanRow, **scan, raw_text="", scanned_at=at, zone_known=True, place="", heard_at=at)
    a_message(month, order, "shipped", left, shipment_id=shipment)
    return arrives
