"""Where an order went, no closer than the autonomous community or the country: postcodes stay in the store."""

from typing import Any

import pandas as pd

from postventa.rules.places import region_of
from postventa.store.orders import OrderRow

_DETAILS: Any = OrderRow.__table__.c.details
_PARTS = ("country", "postcode", "region")
_ADDRESSES = ("shipping", "billing")


def address_columns() -> list[Any]:
    """What `regions` reads: the parts of both addresses that tell the place."""
    return [
        _DETAILS[address][part].as_string().label(f"{address}_{part}")
        for address in _ADDRESSES
        for part in _PARTS
    ]


def regions(found: pd.DataFrame) -> "pd.Series[str]":
    """The region of each row, from where the goods went, else from the bill; empty where neither tells it."""
    names = [f"{address}_{part}" for address in _ADDRESSES for part in _PARTS]
    places = found[names].fillna("")
    known = places.drop_duplicates()
    read = [_region(place) for place in known.itertuples(index=False)]
    table = known.assign(region=pd.array(read, dtype="str"))
    merged = places.merge(table, how="left", on=names)["region"]
    return merged.set_axis(found.index)


def _region(place: Any) -> str:
    return region_of(*place[:3]) or region_of(*place[3:])
