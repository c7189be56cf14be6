"""Orders that were never placed: their news at every step of the chain, as a shop's door would tell it."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from sqlalchemy import Engine

from postventa.changes import Reader, change_from
from postventa.news import Address, ChargeNews, CustomerNews, LineNews, OrderNews, ParcelNews, TaxNews
from postventa.rules.orders import FulfilmentState, OrderState, PaymentState
from postventa.settings import Shop
from postventa.store.changes import save
from postventa.store.standings import standings

STEPS = ("received", "paid", "in_preparation", "ready_to_ship", "shipped", "delivered")
_GOODS = {
    "in_preparation": FulfilmentState.IN_PREPARATION,
    "ready_to_ship": FulfilmentState.READY_TO_SHIP,
    "shipped": FulfilmentState.SHIPPED,
    "delivered": FulfilmentState.DELIVERED,
}
_BATCH = 200
_THINGS = (
    "Botella térmica",
    "Taula de fusta",
    "Linen apron",
    "Cafetera de goteo",
    "Coixí de llana",
    "Notebook A5",
)
_NAMES = (
    "Nuria Vidal Ferrer",
    "Íñigo Muñoz Ortega",
    "Laia Puig i Roca",
    "Grace O'Neill",
    "José Luis García Peña",
)
_CENT = Decimal("0.01")


def order_news(number: int, step: str, at: datetime) -> OrderNews:
    """Order `number` as its shop describes it when it has come to `step`; the same number is the same order."""
    rng = Random(number)
    lines = tuple(_line(rng, place) for place in range(1, rng.randint(1, 4) + 1))
    shipping = ChargeNews("shipping", "Mensajería 24 h", Decimal("4.95"), Decimal("1.04"))
    tax = sum((line.tax for line in lines), shipping.tax)
    name = rng.choice(_NAMES)
    town = Address(
        name, "", (f"Carrer Major {rng.randint(1, 200)}", "2n 1a"), "08001", "Barcelona", "B", "ES"
    )
    reached = STEPS.index(step)
    placed_at = at - timedelta(minutes=30)
    parcel = ParcelNews(f"JJD{number:012}", "DHL", f"https://track.example/JJD{number:012}", at)
    return OrderNews(
        ref=str(number),
        number=str(number),
        raw_status=step,
        order_state=OrderState.OPEN,
        payment_state=PaymentState.PAID if reached else PaymentState.PENDING,
        fulfilment_state=_GOODS.get(step, FulfilmentState.UNFULFILLED),
        placed_at=placed_at,
        modified_at=at + timedelta(seconds=reached),
        paid_at=at if reached else None,
        completed_at=None,
        currency="EUR",
        language=rng.choice(("es", "es", "ca", "en")),
        customer=CustomerNews(str(number), f"person{number}@customers.example", name, "", None),
        billing=town,
        shipping=town,
        lines=lines,
        charges=(shipping,),
        taxes=(TaxNews("IVA", Decimal(21), tax),),
        coupons=(),
        discount=Decimal(0),
        total=sum((line.net + line.tax for line in lines), shipping.net + shipping.tax),
        tax_total=tax,
        prices_include_tax=True,
        payment_method="Tarjeta",
        needs_shipping=True,
        parcels=(parcel,) if reached >= STEPS.index("shipped") else (),
        refunds=(),
        invoice_number=None,
    )


def owe(store: Engine, shop: Shop, orders: range, step: str, now: datetime) -> int:
    """Brings orders, by their numbers, to `step` the way the service does; answers how many messages they owe for it."""
    reader = Reader("tienda", shop, lambda _: None, now)
    owed = 0
    for start in range(0, len(orders), _BATCH):
        numbers = orders[start : start + _BATCH]
        with store.begin() as connection:
            known = standings(connection, "tienda", [str(number) for number in numbers])
            changes = [
                change_from(order_news(number, step, now), known.get(str(number)), reader)
                for number in numbers
            ]
            owed += save(connection, changes, now)
    return owed


def _line(rng: Random, place: int) -> LineNews:
    quantity = Decimal(rng.choice((1, 1, 1, 2, 3)))
    product = rng.randint(1, 400)
    net = (quantity * Decimal(Random(product).randint(495, 12900)) / 121).quantize(_CENT)
    tax = (net * Decimal("0.21")).quantize(_CENT)
    name = f"{_THINGS[product % len(_THINGS)]} {product}"
    return LineNews(str(place), str(product), f"SKU-{product:04}", name, quantity, net, tax, net, tax)
