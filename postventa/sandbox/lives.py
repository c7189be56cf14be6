"""The life of an order, drawn before it begins: a list of changes, each with the instant at which it happens."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any

from postventa.sandbox.parcels import Parcel, drawn_journey
from postventa.sandbox.people import Person


class Did(StrEnum):
    """What can happen to an order in the shop."""

    PLACED = "placed"
    STATUS = "status"
    TRACKED = "tracked"
    """A tracking number written into the order's meta."""
    FULFILLED = "fulfilled"
    """A core fulfilment."""
    LISTED = "listed"
    """A tracking number that only the plugin's own list knows."""
    REFUNDED = "refunded"
    """`all`, or the number of the line given back."""
    PATCHED = "patched"


SILENT = {Did.LISTED}
"""What does not move the order's date_modified."""


@dataclass(frozen=True, slots=True)
class Change:
    at: datetime
    did: Did
    value: str = ""
    parcel: Parcel | None = None
    fields: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def moves(self) -> bool:
        return self.did not in SILENT and self.value != "untouched"


class Payment(StrEnum):
    """How it is paid, by the names of WooCommerce's gateways."""

    CARD = "stripe"
    REDSYS = "redsys"
    """First seen as pending: the customer is still at the bank's page."""
    TRANSFER = "bacs"
    CASH = "cod"
    PAYPAL = "paypal"


PAYMENTS = {Payment.CARD: 60, Payment.TRANSFER: 15, Payment.REDSYS: 10, Payment.CASH: 8, Payment.PAYPAL: 7}

FATES = {"": 90, "cancelled": 4, "partly refunded": 3, "refunded": 2, "trashed": 1}


@dataclass(frozen=True, slots=True)
class Buyer:
    """What a life depends on, apart from chance."""

    order_id: int
    placed_at: datetime
    payment: Payment
    person: Person
    digital: bool


def life(rng: Random, buyer: Buyer) -> tuple[Change, ...]:
    """All that will happen to an order, oldest first."""
    changes = _paying(rng, buyer)
    paid = changes[-1].at
    fate = rng.choices(tuple(FATES), tuple(FATES.values()))[0]
    if fate in {"cancelled", "trashed"}:
        status = "cancelled" if fate == "cancelled" else "trash"
        return (*changes, Change(_later(rng, paid, 0.2, 5), Did.STATUS, status))
    if fate == "refunded" and rng.random() < 0.5 and not buyer.digital:
        return (*changes, *_given_back(_later(rng, paid, 1, 5)))
    if buyer.digital:
        at = changes[-1].at
        whole = [*changes, Change(at + timedelta(seconds=1), Did.STATUS, "completed")]
    else:
        changes += _held(rng, paid)
        whole = [*changes, *_shipping(rng, buyer, changes[-1].at)]
    if fate == "refunded":
        whole += _given_back(_later(rng, whole[-1].at, 72, 190))
    if fate == "partly refunded":
        whole.append(Change(_later(rng, whole[-1].at, 24, 140), Did.REFUNDED, "0"))
    return tuple(sorted(whole, key=lambda change: change.at))


def _paying(rng: Random, buyer: Buyer) -> list[Change]:
    placed = buyer.placed_at
    match buyer.payment:
        case Payment.TRANSFER:
            return [
                Change(placed, Did.PLACED, "on-hold"),
                Change(_later(rng, placed, 4, 30), Did.STATUS, "processing"),
            ]
        case Payment.REDSYS:
            failed = [
                Change(placed + timedelta(minutes=4), Did.STATUS, "failed"),
                Change(placed + timedelta(minutes=9), Did.STATUS, "pending"),
            ]
            return [
                Change(placed, Did.PLACED, "pending"),
                *(failed if rng.random() < 0.10 else ()),  # a tenth of a tenth: 1 % of all
                Change(_later(rng, placed, 0.2, 0.7), Did.STATUS, "processing"),
            ]
        case _:
            return [Change(placed, Did.PLACED, "processing")]


def _held(rng: Random, paid: datetime) -> list[Change]:
    """Sometimes somebody has to ask the customer something first."""
    if rng.random() >= 0.02:
        return []
    held = _later(rng, paid, 1, 4)
    freed = _later(rng, held, 3, 20)
    return [Change(held, Did.STATUS, "on-hold"), Change(freed, Did.STATUS, "processing")]


def _shipping(rng: Random, buyer: Buyer, ready: datetime) -> list[Change]:
    if rng.random() < 0.85:
        preparing = _later(rng, ready, 6, 20)
        label = _later(rng, preparing, 6, 20)
        changes = [
            Change(preparing, Did.STATUS, "preparing"),
            Change(label, Did.STATUS, "ready-to-ship"),
        ]
        shipped = _later(rng, label, 6, 12)
    else:
        changes, shipped = [], _later(rng, ready, 12, 36)
        label = shipped - timedelta(hours=2)
    place = rng.choices(("meta", "fulfilment", "list", "late"), (70, 15, 10, 5))[0]
    parcels = [_parcel(rng, buyer, label, shipped, 1)]
    statuses = ["completed"]
    if rng.random() < 0.08:
        parcels.append(_parcel(rng, buyer, label, _later(rng, shipped, 20, 28), 2))
        statuses = ["partial-shipped", "completed"]
    for parcel, status in zip(parcels, statuses, strict=True):
        changes += _written(rng, place, parcel)
        changes.append(Change(parcel.shipped_at, Did.STATUS, status))
    return changes


def _written(rng: Random, place: str, parcel: Parcel) -> list[Change]:
    """Where the tracking number is written, and when: mostly a moment before the status says shipped."""
    at = parcel.shipped_at
    match place:
        case "meta":
            return [Change(at - timedelta(seconds=rng.randint(1, 60)), Did.TRACKED, parcel=parcel)]
        case "fulfilment":
            return [Change(at - timedelta(seconds=rng.randint(1, 5)), Did.FULFILLED, parcel=parcel)]
        case "list":
            return [Change(at + timedelta(seconds=rng.randint(5, 120)), Did.LISTED, parcel=parcel)]
        case _:
            return [Change(_later(rng, at, 20, 28), Did.TRACKED, parcel=parcel)]


def _parcel(rng: Random, buyer: Buyer, label: datetime, shipped: datetime, position: int) -> Parcel:
    person = buyer.person
    return Parcel(
        number=f"JD0146{buyer.order_id:08d}{rng.randint(0, 999):03d}{position}",
        order_id=buyer.order_id,
        label_at=label,
        shipped_at=shipped,
        journey=drawn_journey(rng),
        city=person.city,
        postcode=person.postcode,
        country=person.country,
    )


def _given_back(at: datetime) -> list[Change]:
    """A full refund: the refund first, then the status that follows from it."""
    return [Change(at, Did.REFUNDED, "all"), Change(at, Did.STATUS, "refunded")]


def _later(rng: Random, since: datetime, low: float, high: float) -> datetime:
    return since + timedelta(seconds=round(3600 * rng.uniform(low, high)))
