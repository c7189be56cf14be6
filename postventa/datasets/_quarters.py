"""Local days out of the store: instants are grouped by quarters of an hour there, which no time zone divides."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Integer, String, cast, func, literal_column

from postventa.settings import Settings

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_A_QUARTER = timedelta(minutes=15)


def quarter(connection: Connection, moment: Any) -> Any:
    """The expression for the quarter of an hour that a column's instant lies in, as `day_of` reads it."""
    if connection.dialect.name == "sqlite":  # instants are text there: 2026-11-02 08:59:01.000000
        minute = cast(func.substr(moment, _said("15"), _said("2"), type_=String), Integer)
        hour = func.substr(moment, _said("1"), _said("14"), type_=String)
        return hour.concat(cast(minute // _said("15"), String))
    return cast(func.floor(func.date_part(_said("'epoch'"), moment) / _said("900")), Integer)


def _said(constant: str) -> Any:
    """A constant in the statement's own words: what is bound would not be the same where it is grouped by."""
    return literal_column(constant, Integer)


def day_of(quarter_hour: str | int, zone: ZoneInfo) -> date:
    """The local day that a quarter of an hour belongs to."""
    return _day(quarter_hour, zone)


def days_of(rows: Iterable[Any], settings: Settings) -> set[date]:
    """The local days of rows of (shop, quarter); what belongs to no shop of the configuration is left out."""
    return {
        _day(row[1], settings.shops[row[0]].zone)
        for row in rows
        if row[0] in settings.shops and row[1] is not None
    }


@lru_cache(maxsize=200_000)
def _day(quarter_hour: str | int, zone: ZoneInfo) -> date:
    if isinstance(quarter_hour, int):
        instant = _EPOCH + quarter_hour * _A_QUARTER
    else:
        hour = datetime.fromisoformat(f"{quarter_hour[:13]}:00:00+00:00")
        instant = hour + int(quarter_hour[14:]) * _A_QUARTER
    return instant.astimezone(zone).date()
