"""When parcels are likely to arrive: learned each night from those that did, and written down for those that leave."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from postventa.calendars import UnknownPlace, holidays_for
from postventa.rules.counting import Holidays, UnknownYear
from postventa.rules.estimates import (
    Followed,
    OnTimeStatus,
    Usual,
    guess,
    learn,
    on_time_status,
    usual_for,
)
from postventa.rules.places import zone_of
from postventa.rules.shipments import ShipmentStatus
from postventa.settings import Settings
from postventa.store.estimates import (
    journeys,
    keep_guesses,
    keep_usual,
    of_orders,
    of_refs,
    usual_times,
    without_estimate,
)
from postventa.store.shipments import ShipmentRow

LEARNED_FROM = timedelta(days=180)
"""Deliveries further back say little of how a carrier does now."""
_PARCELS: Any = ShipmentRow.__table__


def learn_times(connection: Connection, settings: Settings, now: datetime) -> list[Usual]:
    """Learns anew what carriers need to each place, in one question to the store; answers what it has learned."""
    country = settings.policy.jurisdiction
    learned = learn(journeys(connection, now - LEARNED_FROM), lambda region: calendar_of(country, region))
    keep_usual(connection, learned, now)
    return learned


def guess_for_refs(connection: Connection, settings: Settings, shop: str, refs: Sequence[str]) -> int:
    """As `guess_arrivals`, for orders of a shop by its own ids."""
    return _guess(connection, settings, of_refs(shop, refs)) if refs else 0


def guess_arrivals(connection: Connection, settings: Settings, order_ids: Sequence[int]) -> int:
    """Writes down when the parcels of these orders are likely to arrive, where they have left and nobody has said when.

    Once for each parcel: what is learned later changes no estimate that was given. Answers for how many.
    """
    return _guess(connection, settings, of_orders(order_ids)) if order_ids else 0


def _guess(connection: Connection, settings: Settings, which: Any) -> int:
    known = usual_times(connection)
    if not known:
        return 0
    guesses = []
    for number, carrier, region, left_at in without_estimate(connection, which):
        usual = usual_for(carrier, region, known)
        there = calendar_of(settings.policy.jurisdiction, region) if usual else None
        if usual is not None and there is not None:
            with suppress(UnknownYear):  # a stamp of another century is no day that anybody can count from
                guesses.append((number, guess(usual, left_at, *there)))
    keep_guesses(connection, guesses)
    return len(guesses)


def followed_of(parcel: Any) -> Followed:
    """A parcel's row as far as its estimates ask."""
    return Followed(
        status=ShipmentStatus(parcel.status),
        first_estimated_at=parcel.first_estimated_at,
        estimated_at=parcel.estimated_at,
        guessed_at=parcel.guessed_at,
        delivered_at=parcel.delivered_at,
    )


@dataclass(frozen=True, slots=True)
class ParcelStanding:
    """How a parcel of an order does."""

    tracking_number: str
    carrier: str
    status: str
    on_time_status: OnTimeStatus
    first_estimate_at: datetime | None
    estimated_at: datetime | None
    estimate_by: str
    """`carrier`, `us`, or empty where there is none."""

    def sentence(self, zone: ZoneInfo) -> str:
        """As a person reads it; a day that lies ahead is always called an estimate."""
        said = f"parcel {self.tracking_number} with {self.carrier or 'a carrier that nobody can ask'}: {self.status}"
        if self.estimated_at is None or self.first_estimate_at is None:
            return f"{said}, without an estimate"
        by = "the carrier's" if self.estimate_by == "carrier" else "our own, by earlier parcels"
        now, first = (f"{at.astimezone(zone):%Y-%m-%d}" for at in (self.estimated_at, self.first_estimate_at))
        at_first = f", at first {first}" if first != now else ""
        return f"{said}, estimated for {now} ({by}{at_first}): {self.on_time_status.replace('_', ' ')}"


def parcels_of(connection: Connection, order_id: int, zone: ZoneInfo, now: datetime) -> list[ParcelStanding]:
    """How the parcels of an order do, in the sequence in which they were heard of."""
    rows = connection.execute(
        _PARCELS.select().where(_PARCELS.c.order_id == order_id).order_by(_PARCELS.c.id)
    )
    return [_standing(row, zone, now) for row in rows]


def _standing(row: Any, zone: ZoneInfo, now: datetime) -> ParcelStanding:
    followed = followed_of(row)
    by = "us" if followed.is_ours else "carrier" if followed.latest else ""
    return ParcelStanding(
        row.tracking_number,
        row.carrier or "",
        row.status,
        on_time_status(followed, now, zone),
        followed.original,
        followed.latest,
        by,
    )


@cache
def calendar_of(country: str, region: str) -> tuple[ZoneInfo, Holidays] | None:
    """A region's zone and its days of rest; None where nobody can count there."""
    zone = zone_of(region) if region else None
    if zone is None:
        return None
    try:
        return zone, holidays_for(country, region)
    except (UnknownPlace, UnknownYear):
        return None
