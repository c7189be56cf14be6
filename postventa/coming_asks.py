"""The asks of the coming days: who would be asked for a review when, decided by the very rules that decide it then."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from postventa.cards import card
from postventa.planned import Planned
from postventa.relations import Relations
from postventa.review_facts import REMINDER, REQUEST, SURVEY
from postventa.reviews import good_hour
from postventa.rules.messages import Verdict
from postventa.rules.reviews import LOOK_AGAIN
from postventa.settings import Channel, Settings
from postventa.store.asking import planned_asks
from postventa.store.dossiers import Dossier, dossiers
from postventa.store.sales import sales

SHOWN_FOR = timedelta(days=7)
AT_ONCE = 500


def coming_asks(
    connection: Connection, settings: Settings, channel: Channel, now: datetime, until: datetime | None
) -> Iterator[Planned]:
    """The requests and reminders that nobody has owed yet and whose time comes by `until` (None: in a week)."""
    due = planned_asks(connection, SURVEY, REQUEST, until or now + SHOWN_FOR)
    asked: set[int] = set()
    for start in range(0, len(due), AT_ONCE):
        some = due[start : start + AT_ONCE]
        numbers = [ask.order_id for ask in some]
        about, sold = dossiers(connection, numbers), sales(connection, numbers)
        # Without pages of ours nobody is written to, and there need not be a secret that people are known by.
        relations = Relations(connection, settings, channel, about, now) if settings.web.url else None
        for ask in some:
            at = good_hour(settings, sold[ask.order_id], max(ask.next_at, now))
            yield _planned(ask, about[ask.order_id], relations, at, asked)


def _planned(
    ask: Any, dossier: Dossier, relations: Relations | None, at: datetime, asked: set[int]
) -> Planned:
    message, occasion = (REMINDER, "reminder") if ask.state == "asked" else (REQUEST, "first")
    verdict = Verdict.no("channel_not_allowed")
    if relations:
        verdict = relations.verdict(card(message), dossier, at)
    if verdict.may_go and message == REQUEST:
        if dossier.customer.id in asked:
            verdict = Verdict.later("cooldown", at + LOOK_AGAIN)
        asked.add(dossier.customer.id)
    name = f"{dossier.order.shop}:{dossier.order.ref}"
    return Planned(
        f"{name}:-:{message}:{occasion}",
        name,
        message,
        verdict.until or at,
        verdict.outcome or "would_send",
        verdict.reason,
    )
