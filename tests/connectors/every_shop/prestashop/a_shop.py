"""A PrestaShop as the shared questions need it: what its staff do, written into the tables of its webservice."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from a_prestashop import KEY, APrestaShop
from a_server import AServer
from a_shop import Sale, Sold

HERE = Path(__file__).parent
FIELDS = json.loads((HERE / "fields.json").read_text(encoding="utf-8"))
STATES = json.loads((HERE / "states.json").read_text(encoding="utf-8"))
HASH = "$2y$10$WcTl8QpN0rDTfKQyYxHUnOtHisIsAHashOfAPasswordForTests"
SECURE = "5ecce7ecce7ecce7ecce7ecce7ecce75"
LANGUAGES = {"es": "1", "ca": "2", "en": "3"}
MADRID = ZoneInfo("Europe/Madrid")
FLAGS = ("invoice", "logable", "delivery", "shipped", "paid", "hidden", "deleted")


class AShop:
    cannot: ClassVar[dict[str, str]] = {}

    def __init__(self, folder: Path) -> None:
        self.web = APrestaShop(FIELDS)
        self.zone = MADRID
        self._furnish()
        self._server = AServer(self.web.answer)
        self.environment = {"TIENDA_KEY": KEY}
        self.section = {"platform": "prestashop", "url": self._server.url, "key_env": "TIENDA_KEY"}

    def __enter__(self):
        self._server.__enter__()
        return self

    def __exit__(self, *how):
        self._server.__exit__(*how)

    @property
    def asked(self) -> list[str]:
        return self._server.asked

    def sell(self, sale: Sale, *, module: str = "ps_wirepayment", state: int = 10, **fields: str) -> Sold:
        shown = self.shown(sale.placed_at)
        customer = self._customer(sale)
        address = str(
            self.web.add(
                "addresses",
                firstname=sale.first_name,
                lastname=sale.last_name,
                address1=sale.street,
                postcode=sale.postcode,
                city=sale.city,
                id_country="6",
                id_state="1",
                id_customer=customer,
            )["id"]
        )
        off = ("2.420000", "2.000000") if sale.coupon else ("0.000000", "0.000000")
        orders = self.web.tables["orders"]
        row = self.web.add(
            "orders",
            id=max(orders, default=7000) + 1,
            reference=f"XKBK{len(orders):05d}",
            id_customer=customer,
            id_address_invoice=address,
            id_address_delivery=address,
            id_currency="1",
            id_lang=LANGUAGES[sale.language],
            id_carrier="1",
            current_state=str(state),
            module=module,
            payment="Transferencia",
            secure_key=SECURE,
            date_add=shown,
            date_upd=shown,
            total_paid_tax_incl=f"{sale.total}0000",
            total_paid_tax_excl=f"{sale.total - sale.tax}0000",
            total_discounts_tax_incl=off[0],
            total_discounts_tax_excl=off[1],
            total_shipping_tax_incl="4.840000",
            total_shipping_tax_excl="4.000000",
            total_wrapping_tax_incl="0.000000",
            total_wrapping_tax_excl="0.000000",
        )
        row |= fields
        ref = str(row["id"])
        self.web.add(
            "order_details",
            id_order=ref,
            product_id="9",
            product_name=sale.product,
            product_reference=sale.sku,
            product_quantity="2",
            unit_price_tax_incl="12.100000",
            unit_price_tax_excl="10.000000",
            total_price_tax_incl="24.200000",
            total_price_tax_excl="20.000000",
        )
        self.web.add("order_carriers", id_order=ref, id_carrier="1", tracking_number="", date_add=shown)
        self.web.add("order_histories", id_order=ref, id_order_state=str(state), date_add=shown)
        if sale.coupon:
            rule = str(self.web.add("cart_rules", code=sale.coupon, name="Bienvenida")["id"])
            self.voucher(ref, rule, off)
        return Sold(ref, row["reference"])

    def voucher(self, ref: str, rule: str, off: tuple[str, str], *, free_shipping: str = "0") -> None:
        worth = {"value": off[0], "value_tax_excl": off[1], "free_shipping": free_shipping}
        self.web.add("order_cart_rules", id_order=ref, id_cart_rule=rule, name="Bienvenida", **worth)

    def pay(self, ref: str, at: datetime) -> None:
        self.move(ref, at, 2)

    def ship(self, ref: str, at: datetime, number: str) -> None:
        self.move(ref, at, 4)
        self.track(ref, number)

    def track(self, ref: str, number: str) -> None:
        """Writes a tracking number, which moves nothing else."""
        for row in self.web.tables["order_carriers"].values():
            if row["id_order"] == ref:
                row["tracking_number"] = number

    def cancel(self, ref: str, at: datetime) -> None:
        self.move(ref, at, 6)

    def refund(self, ref: str, at: datetime, **fields: Any) -> None:
        shown = self.shown(at)
        detail = next(
            str(row["id"]) for row in self.web.tables["order_details"].values() if row["id_order"] == ref
        )
        slip = {"total_products_tax_excl": "10.000000", "total_products_tax_incl": "12.100000"}
        slip |= {"total_shipping_tax_incl": "0.000000", "amount": "10.000000", "date_add": shown}
        part = {"id": "1", "id_order_detail": detail, "product_quantity": "1", "amount_tax_incl": "12.100000"}
        associations = {"order_slip_details": [part]}
        self.web.add("order_slip", id_order=ref, date_upd=shown, associations=associations, **(slip | fields))

    def confuse(self, ref: str, at: datetime) -> None:
        self.move(ref, at, 14)

    def spoil(self, ref: str, at: datetime) -> None:
        self.row(ref)["total_paid_tax_incl"] = ""
        self.touch(ref, at)

    def lock(self) -> None:
        self.web.key = "ANOTHERKEYANOTHERKEYANOTHERKEY32"

    def heard(self) -> bytes:
        return self._server.heard

    def said(self) -> bytes:
        return self._server.said

    def move(self, ref: str, at: datetime, state: int) -> None:
        """The order comes to a state, by the hand of its staff."""
        self.row(ref)["current_state"] = str(state)
        self.web.add("order_histories", id_order=ref, id_order_state=str(state), date_add=self.shown(at))
        self.touch(ref, at)

    def touch(self, ref: str, at: datetime) -> None:
        self.row(ref)["date_upd"] = self.shown(at)

    def row(self, ref: str) -> dict[str, Any]:
        return self.web.tables["orders"][int(ref)]

    def shown(self, at: datetime) -> str:
        """What the shop's clock on the wall says."""
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def set_zone(self, zone: str, at: datetime) -> None:
        """Somebody sets another zone; the wall's clock jumps, and what is written stays as it is."""
        row = next(one for one in self.web.tables["configurations"].values() if one["name"] == "PS_TIMEZONE")
        row |= {"value": zone, "date_upd": self.shown(at)}
        self.zone = ZoneInfo(zone)

    def _customer(self, sale: Sale) -> str:
        for row in self.web.tables["customers"].values():
            if row["email"] == sale.email:
                return str(row["id"])
        person = {"firstname": sale.first_name, "lastname": sale.last_name, "email": sale.email}
        more = {"passwd": HASH, "secure_key": SECURE, "is_guest": "0", "newsletter": "1", "optin": "0"}
        return str(self.web.add("customers", **person, **more)["id"])

    def _furnish(self) -> None:
        web = self.web
        self.web.add(
            "configurations", name="PS_TIMEZONE", value="Europe/Madrid", date_upd="2024-03-01 10:00:00"
        )
        for state in STATES:
            names = [{"id": LANGUAGES[word], "value": state[word]} for word in ("es", "ca")]
            flags = {flag: state.get(flag, "0") for flag in FLAGS}
            row = web.add("order_states", name=names, module_name=state.get("module_name", ""), **flags)
            if state["note"]:
                web.add("configurations", name=state["note"], value=str(row["id"]))
        for iso in LANGUAGES:
            web.add("languages", iso_code=iso, name=iso)
        web.add("currencies", iso_code="EUR", name="Euro")
        web.tables["countries"][6] = {"id": 6, "iso_code": "ES", "name": "España", "active": "1"}
        web.add("states", id_country="6", name="Girona")
        web.add("carriers", name="DHL", url="https://track.example/@")
