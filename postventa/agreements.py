"""What an order says about messages: a ticked box, or a sale with the way out offered, written down when it is heard."""

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from postventa.consents import ONE_SAYING, Yes, row_of
from postventa.contacts import contact_of
from postventa.news import OrderNews
from postventa.rules.consents import ALL, Said
from postventa.settings import BadConfiguration, Settings, Shop
from postventa.store.consents import ConsentRow
from postventa.store.filing import quarantine
from postventa.store.upsert import insert_new

ORDER = "order"

log = logging.getLogger(__name__)


def agreed_in(news: OrderNews, shop: str, settings: Shop, *, is_first: bool) -> tuple[Yes, ...]:
    """What the customer agreed to in this order; `is_first` when it is heard of for the first time.

    A ticked box is a yes. Who was offered to refuse and bought without refusing may be written to about similar
    goods (LSSI 21.2); who left the box empty on purpose has not agreed to anything.
    """
    customer = news.customer
    if not customer.email:
        return ()
    if customer.wants_advertising:
        wording = settings.consent_wording
        return (Yes(shop, customer.email, ALL, ORDER, news.ref, news.placed_at, Said.CONSENTED, wording),)
    since = settings.soft_opt_in_since or settings.backfill_since
    is_offered = bool(settings.soft_opt_in_wording) and news.placed_at >= since
    if not is_first or not is_offered or customer.wants_advertising is False:
        return ()
    wording = settings.soft_opt_in_wording
    return (Yes(shop, customer.email, ALL, ORDER, news.ref, news.placed_at, Said.SOFT_OPT_IN, wording),)


def note_agreements(connection: Connection, settings: Settings, agreed: Sequence[Yes], now: datetime) -> None:
    """Writes down what orders say, each once. Without the key that hides addresses, their orders go on all the same."""
    if not agreed:
        return
    try:
        rows = [row_of(yes, contact_of(settings, yes.shop, yes.email), now) for yes in agreed]
    except BadConfiguration as wrong:
        log.error("what customers agreed to is not written down: %s", wrong)  # noqa: TRY400 - it says it all
        quarantine(
            connection, source=agreed[0].shop, kind="consent", ref="", reason=str(wrong), raw="", now=now
        )
        return
    insert_new(connection, ConsentRow, rows, ONE_SAYING)
