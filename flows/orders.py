"""Orders: hear what changed in a shop, and move its orders along the confirmation chain."""

from typing import Any

from prefect import State, flow

from tasks.orders import move_orders, poll_orders, poll_refunds, reread_orders
from tasks.reports import report_orders, the_end
from tasks.turns import turn


@flow(name="orders", flow_run_name="orders of {shop}", persist_result=False)
def follow_orders(shop: str) -> State[Any] | None:
    """Polls the shop and applies what it says. A shop out of reach does not stop what was heard before."""
    with turn(f"orders:{shop}") as is_ours:
        if not is_ours:
            return the_end(skipped=f"another run follows the orders of {shop}")
        heard = [poll_orders(shop, return_state=True)]
        if heard[0].is_completed():
            heard.append(poll_refunds(shop, return_state=True))
            heard.append(reread_orders(shop, return_state=True))
        moved = move_orders(shop)
        trouble = report_orders(shop, moved, [one.result() for one in heard if one.is_completed()])
    return the_end(heard, trouble)
