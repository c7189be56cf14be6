"""The confirmation chain as a table: where an order stands, what may happen to it, and what its customer is told.

Every pair of a stage and an event has a row, so late, repeated, skipped and out-of-order news is a decision
with a reason and never an accident. What a shop or a carrier says is turned into events in `happenings.py`.
"""

from dataclasses import dataclass
from enum import StrEnum


class OrderState(StrEnum):
    """Whether the sale as a whole still lives."""

    DRAFT = "draft"
    OPEN = "open"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class PaymentState(StrEnum):
    """What has become of the money."""

    PENDING = "pending"
    AUTHORIZED = "authorized"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class FulfilmentState(StrEnum):
    """What has become of the goods, as far as the shop says."""

    UNFULFILLED = "unfulfilled"
    IN_PREPARATION = "in_preparation"
    ON_HOLD = "on_hold"
    BACKORDERED = "backordered"
    READY_TO_SHIP = "ready_to_ship"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    PARTIALLY_DELIVERED = "partially_delivered"
    DELIVERED = "delivered"
    RETURNED = "returned"
    PARTIALLY_RETURNED = "partially_returned"
    CANCELLED = "cancelled"


class Stage(StrEnum):
    """Where an order stands in the chain; the last three stop it."""

    NEW = "new"
    RECEIVED = "received"
    PAID = "paid"
    IN_PREPARATION = "in_preparation"
    READY_TO_SHIP = "ready_to_ship"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class Event(StrEnum):
    """What can happen to an order."""

    ORDER_PLACED = "order_placed"
    PAYMENT_RECEIVED = "payment_received"
    PAYMENT_FAILED = "payment_failed"
    PREPARATION_STARTED = "preparation_started"
    PACKED = "packed"
    PARCEL_SHIPPED = "parcel_shipped"
    SHIPPED_UNTRACKED = "shipped_untracked"
    ALL_SHIPPED = "all_shipped"
    PARCEL_DELIVERED = "parcel_delivered"
    ALL_DELIVERED = "all_delivered"
    COMPLETED_UNSHIPPED = "completed_unshipped"
    HELD = "held"
    RESUMED = "resumed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    REOPENED = "reopened"


CHAIN = (
    Stage.NEW,
    Stage.RECEIVED,
    Stage.PAID,
    Stage.IN_PREPARATION,
    Stage.READY_TO_SHIP,
    Stage.SHIPPED,
    Stage.DELIVERED,
)
STOPPED = frozenset({Stage.CANCELLED, Stage.REFUNDED})
MOVES_THE_SALE = frozenset(
    {Event.PARCEL_SHIPPED, Event.SHIPPED_UNTRACKED, Event.ALL_SHIPPED, Event.PARCEL_DELIVERED}
    | {Event.ALL_DELIVERED, Event.COMPLETED_UNSHIPPED, Event.CANCELLED, Event.REFUNDED, Event.REOPENED}
)
"""Events that may change when the right to withdraw ends, or what is owed."""
LEGAL = frozenset({Stage.RECEIVED, Stage.PAID})
"""Steps that are told however late: the copy of the order (LSSI art. 28) and the payment with its invoice."""


@dataclass(frozen=True, slots=True)
class Move:
    """A row of the table: the next stage, the message owed (if any) and why nothing moves or is told."""

    to: Stage
    tell: str | None = None
    reason: str = ""


def _go(to: Stage, tell: str | None = None) -> Move:
    return Move(to, tell)


def _stays(stage: Stage, reason: str, tell: str | None = None) -> Move:
    return Move(stage, tell, reason)


_REPEATED = "repeated: the order stands there already"
_LATE = "late: the order is past that"
_ENDED = "the order was cancelled"
_REPAID = "the order was refunded in full"
_GRACE = "notices wait while the shop holds the order"

# The first word of a row says how the event is met: told, moved past, late, repeated or refused.
_AHEAD: dict[Event, Move] = {
    Event.PAYMENT_RECEIVED: _go(Stage.PAID, "paid"),
    Event.PREPARATION_STARTED: _go(Stage.IN_PREPARATION, "in_preparation"),
    Event.PACKED: _go(Stage.READY_TO_SHIP, "ready_to_ship"),
    Event.PARCEL_SHIPPED: _go(Stage.SHIPPED, "shipped"),
    Event.SHIPPED_UNTRACKED: _go(Stage.SHIPPED, "shipped"),
    Event.ALL_SHIPPED: _go(Stage.SHIPPED),
    Event.PARCEL_DELIVERED: _go(Stage.SHIPPED, "delivered"),
    Event.ALL_DELIVERED: _go(Stage.DELIVERED, "delivered"),
    Event.COMPLETED_UNSHIPPED: _go(Stage.DELIVERED),
    Event.CANCELLED: _go(Stage.CANCELLED),
    Event.REFUNDED: _go(Stage.REFUNDED),
}


