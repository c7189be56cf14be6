"""Reconciliation: each night, prove that nothing of a shop was missed, and repair it by the usual path where it was."""

from typing import Any

from prefect import State, flow

from tasks.orders import move_orders
from tasks.reconciliation import (
    close_reconciliation,
    compare_orders,
    learn_transit_times,
    plan_parcel_looks,
    report_reconciliation,
    report_silences,
    tell_silences,
)
from tasks.reports import the_end
from tasks.shipments import look_at_parcels
from tasks.turns import turn

PATIENCE_SECONDS = 600
"""The poll of the shop, or the round of a carrier, is waited for; it takes minutes at most."""


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
            for carrier in plan_parcel_looks(number):
                with turn(f"shipments:{carrier}", wait_seconds=PATIENCE_SECONDS) as may_look:
                    done += [look_at_parcels(carrier, return_state=True)] if may_look else []
            trouble += close_reconciliation(number)
            report_reconciliation(number)
        done.append(learn_transit_times(return_state=True))
        if compared.is_completed():  # else it may be we who have not listened
            trouble += tell_silences(shop)
        report_silences(shop)
    return the_end(done, trouble)
