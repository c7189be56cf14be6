"""Returns: keep what follows every sale up to date, and see that no refund is forgotten."""

from typing import Any

from prefect import State, flow

from tasks.reports import the_end
from tasks.returns import Looked, keep_sales, report_returns, watch_refunds
from tasks.turns import turn


@flow(name="returns", flow_run_name="returns", persist_result=False)
def follow_returns() -> State[Any] | None:
    """Reads refunds back, keeps windows and final dates, and lets refunds wait only as long as the law does."""
    with turn("returns") as is_ours:
        if not is_ours:
            return the_end(skipped="another run follows the returns")
        kept = keep_sales(return_state=True)
        looked = kept.result() if kept.is_completed() else Looked()
        watched = watch_refunds(looked, return_state=True)
        trouble = report_returns(watched.result() if watched.is_completed() else looked)
    return the_end([kept, watched], trouble)
