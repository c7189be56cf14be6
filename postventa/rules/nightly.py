"""Which local days a night builds: those that are new, those where late news is likely, and those where there was some."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta

A_DAY = timedelta(days=1)


class NotThisNight(ValueError):
    """The night that is asked for cannot be built or published; the sentence says why and what to do."""


def last_day_over(todays: Iterable[date]) -> date:
    """The last day that is over in every shop, from the date that each has at this moment."""
    return min(todays) - A_DAY


def days_to_build(
    first: date | None,
    last: date,
    published: tuple[date, date] | None,
    *,
    days_back: int,
    touched: Collection[date] = (),
) -> tuple[date, ...]:
    """The days of a night that ends with `last`, the earliest first.

    `first` is the day of the first order, None before there is one; `published` are the first and the last day that
    readers have. Days that were missed are built, however many; `touched` ones only if they are among those there are.
    """
    begins = min(first or last, last)
    if published is None:
        return _between(begins, last)
    earliest, latest = published
    begins = min(begins, earliest)
    again = _between(max(begins, min(latest + A_DAY, last - A_DAY * (days_back - 1))), last)
    earlier = _between(begins, earliest - A_DAY)
    late = {day for day in touched if begins <= day <= last}
    return tuple(sorted({*again, *earlier, *late}))


def in_spans(days: Iterable[date], longest: int, bridged: int = 0) -> list[tuple[date, date]]:
    """The days as spans, none of more than `longest` days: what is held in memory at a time.

    Up to `bridged` days in between are taken along: a few more rows cost less than another question.
    """
    spans: list[tuple[date, date]] = []
    for day in sorted(days):
        if spans and (day - spans[-1][1]).days <= bridged + 1 and (day - spans[-1][0]).days < longest:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans


def back_from(days: Iterable[date], reach: int, earliest: date) -> set[date]:
    """The days up to `reach` before each of these, which may come out differently because of it."""
    return {day - A_DAY * back for day in days for back in range(reach + 1) if day - A_DAY * back >= earliest}


def whole_months(days: Iterable[date]) -> tuple[date, ...]:
    """The first days of the months that these days are in."""
    return tuple(sorted({day.replace(day=1) for day in days}))


def _between(first: date, last: date) -> tuple[date, ...]:
    return tuple(first + A_DAY * number for number in range((last - first).days + 1))
