"""A Medusa shop as the shared questions need it: what it sells, and which of its stamps each happening moves."""

import copy
import json
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from a_medusa import KEY, AMedusa, micros
from a_shop import Sale, Sold

ORDER = json.loads((Path(__file__).parent / "order.json").read_text(encoding="utf-8"))


class AShop:
    cannot: ClassVar[dict[str, str]] = {}

    def __init__(self, folder: Path) -> None:
        self._medusa = AMedusa()
        self.environment = {"TIENDA_KEY": KEY}
        self.section = {"platform": "medusa", "url": self._medusa.url, "key_env": "TIENDA_KEY"}

    def __enter__(self):
        self._medusa.__enter__()
        return self

    def __exit__(self, *how):
        self._medusa.__exit__(*how)

    def sell(self, sale: Sale) -> Sold:
        number = 7001 + len(self._medusa.orders)
        ref = f"order_01SANDBOX{number}"
        placed = micros(sale.placed_at)
        raw = copy.deepcopy(ORDER) | {"id": ref, "display_id": number, "created_at": placed[:23] + "Z"}
        raw |= {"updated_at": placed, "email": sale.email, "locale": f"{sale.language}-ES"}
        person = {
            "first_name": sale.first_name,
            "last_name": sale.last_name,
            "address_1": sale.street,
            "postal_code": sale.postcode,
            "city": sale.city,
            "country_code": sale.country.lower(),
        }
        raw |= {"shipping_address": person, "billing_address": person}
        line = raw["items"][0]
        line |= {"variant_sku": sale.sku, "title": sale.product}
        if sale.coupon:
            raw |= {"total": 26.62, "tax_total": 4.62, "discount_total": 2.42}
            line |= {"total": 21.78, "tax_total": 3.78, "discount_total": 2.42}
            line["tax_lines"][0]["total"] = 3.78
            line["adjustments"] = [{"code": sale.coupon, "amount": 2, "subtotal": 2, "total": 2.42}]
        self._medusa.orders[ref] = raw
        return Sold(ref, str(number))

    def pay(self, ref: str, at: datetime) -> None:
        """The order's own stamp stays where it is."""
        payment = {
            "id": f"pay_{ref}",
            "provider_id": "pp_stripe_stripe",
            "amount": self._medusa.orders[ref]["total"],
            "captured_at": micros(at)[:23] + "Z",
            "canceled_at": None,
            "refunds": [],
        }
        self._medusa.orders[ref]["payment_collections"][0]["payments"] = [payment]
        self._medusa.orders[ref]["payment_status"] = "captured"
        moved = {"id": payment["id"], "updated_at": micros(at)}
        self._medusa.payments[payment["id"]] = moved | {"payment_collection": {"order": {"id": ref}}}

    def ship(self, ref: str, at: datetime, number: str) -> None:
        sent = {
            "id": f"ful_{ref}",
            "provider_id": "manual_manual",
            "shipping_option_id": None,
            "shipped_at": micros(at)[:23] + "Z",
            "canceled_at": None,
            "labels": [{"tracking_number": number, "tracking_url": "#"}],
        }
        self._touch(ref, at, fulfillments=[sent], fulfillment_status="shipped")

    def cancel(self, ref: str, at: datetime) -> None:
        self._touch(ref, at, status="canceled", canceled_at=micros(at)[:23] + "Z")

    def refund(self, ref: str, at: datetime) -> None:
        """A credit line makes the books add up: the total falls by what was given back."""
        refund = {"id": f"ref_{ref}", "amount": 12.1, "note": "rota", "created_at": micros(at)[:23] + "Z"}
        self._medusa.orders[ref]["payment_collections"][0]["payments"][0]["refunds"] = [refund]
        credit = {"id": f"ordcl_{ref}", "amount": 12.1, "reference": "payment_collection"}
        total = round(self._medusa.orders[ref]["total"] - 12.1, 2)
        self._touch(ref, at, payment_status="partially_refunded", credit_lines=[credit], total=total)

    def confuse(self, ref: str, at: datetime) -> None:
        self._touch(ref, at, fulfillment_status="en-taller")

    def spoil(self, ref: str, at: datetime) -> None:
        self._touch(ref, at)
        del self._medusa.orders[ref]["total"]

    def lock(self) -> None:
        self._medusa.key = "sk_revoked"

    def heard(self) -> bytes:
        return self._medusa.heard

    def _touch(self, ref: str, at: datetime, **fields: object) -> None:
        self._medusa.orders[ref] |= {**fields, "updated_at": micros(at)}
