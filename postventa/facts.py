"""What was written down as JSON when a message was owed, as its template reads it."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo


def facts_of(written: Mapping[str, Any], zone: ZoneInfo) -> SimpleNamespace:
    """By their endings, amounts (`_amount`), instants (`_at`) in the reader's zone, and dates (`_on`)."""
    return SimpleNamespace(**{name: _fact(name, value, zone) for name, value in written.items()})


def _fact(name: str, value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, Mapping):
        return facts_of(value, zone)
    if isinstance(value, list):
        return tuple(facts_of(one, zone) if isinstance(one, Mapping) else one for one in value)
    if not isinstance(value, str) or not value:
        return value
    if name.endswith("_amount"):
        return Decimal(value)
    if name.endswith("_at"):
        return datetime.fromisoformat(value).astimezone(zone)
    return date.fromisoformat(value) if name.endswith("_on") else value
