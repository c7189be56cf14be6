"""Reconciliation: each night, prove that nothing of a shop was missed, and repair it by the usual path where it was."""

import time
from typing import Any

from prefect import State, flow

from tasks.orders import move_orders
from tasks.reconciliation import (
    carriers_to_ask,
    close_reconciliation,
    compare_orders,
    learn_transit_times,
    plan_parcel_looks,
    report_reconciliation,
    report_silences,
    tell_silences,
)
from tasks.reports import report_shipments, the_end
from tasks.shipments import look_at_parcels
from tasks.turns import turn

PATIENCE_SECONDS = 600
"""The poll of the shop, or the round of a carrier, is waited for; it takes minutes at most."""
PARCELS_SECONDS = 3600
"""So long carriers are asked, round after round: at a call a second about 3,600 parcels. What is left is told."""
BETWEEN_ROUNDS_SECONDS = 3.0
"""Whoever waits for a carrier's turn gets it in between."""


@flow(name="reconciliation", flow_run_name="reconciliation of {shop}", persist_result=False)
def prove_completeness(shop: str) -> State[Any] | None:
    """Compares the last days, lets the news and the carriers' answers go their usual way, and says what is left over.

    Red where something could not be repaired.
    """
    trouble: list[str] = []
    with turn(f"reconciliation:{shop}") as is_ours:
        if not is_ours:
            return the_end(skipped=f"another run reconciles {shop}")
        compared = compare_orders(shop, return_state=True)
        done: list[State[Any]] = [compared]
        if compared.is_completed():
            number = compared.result()
            with turn(f"orders:{shop}", wait_seconds=PATIENCE_SECONDS) as may_move:
                done += [move_orders(shop, return_state=True)] if may_move else []
            done += _ask_carriers(number, trouble)
            trouble += close_reconciliation(number)
            report_reconciliation(number)
        done.append(learn_transit_times(return_state=True))
        if compared.is_completed():  # else it may be we who have not listened
            trouble += tell_silences(shop)
        report_silences(shop)
    return the_end(done, trouble)


def _ask_carriers(number: int, trouble: list[str]) -> list[State[Any]]:
    """Asks carriers in turn until each has answered for every parcel, is out of reach, or time is over."""
    until, done, ended = time.monotonic() + PARCELS_SECONDS, list[State[Any]](), set[str]()
    waiting = plan_parcel_looks(number)
    while waiting:
        for carrier in waiting:
            with turn(f"shipments:{carrier}", wait_seconds=PATIENCE_SECONDS) as may_look:
                looked = look_at_parcels(carrier, return_state=True) if may_look else None
            done += [looked] if looked else []
            answered = looked.result() if looked and looked.is_completed() else None
            trouble += report_shipments(carrier, answered) if answered else []
            if not (answered and answered.left_over):
                ended.add(carrier)
        waiting = [carrier for carrier in carriers_to_ask(number) if carrier not in ended]
        if time.monotonic() > until:
            return done
        time.sleep(BETWEEN_ROUNDS_SECONDS if waiting else 0)
    return done
