"""A carrier that speaks DHL's Unified Tracking API about the shop's parcels."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from postventa.sandbox.parcels import Journey, Parcel, Scan, expected_at, scans
from postventa.sandbox.settings import Faults
from postventa.sandbox.shop import Shop
from postventa.sandbox.wordings import WORDINGS

PATH = "/dhl/track/shipments"


def problem(status: int, title: str, detail: str) -> JSONResponse:
    """An error in DHL's shape."""
    return JSONResponse(
        {"title": title, "status": status, "detail": detail}, status, media_type="application/problem+json"
    )


class Carrier:
    """Tells of each parcel what its scans up to now say."""

    def __init__(self, shop: Shop, faults: Callable[[], Faults]) -> None:
        self._shop, self._faults = shop, faults
        self._parcels = shop.parcel_table()

    def routes(self) -> list[Route]:
        return [Route(PATH, self.shipments)]

    def forget_called_off(self) -> None:
        """After an order was changed by hand: parcels that its plan no longer holds are not known."""
        now = self._shop.watch.now()
        coming = self._shop.parcel_table()
        self._parcels = {
            number: parcel
            for number, parcel in self._parcels.items()
            if number in coming or parcel.shipped_at <= now
        }

    async def shipments(self, request: Request) -> Response:
        settings = self._shop.settings
        if request.headers.get("dhl-api-key") != settings.carrier_key:
            return problem(401, "Unauthorized", "Unauthorized for given resource.")
        number = request.query_params.get("trackingNumber", "").strip()
        if not number:
            return problem(400, "Bad Request", "Missing or empty parameter: trackingNumber.")
        parcel = self._parcels.get(number)
        told = self.told(parcel) if parcel else ()
        if parcel is None or not told:
            return problem(404, "No result found", "No shipment with given tracking number found.")
        return JSONResponse(self._answer(parcel, told))

    def told(self, parcel: Parcel) -> tuple[Scan, ...]:
        """The scans up to now, oldest first, but for those that faults have lost or doubled for good."""
        settings, faults, now = self._shop.settings, self._faults(), self._shop.watch.now()
        way = scans(parcel, settings.seed, settings.zone_info)
        past = way[: bisect_right(way, now, key=lambda scan: scan.at)]
        if not faults.lost_scans and not faults.duplicates:
            return past
        found: list[Scan] = []
        for place, scan in enumerate(past):
            dice = Random(f"{settings.seed}:{parcel.number}:{place}")
            if dice.random() < faults.lost_scans:
                continue
            found += [scan, scan] if dice.random() < faults.duplicates else [scan]
        return tuple(found)

    def truth(self) -> dict[str, Any]:
        """Parcels by what their last scan says."""
        said: Counter[str] = Counter()
        for parcel in self._parcels.values():
            told = self.told(parcel)
            if told:
                said[told[-1].said] += 1
        return {"total": sum(said.values()), "by_status": dict(sorted(said.items()))}

    def _answer(self, parcel: Parcel, told: tuple[Scan, ...]) -> dict[str, Any]:
        zone = self._shop.settings.zone_info
        events = [self._event(parcel, place, scan) for place, scan in enumerate(told)]
        last = told[-1]
        shipment: dict[str, Any] = {
            "id": parcel.number,
            "service": "express" if parcel.order_id % 2 else "parcel-iberia",
            "origin": {
                "address": {"countryCode": "ES", "postalCode": "08820", "addressLocality": "Barcelona"}
            },
            "destination": {
                "address": {
                    "countryCode": parcel.country,
                    "postalCode": parcel.postcode,
                    "addressLocality": parcel.city,
                }
            },
            "status": events[-1],
            "serviceUrl": f"https://www.dhl.com/es-es/home/tracking.html?tracking-id={quote(parcel.number)}",
            "details": {
                "product": {"productName": "DHL PARCEL IBERIA"},
                "proofOfDelivery": {"timestamp": self._stamp(parcel, 0, last.at)},
                "totalNumberOfPieces": self._pieces(parcel),
                "weight": {"value": 1.0 + parcel.order_id % 70 / 10, "unitText": "kg"},
                "references": {"number": str(parcel.order_id), "type": "customer-reference"},
            },
            "events": events[::-1],
        }
        if last.said not in {"delivered", "collected"}:
            del shipment["details"]["proofOfDelivery"]
            if parcel.journey is not Journey.SILENT:
                expected = expected_at(parcel, zone)
                shipment["estimatedTimeOfDelivery"] = self._stamp(parcel, 0, expected)
                shipment["estimatedTimeOfDeliveryRemark"] = "By End of Day"
        return {"shipments": [shipment], "possibleAdditionalShipmentsUrl": []}

    def _pieces(self, parcel: Parcel) -> int:
        return 2 if parcel.journey is Journey.PARTIAL else 1

    def _event(self, parcel: Parcel, place: int, scan: Scan) -> dict[str, Any]:
        wording = WORDINGS[scan.said]
        address = {"countryCode": scan.country, "addressLocality": scan.city}
        event: dict[str, Any] = {
            "timestamp": self._stamp(parcel, place, scan.at),
            "location": {"address": address},
            "statusCode": wording.code,
            "status": wording.status,
            "description": wording.description,
        }
        if scan.said == "pickup":
            event["location"]["servicePoint"] = {
                "url": f"https://locator.dhl.com/ServicePointLocator/{parcel.order_id % 900}",
                "label": f"DHL ServicePoint {parcel.city} {parcel.order_id % 9 + 1}",
            }
        if wording.next_steps:
            event["nextSteps"] = wording.next_steps
        return event

    def _stamp(self, parcel: Parcel, place: int, at: datetime) -> str:
        """A time as this parcel's system writes it: naive local, with an offset, or now one and now the other."""
        local = at.astimezone(self._shop.settings.zone_info)
        kind = parcel.order_id % 10
        naive = kind < 5 or (kind == 9 and place % 2 == 0)
        return (local.replace(tzinfo=None) if naive else local).isoformat(timespec="seconds")
