"""The end of the demo: whom the shop asked, what they answered, and what came of it."""

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, func, select

from postventa.case_surveys import SURVEY as RESOLUTION
from postventa.reactions import SOURCE
from postventa.review_facts import REMINDER, REQUEST, SURVEY
from postventa.reviews_today import Asked, asked_lately
from postventa.store.asks import AnswerRow
from postventa.store.cases import CaseRow
from postventa.store.consents import ConsentRow
from postventa.store.ledger import Ledger
from postventa.store.reviews import CouponRow, ReviewRow
from postventa.workplace import open_workplace

_ANSWERS: Any = AnswerRow.__table__.c
_CASES: Any = CaseRow.__table__.c
_CONSENTS: Any = ConsentRow.__table__.c
_COUPONS: Any = CouponRow.__table__.c
_REVIEWS: Any = ReviewRow.__table__.c


def tell_voices(console: Console, book: Ledger, now: datetime) -> None:
    """Prints a table of what the shop asked and heard, and why some were not asked."""
    with open_workplace().reading() as connection:
        rows = _rows(connection, book, now)
        lately = asked_lately(connection, now)
    table = Table("voice", "how many", "", title="What customers were asked and said", title_justify="left")
    for what, count, more in rows:
        table.add_row(what, str(count), more)
    console.print(table)
    not_asked = {reason: n for (state, reason), n in lately.states.items() if state in {"held", "suppressed"}}
    for reason, count in sorted(not_asked.items()):
        console.print(f"  not asked, {reason}: {count}")


def _rows(connection: Connection, book: Ledger, now: datetime) -> list[tuple[str, int | str, str]]:
    def one(wanted: Any) -> int:
        return int(connection.execute(wanted).scalar_one())

    def sent(message: str) -> int:
        return book.by_message.get(message, {}).get("sent", 0)

    lately, low = asked_lately(connection, now), select(func.count()).where(_CASES.source == SOURCE)
    score = select(func.avg(_ANSWERS.number)).where(_ANSWERS.question == "overall_experience")
    mean = connection.execute(score).scalar()
    states = select(_COUPONS.state, func.count()).group_by(_COUPONS.state)
    coupons = dict(connection.execute(states).tuples().all())
    stands = ", ".join(f"{count} {state}" for state, count in sorted(coupons.items()))
    return [
        ("review requests sent", sent(REQUEST), ""),
        ("reminders sent", sent(REMINDER), "a week later, to who had not answered"),
        ("surveys answered", lately.answered[SURVEY], _share(lately, SURVEY)),
        ("experience on average", f"{mean:.1f}" if mean else "", "of 5"),
        ("product reviews in the shop", one(select(func.count(_REVIEWS.id))), ""),
        ("coupons", sum(coupons.values()), stands),
        ("low scores that became cases", one(low), "each told to its owner"),
        ("surveys after a case", sent("case_survey"), f"{lately.answered[RESOLUTION]} answered"),
        ("opt-outs", one(select(func.count()).where(_CONSENTS.said == "objected")), "each confirmed"),
    ]


def _share(lately: Asked, survey: str) -> str:
    asked, answered = lately.asked[survey], lately.answered[survey]
    hours = lately.hours.get(survey)
    median = f", half of them within {hours:.0f} h" if hours is not None else ""
    return f"{answered / asked:.0%} of those asked{median}" if asked else ""
