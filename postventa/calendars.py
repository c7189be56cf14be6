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
    """The holidays for a shop's country and a customer's region (ISO 3166: `ES-CT`, or `FR` abroad) and town.

    For a customer abroad the nation's are those of both countries, the fewest; all are those of either.

    Without `years`, every year that the calendar knows. Raises UnknownPlace, and UnknownYear where a year is
    asked for that it does not know: a guess would count working days that nobody works.
    """
    home, _, part = region.partition("-")
    home = home or country
    place = region or country if home == country else f"{country} and {region}"
    known = _known_years(country) & _known_years(home)
    wanted = frozenset(years) or known
    unknown = sorted(wanted - known)
    if unknown:
        raise UnknownYear(
            f"the holidays of {place} in {unknown[0]} are not known: the calendar covers {min(known)} to {max(known)}"
        )
    here, there = _days(country, ""), _days(home, "")
    of_region = _days(home, part) if part else frozenset()
    return Holidays(here & there, here | there | of_region | frozenset(local), wanted, place)


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
