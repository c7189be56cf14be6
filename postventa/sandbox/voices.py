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
