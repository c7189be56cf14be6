"""Where customers follow their parcels: by what the shop or the carrier says, else by the template of a known carrier.

The carrier is known by the configuration or by the shop's word for it. A number alone only suggests one.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from postventa.rules import tracking_numbers as rules
from postventa.rules.tracking_numbers import KnownCarrier
from postventa.settings import Settings

SHIPPED = Path(rules.__file__).with_suffix(".toml")


@cache
def known_carriers() -> tuple[KnownCarrier, ...]:
    """The catalogue of carriers."""
    return rules.read_carriers(tomllib.loads(SHIPPED.read_text(encoding="utf-8")), SHIPPED.name)


def link_of(settings: Settings, parcel: Any, postcode: str = "") -> str:
    """The web address at which the customer follows `parcel` (its row); empty where there is none."""
    if parcel.tracking_url.lower().startswith(("https://", "http://")):
        return str(parcel.tracking_url)
    configured = settings.carriers.get(parcel.carrier or "")
    if configured is not None and configured.link:
        return rules.filled(configured.link, parcel.tracking_number, postcode)
    words = (
        (configured.adapter, parcel.carrier_word, configured.slug) if configured else (parcel.carrier_word,)
    )
    known = next((one for word in words if (one := rules.named(word, known_carriers()))), None)
    return rules.link_to(known, parcel.tracking_number, postcode) if known else ""


def postcode_of(order: Any) -> str:
    """Where an order goes, as far as a link may ask for it."""
    return str((order.details.get("shipping") or order.details.get("billing") or {}).get("postcode", ""))
