"""Every message that was owed and what became of it: owed = sent + suppressed + deferred + failed + uncertain + waiting."""

from typing import Any

import pandas as pd
from sqlalchemy import BigInteger, String, case, cast, func, literal, select

from postventa.cards import cards
from postventa.datasets._carriers import carrier_of
from postventa.datasets._night import Night, Span, Window
from postventa.datasets._reading import hours, local_day, per_shop, read
from postventa.review_facts import REQUEST, SURVEY
from postventa.rules.messages import Outcome
from postventa.store.asks import AskRow
from postventa.store.cases import CaseRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow

READS = ()
DAY = "day"
CASE_SURVEY = "case_survey"
_ASKS: Any = AskRow.__table__
_BOX: Any = OutboxRow.__table__.c
_CASES: Any = CaseRow.__table__.c
_ORDERS: Any = OrderRow.__table__.c


def build(night: Night, span: Span) -> pd.DataFrame:
    """A row for each message, on the local day on which it came to be owed."""
    return per_shop(night, span, _rows)


def _rows(night: Night, window: Window) -> pd.DataFrame:
    found = read(night, _owed(window, night.settings.shop(window.shop).language))
    classes = {card.message: str(card.message_class) for card in cards()}
    staff = {card.message for card in cards() if card.per == "staff"}
    names = night.pseudonyms
    return pd.DataFrame(
        {
            "shop": found["shop"],
            "day": local_day(found["owed_at"], window),
            "message_id": names.of("message", found["id"]),
            "order_id": names.of("order", found["order_id"]),
            "case_id": names.of("case", found["case_id"]),
            "parcel_id": names.of("parcel", found["shipment_id"]),
            "request_id": names.of("ask", found["ask_id"]),
            "message": found["message"],
            "message_class": found["message"].map(classes).astype("str"),
            "audience": found["message"].isin(staff).map({True: "staff", False: "customer"}).astype("str"),
            "channel": found["channel"],
            "language": found["language"],
            "carrier": found["carrier"],
            "outcome": found["outcome"],
            "reason": found["reason"],
            "attempts": found["attempts"],
            "settled_on": local_day(found["settled_at"], window),
            "wait_hours": hours(found["owed_at"], found["settled_at"]),
            "news_age_hours": hours(found["happened_at"], found["settled_at"]),
        }
    )


def _owed(window: Window, usual: str) -> Any:
    """Messages of orders and of cases; whose the shop is, the one or the other says."""
    # The request for an order's survey and for a case's name the ask that their answers belong to, each in its way.
    subject = case((_BOX.message == REQUEST, literal("order:") + cast(_BOX.order_id, String)))
    number = case((_BOX.message == CASE_SURVEY, cast(func.substr(_BOX.occasion, 5), BigInteger)))
    of_order, of_case = _ASKS.alias(), _ASKS.alias()
    shop = func.coalesce(_ORDERS.shop, _CASES.shop)
    return (
        select(
            shop.label("shop"),
            _BOX.id,
            _BOX.order_id,
            _BOX.case_id,
            _BOX.shipment_id,
            func.coalesce(of_order.c.id, of_case.c.id).label("ask_id"),
            _BOX.message,
            _BOX.channel,
            func.coalesce(_ORDERS.language, _CASES.language, usual).label("language"),
            carrier_of(func.coalesce(_BOX.order_id, _CASES.order_id)).label("carrier"),
            # Whatever is being handed over at this moment still waits for its answer.
            case((_BOX.outcome == Outcome.BEGUN, Outcome.WAITING), else_=_BOX.outcome).label("outcome"),
            _BOX.reason,
            _BOX.attempts,
            _BOX.owed_at,
            _BOX.happened_at,
            _BOX.settled_at,
        )
        .select_from(OutboxRow)
        .outerjoin(OrderRow, _ORDERS.id == _BOX.order_id)
        .outerjoin(CaseRow, _CASES.id == _BOX.case_id)
        .outerjoin(of_order, (of_order.c.subject == subject) & (of_order.c.survey == SURVEY))
        .outerjoin(of_case, of_case.c.id == number)
        .where(shop == window.shop, window.holds(_BOX.owed_at))
        .order_by(_BOX.id)
    )
