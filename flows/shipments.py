"""Shipments: ask a carrier about the parcels that are due for a look, and tell orders and returns what it says."""

from typing import Any

from prefect import State, flow

from tasks.parcels_back import look_at_parcels_back
from tasks.reports import report_shipments, the_end
from tasks.shipments import look_at_parcels
from tasks.turns import turn


@flow(name="shipments", flow_run_name="shipments with {carrier}", persist_result=False)
def follow_shipments(carrier: str) -> State[Any] | None:
    """Looks at every parcel that is due. An unknown code or a parcel set aside turns the run red."""
    with turn(f"shipments:{carrier}") as is_ours:
        if not is_ours:
            return the_end(skipped=f"another run asks {carrier}")
        looked = look_at_parcels(carrier, return_state=True)
        back = look_at_parcels_back(carrier, return_state=True)
        trouble = report_shipments(carrier, looked.result() if looked.is_completed() else None)
    return the_end([looked, back], trouble + (back.result() if back.is_completed() else []))
