"""Mailboxes: make complaints of the mails that customers write to one of the shop's mailboxes."""

from typing import Any

from prefect import State, flow

from tasks.mailboxes import take_in_mails
from tasks.reports import report_mailbox, the_end
from tasks.turns import turn


@flow(name="mailboxes", flow_run_name="mailbox {mailbox}", persist_result=False)
def read_mailbox(mailbox: str) -> State[Any] | None:
    """Files every mail that waits. A mail set aside for a person turns the run red."""
    with turn(f"mailboxes:{mailbox}") as is_ours:
        if not is_ours:
            return the_end(skipped=f"another run reads {mailbox}")
        taken = take_in_mails(mailbox, return_state=True)
        trouble = report_mailbox(mailbox, taken.result() if taken.is_completed() else None)
    return the_end([taken], trouble)
