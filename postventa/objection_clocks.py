"""The clocks of an objection to being written to: stopped at once, its receipt within a month, kept for a year."""

from datetime import datetime

from sqlalchemy import Connection

from postventa.clocks import end_clocks, start_clocks
from postventa.proofs import KEPT, OBJECTION_RECEIPT
from postventa.settings import Settings

STOP = "R-MKT-OPP"
OBJECTED = "objection.received"


def start_objection(
    connection: Connection,
    settings: Settings,
    *,
    shop: str,
    order_id: int | None,
    reference: str,
    now: datetime,
) -> None:
    """Starts them in the transaction that stops whatever waits: that duty is met as it begins.

    They are shown with the order by whose address the receipt goes. Who has none is told the reference by whoever
    wrote the objection down, and nobody could mail it.
    """
    subject = "" if order_id is not None else f"objection:{reference}"
    rules = (STOP, *KEPT) if order_id is None else (STOP, OBJECTION_RECEIPT, *KEPT)
    start_clocks(
        connection,
        settings,
        trigger=OBJECTED,
        shop=shop,
        events=[now],
        now=now,
        order_id=order_id,
        subject=subject,
        occasion=reference,
        only=rules,
    )
    whose = subject or f"order:{order_id}"
    end_clocks(connection, now=now, at=now, subject=whose, rule_ids=[STOP])
