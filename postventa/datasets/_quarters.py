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


def quarter(connection: Connection, moment: Any, *, whole_hours: bool = False) -> Any:
    """The expression for the quarter of an hour that a column's instant lies in, as `day_of` reads it; where
    `whole_hours` are enough, for the first one of the hour.
    """
    if connection.dialect.name == "sqlite":  # instants are text there: 2026-11-02 08:59:01.000000
        hour = func.substr(moment, _said("1"), _said("14"), type_=String)
        if whole_hours:
            return hour.concat(literal_column("'0'", String))
        minute = cast(func.substr(moment, _said("15"), _said("2"), type_=String), Integer)
        return hour.concat(cast(minute // _said("15"), String))
    seconds = func.date_part(_said("'epoch'"), moment)
    if whole_hours:
        return cast(func.floor(seconds / _said("3600")), Integer) * _said("4")
    return cast(func.floor(seconds / _said("900")), Integer)


def has_whole_hours(settings: Settings, until: datetime) -> bool:
    """Whether the days of every shop begin with an hour of UTC, as they do in Europe: then there is less to count."""
    return all(_has_whole_hours(shop.zone, until.year + 1) for shop in settings.shops.values())


@lru_cache(maxsize=100)
def _has_whole_hours(zone: ZoneInfo, last_year: int) -> bool:
    months = (
        datetime(year, month, 1, tzinfo=zone) for year in range(1970, last_year + 1) for month in range(1, 13)
    )
    return not any((month.utcoffset() or timedelta()) % timedelta(hours=1) for month in months)


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
