"""An order of the sandbox's shop: who bought what, and what has happened to it so far."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from random import Random
from typing import Any

from postventa.sandbox.basket import Basket, filled
from postventa.sandbox.lives import PAYMENTS, Buyer, Change, Did, Payment, life
from postventa.sandbox.parcels import Parcel
from postventa.sandbox.people import Person, somebody
from postventa.sandbox.settings import SandboxSettings

FIRST_ID = 10_001
CURRENCIES = {"es": ("EUR",), "ca": ("EUR",), "en": ("EUR", "EUR", "GBP", "USD")}


@dataclass(slots=True)
class Happened:
    """The order as of now: what its changes up to now have made of it."""

    status: str = ""
    modified_at: datetime | None = None
    paid_at: datetime | None = None
    completed_at: datetime | None = None
    tracked: list[Parcel] = field(default_factory=list)
    fulfilled: list[Parcel] = field(default_factory=list)
    listed: list[Parcel] = field(default_factory=list)
    refunds: list[Change] = field(default_factory=list)
    notes: list[tuple[datetime, str]] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)


class Order:
    """One order. `changes` is its whole life; `happened` holds the first `applied` of them."""

    def __init__(self, settings: SandboxSettings, number: int, placed_at: datetime) -> None:
        rng = Random(f"{settings.seed}:{number}")
        self.id = FIRST_ID + number
        self.placed_at = placed_at
        self.language = rng.choices(tuple(settings.languages), tuple(settings.languages.values()))[0]
        self.names_language = rng.random() >= 0.04
        self.currency = rng.choice(CURRENCIES.get(self.language, ("EUR",)))
        self.payment = rng.choices(tuple(PAYMENTS), tuple(PAYMENTS.values()))[0]
        self.digital = rng.random() < 0.02
        if self.digital and self.payment is Payment.CASH:
            self.payment = Payment.CARD
        self.einvoice_consent = rng.random() < 0.40
        self.wants_advertising = _ticked(settings.seed, number)
        self.person: Person = somebody(
            rng,
            settings.seed,
            self.language,
            number,
            guest=rng.random() < 0.45,
            abroad=self.currency == "USD",
        )
        buyer = Buyer(self.id, placed_at, self.payment, self.person, self.digital)
        self.changes: tuple[Change, ...] = life(rng, buyer)
        self.secret = f"{rng.getrandbits(64):016x}"
        self.happened = Happened()
        self.applied = 0
        self._written: bytes | None = None
        self._basket_seed = rng.getrandbits(48)

    @cached_property
    def basket(self) -> Basket:
        return filled(
            Random(self._basket_seed),
            self.currency,
            digital=self.digital,
            cash_on_delivery=self.payment is Payment.CASH,
        )

    @property
    def parcels(self) -> tuple[Parcel, ...]:
        """Every parcel of the order's life, shipped or still to come."""
        seen = {change.parcel.number: change.parcel for change in self.changes if change.parcel}
        return tuple(seen.values())

    @property
    def is_placed(self) -> bool:
        return self.applied > 0

    @property
    def modified_at(self) -> datetime:
        return self.happened.modified_at or self.placed_at

    def begin_again(self) -> None:
        """Forgets what happened: the clock was turned back."""
        self.happened, self.applied, self._written = Happened(), 0, None

    def apply_next(self) -> None:
        change = self.changes[self.applied]
        self.applied += 1
        self._written = None
        now = self.happened
        if change.moves:
            now.modified_at = change.at
        match change.did:
            case Did.PLACED | Did.STATUS:
                self._move_to(change.value, change.at)
            case Did.TRACKED:
                now.tracked.append(_of(change))
            case Did.FULFILLED:
                now.fulfilled.append(_of(change))
            case Did.LISTED:
                now.listed.append(_of(change))
            case Did.REFUNDED:
                now.refunds.append(change)
            case Did.PATCHED:
                self._patch(change)

    def amend(self, *changes: Change, and_stop: bool) -> None:
        """Something that was not planned happens; with `and_stop` nothing planned happens afterwards."""
        rest = () if and_stop else self.changes[self.applied :]
        self.changes = (*self.changes[: self.applied], *changes, *rest)

    def _patch(self, change: Change) -> None:
        fields = dict(change.fields)
        if "status" in fields:
            self._move_to(str(fields.pop("status")), change.at)
        self.happened.fields.update(fields)

    def _move_to(self, status: str, at: datetime) -> None:
        now = self.happened
        if now.status and now.status != status:
            now.notes.append((at, f"Order status changed from {now.status} to {status}."))
        now.status = status
        # cash is in the till when the order is completed; everything else when the shop starts on it
        paying = {"completed"} if self.payment is Payment.CASH else {"processing", "completed"}
        if status in paying and now.paid_at is None:
            now.paid_at = at
        if status == "completed":
            now.completed_at = at

    def written(self, payload: "Any") -> bytes:
        """The order as JSON, kept until something happens to it. `payload` builds it from the order."""
        if self._written is None:
            self._written = json.dumps(payload(self), ensure_ascii=False, separators=(",", ":")).encode()
        return self._written


def _of(change: Change) -> Parcel:
    if change.parcel is None:
        raise AssertionError(f"a {change.did} without its parcel")
    return change.parcel


def _ticked(seed: int, number: int) -> bool | None:
    """The checkout's box about advertising: yes, no, or passed over, as most do."""
    return Random(f"{seed}:{number}:advertising").choices((True, False, None), (40, 8, 52))[0]


def drawn_orders(settings: SandboxSettings) -> list[Order]:
    """Every order the shop will ever have, in the sequence of their placing."""
    rng = Random(settings.seed)
    seconds = settings.spread.total_seconds()
    waits = sorted(rng.uniform(0, seconds) for _ in range(max(0, settings.orders - 1)))
    offsets = [0.0, *waits][: settings.orders]
    return [
        Order(settings, number, settings.opened_at + timedelta(seconds=round(offset)))
        for number, offset in enumerate(offsets)
    ]
