"""Holidays by country and region, handed to the rules as plain sets of days. The tables are the `holidays` library's."""

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from postventa.rules.counting import Holidays, UnknownYear

if TYPE_CHECKING:
    from holidays import HolidayBase


class UnknownPlace(LookupError):
    """A country or region without a calendar."""


def holidays_for(
    country: str, region: str = "", local: Iterable[date] = (), years: Iterable[int] = ()
) -> Holidays:
    """The holidays of a place; `region` as in ISO 3166-2 (`ES-CT`), `local` the town's own days.

    Without `years`, every year that the calendar knows. Raises UnknownPlace, and UnknownYear where a year is
    asked for that it does not know: a guess would count working days that nobody works.
    """
    known = _known_years(country)
    wanted = frozenset(years) or known
    unknown = sorted(wanted - known)
    if unknown:
        raise UnknownYear(
            f"the holidays of {country} in {unknown[0]} are not known: "
            f"the calendar covers {min(known)} to {max(known)}"
        )
    part = region.removeprefix(f"{country}-")
    national = _days(country, "")
    return Holidays(
        national=national,
        all=national | (_days(country, part) if part else frozenset()) | frozenset(local),
        years=wanted,
        place=f"{country}-{part}" if part else country,
    )


@cache
def _known_years(country: str) -> frozenset[int]:
    calendar = _calendar(country)
    return frozenset(range(calendar.start_year, calendar.end_year + 1))


@cache
def _days(country: str, region: str) -> frozenset[date]:
    known = _calendar(country).subdivisions
    if region and region not in known:
        raise UnknownPlace(
            f"there is no calendar for the region {country}-{region}: known are {', '.join(known)}"
        )
    return frozenset(_calendar(country, region, _known_years(country)))


def _calendar(country: str, region: str = "", years: Iterable[int] = ()) -> "HolidayBase":
    import holidays  # it takes a third of a second: only who counts working days pays

    try:
        return holidays.country_holidays(country, subdiv=region or None, years=years)
    except NotImplementedError as unknown:
        raise UnknownPlace(
            f"there is no calendar for the country {country!r}: write it as in ISO 3166, such as ES"
        ) from unknown
