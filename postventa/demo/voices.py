"""The demo's customers who are asked what they think: whether they answer, when, and what they say. All are invented.

They answer as customers do: half of the answers come within forty hours, four of five are content with what came in
time and hardly one of three with what came late. More of them answer than in life, so that a small story has some.
"""

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from math import log
from random import Random
from typing import Any

from sqlalchemy import func, select

from postventa import complaints
from postventa.case_surveys import SURVEY as RESOLUTION
from postventa.consents import object_to
from postventa.demo.rhythm import DAY, DAYS, stops
from postventa.demo.stage import OWNER, SHOP, Script, Stage
from postventa.demo.words import SORRY, WORDS
from postventa.reactions import SOURCE
from postventa.review_facts import SURVEY
from postventa.rules.complaints import Outcome, State
from postventa.store.asks import AskRow
from postventa.store.cases import CaseRow
from postventa.store.orders import CustomerRow, LineRow, OrderRow
from postventa.surveys import record

HOURS = tuple(stop.hour - 0.5 for stop in stops(DAYS) if stop.has_voices)
"""When people answer: before somebody looks, for a bad answer is answered within the hour."""
ANSWERING, ONCE_REMINDED = 0.34, 0.15
"""So many answer the request, and so many of the others the reminder."""
ON_THE_PAGE = 0.5
"""So many of those who answer write a review on the shop's page, too."""
OF_A_CASE = 0.7
MEDIAN_HOURS = 40.0
ROUNDED = 12.0
"""So much earlier does somebody answer who would answer between two stops."""
LATE = timedelta(days=4)
"""From the shop's door to the customer's."""
SCORES = (5, 4, 3, 2, 1)
IN_TIME, TOO_LATE = (58, 24, 7, 2, 9), (18, 14, 14, 13, 41)
"""How many of a hundred give each score: 4.2 on average, and 2.55."""
UNHAPPY = 2
"""The third who answers had a bad time, whatever is drawn: so that every story has one."""
NPS = {5: (9, 10), 4: (7, 9), 3: (5, 7), 2: (2, 5), 1: (0, 2)}
_ASKS: Any = AskRow.__table__.c
_ORDERS: Any = OrderRow.__table__.c
_CUSTOMERS: Any = CustomerRow.__table__.c
_LINES: Any = LineRow.__table__.c
Acts = Generator[float, None, None]


@dataclass(slots=True)
class Public:
    """Everybody who has been asked: who will answer at which hour, and how many have."""

    stage: Stage
    coming: list[tuple[float, int]] = field(default_factory=list)
    met: set[tuple[int, bool]] = field(default_factory=set)
    """By ask, and whether it was the reminder."""
    answered: int = 0

    def meet(self, asks: Iterable[Any]) -> None:
        """Has each of those who were asked or reminded since decide whether to answer, and when."""
        for ask in asks:
            is_reminder = ask.reminded_at is not None
            if (ask.id, is_reminder) in self.met:
                continue
            self.met.add((ask.id, is_reminder))
            chance = Random(f"{ask.id} {is_reminder}")  # noqa: S311 - a story, not a secret
            if chance.random() < _willingness(ask, is_reminder=is_reminder):
                since = (ask.reminded_at or ask.asked_at) - self.stage.start
                after = chance.expovariate(log(2) / MEDIAN_HOURS)
                self.coming.append((since / timedelta(hours=1) + after, ask.id))

    def answer(self, hour: float, asks: dict[int, Any]) -> None:
        """Has everybody answer whose hour has come."""
        for one in sorted(due for due in self.coming if due[0] <= hour + ROUNDED):
            self.coming.remove(one)
            if (ask := asks.get(one[1])) is not None:
                self._answer(ask)

    def _answer(self, ask: Any) -> None:
        language = ask.language or "es"
        if ask.survey == RESOLUTION:
            self.stage.act(record, ask.id, resolved(ask.id), language=language)
            return
        is_late = bool(ask.shipped_at and ask.delivered_at and ask.delivered_at - ask.shipped_at > LATE)
        said = sheet(ask.id, language, is_late=is_late, is_unhappy=self.answered == UNHAPPY)
        self.stage.act(record, ask.id, said, language=language)
        self.answered += 1
        if Random(f"page {ask.id}").random() < ON_THE_PAGE:  # noqa: S311 - a story, not a secret
            score = int(said["overall_experience"])
            self._write(ask, score, said.get("comment") or words_for(score, language, ask.id))

    def _write(self, ask: Any, score: int, text: str) -> None:
        first = select(_LINES.product_ref).where(_LINES.order_id == ask.order_id, _LINES.product_ref != "")
        product = self.stage.do(lambda c: c.execute(first.order_by(_LINES.id).limit(1)).scalar_one_or_none())
        if product is not None:
            self.stage.shop.write_review(
                {
                    "product_id": int(product),
                    "reviewer": ask.name.partition(" ")[0],
                    "reviewer_email": ask.email,
                    "review": text,
                    "rating": score,
                    "verified": True,
                }
            )


