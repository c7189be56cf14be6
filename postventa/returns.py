"""The life of a return after its statement: on its way, received, inspected, exchanged, kept after all, closed.

Each function works inside the caller's transaction and leaves everything that belongs together in it: the state,
the log, the clocks and the letters that are owed. Whether a return is accepted is in `return_decisions.py`, what
becomes of the money in `refunds.py`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from postventa.clocks import end_clocks
from postventa.refunds import money_falls_due
from postventa.rules.refunds import REFUND_RULES
from postventa.rules.returns import Act, ReturnState, after
from postventa.settings import Settings
from postventa.store.casebook import move, owe, say
from postventa.store.caselog import log
from postventa.store.returns import ReturnRow
from postventa.store.sales import hold_return, look_again

SEND_BACK = "R-WDR-RET"


class NotAReturn(LookupError):
    """There is no such return."""


def track(
    connection: Connection, case_id: int, carrier: str, tracking_number: str, *, who: str, now: datetime
) -> None:
    """Notes how the goods travel back. A number alone does not prove that they left."""
    row = the_return(connection, case_id)
    note(connection, case_id, carrier=carrier[:64], tracking_number=tracking_number[:128], look_at=now)
    act(connection, row, Act.TRACK, who=who, now=now)


def prove(
    connection: Connection, settings: Settings, case_id: int, *, at: datetime, who: str, now: datetime
) -> None:
    """Notes proof that the goods were handed over at `at`: from then on no refund may wait for them."""
    row = the_return(connection, case_id)
    if row.proof_at is not None and row.proof_at <= at:
        return
    note(connection, case_id, proof_at=at)
    log(connection, case_id, "proof_of_return", at, {"who": who})
    end_clocks(connection, case_id=case_id, now=now, at=at, rule_ids=[SEND_BACK])
    money_falls_due(connection, settings, case_id, now)


def receive(
    connection: Connection, settings: Settings, case_id: int, *, at: datetime, who: str, now: datetime
) -> None:
    """Notes that the goods are here since `at`, and tells the customer so. Once: a second time changes nothing."""
    row = the_return(connection, case_id)
    if row.goods_received_at is not None:
        return
    act(connection, row, Act.RECEIVE, who=who, now=now)
    note(connection, case_id, goods_received_at=at)
    end_clocks(connection, case_id=case_id, now=now, at=row.proof_at or at, rule_ids=[SEND_BACK])
    money_falls_due(connection, settings, case_id, now)
    owe(connection, case_id, "return_goods_received", "once", now, facts={"received_at": at.isoformat()})


def inspect(
    connection: Connection, settings: Settings, case_id: int, *, who: str, now: datetime, finding: str = ""
) -> None:
    """Notes that somebody has looked at the goods; what they found is said in the case, the money falls due."""
    row = the_return(connection, case_id)
    if row.inspected_at is not None:
        return
    act(connection, row, Act.INSPECT, who=who, now=now)
    note(connection, case_id, inspected_at=now)
    if finding.strip():
        say(
            connection,
            case_id,
            kind="note",
            author=who,
            text=finding.strip(),
            at=now,
            now=now,
            occasion="inspection",
        )
    row = the_return(connection, case_id)
    if row.state == ReturnState.INSPECTED and row.decided_at is not None:
        act(connection, row, Act.OWE_REFUND, who=who, now=now)
    money_falls_due(connection, settings, case_id, now)


def exchange(connection: Connection, case_id: int, *, who: str, now: datetime) -> None:
    """Notes that the customer agreed to something else for the goods instead of money."""
    _end(connection, case_id, Act.EXCHANGE, who=who, now=now)


def cancel(connection: Connection, case_id: int, *, who: str, now: datetime) -> None:
    """Notes that the customer keeps the goods after all."""
    _end(connection, case_id, Act.CANCEL, who=who, now=now)


def close(connection: Connection, case_id: int, *, who: str, now: datetime) -> None:
    """Files a return away whose money and goods are settled."""
    act(connection, the_return(connection, case_id), Act.CLOSE, who=who, now=now, closed_at=now)


def the_return(connection: Connection, case_id: int) -> Any:
    """The return of a case, held until the transaction ends. Raises NotAReturn."""
    row = hold_return(connection, case_id)
    if row is None:
        raise NotAReturn(f"case {case_id} is no return")
    return row


def _end(connection: Connection, case_id: int, what: Act, *, who: str, now: datetime) -> None:
    act(connection, the_return(connection, case_id), what, who=who, now=now)
    end_clocks(
        connection,
        case_id=case_id,
        now=now,
        at=now,
        state="not_applicable",
        rule_ids=[*REFUND_RULES, SEND_BACK],
    )


def act(connection: Connection, row: Any, what: Act, *, who: str, now: datetime, **columns: Any) -> None:
    """Moves a return by the table, and has its sale looked at again."""
    current = the_return(connection, row.case_id).state
    state = after(ReturnState(current), what)
    if state != current or columns:
        move(connection, row.case_id, state, who=who, now=now, **columns)
    look_again(connection, row.order_id, now)


def note(connection: Connection, case_id: int, **columns: Any) -> None:
    """Writes down facts of a return."""
    connection.execute(update(ReturnRow).where(ReturnRow.case_id == case_id).values(**columns))
