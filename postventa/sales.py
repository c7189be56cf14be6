"""What a sale still allows and what it is worth: who holds the goods since when, and what is owed for what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from postventa.clock_law import holidays_at
from postventa.law import law_pack
from postventa.rules.amounts import reconcile
from postventa.rules.orders import FulfilmentState, PaymentState
from postventa.rules.places import region_among, zone_of
from postventa.rules.refunds import Charges, Piece, amount_owed
from postventa.rules.returns import NOTHING_COMES_BACK
from postventa.rules.shipments import ShipmentStatus
from postventa.rules.statutes import rule_in_force
from postventa.rules.withdrawals import Ending, Parcel, Possession, ending, possession
from postventa.settings import Settings
from postventa.store.sales import Sale
from postventa.wording import coin_of

PERIOD, EXTENSION = "R-WDR-PER", "R-WDR-EXT"
_PAID = {
    PaymentState.PAID,
    PaymentState.PARTIALLY_PAID,
    PaymentState.PARTIALLY_REFUNDED,
    PaymentState.REFUNDED,
}


@dataclass(frozen=True, slots=True)
class Home:
    """Where the customer lives, as far as the address tells: empty and None where it does not."""

    region: str
    zone: ZoneInfo | None


def home_of(order: Any) -> Home:
    """The customer's home, from where the goods go, else from the bill."""
    region = region_among((order.details.get("shipping"), order.details.get("billing")))
    return Home(region, zone_of(region))


def possession_of(sale: Sale) -> Possession:
    """Since when the customer has everything."""
    order = sale.order
    is_handed_over = order.fulfilment_state == FulfilmentState.DELIVERED
    return possession(
        [Parcel(ShipmentStatus(row.status), row.delivered_at) for row in sale.parcels],
        needs_shipping=order.needs_shipping,
        is_all_shipped=order.is_all_shipped,
        placed_at=order.placed_at,
        handed_over_at=order.delivered_at if is_handed_over else None,
    )


def ending_of(sale: Sale, settings: Settings) -> Ending:
    """When the right to withdraw from this sale ends."""
    held, home, policy = possession_of(sale), home_of(sale.order), settings.policy
    since = max(held.since, default=sale.order.placed_at)
    pack = law_pack(policy.jurisdiction, Path(policy.rules) if policy.rules else None)
    period, extension = (rule_in_force(pack, name, since, home.zone) for name in (PERIOD, EXTENSION))
    holidays = holidays_at(settings, home.region)
    return ending(
        held, period, extension, home.zone, holidays, was_informed=was_informed(sale.order, settings)
    )


def was_informed(order: Any | None, settings: Settings) -> bool:
    """Whether this order's customer was told of the right to withdraw before buying; of no known order, as today's are."""
    since = settings.policy.informs_of_withdrawal
    if isinstance(since, bool):
        return since
    if order is None:
        return True
    zone = home_of(order).zone or settings.shop(order.shop).zone
    placed_on: date = order.placed_at.astimezone(zone).date()
    return placed_on >= since


def coming_back(sale: Sale, besides: int | None = None) -> dict[int, Decimal]:
    """How much of each line (by its id) comes back already, by returns other than `besides`."""
    counted = {
        row.case_id for row in sale.returns if row.state not in NOTHING_COMES_BACK and row.case_id != besides
    }
    found: dict[int, Decimal] = {}
    for line in sale.return_lines:
        if line.case_id in counted and not line.is_refused:
            found[line.line_id] = found.get(line.line_id, Decimal(0)) + line.quantity
    return found


def pieces_of(sale: Sale, quantities: Mapping[int, Decimal], besides: int | None = None) -> dict[int, Piece]:
    """What comes back of each line (by its id), after what came back before."""
    before = coming_back(sale, besides)
    return {
        line.id: Piece(
            line.net + line.tax, line.quantity, quantities[line.id], before.get(line.id, Decimal(0))
        )
        for line in sale.lines
        if line.id in quantities
    }


def amount_for(
    sale: Sale, settings: Settings, quantities: Mapping[int, Decimal], besides: int | None = None
) -> Decimal:
    """What is owed for these quantities: the goods, the delivery with the last of them, never more than was paid."""
    order, pieces = sale.order, pieces_of(sale, quantities, besides)
    before = coming_back(sale, besides)
    is_everything = bool(sale.lines) and all(
        pieces[line.id].completes if line.id in pieces else before.get(line.id, Decimal(0)) >= line.quantity
        for line in sale.lines
    )
    mine = next((row for row in sale.returns if row.case_id == besides), None)
    others = sum(
        (
            max((row.refund_due_amount or Decimal(0)) - row.refunded_amount, Decimal(0))
            for row in sale.returns
            if row.case_id != besides and row.state not in NOTHING_COMES_BACK
        ),
        Decimal(0),
    )
    return amount_owed(
        list(pieces.values()),
        _charges(sale),
        is_everything=is_everything,
        paid=order.total if is_paid(sale) else Decimal(0),
        given_back=sum((refund.amount for refund in sale.refunds), Decimal(0))
        + others
        - (mine.refunded_amount if mine else 0),  # what went back for these quantities is no other money
        standard_delivery=settings.policy.standard_delivery,
        deducted=mine.deducted_amount if mine else Decimal(0),
    )


def is_paid(sale: Sale) -> bool:
    """Whether there is money to give back."""
    return sale.order.payment_state in _PAID


def _charges(sale: Sale) -> Charges:
    gross = {"shipping": Decimal(0), "fee": Decimal(0)}
    for charge in sale.order.details.get("charges", ()):
        gross[charge["kind"]] += Decimal(charge["net"]) + Decimal(charge["tax"])
    after = [line.net + line.tax for line in sale.lines]
    sums = reconcile(after, after, list(gross.values()), sale.order.total, coin_of(sale.order.currency))
    rounding = sums.rounding if sums.is_reconciled else Decimal(0)
    return Charges(gross["shipping"], gross["fee"], rounding)
