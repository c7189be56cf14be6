"""The parcels of a WooCommerce order, from the four places where plugins keep tracking numbers."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from postventa.connectors.shops._woocommerce_fields import instant_or_none, meta_of, objects, text
from postventa.news import ParcelNews, Raw

FOUND = "_postventa_tracking"
"""Our key in a stored raw order: what was found outside the order, so that a replay finds it again."""
TRACKING_ITEMS = "_wc_shipment_tracking_items"
FULFILMENT_STATUS = "_fulfillment_status"
_ANNOUNCED = re.compile(r"Order was shipped with (.*?) ?and tracking number is: ([0-9A-Za-z-]+)")
_FULFILLED = ("1", 1, "true")  # 1 == True
_LATEST_STAMP = 253_402_300_799  # the last second of the year 9999


def parcels_of(raw: Raw, meta: Mapping[str, Any], meta_keys: Iterable[str]) -> tuple[ParcelNews, ...]:
    """Each parcel once, by its number; a later place only fills in what an earlier one left empty."""
    parcels: dict[str, ParcelNews] = {}
    for parcel in _everywhere(raw, meta, meta_keys):
        before = parcels.get(parcel.tracking_number)
        parcels[parcel.tracking_number] = _filled(before, parcel) if before else parcel
    return tuple(parcels.values())


def has_tracking(raw: Raw, meta_keys: Iterable[str]) -> bool:
    """Whether the order itself says a tracking number, so that no other place has to be asked."""
    return any(True for _ in _everywhere(raw, meta_of(raw), meta_keys))


def announced(notes: Any) -> list[dict[str, str]]:
    """The tracking numbers that notes of an order announce; nothing else of a note is kept."""
    said = [one.get("note") for one in notes if isinstance(one, dict)] if isinstance(notes, list) else []
    found = [match for note in said if isinstance(note, str) for match in _ANNOUNCED.findall(note)]
    return [
        {"tracking_provider": carrier.strip(), "tracking_number": number}
        for carrier, number in reversed(found)  # the shop lists the newest note first
    ]


def _everywhere(raw: Raw, meta: Mapping[str, Any], meta_keys: Iterable[str]) -> Iterator[ParcelNews]:
    found = raw.get(FOUND)
    extra = found if isinstance(found, dict) else {}
    yield from _items(meta.get(TRACKING_ITEMS))
    yield from _items(extra.get("trackings"))
    yield from _fulfilments(objects(extra, "fulfillments"))
    for key in meta_keys:
        yield from _items(meta.get(key))
    yield from _items(extra.get("notes"))


def _items(value: Any) -> Iterator[ParcelNews]:
    if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return
    if isinstance(value, dict):
        value = [value] if "tracking_number" in value else list(value.values())
    if not isinstance(value, list):
        value = [{"tracking_number": value}]
    for item in value:
        if isinstance(item, dict):
            number = _number(text(item, "tracking_number"))
            if number:
                yield ParcelNews(
                    tracking_number=number,
                    carrier=_first(item, ("tracking_provider", "custom_tracking_provider", "slug")),
                    tracking_url=_link(_first(item, ("custom_tracking_link", "tracking_link"))),
                    shipped_at=_stamp(item.get("date_shipped")),
                )


def _fulfilments(fulfilments: Sequence[Mapping[str, Any]]) -> Iterator[ParcelNews]:
    for fulfilment in fulfilments:
        if fulfilment.get("is_fulfilled") not in _FULFILLED or fulfilment.get("date_deleted"):
            continue
        meta = meta_of(fulfilment)
        number = _number(text(meta, "_tracking_number"))
        if number:
            yield ParcelNews(
                tracking_number=number,
                carrier=_first(meta, ("_shipment_provider", "_provider_name")),
                tracking_url=_link(text(meta, "_tracking_url")),
                shipped_at=instant_or_none(meta, "_date_fulfilled"),
                line_refs=tuple(ref for item in objects(meta, "_items") if (ref := text(item, "item_id"))),
            )


def _filled(before: ParcelNews, later: ParcelNews) -> ParcelNews:
    return replace(
        before,
        carrier=before.carrier or later.carrier,
        tracking_url=before.tracking_url or later.tracking_url,
        shipped_at=before.shipped_at or later.shipped_at,
        line_refs=before.line_refs or later.line_refs,
    )


def _number(written: str) -> str:
    return "".join(written.split())


def _first(item: Mapping[str, Any], keys: Iterable[str]) -> str:
    return next((said for key in keys if (said := text(item, key))), "")


def _link(written: str) -> str:
    """Only what may stand behind a link in a mail."""
    return written if written.startswith(("https://", "http://")) else ""


def _stamp(written: Any) -> datetime | None:
    """A Unix time written as text. A bare day, as the plugin's own API says it, is no instant."""
    digits = str(written)
    if isinstance(written, bool) or not (digits.isascii() and digits.isdigit()):
        return None
    return datetime.fromtimestamp(int(digits), UTC) if 0 < int(digits) <= _LATEST_STAMP else None
