"""Where a parcel can be: the fourteen statuses every carrier's codes are translated into, and what follows.

A status is never guessed: a code without a row in its carrier's table is `unknown`. A parcel at a pickup
point and a partial delivery are not `delivered`.
"""

from enum import StrEnum


class ShipmentStatus(StrEnum):
    """The status axis of a parcel."""

    PENDING = "pending"
    INFO_RECEIVED = "info_received"
    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_FOR_PICKUP = "ready_for_pickup"
    DELIVERED = "delivered"
    DELIVERY_FAILED = "delivery_failed"
    ON_HOLD = "on_hold"
    EXCEPTION = "exception"
    RETURN_TO_SENDER = "return_to_sender"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
