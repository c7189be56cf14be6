"""The confirmation chain as a table."""

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
