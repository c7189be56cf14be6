"""Messages: the senders of a channel, each of which sends what is owed and due until nothing is left."""

from postventa.crew import send_together
from postventa.sending import Sent
from postventa.workplace import open_workplace
from tasks.promise import promise


@promise("send-messages-{channel}-{number}")
def send_messages(channel: str, number: int = 1) -> Sent:
    """Sends what is due, beside any number of others: an order's messages are in one sender's hands at a time.

    Where much is due, the second sender and those after it work in processes of their own, one for each core.
    """
    return send_together(channel, number)


def senders_of(channel: str) -> range:
    """The numbers of the senders that this channel's configuration allows at once, from 1."""
    return range(1, open_workplace().settings.channels[channel].connections + 1)
