"""How things stand with orders whose customers might be asked for a review, read for many at once."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from postventa.calendars import holidays_for
from postventa.cards import cards
from postventa.connectors.addresses import address_problem
from postventa.law import law_pack
from postventa.rules import complaints, returns
from postventa.rules.consents import ASKED_FOR
from postventa.rules.deadlines import deadline
from postventa.rules.orders import PaymentState, Stage
from postventa.rules.reviews import CAP_WITHIN, SAME_PRODUCT, Facts, Piece, delay_for
from postventa.rules.statutes import NoSuchRule, rule_in_force
from postventa.sales import coming_back, home_of, possession_of
from postventa.settings import Settings
from postventa.store.asking import Before, asks_of, before, complaints_of, customers_of, letters_of
from postventa.store.sales import Sale, sales

SURVEY = "delivery"
REQUEST, REMINDER = "review_requested", "review_reminder"
WINDOW = "R-REV-WIN"
WITHOUT_A_RULE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Asking:
    """One order whose customer might be asked: its sale, its ask (None where nobody has thought of one), the facts."""

    sale: Sale
    customer: Any
    ask: Any
    letters: dict[str, Any]
    """What became of the request and the reminder, by the message."""
    facts: Facts

    def about_another(self) -> "Asking":
        """The same, now that the same customer is being asked about another order."""
        return replace(self, facts=replace(self.facts, is_asked_elsewhere=True))


def askings(
    connection: Connection, settings: Settings, order_ids: Collection[int], now: datetime
) -> dict[int, Asking]:
    """By the order's id, how things stand now."""
    found = sales(connection, list(order_ids))
    asks = asks_of(connection, list(found), SURVEY)
    people = customers_of(connection, {sale.order.customer_id for sale in found.values()})
    complained = complaints_of(connection, list(found))
    letters = letters_of(connection, list(found), (REQUEST, REMINDER))
    asked_for = [card.message for card in cards() if card.message_class in ASKED_FOR]
    known = before(
        connection,
        list(people),
        SURVEY,
        asked_for,
        asked_since=now - SAME_PRODUCT,
        mailed_since=now - CAP_WITHIN,
    )
    read = {}
    for number, sale in found.items():
        customer, ask = people[sale.order.customer_id], asks.get(number)
        states = [complaints.State(state) for state in complained.get(number, ())]
        facts = _facts(settings, sale, customer, ask, known[customer.id], is_open=any_open(states))
        own = {name: letters[number, name] for name in (REQUEST, REMINDER) if (number, name) in letters}
        read[number] = Asking(sale, customer, ask, own, facts)
    return read


def any_open(states: Collection[complaints.State]) -> bool:
    return any(state in complaints.OPEN for state in states)


def arrived_at(sale: Sale) -> datetime | None:
    """When everything was in the customer's hands; None while it is not, or nobody has recorded it."""
    if not sale.order.needs_shipping:
        return sale.order.delivered_at  # type: ignore[no-any-return]  # a column of the store
    return max(possession_of(sale).since, default=None)


def window_of(settings: Settings, sale: Sale, since: datetime) -> datetime:
    """The first instant at which nobody may be asked any more about what arrived at `since` (LGDCU 20.4)."""
    policy, home = settings.policy, home_of(sale.order)
    pack = law_pack(policy.jurisdiction, Path(policy.rules) if policy.rules else None)
    try:
        rule = rule_in_force(pack, WINDOW, since, home.zone)
    except NoSuchRule:
        return since + WITHOUT_A_RULE
    return deadline(rule, [since], home.zone, holidays_for(policy.jurisdiction, home.region)).due_at


def delay_of(settings: Settings, sale: Sale) -> timedelta:
    """How long the customer may use what they bought before they are asked."""
    days = settings.shop(sale.order.shop).review_days
    return delay_for((line.sku for line in sale.lines), days, settings.policy.review_delay_days)


def _facts(settings: Settings, sale: Sale, customer: Any, ask: Any, known: Before, *, is_open: bool) -> Facts:
    order, since = sale.order, arrived_at(sale)
    others = [row for row in known.asks if row.order_id != order.id]
    window = window_of(settings, sale, since) if since else None
    return Facts(
        stage=Stage(order.stage),
        expires_at=window or (ask.expires_at if ask else order.placed_at + WITHOUT_A_RULE),
        arrived_at=since,
        pieces=_pieces(sale, known, others),
        delay=delay_of(settings, sale),
        is_refunded=order.payment_state == PaymentState.REFUNDED,
        is_backfill=since is not None and since < settings.shop(order.shop).backfill_since,
        has_address=bool(customer.email) and address_problem(customer.email) is None,
        has_bounced=customer.hard_bounced_at is not None,
        may_be_written_to=bool(settings.web.url),
        has_open_return=any(row.state not in returns.SETTLED for row in sale.returns),
        has_open_complaint=is_open,
        has_answered=ask is not None and ask.first_answer_at is not None,
        is_asked_elsewhere=any(row.order_id in known.waiting for row in others),
        asked_at=max((row.asked_at for row in others if row.order_id not in known.waiting), default=None),
        mails=tuple(known.mails),
    )


def _pieces(sale: Sale, known: Before, others: Collection[Any]) -> tuple[Piece, ...]:
    back = coming_back(sale)
    asked = {
        known.products.get(row.order_id, {}).get(ref, "")
        for row in others
        if row.order_id not in known.waiting
        for ref in row.line_refs.split(",")
    }
    return tuple(
        Piece(
            line.ref,
            line.product_ref,
            line.sku,
            is_back=back.get(line.id, 0) >= line.quantity,
            is_reviewed=line.product_ref in known.reviewed,
            was_asked=bool(line.product_ref) and line.product_ref in asked,
        )
        for line in sale.lines
    )
