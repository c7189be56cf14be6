"""Fields as WooCommerce writes them: instants without their zone, and plugins' own values under keys."""

from datetime import UTC, datetime
from typing import Any

from postventa.connectors.fields import (
    NOTHING,
    amount,
    amount_or_none,
    amount_or_zero,
    ident,
    need,
    objects,
    text,
    wrong,
)
from postventa.news import NotUnderstood, Raw

__all__ = [
    "NOTHING",
    "amount",
    "amount_or_none",
    "amount_or_zero",
    "ident",
    "instant",
    "instant_or_none",
    "meta_of",
    "need",
    "objects",
    "text",
    "wrong",
]


def instant(found: Any, field: str) -> datetime:
    """A `..._gmt` field: UTC without saying so."""
    if isinstance(found, str):
        try:
            when = datetime.fromisoformat(found)
            return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise wrong(field, "an instant such as 2026-11-02T08:00:00", found)


def instant_or_none(raw: Raw, field: str) -> datetime | None:
    """An instant that may be missing; one that cannot be read is as good as none."""
    found = raw.get(field)
    if not found:
        return None
    try:
        return instant(found, field)
    except NotUnderstood:
        return None


def meta_of(raw: Raw) -> dict[str, Any]:
    """The `meta_data` of an order or a line by key; the last one said wins."""
    return {
        key: one.get("value") for one in objects(raw, "meta_data") if isinstance(key := one.get("key"), str)
    }
