"""Reading what any carrier sends: times with and without a zone, texts that may be null, and two traps.

The traps: carriers say delivered when part of a parcel was, and when it waits at a pickup point.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

Phrases = tuple[str, ...]


def phrases(written: str) -> Phrases:
    """Phrases in lower case, written with a bar between them."""
    return tuple(phrase.strip() for phrase in written.split("|"))


PARTIAL = phrases(
    "partial delivery | partially delivered | partly delivered | delivered partially"
    "| entrega parcial | parcialmente entregad | entregado parcialmente | entregada parcialmente"
    "| teilzustellung | teillieferung | teilweise zugestellt | teilweise ausgeliefert"
)
NOT_YET_AT_PICKUP = phrases(
    "will be ready | once it is ready | as soon as it is ready | being brought to"
    "| estará disponible | estará list | cuando esté | sobald sie zur abholung"
)
AT_PICKUP = phrases(
    "ready for pick-up | ready for pickup | ready for collection | ready to be picked up | ready to be collected"
    "| available for pick-up | available for pickup | available for collection | held for collection"
    "| awaiting collection by | awaiting collection at"
    "| delivered to a servicepoint | delivered to servicepoint | delivered to the servicepoint"
    "| delivered to a dhl servicepoint | delivered to the dhl servicepoint | delivered to a parcel locker"
    "| delivered to parcel locker | delivered to the parcel locker | delivered to parcel shop"
    "| delivered to a parcel shop | delivered to the parcel shop | delivered to parcelshop"
    "| disponible para recog | disponible para su recog | disponible en el punto de recogida"
    "| listo para recog | lista para recog | listo para su recog | lista para su recog | listo para ser recog"
    "| pendiente de recogida por el destinatario | entregado en servicepoint | entregado en el servicepoint"
    "| entregado en punto de recogida | entregado en el punto de recogida | entregado en parcelshop"
    "| zur abholung bereit | abholbereit | liegt in der packstation | liegt ab sofort in der"
    "| in die packstation eingestellt"
)

_MARKUP = re.compile(r"<[^<>]*>")


def says(said: str, any_of: Phrases) -> bool:
    """Whether a text in lower case holds one of the phrases."""
    return any(phrase in said for phrase in any_of)


def text(value: Any) -> str:
    """A text on one line without markup; empty for null and for what is no text or number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return " ".join(_MARKUP.sub("", str(value)).split())


def one_text(*values: Any) -> str:
    """Several texts as one, each said once."""
    return " | ".join(dict.fromkeys(filter(None, map(text, values))))


def record(value: Any) -> Mapping[str, Any]:
    """A JSON object; empty for null and for anything else."""
    return value if isinstance(value, dict) else {}


def records(value: Any) -> list[Mapping[str, Any]]:
    """The JSON objects of a list; none for null and for anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def instant(written: Any, zone: ZoneInfo) -> tuple[datetime, bool] | None:
    """The instant in UTC and whether its zone was written; None if it cannot be read."""
    try:
        moment = datetime.fromisoformat(written.strip())
        zone_known = moment.tzinfo is not None
        return (moment if zone_known else moment.replace(tzinfo=zone)).astimezone(UTC), zone_known
    except (AttributeError, ValueError, OverflowError):
        return None


def moment(written: Any, forms: Phrases, zone: ZoneInfo) -> tuple[datetime, bool] | None:
    """An instant written in one of the forms, which have no zone; None if it fits none of them."""
    for form in forms:
        try:
            return datetime.strptime(text(written), form).replace(tzinfo=zone).astimezone(UTC), False
        except (ValueError, OverflowError):
            continue
    return None


def promise(written: Any, zone: ZoneInfo) -> datetime | None:
    """When a delivery is expected; a date alone promises no more than the end of that day."""
    if isinstance(written, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", written.strip()):
        written = f"{written.strip()}T23:59:59"
    read = instant(written, zone)
    return read[0] if read else None
