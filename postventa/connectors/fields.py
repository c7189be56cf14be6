"""Reads single fields of a raw payload: strict where something is needed, forgiving where it is not.

Every complaint names the field and the kind of thing found there, never its content.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from postventa.news import NotUnderstood, Raw

LARGEST_EXPONENT = 15
NOTHING = Decimal(0)
_KINDS = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}


def wrong(field: str, expected: str, found: Any) -> NotUnderstood:
    """The complaint about a field."""
    kind = _KINDS.get(type(found), "a number")
    return NotUnderstood(f"{field} must be {expected}, and it is {kind if found != '' else 'empty'}")


def need(raw: Raw, field: str) -> Any:
    """A field that has to be there."""
    try:
        return raw[field]
    except KeyError:
        raise NotUnderstood(f"{field} is missing") from None


def ident(raw: Raw, field: str, where: str = "") -> str:
    """An id that has to be there: a positive number, written as a number or as text."""
    found = need(raw, field)
    if isinstance(found, int) and not isinstance(found, bool) and found > 0:
        return str(found)
    if isinstance(found, str) and found.isascii() and found.isdigit() and int(found) > 0:
        return found
    raise wrong(where + field, "an id", found)


def text(raw: Raw, field: str) -> str:
    """Text that may be missing; numbers count as text, anything else as nothing."""
    found = raw.get(field)
    if isinstance(found, str):
        return found.replace("\x00", "").strip()  # PostgreSQL has no letter for NUL
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else ""


def amount(found: Any, field: str) -> Decimal:
    """An exact amount. A float is refused: it is somebody's rounding error already."""
    if isinstance(found, str) or (isinstance(found, int) and not isinstance(found, bool)):
        try:
            value = Decimal(found)
        except InvalidOperation:
            raise wrong(field, "an amount such as 12.50", found) from None
        if value.is_finite() and value.adjusted() <= LARGEST_EXPONENT:
            return value
    raise wrong(field, "an amount such as 12.50, as text", found)


def amount_or_none(raw: Raw, field: str, where: str) -> Decimal | None:
    """An amount that may be missing, null or empty."""
    found = raw.get(field)
    return None if found is None or found == "" else amount(found, where + field)


def amount_or_zero(raw: Raw, field: str, where: str = "") -> Decimal:
    """An amount; nothing where it is not said."""
    return amount_or_none(raw, field, where) or NOTHING


def objects(raw: Raw, field: str) -> list[Mapping[str, Any]]:
    """A list of objects that may be missing; what is no object is left out."""
    found = raw.get(field)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def moment(found: Any, field: str) -> datetime:
    """An instant that names its zone, in UTC. One without a zone is refused: it could be anywhere."""
    if isinstance(found, str):
        try:
            when = datetime.fromisoformat(found)
            if when.tzinfo is not None:
                return when.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise wrong(field, "an instant with its zone such as 2026-11-02T08:00:00Z", found)


def moment_or_none(raw: Raw, field: str) -> datetime | None:
    """An instant that may be missing; one that cannot be read is as good as none."""
    found = raw.get(field)
    if not found:
        return None
    try:
        return moment(found, field)
    except NotUnderstood:
        return None


def inside(raw: Raw, field: str) -> Mapping[str, Any]:
    """An object that may be missing or null: then an empty one."""
    found = raw.get(field)
    return found if isinstance(found, dict) else {}


def link(written: str) -> str:
    """Only what may stand behind a link in a mail."""
    return written if written.startswith(("https://", "http://")) else ""
