"""What managers read of asking: where requests stand and why not, how many answer and how soon, and today's low scores."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from postventa.coupons import counted, given_in_month
from postventa.review_facts import SURVEY
from postventa.rules.surveys import low_scores
from postventa.settings import Settings
from postventa.store.asks import AnswerRow, AskRow
from postventa.store.orders import OrderRow
from postventa.surveys import answers_of, definition

SHOWN_AT_MOST = 200
REACHES_BACK = timedelta(days=30)
"""As long as an order may be asked about: older asks are over, and are not counted with every run."""
_ASKS: Any = AskRow.__table__
_ANSWERS: Any = AnswerRow.__table__


@dataclass(frozen=True, slots=True)
class Low:
    """A sheet with a low score. It names an order and questions, and no customer."""

    what: str
    """`tienda:10001`; without an order the shop and where the sheet came from."""
    scores: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """The asks about what arrived in the last thirty days, and what came of them."""

    states: Counter[tuple[str, str]]
    """By state and reason, of requests after a delivery."""
    asked: Counter[str]
    """By survey, those whose request has been sent or is owed."""
    answered: Counter[str]
    hours: dict[str, float] = field(default_factory=dict)
    """By survey, the median from the request to the first answer."""


def asked_lately(connection: Connection, now: datetime) -> Asked:
    """What the store says of recent asks."""
    recent = _ASKS.c.since_at >= now - REACHES_BACK
    by_state = select(_ASKS.c.state, _ASKS.c.reason, func.count()).where(recent, _ASKS.c.survey == SURVEY)
    states = {
        (state, reason): count
        for state, reason, count in connection.execute(by_state.group_by(_ASKS.c.state, _ASKS.c.reason))
    }
    sent = select(_ASKS.c.survey, func.count()).where(recent, _ASKS.c.asked_at.is_not(None))
    asked = dict(connection.execute(sent.group_by(_ASKS.c.survey)).tuples().all())
    taken: dict[str, list[float]] = {}
    came = select(_ASKS.c.survey, _ASKS.c.asked_at, _ASKS.c.first_answer_at).where(
        recent, _ASKS.c.asked_at.is_not(None), _ASKS.c.first_answer_at.is_not(None)
    )
    for survey, since, answered_at in connection.execute(came):
        taken.setdefault(survey, []).append((answered_at - since) / timedelta(hours=1))
    return Asked(
        Counter(states),
        Counter(asked),
        Counter({survey: len(hours) for survey, hours in taken.items()}),
        {survey: median(hours) for survey, hours in taken.items()},
    )


def low_scores_today(connection: Connection, settings: Settings, now: datetime) -> list[Low]:
    """The sheets first answered today, by the desk's clock, in which a number is low; the earliest first."""
    zone = ZoneInfo(settings.desk.timezone)
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    answers: Any = _ANSWERS.c
    wanted = (
        select(_ANSWERS, OrderRow.ref)
        .outerjoin(OrderRow, OrderRow.id == answers.order_id)
        .where(answers.shop.in_(list(settings.shops)), answers.answered_at >= midnight.astimezone(now.tzinfo))
        .order_by(answers.answered_at, answers.id)
    )
    sheets: dict[tuple[str, str], list[Any]] = {}
    for row in connection.execute(wanted):
        sheets.setdefault((row.source, row.source_ref), []).append(row)
    found = []
    for (source, _), rows in sheets.items():
        low = low_scores(definition(rows[0].survey), answers_of(rows), has_bad_topic=False)
        if low:
            about = rows[0].ref or source
            scores = tuple(f"{answer.question}:{answer.number}" for answer in low)
            found.append(Low(f"{rows[0].shop}:{about}", scores))
    return found


def reviews_today(connection: Connection, settings: Settings, now: datetime) -> str:
    """The page of asking for managers, as markdown."""
    lately, low = asked_lately(connection, now), low_scores_today(connection, settings, now)
    rates = [
        f"| {survey} | {count} | {lately.answered[survey]} | {lately.answered[survey] / count:.0%} | {_hours(lately, survey)} |"
        for survey, count in sorted(lately.asked.items())
    ]
    return "\n".join(
        [
            "# Reviews and surveys today",
            "",
            f"As of {now:%Y-%m-%d %H:%M} UTC, of what arrived or was resolved in the last {REACHES_BACK.days} days.",
            "",
            "## Requests after a delivery",
            "",
            "| | why | how many |",
            "|---|---|---:|",
            *(
                f"| {state} | {reason} | {count} |"
                for (state, reason), count in sorted(lately.states.items())
            ),
            f"| **all** | | **{lately.states.total()}** |",
            "",
            "## Answers",
            "",
            "| survey | asked | answered | rate | median hours |",
            "|---|---:|---:|---:|---:|",
            *rates,
            "",
            *_coupons(connection, settings, now),
            "## Low scores today",
            "",
            *(
                [
                    "| order | scores |",
                    "|---|---|",
                    *(f"| {one.what} | {', '.join(one.scores)} |" for one in low[:SHOWN_AT_MOST]),
                ]
                if low
                else ["None."]
            ),
        ]
    )


def _coupons(connection: Connection, settings: Settings, now: datetime) -> list[str]:
    """What became of the last month's coupons, and what is left of each shop's; nothing where none are promised."""
    found = counted(connection, now - REACHES_BACK)
    lines = [f"| {shop} | {state} | {count} |" for (shop, state), count in sorted(found.items())]
    for name, shop in settings.shops.items():
        if shop.review_coupon is not None:
            given = given_in_month(connection, settings, name, now)
            lines.append(f"| {name} | **this month** | **{given} of {shop.review_coupon.monthly}** |")
    return ["## Coupons", "", "| shop | | how many |", "|---|---|---:|", *lines, ""] if lines else []


def _hours(lately: Asked, survey: str) -> str:
    return f"{lately.hours[survey]:.1f}" if survey in lately.hours else ""
