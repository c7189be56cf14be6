"""Complaints, returns and orders: watch every deadline that is due, and call whom it calls."""

from typing import Any

from prefect import State, flow

from tasks.complaints import ring_clocks, tell_webhook
from tasks.desk import report_desk
from tasks.reports import the_end
from tasks.turns import turn


@flow(name="complaints", flow_run_name="complaints", persist_result=False)
def watch_deadlines() -> State[Any] | None:
    """Looks at the clocks that are due, tells the webhook, shows the desk. Red where nobody could be called."""
    with turn("complaints") as is_ours:
        if not is_ours:
            return the_end(skipped="another run watches the deadlines")
        rung, told = ring_clocks(return_state=True), tell_webhook(return_state=True)
        trouble = report_desk(
            rung.result() if rung.is_completed() else None, told.result() if told.is_completed() else None
        )
    return the_end([rung, told], trouble)
