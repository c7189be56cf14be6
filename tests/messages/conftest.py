"""Orders to put into words: one with everything in it, one with hardly anything."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from postventa.settings import Company
from postventa.views import AmountView, LineView, MessageView, OrderView, ParcelView

COMPANY = Company(
    legal_name="Tienda Ejemplo, S.L.",
    tax_id="B00000000",
    address="Carrer Major, 1, 08001 Barcelona",
    email="hola@tienda.example",
    phone="+34 930 000 000",
    registry="Registro Mercantil de Barcelona, tomo 1, folio 1, hoja B-1",
)


def money(written: str) -> Decimal:
    return Decimal(written)


def _line(name: str, sku: str, quantity: str, unit_price: str, total: str) -> LineView:
    return LineView(name, sku, money(quantity), money(unit_price), money(total))


@pytest.fixture
def parcel() -> ParcelView:
    return ParcelView(
        carrier="Correos Express",
        tracking_number="PQ4F7X0001234567",
        tracking_url="https://seguimiento.example/?envio=PQ4F7X0001234567&idioma=es",
        expected_on=date(2026, 11, 18),
        pickup_point="Papelería Sol, Carrer de Sants, 20, 08014 Barcelona",
        position=1,
        count=2,
    )


@pytest.fixture
def full(parcel: ParcelView) -> MessageView:
    order = OrderView(
        number="10482",
        placed_at=datetime(2026, 11, 16, 9, 5, tzinfo=ZoneInfo("Europe/Madrid")),
        currency="EUR",
        lines=(
            _line(
                "Camiseta de algodón orgánico, talla M, color verde botella",
                "CAM-M-VB",
                "2",
                "19.95",
                "39.90",
            ),
            _line("Cafetera italiana para seis tazas", "CAF-6", "1", "34.50", "34.50"),
            _line("Tela de lino por metros", "LIN-01", "2.50", "12.00", "30.00"),
            _line("Mesa de roble macizo", "MES-180", "1", "1149.00", "1149.00"),
        ),
        discount=money("20.00"),
        coupons=("BIENVENIDA", "OTOÑO"),
        shipping=(AmountView("Mensajería 24 h", money("4.95")),),
        fees=(AmountView("Envoltorio de regalo", money("3.00")),),
        rounding=money("-0.01"),
        total=money("1241.34"),
        taxes=(AmountView("IVA 21 %", money("210.24")), AmountView("IVA 10 %", money("2.73"))),
        tax_total=money("212.97"),
        payment_method="Transferencia bancaria",
        is_paid=False,
        billing_address=(
            "Marta Soler i Puig",
            "Taller Soler, S.C.P.",
            "Carrer de la Unió, 3, 2n 1a",
            "08302 Mataró",
            "España",
        ),
        shipping_address=(
            "Marta Soler i Puig",
            "Plaça de Santa Anna, 7",
            "08301 Mataró",
            "Barcelona, España",
        ),
    )
    return MessageView(
        language="es",
        shop_name="Tienda Ejemplo",
        shop_url="https://tienda.example",
        company=COMPANY,
        customer_name="Marta Soler",
        order=order,
        parcel=parcel,
        all_shipped=False,
        all_delivered=False,
        incident="delivery_failed",
        invoice_attached=False,
    )


@pytest.fixture
def sparse(full: MessageView) -> MessageView:
    """A guest's download: no name, no address, no parcel, no discount, no tax."""
    order = replace(
        full.order,
        lines=(_line("Patrón de costura en PDF", "", "1", "6", "6"),),
        discount=money("0"),
        coupons=(),
        shipping=(),
        fees=(),
        rounding=money("0"),
        total=money("6"),
        taxes=(),
        tax_total=money("0"),
        payment_method="",
        is_paid=True,
        billing_address=(),
        shipping_address=(),
    )
    return replace(full, customer_name="", order=order, parcel=None, incident="")