def answering(stage: Stage) -> Acts:
    """Whoever has a request in their mailbox answers after a while, or after the reminder, or never."""
    public = Public(stage)
    for hour in HOURS:
        yield hour
        asks = _asked(stage)
        public.meet(asks)
        public.answer(hour, {ask.id: ask for ask in asks})


def rather_not(stage: Stage) -> Acts:
    """Somebody who is about to be asked objects, and is not."""
    _object(stage, "planned")
    yield from ()


def no_more(stage: Stage) -> Acts:
    """Somebody who has been asked objects, and is not reminded."""
    _object(stage, "asked")
    yield from ()


def heard_out(stage: Stage) -> Acts:
    """The desk takes every case that a low score opened, and answers every other one the day after."""
    cases, lines = CaseRow.__table__.c, LineRow.__table__.c
    is_new = cases.state.in_((State.RECEIVED, State.ACKNOWLEDGED))
    product = select(func.min(lines.name)).where(lines.order_id == cases.order_id).scalar_subquery()
    new = select(cases.id, cases.language, product).where(cases.source == SOURCE, is_new).order_by(cases.id)
    said: set[str] = set()
    for hour in HOURS:
        yield hour + 18
        for number, language, name in stage.do(lambda c: c.execute(new).all()):
            stage.act(complaints.take, number, OWNER, by=OWNER)
            ways = SORRY.get(language, SORRY["es"])
            words = ways[number // 2 % len(ways)].format(product=name)
            if number % 2 and words not in said:
                said.add(words)
                stage.answer(number, Outcome.UPHELD, [words], OWNER)


def sheet(ask_id: int, language: str, *, is_late: bool = False, is_unhappy: bool = False) -> dict[str, str]:
    """What the customer with this ask fills in: the same whenever it is asked for."""
    chance = Random(f"sheet {ask_id}")  # noqa: S311 - a story, not a secret
    score = 1 if is_unhappy else chance.choices(SCORES, TOO_LATE if is_late else IN_TIME)[0]
    around = {
        name: str(min(5, max(1, score + chance.choice((-1, 0, 0, 0, 1)))))
        for name in ("order_condition", "delivery_time", "customer_care")
    }
    said = {"overall_experience": str(score), **around, "nps": str(chance.randint(*NPS[score]))}
    if score == 1 or (score == max(SCORES) and chance.random() < 1 / 3):
        said["comment"] = words_for(score, language, ask_id)
    return said


def resolved(ask_id: int) -> dict[str, str]:
    """What a customer says of how their complaint was dealt with."""
    chance = Random(f"case {ask_id}")  # noqa: S311 - a story, not a secret
    return {"csat": str(chance.choice((3, 4, 4, 5))), "ces": str(chance.choice((4, 5, 6, 7)))}


def words_for(score: int, language: str, ask_id: int) -> str:
    """Words that go with a score."""
    said = WORDS[score].get(language, WORDS[score]["es"])
    return said[ask_id % len(said)]


def _willingness(ask: Any, *, is_reminder: bool) -> float:
    if ask.survey == RESOLUTION:
        return OF_A_CASE
    return ONCE_REMINDED if is_reminder else ANSWERING


def _asked(stage: Stage) -> list[Any]:
    """The asks whose request has left and that have no answer yet, each with its order and customer."""
    wanted = (
        select(
            *(_ASKS.id, _ASKS.survey, _ASKS.asked_at, _ASKS.reminded_at, _ASKS.order_id, _ORDERS.language),
            *(_ORDERS.shipped_at, _ORDERS.delivered_at, _CUSTOMERS.name, _CUSTOMERS.email),
        )
        .outerjoin(OrderRow, _ORDERS.id == _ASKS.order_id)
        .outerjoin(CustomerRow, _CUSTOMERS.id == _ORDERS.customer_id)
        .where(_ASKS.survey.in_((SURVEY, RESOLUTION)), _ASKS.first_answer_at.is_(None))
        .where(_ASKS.asked_at <= stage.now, _ASKS.expires_at > stage.now, _ASKS.state != "suppressed")
        .order_by(_ASKS.id)
    )
    return list(stage.do(lambda c: c.execute(wanted).all()))


def _object(stage: Stage, state: str) -> None:
    whom = (
        select(_CUSTOMERS.email)
        .join(OrderRow, _ORDERS.customer_id == _CUSTOMERS.id)
        .join(AskRow, _ASKS.order_id == _ORDERS.id)
        .where(_ASKS.state == state, _ASKS.first_answer_at.is_(None), _CUSTOMERS.email != "")
        .order_by(_ASKS.next_at, _ASKS.id)
        .limit(1)
    )
    email = stage.do(lambda c: c.execute(whom).scalar_one_or_none())
    if email is not None:
        settings, now = stage.place.settings, stage.now
        ref = f"demo-{state}"
        stage.do(
            lambda c: object_to(c, settings, shop=SHOP, email=email, source="page", source_ref=ref, now=now)
        )


VOICES: tuple[tuple[float, Script], ...] = (
    (3 * DAY, answering),
    (3 * DAY, heard_out),
    (4 * DAY + 3, rather_not),
    (9 * DAY + 3, no_more),
)
