"""The demo's customers who answer when they are asked, and one who would rather not be: all of them invented.

Most are content, as most are in any shop: five of five from six in ten, one or two from fewer than one in ten.
"""

from collections.abc import Generator
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from postventa.consents import object_to
from postventa.demo.stage import SHOP, Script, Stage
from postventa.review_facts import REQUEST, SURVEY
from postventa.rules.messages import Outcome
from postventa.store.asks import AskRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import CustomerRow, OrderRow
from postventa.surveys import record

DAY = 24.0
EVERY_HOURS = 2.0
ANSWERING = 0.4
"""So many of those who are asked answer; more than in life, for the story lasts a week."""
HOURS_TO_ANSWER = 6.0
"""On average. In life it is about two days."""
SCORES, HOW_OFTEN = (5, 4, 3, 2, 1), (62, 23, 8, 3, 4)
UNHAPPY = 2
"""The third who answers had a bad time, whatever is drawn: so that every story has one."""
NPS = {5: (9, 10), 4: (7, 9), 3: (5, 7), 2: (2, 5), 1: (0, 2)}
WORDS = {
    5: {
        "es": "Todo perfecto, llegó antes de lo que esperaba.",
        "ca": "Tot perfecte, repetiré.",
        "en": "Just as described, and quick.",
    },
    1: {
        "es": "La caja llegó rota y el frontal no enciende.",
        "ca": "La caixa va arribar trencada i el frontal no s'encén.",
        "en": "The box arrived damaged and the lamp does not light.",
    },
}
_ASKS: Any = AskRow.__table__.c
_BOX: Any = OutboxRow.__table__.c
_ORDERS: Any = OrderRow.__table__.c
_CUSTOMERS: Any = CustomerRow.__table__.c
Acts = Generator[float, None, None]


def answering(stage: Stage) -> Acts:
    """Whoever has a request in their mailbox answers after a while, or never."""
    known: set[int] = set()
    waiting: list[tuple[float, int, str]] = []
    told = 0
    while True:
        hour = (stage.now - stage.start) / timedelta(hours=1)
        for ask_id, language in _asked(stage):
            chance = Random(ask_id)  # noqa: S311 - a story, not a secret
            if ask_id not in known and chance.random() < ANSWERING:
                waiting.append((hour + chance.expovariate(1 / HOURS_TO_ANSWER), ask_id, language))
            known.add(ask_id)
        for one in sorted(due for due in waiting if due[0] <= hour):
            waiting.remove(one)
            _, ask_id, language = one
            stage.act(record, ask_id, sheet(ask_id, language, is_unhappy=told == UNHAPPY), language=language)
            told += 1
        yield hour + EVERY_HOURS


def rather_not(stage: Stage) -> Acts:
    """Somebody who is about to be asked objects, and is not."""
    planned = (
        select(_CUSTOMERS.email)
        .join(OrderRow, _ORDERS.customer_id == _CUSTOMERS.id)
        .join(AskRow, _ASKS.order_id == _ORDERS.id)
        .where(_ASKS.state == "planned", _ASKS.next_at.is_not(None), _CUSTOMERS.email != "")
        .order_by(_ASKS.next_at, _ASKS.id)
        .limit(1)
    )
    email = stage.do(lambda c: c.execute(planned).scalar_one_or_none())
    if email is not None:
        settings, now = stage.place.settings, stage.now
        stage.do(
            lambda c: object_to(
                c, settings, shop=SHOP, email=email, source="page", source_ref="demo", now=now
            )
        )
    yield from ()


def sheet(ask_id: int, language: str, *, is_unhappy: bool = False) -> dict[str, str]:
    """What the customer with this ask fills in: the same whenever it is asked for."""
    chance = Random(f"sheet {ask_id}")  # noqa: S311 - a story, not a secret
    score = 1 if is_unhappy else chance.choices(SCORES, HOW_OFTEN)[0]
    around = {
        name: str(min(5, max(1, score + chance.choice((-1, 0, 0, 0, 1)))))
        for name in ("order_condition", "delivery_time", "customer_care")
    }
    said = {"overall_experience": str(score), **around, "nps": str(chance.randint(*NPS[score]))}
    if score == 1 or (score == max(SCORES) and chance.random() < 1 / 3):
        said["comment"] = WORDS[score].get(language, WORDS[score]["es"])
    return said


def _asked(stage: Stage) -> list[tuple[int, str]]:
    """The asks whose request has arrived and that have no answer yet, each with its customer's language."""
    wanted = (
        select(_ASKS.id, _ORDERS.language)
        .join(OrderRow, _ORDERS.id == _ASKS.order_id)
        .join(OutboxRow, (_BOX.order_id == _ASKS.order_id) & (_BOX.message == REQUEST))
        .where(_ASKS.survey == SURVEY, _ASKS.first_answer_at.is_(None), _BOX.outcome == Outcome.SENT)
        .order_by(_ASKS.id)
    )
    found = stage.do(lambda c: c.execute(wanted).all())
    return [(ask_id, language or "es") for ask_id, language in found]


VOICES: tuple[tuple[float, Script], ...] = ((3 * DAY, answering), (4 * DAY + 3, rather_not))
