"""A WooCommerce shop as the shared questions need it: its orders, its list of refunds, its keys."""

import copy
import json
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from a_server import AServer, as_json
from a_shop import Sale, Sold
from an_order import stamp
from werkzeug import Request, Response

ORDER = json.loads((Path(__file__).parent / "order.json").read_text(encoding="utf-8"))
ORDERS = "/wp-json/wc/v3/orders"


class AShop:
    cannot: ClassVar[dict[str, str]] = {}

    def __init__(self, folder: Path) -> None:
        self.orders: dict[str, dict] = {}
        self.refunds: list[dict] = []
        self.is_locked = False
        self._server = AServer(self._answer)
        self.environment = {"TIENDA_KEY": "ck_sandbox", "TIENDA_SECRET": "cs_sandbox"}
        self.section = {
            "platform": "woocommerce",
            "url": self._server.url,
            "key_env": "TIENDA_KEY",
            "secret_env": "TIENDA_SECRET",
        }

    def __enter__(self):
        self._server.__enter__()
        return self

    def __exit__(self, *how):
        self._server.__exit__(*how)

    def sell(self, sale: Sale) -> Sold:
        ref = 7001 + len(self.orders)
        raw = copy.deepcopy(ORDER) | {"id": ref, "number": str(ref)}
        placed = stamp(sale.placed_at)
        raw |= {"date_created_gmt": placed, "date_modified_gmt": placed}
        raw["meta_data"][0]["value"] = sale.language
        person = {
            "first_name": sale.first_name,
            "last_name": sale.last_name,
            "address_1": sale.street,
            "postcode": sale.postcode,
            "city": sale.city,
            "country": sale.country,
        }
        raw |= {"shipping": person, "billing": {**person, "email": sale.email, "phone": ""}}
        raw["line_items"][0] |= {"sku": sale.sku, "name": sale.product}
        if sale.coupon:
            raw |= {"discount_total": "2.00", "discount_tax": "0.42", "total": "26.62", "total_tax": "4.62"}
            raw["line_items"][0] |= {"total": "18.00", "total_tax": "3.78"}
            raw["tax_lines"][0]["tax_total"] = "3.78"
            raw["coupon_lines"] = [{"id": 1, "code": sale.coupon.lower(), "discount": "2.00"}]
        self.orders[str(ref)] = raw
        return Sold(str(ref), str(ref))

    def pay(self, ref: str, at: datetime) -> None:
        self._touch(ref, at, status="processing", date_paid_gmt=stamp(at))

    def ship(self, ref: str, at: datetime, number: str) -> None:
        item = {
            "tracking_provider": "DHL",
            "tracking_number": number,
            "date_shipped": str(int(at.timestamp())),
        }
        self.orders[ref]["meta_data"].append({"key": "_wc_shipment_tracking_items", "value": [item]})
        self._touch(ref, at, status="completed", date_completed_gmt=stamp(at))

    def cancel(self, ref: str, at: datetime) -> None:
        self._touch(ref, at, status="cancelled")

    def refund(self, ref: str, at: datetime) -> None:
        refund = {"id": 9000 + len(self.refunds), "parent_id": int(ref), "amount": "12.10", "reason": "rota"}
        self.refunds.append(refund | {"date_created_gmt": stamp(at), "line_items": []})
        self._touch(ref, at, refunds=[{"id": refund["id"], "reason": "rota", "total": "-12.10"}])

    def confuse(self, ref: str, at: datetime) -> None:
        self._touch(ref, at, status="en-taller")

    def spoil(self, ref: str, at: datetime) -> None:
        self._touch(ref, at)
        del self.orders[ref]["total"]

    def lock(self) -> None:
        self.is_locked = True

    def heard(self) -> bytes:
        return self._server.heard

    def _touch(self, ref: str, at: datetime, **fields: object) -> None:
        self.orders[ref] |= {**fields, "date_modified_gmt": stamp(at)}

    def _answer(self, request: Request) -> Response:
        if self.is_locked:
            return as_json({"code": "woocommerce_rest_cannot_view"}, 401)
        ref = request.path.removeprefix(f"{ORDERS}/")
        if ref in self.orders:
            return as_json(self.orders[ref])
        after, in_bin = request.args.get("modified_after", ""), request.args.get("status") == "trash"
        if request.path == ORDERS:
            found = [raw for raw in self.orders.values() if raw["date_modified_gmt"] > after and not in_bin]
            return self._page(sorted(found, key=lambda raw: (raw["date_modified_gmt"], raw["id"])), request)
        if request.path == "/wp-json/wc/v3/refunds":
            return self._page([one for one in self.refunds if one["date_created_gmt"] > after], request)
        is_order = request.path.startswith(f"{ORDERS}/")
        return as_json(
            {"code": "woocommerce_rest_shop_order_invalid_id" if is_order else "rest_no_route"}, 404
        )

    def _page(self, found: list[dict], request: Request) -> Response:
        many = int(request.args.get("per_page", 10))
        start = many * (int(request.args.get("page", 1)) - 1)
        return as_json(found[start : start + many], **{"X-WP-Total": str(len(found))})
