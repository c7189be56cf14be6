"""What a night hands to a dataset's builder, and which local days it asks for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from postventa.datasets._pseudonyms import Pseudonyms
from postventa.settings import Settings

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One night: the store as facts read it, and DuckDB as rollups do."""

    settings: Settings
    now: datetime
    """As of when everything is said. The same night built again is said as of the same instant."""
    pseudonyms: Pseudonyms
    connection: Connection | None = None
    duck: Any = None
    """A DuckDB connection in which every dataset of the builder's READS stands as a view of its name."""


@dataclass(frozen=True, slots=True)
class Span:
    """Local days of a shop, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a span cannot end on {self.last}, before it begins on {self.first}")

    @property
    def days(self) -> list[date]:
        return [self.first + A_DAY * number for number in range((self.last - self.first).days + 1)]

    @property
    def whole_months(self) -> "Span":
        """The same, widened to the months that it touches."""
        after = (self.last.replace(day=1) + timedelta(days=31)).replace(day=1)
        return Span(self.first.replace(day=1), after - A_DAY)


@dataclass(frozen=True, slots=True)
class Window:
    """A span in one shop, as instants: from the first midnight of its own clock to the one after the last day."""

    shop: str
    zone: ZoneInfo
    start: datetime
    end: datetime
    """Exclusive."""

    def holds(self, moment: Any) -> Any:
        """The condition that a column's instant lies within."""
        return (moment >= self.start) & (moment < self.end)


def windows(night: Night, span: Span) -> Iterator[Window]:
    """The span in every shop of the configuration; days of 23 and of 25 hours are as long as they are."""
    for name, shop in sorted(night.settings.shops.items()):
        zone = shop.zone
        yield Window(name, zone, midnight(span.first, zone), midnight(span.last + A_DAY, zone))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, in UTC; where the clocks leave midnight out, the first that there is."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
