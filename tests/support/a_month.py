"""A month of two shops, in the store's own tables: October 2026 with its day of 25 hours, and the orders before it.

Everything is drawn from a seed, so that the same month has the same rows on every database. Who is in it can be
listed: `AMonth.never_published` is all that no dataset may contain.
"""

import random
from datetime import UTC, datetime, timedelta

from a_months_nights import nights
from a_months_orders import a_parcel, an_event, an_order
from a_months_rows import DAY, FIRST, HOUR, LAST, NOW, ZONES, AMonth
from a_months_voices import a_complaint, a_return, answered, odd_ones, reviewed
from sqlalchemy import Engine

from postventa.settings import Settings, settings_from
from postventa.store.orders import CustomerRow, EventRow

__all__ = ["FIRST", "KEY", "KEY_ENV", "LAST", "NOW", "AMonth", "a_month", "month_settings"]

KEY_ENV, KEY = "POSTVENTA_DATASETS_KEY", "a key of the tests, long enough to hide people"
FAMILIES = ("Puigdellívol", "Echevarrieta", "Ñíguez", "Balaguerós", "Zugazabeitia")
GIVEN = ("Montserrat", "Gumersindo", "Escolàstica", "Wenceslao", "Iratxe")


def month_settings(url: str = "sqlite://") -> Settings:
    """The configuration of the two shops."""
    shops = {
        name: {
            "platform": "woocommerce",
            "url": "http://127.0.0.1:9",
            "key_env": "TIENDA_KEY",
            "timezone": zone,
            "backfill_since": datetime(2026, 1, 1, tzinfo=UTC),
        }
        for name, zone in ZONES.items()
    }
    company = {"legal_name": "Tienda Ejemplo, S.L.", "tax_id": "B00000000", "address": "Carrer Major 1"}
    company |= {"email": "hola@tienda.example", "phone": "+34 930 000 000", "registry": "RM Barcelona"}
    return settings_from({"store": {"url": url}, "company": company, "shops": shops})


def a_month(store: Engine | None = None, *, seed: int = 7, orders: int = 330) -> AMonth:
    """Draws the month, and saves it where a store is given."""
    month, draw = AMonth(), random.Random(seed)
    for shop in ZONES:
        for number in range(orders // 5):
            _customer(month, shop, number)
    for number in range(orders):
        _order(month, draw, number)
    odd_ones(month, draw)
    nights(month)
    if store is not None:
        month.save(store)
    return month


def _customer(month: AMonth, shop: str, number: int) -> None:
    serial = len(month.rows[CustomerRow]) + 1
    name = f"{GIVEN[number % 5]} {FAMILIES[number // 5 % 5]} Quart-{serial:03}"
    email = f"{GIVEN[number % 5].lower()}.{serial:03}@correu-{shop}.example"
    phone = f"+34 699 1{serial:05}"
    month.names += [name]
    month.mails += [email]
    month.phones += [phone, phone.replace(" ", "")]
    month.add(
        CustomerRow,
        shop=shop,
        identity=email,
        ref=None if number % 3 == 0 else str(serial),
        email=email,
        name=name,
        phone=phone,
        einvoice_consent_at=None,
        hard_bounced_at=None,
    )


def _order(month: AMonth, draw: random.Random, number: int) -> None:
    """One order and all that came of it."""
    is_old = number % 5 == 0
    start = datetime(2026, 5, 1, tzinfo=UTC) if is_old else datetime(2026, 9, 28, tzinfo=UTC)
    placed = start + timedelta(minutes=draw.randrange(150 * 1440 if is_old else 34 * 1440))
    shop = "tienda" if draw.random() < 0.65 else "islas"
    order = an_order(month, draw, shop, placed)
    luck = draw.random()
    if luck < 0.04:
        order |= {
            "stage": "cancelled",
            "order_state": "cancelled",
            "payment_state": "pending",
            "paid_at": None,
        }
        month.add(EventRow, **an_event(order, "cancelled", placed + 3 * HOUR))
        return
    if luck < 0.07:
        order |= {"stage": "received", "payment_state": "pending", "paid_at": None}
        return
    left = order["paid_at"] + timedelta(hours=draw.uniform(4, 60))
    if left >= NOW:
        order |= {"stage": "in_preparation", "fulfilment_state": "in_preparation"}
        return
    month.add(EventRow, **an_event(order, "preparation_started", left - 3 * HOUR))
    month.add(EventRow, **an_event(order, "packed", left - HOUR))
    carrier = draw.choices(("dhl", "correos", None), (6, 3, 1))[0]
    arrivals = [
        a_parcel(month, draw, order, carrier, left, index) for index in range(1 + (draw.random() < 0.15))
    ]
    if max(arrivals) >= NOW:
        order |= {"stage": "shipped", "fulfilment_state": "shipped", "shipped_at": left}
        return
    arrived = max(arrivals)
    order |= {"stage": "delivered", "fulfilment_state": "delivered", "order_state": "completed"}
    order |= {"shipped_at": left, "delivered_at": arrived, "withdrawal_closes_at": arrived + 14 * DAY}
    final = arrived + 14 * DAY
    was_bad = (arrived - left) > 4 * DAY
    if draw.random() < (0.3 if was_bad else 0.05):
        a_complaint(month, draw, order, arrived + timedelta(hours=draw.uniform(2, 90)))
    if draw.random() < 0.1:
        final = a_return(month, draw, order, arrived + timedelta(hours=draw.uniform(10, 300)))
    order["sale_final_at"] = final
    answered(month, draw, order, arrived, was_bad=was_bad)
    if draw.random() < 0.2:
        reviewed(month, draw, order, arrived + timedelta(days=draw.uniform(1, 20)), was_bad=was_bad)
