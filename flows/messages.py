"""Messages: send what is owed and due over a channel, each customer told once and in order."""

from typing import Any

from prefect import State, flow

from tasks.messages import send_messages, senders_of
from tasks.reports import report_messages, the_end


@flow(name="messages", flow_run_name="messages by {channel}", persist_result=False)
def send_what_is_owed(channel: str = "email") -> State[Any] | None:
    """Lets the channel's senders work side by side until nothing is due. Runs may overlap: claims keep them apart."""
    sending = [send_messages.submit(channel, number) for number in senders_of(channel)]
    ended = [future.wait() or future.state for future in sending]
    trouble = report_messages(channel, [state.result() for state in ended if state.is_completed()])
    return the_end(ended, trouble)
