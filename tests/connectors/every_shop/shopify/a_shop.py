"""A Shopify shop as the shared questions need it, made by the documentation alone."""

import copy
import json
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from a_shop import Sale, Sold
from a_shopify import TOKEN, AShopify

SAMPLES = Path(__file__).parents[2] / "samples"
ORDER = json.loads((SAMPLES / "shopify_order.json").read_text(encoding="utf-8"))


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def money(amount: str) -> dict[str, dict[str, str]]:
    return {"presentmentMoney": {"amount": amount}}


class AShop:
    cannot: ClassVar[dict[str, str]] = {}

    def __init__(self, folder: Path) -> None:
        self._shopify = AShopify()
        self.environment = {"TIENDA_KEY": TOKEN}
        self.section = {"platform": "shopify", "url": self._shopify.url, "key_env": "TIENDA_KEY"}

    def __enter__(self):
        self._shopify.__enter__()
        return self

    def __exit__(self, *how):
        self._shopify.__exit__(*how)

    def sell(self, sale: Sale) -> Sold:
        ref = str(7001 + len(self._shopify.orders))
        raw = copy.deepcopy(ORDER) | {"id": f"gid://shopify/Order/{ref}", "name": f"#{ref}"}
        raw |= {"createdAt": stamp(sale.placed_at), "updatedAt": stamp(sale.placed_at)}
        raw |= {"email": sale.email, "customerLocale": f"{sale.language}-ES"}
        raw["shippingAddress"] |= {
            "firstName": sale.first_name,
            "lastName": sale.last_name,
            "address1": sale.street,
            "zip": sale.postcode,
            "city": sale.city,
            "countryCodeV2": sale.country,
        }
        (line,) = raw["lineItems"]["nodes"]
        line |= {"sku": sale.sku, "name": sale.product}
        if sale.coupon:
            raw |= {
                "discountCodes": [sale.coupon],
                "totalPriceSet": money("26.62"),
                "totalTaxSet": money("4.62"),
            }
            line["discountAllocations"] = [{"allocatedAmountSet": money("2.0")}]
            line["taxLines"][0]["priceSet"] = money("3.78")
        self._shopify.orders[raw["id"]] = raw
        return Sold(ref, ref)

    def pay(self, ref: str, at: datetime) -> None:
        taken = {"kind": "SALE", "status": "SUCCESS", "processedAt": stamp(at)}
        self._touch(ref, at, displayFinancialStatus="PAID", transactions=[taken])

    def ship(self, ref: str, at: datetime, number: str) -> None:
        sent = {"id": f"gid://shopify/Fulfillment/{ref}", "status": "SUCCESS", "displayStatus": "FULFILLED"}
        sent |= {"createdAt": stamp(at), "trackingInfo": [{"number": number, "url": "", "company": "DHL"}]}
        self._touch(ref, at, displayFulfillmentStatus="FULFILLED", fulfillments=[sent])

    def cancel(self, ref: str, at: datetime) -> None:
        self._touch(ref, at, cancelledAt=stamp(at))

    def refund(self, ref: str, at: datetime) -> None:
        back = {"id": f"gid://shopify/Refund/{ref}", "note": "rota", "createdAt": stamp(at)}
        back["totalRefundedSet"] = money("12.1")
        self._touch(ref, at, displayFinancialStatus="PARTIALLY_REFUNDED", refunds=[back])

    def confuse(self, ref: str, at: datetime) -> None:
        self._touch(ref, at, displayFulfillmentStatus="EN_TALLER")

    def spoil(self, ref: str, at: datetime) -> None:
        self._touch(ref, at)
        del self._shopify.orders[f"gid://shopify/Order/{ref}"]["totalPriceSet"]

    def lock(self) -> None:
        self._shopify.token = "shpat_another"

    def heard(self) -> bytes:
        return self._shopify.heard

    def _touch(self, ref: str, at: datetime, **fields: object) -> None:
        self._shopify.orders[f"gid://shopify/Order/{ref}"] |= {**fields, "updatedAt": stamp(at)}
