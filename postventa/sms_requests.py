"""Whether a review is asked for by text: once, over one channel, so a text goes instead of the mail and never beside it."""

from datetime import datetime

from sqlalchemy import Connection

from postventa.review_facts import Asking
from postventa.settings import Settings
from postventa.sms_reach import numbers_of
from postventa.store.dossiers import Dossier


def may_text(connection: Connection, settings: Settings, asking: Asking, now: datetime) -> bool:
    """Whether the customer has a mobile number that takes texts, and has not said that they want none."""
    order = asking.sale.order
    numbers = numbers_of(connection, settings, {order.id: Dossier(order, asking.customer)}, now)
    return bool(numbers.by_order[order.id]) and order.id not in numbers.silent | numbers.dead