def _standing(stage: Stage, rows: dict[Event, Move]) -> dict[Event, Move]:
    common = {
        Event.ORDER_PLACED: _stays(stage, _REPEATED),
        Event.PAYMENT_FAILED: _stays(stage, "the payment failed: nothing is confirmed until it arrives"),
        Event.HELD: _stays(stage, _GRACE),
        Event.RESUMED: _stays(stage, "the shop let the order go on"),
        Event.REOPENED: _stays(stage, "the order was not stopped"),
    }
    return _AHEAD | common | rows


def _stopped(stage: Stage, reason: str, rows: dict[Event, Move]) -> dict[Event, Move]:
    return {event: _stays(stage, reason) for event in Event} | rows


LIFE: dict[Stage, dict[Event, Move]] = {
    Stage.NEW: _standing(
        Stage.NEW,
        {
            Event.ORDER_PLACED: _go(Stage.RECEIVED, "received"),
        },
    ),
    Stage.RECEIVED: _standing(Stage.RECEIVED, {}),
    Stage.PAID: _standing(
        Stage.PAID,
        {
            Event.PAYMENT_RECEIVED: _stays(Stage.PAID, _REPEATED),
        },
    ),
    Stage.IN_PREPARATION: _standing(
        Stage.IN_PREPARATION,
        {
            Event.PAYMENT_RECEIVED: _stays(Stage.IN_PREPARATION, "paid after preparation began", "paid"),
            Event.PREPARATION_STARTED: _stays(Stage.IN_PREPARATION, _REPEATED),
        },
    ),
    Stage.READY_TO_SHIP: _standing(
        Stage.READY_TO_SHIP,
        {
            Event.PAYMENT_RECEIVED: _stays(Stage.READY_TO_SHIP, "paid after packing", "paid"),
            Event.PREPARATION_STARTED: _stays(Stage.READY_TO_SHIP, _LATE),
            Event.PACKED: _stays(Stage.READY_TO_SHIP, _REPEATED),
        },
    ),
    Stage.SHIPPED: _standing(
        Stage.SHIPPED,
        {
            Event.PAYMENT_RECEIVED: _stays(Stage.SHIPPED, "paid after shipping, as on delivery", "paid"),
            Event.PREPARATION_STARTED: _stays(Stage.SHIPPED, _LATE),
            Event.PACKED: _stays(Stage.SHIPPED, _LATE),
            Event.PARCEL_SHIPPED: _stays(Stage.SHIPPED, "one more parcel", "shipped"),
            Event.SHIPPED_UNTRACKED: _stays(Stage.SHIPPED, _REPEATED),
            Event.ALL_SHIPPED: _stays(Stage.SHIPPED, "the last parcel has left"),
            Event.PARCEL_DELIVERED: _stays(Stage.SHIPPED, "more parcels are to come", "delivered"),
        },
    ),
    Stage.DELIVERED: _standing(
        Stage.DELIVERED,
        {
            Event.PAYMENT_RECEIVED: _stays(Stage.DELIVERED, "paid after delivery", "paid"),
            Event.PREPARATION_STARTED: _stays(Stage.DELIVERED, _LATE),
            Event.PACKED: _stays(Stage.DELIVERED, _LATE),
            Event.PARCEL_SHIPPED: Move(
                Stage.SHIPPED, "shipped", "a further parcel after everything had arrived"
            ),
            Event.SHIPPED_UNTRACKED: _stays(Stage.DELIVERED, _LATE),
            Event.ALL_SHIPPED: _stays(Stage.DELIVERED, _LATE),
            Event.PARCEL_DELIVERED: _stays(Stage.DELIVERED, _REPEATED),
            Event.ALL_DELIVERED: _stays(Stage.DELIVERED, _REPEATED),
            Event.COMPLETED_UNSHIPPED: _stays(Stage.DELIVERED, _REPEATED),
            Event.CANCELLED: _stays(Stage.DELIVERED, "cancelled after delivery: that is a return"),
        },
    ),
    Stage.CANCELLED: _stopped(
        Stage.CANCELLED,
        _ENDED,
        {
            Event.CANCELLED: _stays(Stage.CANCELLED, _REPEATED),
            Event.REFUNDED: _go(Stage.REFUNDED),
            Event.REOPENED: _go(Stage.RECEIVED, "received"),
        },
    ),
    Stage.REFUNDED: _stopped(
        Stage.REFUNDED,
        _REPAID,
        {
            Event.REFUNDED: _stays(Stage.REFUNDED, _REPEATED),
            Event.REOPENED: _go(Stage.RECEIVED, "received"),
        },
    ),
}


def rank(stage: Stage) -> int:
    """How far along the chain a stage is; the stopped stages are past everything."""
    return CHAIN.index(stage) if stage in CHAIN else len(CHAIN)


def step(stage: Stage, event: Event) -> Move:
    """What an event does to an order that stands at `stage`."""
    return LIFE[stage][event]


def passed_over(before: Stage, move: Move, event: Event) -> tuple[Stage, ...]:
    """The steps that a move jumps and that nobody will hear of any more, in order.

    Legal steps are never passed over: their own events tell them, however late.
    """
    if move.to in STOPPED or rank(move.to) <= rank(before) or event is Event.COMPLETED_UNSHIPPED:
        return ()
    return tuple(stage for stage in CHAIN[rank(before) + 1 : rank(move.to)] if stage not in LEGAL)
