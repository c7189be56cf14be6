"""When an order has been silent for too long: no label, a label that nobody handed over, no scan, no news of its delivery.

Days are working days where the goods go: nobody is called because it was Sunday.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from postventa.rules.orders import Stage
from postventa.rules.shipments import FINAL, ShipmentStatus


class Silence(StrEnum):
    """What has not been heard."""

    NO_LABEL = "no_label"
    """Paid, and no parcel is known of it."""
    NOT_HANDED_OVER = "not_handed_over"
    """A label was made, and the carrier has never had the parcel."""
    NO_SCAN = "no_scan"
    """The carrier has it, and says nothing any more."""
    NO_NEWS = "no_news"
    """It has left with nobody whom we could ask, and nobody has said that it arrived."""


PACKING = frozenset({Stage.PAID, Stage.IN_PREPARATION, Stage.READY_TO_SHIP})
LABELLED = frozenset({ShipmentStatus.PENDING, ShipmentStatus.INFO_RECEIVED})


@dataclass(frozen=True, slots=True)
class Limits:
    """From how many working days on a silence is told; nought for never."""

    label_days: int
    handover_days: int
    scan_days: int
    news_days: int
    scan_days_by_country: Mapping[str, int] = field(default_factory=dict)

    def of(self, silence: Silence, country: str) -> int:
        by_country = self.scan_days_by_country.get(country, self.scan_days)
        return {
            Silence.NO_LABEL: self.label_days,
            Silence.NOT_HANDED_OVER: self.handover_days,
            Silence.NO_SCAN: by_country,
            Silence.NO_NEWS: self.news_days,
        }[silence]


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel as far as its silence asks."""

    id: int
    status: ShipmentStatus
    is_followed: bool
    """Whether there is a carrier whom we ask."""
    shipped_at: datetime | None
    last_news_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order that somebody waits for."""

    stage: Stage
    is_held: bool
    needs_shipping: bool
    sold_at: datetime
    """When it was paid, or placed where it is paid at the door."""
    shipped_at: datetime | None
    parcels: tuple[Parcel, ...] = ()


@dataclass(frozen=True, slots=True)
class Quiet:
    """Something that is silent since an instant; `parcel` is the one that it is about, if any."""

    silence: Silence
    since: datetime
    parcel: int | None = None


@dataclass(frozen=True, slots=True)
class Silent:
    """A silence that has lasted too long: so many working days, `limit` being too many already."""

    quiet: Quiet
    days: int
    limit: int

    @property
    def is_new(self) -> bool:
        return self.days == self.limit


def quiet(order: Waiting) -> Iterator[Quiet]:
    """All about which this order is silent, however long."""
    if not order.needs_shipping or order.is_held:
        return
    there = [one for one in order.parcels if one.status is not ShipmentStatus.CANCELLED]
    if order.stage in PACKING and not there:
        yield Quiet(Silence.NO_LABEL, order.sold_at)
    followed = [one for one in there if one.is_followed]
    if order.stage is Stage.SHIPPED and not followed and order.shipped_at is not None:
        yield Quiet(Silence.NO_NEWS, order.shipped_at)
    for one in followed:
        if one.status in LABELLED:
            yield Quiet(Silence.NOT_HANDED_OVER, one.shipped_at or one.last_news_at, one.id)
        elif one.status not in FINAL and one.status is not ShipmentStatus.READY_FOR_PICKUP:
            yield Quiet(Silence.NO_SCAN, one.last_news_at, one.id)


def silences(
    order: Waiting, limits: Limits, country: str, days_since: Callable[[datetime], int]
) -> list[Silent]:
    """What somebody must be told of this order."""
    found = []
    for one in quiet(order):
        limit = limits.of(one.silence, country)
        if limit and (days := days_since(one.since)) >= limit:
            found.append(Silent(one, days, limit))
    return found
