"""Asking for reviews: planned when everything has arrived, owed when its time has come, reminded of once.

An ask is planned in the transaction that learns of the arrival, and moves with it. Whether it goes is decided when
it is due, and once more when its mail is sent.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, update

from postventa.consents import consent_of
from postventa.contacts import contact_of
from postventa.review_facts import REMINDER, REQUEST, SURVEY, Asking, arrived_at, delay_of, window_of
from postventa.review_letters import products, reward_of
from postventa.rules.consents import COMMERCIAL
from postventa.rules.messages import SETTLED, Outcome, Verdict
from postventa.rules.quiet_hours import Hours, next_good, no_holiday
from postventa.rules.reviews import LOOK_AGAIN, asked_about, may_ask, may_remind
from postventa.sales import home_of
from postventa.settings import Settings
from postventa.sms_requests import may_text
from postventa.store.asking import ask_of, subject_of_order
from postventa.store.asks import AskRow
from postventa.store.owing import owe_message
from postventa.store.sales import Sale
from postventa.store.upsert import insert_new

READ_BACK = timedelta(hours=1)
"""A mail that has not left yet is asked after so often."""
_ASKS: Any = AskRow.__table__
_NOT_ASKED_YET = frozenset({"planned", "held"})


def plan_ask(connection: Connection, settings: Settings, sale: Sale, now: datetime) -> None:
    """Plans, moves or stops the ask about an order by when everything arrived. Doing it again changes nothing.

    Without a recorded delivery nobody is asked, and a delivery that was taken back takes the ask with it: the look
    at the sale tells a person when nobody records one.
    """
    since, ask = arrived_at(sale), ask_of(connection, sale.order.id, SURVEY)
    if since is None:
        if ask is not None and ask.state in _NOT_ASKED_YET and ask.next_at is not None:
            _write(connection, ask.id, state="planned", reason="not_delivered", next_at=None)
        return
    expires_at, due = window_of(settings, sale, since), since + delay_of(settings, sale)
    planned = {"state": "planned", "reason": "", "next_at": due, "since_at": since, "expires_at": expires_at}
    if since < settings.shop(sale.order.shop).backfill_since:
        planned |= {"state": "suppressed", "reason": "backfill_cutoff", "next_at": None}
    elif now >= expires_at:
        planned |= {"state": "suppressed", "reason": "review_window_closed", "next_at": None}
    if ask is None:
        _insert(connection, sale, planned)
    elif _starts_again(ask, since):
        _write(connection, ask.id, **planned)
    elif ask.since_at != since:
        moved = max(ask.next_at, due) if ask.next_at else None
        _write(connection, ask.id, since_at=since, expires_at=expires_at, next_at=moved)


def look(connection: Connection, settings: Settings, asking: Asking, now: datetime) -> Verdict | None:
    """Does with an ask what is due; answers what became of asking, None where its mail was only read back."""
    ask = asking.ask
    if ask.state in _NOT_ASKED_YET:
        return _ask(connection, settings, asking, now)
    if ask.state == "asked":
        return _follow(connection, settings, asking, now)
    last = asking.letters.get(REMINDER)
    if ask.state == "reminded" and last is not None and last.outcome not in SETTLED and now < ask.expires_at:
        _write(connection, ask.id, next_at=now + READ_BACK)
        return None
    if ask.state == "reminded" and last is not None and last.outcome == Outcome.SUPPRESSED:
        _write(connection, ask.id, reminded_at=None, reason=last.reason, state="closed", next_at=None)
        return Verdict.no(last.reason)
    _write(connection, ask.id, state="closed" if ask.state == "reminded" else ask.state, next_at=None)
    return None


def good_hour(settings: Settings, sale: Sale, at: datetime) -> datetime:
    """`at`, or the next hour at which a mail disturbs nobody, by the clock where the goods went."""
    channel = settings.mail_channel
    hours = Hours(channel.opens, channel.closes) if channel else Hours()
    return next_good(hours, home_of(sale.order).zone or settings.shop(sale.order.shop).zone, at, no_holiday)


def still_may(asking: Asking, message: str, now: datetime) -> Verdict:
    """Whether a request or a reminder that is owed may still go."""
    request = asking.letters.get(REQUEST)
    if message == REQUEST:
        return may_ask(asking.facts, now)
    since = request.settled_at if request is not None and request.settled_at else asking.facts.expires_at
    return may_remind(asking.facts, since, now)


def _ask(connection: Connection, settings: Settings, asking: Asking, now: datetime) -> Verdict:
    verdict = may_ask(asking.facts, now)
    if not verdict.may_go:
        _put_back(connection, asking.ask, verdict)
        return verdict
    due = _owe(connection, settings, asking, REQUEST, now)
    _write(
        connection,
        asking.ask.id,
        state="asked",
        reason="",
        asked_at=due,
        next_at=due + READ_BACK,
        contact=contact_of(settings, asking.sale.order.shop, asking.customer.email),
        line_refs=",".join(piece.ref for piece in asked_about(asking.facts.pieces)),
    )
    return verdict


def _follow(connection: Connection, settings: Settings, asking: Asking, now: datetime) -> Verdict | None:
    """After the request: what became of its mail, and the reminder when its time has come."""
    ask, letter = asking.ask, asking.letters.get(REQUEST)
    if letter is None or letter.outcome in {Outcome.SUPPRESSED, Outcome.FAILED}:
        reason = letter.reason if letter is not None else "already_sent"
        _write(connection, ask.id, state="suppressed", reason=reason, asked_at=None, next_at=None)
        return Verdict.no(reason)
    if letter.outcome not in SETTLED:
        _write(connection, ask.id, reason=letter.reason, next_at=max(letter.due_at, now) + READ_BACK)
        return None
    asked_at = letter.settled_at or ask.asked_at
    verdict = may_remind(asking.facts, asked_at, now)
    values: dict[str, Any] = {"asked_at": asked_at, "reason": verdict.reason, "next_at": verdict.until}
    if verdict.may_go:
        due = _owe(connection, settings, asking, REMINDER, now)
        values |= {"state": "reminded", "reminded_at": due, "next_at": due + READ_BACK}
    elif verdict.until is None or verdict.until >= asking.facts.expires_at:
        values |= {"state": "closed", "next_at": None}
    _write(connection, ask.id, **values)
    return None if verdict.reason == "too_soon" else verdict


def _owe(connection: Connection, settings: Settings, asking: Asking, message: str, now: datetime) -> datetime:
    order, due = asking.sale.order, good_hour(settings, asking.sale, now)
    occasion = "first" if message == REQUEST else "reminder"
    as_text = message in settings.shop(order.shop).texts and may_text(connection, settings, asking, now)
    owe_message(
        connection,
        message,
        f"{order.shop}:{order.ref}:-:{message}:{occasion}",
        now,
        occasion=occasion,
        order_id=order.id,
        facts={
            "ask": asking.ask.id,
            "until_at": (asking.facts.expires_at - timedelta(seconds=1)).isoformat(),
            "reward": _reward(connection, settings, asking),
            "products": products(settings.shop(order.shop), asking.sale, asking.facts.pieces),
        },
        due_at=due,
        channel="sms" if as_text else "email",
    )
    return due


def _reward(connection: Connection, settings: Settings, asking: Asking) -> dict[str, Any] | str:
    shop = settings.shop(asking.sale.order.shop)
    if shop.review_coupon is None:
        return ""
    consent = consent_of(connection, settings, asking.sale.order.shop, asking.customer.email)
    return reward_of(shop, consent.bases[COMMERCIAL])


def _put_back(connection: Connection, ask: Any, verdict: Verdict) -> None:
    state = "suppressed" if verdict.until is None else "planned" if verdict.reason == "too_soon" else "held"
    _write(connection, ask.id, state=state, reason=verdict.reason, next_at=verdict.until)


def _starts_again(ask: Any, since: datetime) -> bool:
    """Whether nobody was asked yet and the arrival is another, or is recorded again."""
    if ask.state in _NOT_ASKED_YET:
        return ask.since_at != since or ask.next_at is None
    return bool(ask.state == "suppressed" and ask.reason == "review_window_closed" and ask.since_at != since)


def _insert(connection: Connection, sale: Sale, planned: dict[str, Any]) -> None:
    row = {
        "subject": subject_of_order(sale.order.id),
        "order_id": sale.order.id,
        "case_id": None,
        "shop": sale.order.shop,
        "survey": SURVEY,
        "contact": "",
        "asked_at": None,
        "reminded_at": None,
        "first_answer_at": None,
        "line_refs": "",
    }
    insert_new(connection, AskRow, [row | planned], ("subject", "survey"))


def put_off(connection: Connection, ask_id: int, now: datetime) -> None:
    """An ask that could not be looked at is looked at again tomorrow: it holds up no other."""
    _write(connection, ask_id, next_at=now + LOOK_AGAIN)


def _write(connection: Connection, ask_id: int, **values: Any) -> None:
    connection.execute(update(AskRow).where(AskRow.id == ask_id).values(**values))
