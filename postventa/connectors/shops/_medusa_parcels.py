"""The parcels of a Medusa order: a label each, with the number that its fulfilment was given."""

from collections.abc import Iterator, Mapping
from typing import Any

from postventa.connectors.fields import inside, link, moment_or_none, objects, text
from postventa.news import ParcelNews, Raw

CARRIER_KEYS = ("carrier", "tracking_company", "tracking_provider")
"""Where a fulfilment's metadata may name its carrier."""
_BY_HAND = "manual"


def parcels_of(raw: Raw) -> tuple[ParcelNews, ...]:
    """Each number once, of every fulfilment that was not called off."""
    named = {text(one, "shipping_option_id"): text(one, "name") for one in objects(raw, "shipping_methods")}
    parcels: dict[str, ParcelNews] = {}
    for fulfilment in objects(raw, "fulfillments"):
        if not fulfilment.get("canceled_at"):
            for parcel in _labels(fulfilment, named):
                parcels.setdefault(parcel.tracking_number, parcel)
    return tuple(parcels.values())


def _labels(fulfilment: Mapping[str, Any], named: Mapping[str, str]) -> Iterator[ParcelNews]:
    for label in objects(fulfilment, "labels"):
        number = "".join(text(label, "tracking_number").split())
        if number:
            yield ParcelNews(
                tracking_number=number,
                carrier=_carrier(fulfilment, named),
                tracking_url=link(text(label, "tracking_url")),
                shipped_at=moment_or_none(fulfilment, "shipped_at"),
                line_refs=tuple(
                    ref for item in objects(fulfilment, "items") if (ref := text(item, "line_item_id"))
                ),
            )


def _carrier(fulfilment: Mapping[str, Any], named: Mapping[str, str]) -> str:
    """What staff wrote, else the service that made the label, else the customer's choice of delivery."""
    said = inside(fulfilment, "metadata")
    for key in CARRIER_KEYS:
        if written := text(said, key):
            return written
    service = text(fulfilment, "provider_id").partition("_")[0]
    if service and service != _BY_HAND:
        return service
    option = text(fulfilment, "shipping_option_id")
    return named.get(option, "") or (next(iter(named.values())) if len(named) == 1 else "")
