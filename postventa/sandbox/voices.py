"""Product reviews and coupons of the sandbox's shop, as WooCommerce's REST API v3 reads and writes them."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo


class Voices:
    """What customers wrote about products. `add` is what a form on the shop's page does."""

    def __init__(self, now: Callable[[], datetime], zone: ZoneInfo) -> None:
        self._now, self._zone = now, zone
        self._lock = threading.Lock()
        self._reviews: list[dict[str, Any]] = []

    def add(self, written: Mapping[str, Any]) -> dict[str, Any]:
        """A review by whoever has bought the product, or not; the shop does not moderate unless `status` says so."""
        at = self._now()
        with self._lock:
            number = 9001 + len(self._reviews)
            row = {
                "id": number,
                "date_created": at.astimezone(self._zone).strftime("%Y-%m-%dT%H:%M:%S"),
                "date_created_gmt": at.strftime("%Y-%m-%dT%H:%M:%S"),
                "product_id": int(written["product_id"]),
                "product_name": "",
                "product_permalink": "",
                "status": str(written.get("status", "approved")),
                "reviewer": str(written.get("reviewer", "")),
                "reviewer_email": str(written["reviewer_email"]),
                "review": f"<p>{written.get('review', '')}</p>\n",
                "rating": int(written["rating"]),
                "verified": bool(written.get("verified", False)),
                "reviewer_avatar_urls": {},
            }
            self._reviews.append(row)
            return row

    def moderate(self, number: int, status: str) -> None:
        with self._lock:
            for row in self._reviews:
                if row["id"] == number:
                    row["status"] = status

    def listed(self, after: datetime | None, status: str) -> list[dict[str, Any]]:
        """Oldest first; `after` is compared with the shop's local time, as WordPress does. `all` leaves out the bin."""
        shown = {"approved", "hold"} if status == "all" else {status}
        with self._lock:
            return [
                dict(row)
                for row in self._reviews
                if row["status"] in shown
                and (after is None or datetime.fromisoformat(row["date_created"]) > after)
            ]


class Coupons:
    """The coupons that somebody made over the API. A code is there once, in small letters."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now, self._lock = now, threading.Lock()
        self._made: list[dict[str, Any]] = []

    def listed(self, code: str) -> list[dict[str, Any]]:
        with self._lock:
            return [dict(row) for row in self._made if code.lower() in {"", row["code"]}]

    def make(self, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
        """None if the code is there."""
        with self._lock:
            code = str(wanted["code"]).lower()
            if any(row["code"] == code for row in self._made):
                return None
            row = {
                "id": 7001 + len(self._made),
                "code": code,
                "amount": f"{float(wanted.get('amount', 0)):.2f}",
                "discount_type": wanted.get("discount_type", "fixed_cart"),
                "date_created_gmt": self._now().strftime("%Y-%m-%dT%H:%M:%S"),
                "date_expires_gmt": wanted.get("date_expires_gmt"),
                "usage_count": 0,
                "individual_use": bool(wanted.get("individual_use")),
                "usage_limit": wanted.get("usage_limit"),
                "usage_limit_per_user": wanted.get("usage_limit_per_user"),
                "email_restrictions": list(wanted.get("email_restrictions", [])),
                "used_by": [],
                "meta_data": [],
            }
            self._made.append(row)
            return row
