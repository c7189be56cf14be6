"""Every sheet of answers to a survey, scored and without a word of free text; which of an order's sheets counts is said."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Boolean, Integer, Select, String, Subquery, case, cast, func, literal, select

from postventa.datasets._carriers import carrier_of
from postventa.datasets._night import Night, Span, Window
from postventa.datasets._products import products_of
from postventa.datasets._reading import hours, local_day, per_shop, read
from postventa.datasets._regions import address_columns, regions
from postventa.rules.surveys import Kind
from postventa.store.asks import AnswerRow, AskRow
from postventa.store.orders import OrderRow
from postventa.surveys import definition, names

READS = ()
DAY = "day"
LINK_LASTS = timedelta(days=30)
"""How long after a delivery an answer without a request is in time, as it would be with one."""
_ANSWERS: Any = AnswerRow.__table__.c
_ASKS: Any = AskRow.__table__.c
_ORDERS: Any = OrderRow.__table__.c


def build(night: Night, span: Span) -> pd.DataFrame:
    """A row for each sheet, on the local day of its first answer."""
    return per_shop(night, span, _rows)


def scales() -> tuple[str, ...]:
    """The questions that are answered with a number, of all surveys."""
    return _questions(Kind.SCALE)


def _questions(kind: Kind) -> tuple[str, ...]:
    asked = (question for name in names() for question in definition(name).questions)
    return tuple(dict.fromkeys(question.name for question in asked if question.kind is kind))


def _rows(night: Night, window: Window) -> pd.DataFrame:
    found = read(night, _sheets(window))
    pseudonyms, at = night.pseudonyms, found["answered_at"]
    own = found["source"] + ":" + found["source_ref"]
    in_time = found["expires_at"].fillna(found["delivered_at"] + LINK_LASTS)
    return pd.DataFrame(
        {
            "shop": found["shop"],
            "day": local_day(at, window),
            "response_id": pseudonyms.of("sheet", own),
            "request_id": pseudonyms.of("ask", found["ask_id"]),
            "order_id": pseudonyms.of("order", found["order_id"]),
            "case_id": pseudonyms.of("case", found["case_id"]),
            "customer_id": pseudonyms.of("customer", found["customer_id"]),
            "survey": found["survey"],
            "source": found["source"].where(found["source"] == "page", "import"),
            "language": found["language"],
            "region": regions(found),
            "carrier": found["carrier"],
            "products": products_of(night, found["order_id"], _touched(window, _ANSWERS.order_id)),
            **{name: found[name] for name in (*scales(), *_questions(Kind.CHOICE))},
            "has_comment": found["has_comment"],
            "hours_to_answer": hours(found["asked_at"], at),
            "hours_since_delivery": hours(found["delivered_at"], at),
            "is_before_delivery": (at < found["delivered_at"]).astype("boolean"),
            "is_late": (at >= in_time).astype("boolean"),
            "is_corrected": found["is_corrected"],
            "revision": found["revision"],
            "is_counted": found["is_counted"],
        }
    )


def _sheets(window: Window) -> Any:
    """The sheets that began within the window, each with its place among those of the same order and survey."""
    mine = _touched(window, _ANSWERS.source, _ANSWERS.source_ref, _ANSWERS.order_id).subquery()
    of_sheets = select(mine.c.source, mine.c.source_ref).distinct().subquery()
    of_orders = select(mine.c.order_id).where(mine.c.order_id.is_not(None)).distinct()
    others = select(_ANSWERS.source, _ANSWERS.source_ref).where(_ANSWERS.order_id.in_(of_orders))
    wanted = select(of_sheets).union(others).subquery()
    sheet = _scored(wanted)
    # An import names no request: the one that its order had says until when answers were in time.
    of_order = AskRow.__table__.alias()
    subject = literal("order:") + cast(sheet.c.order_id, String)
    expires_at = func.coalesce(_ASKS.expires_at, of_order.c.expires_at)
    in_time = func.coalesce(expires_at, sheet.c.answered_at) >= sheet.c.answered_at
    same: Any = {"partition_by": (func.coalesce(sheet.c.order_id, -sheet.c.id), sheet.c.survey)}
    placed = (
        select(
            sheet,
            _ASKS.case_id,
            _ASKS.asked_at,
            expires_at.label("expires_at"),
            _ORDERS.customer_id,
            _ORDERS.delivered_at,
            carrier_of(sheet.c.order_id).label("carrier"),
            *address_columns(),
            func.row_number(type_=Integer)
            .over(**same, order_by=(sheet.c.answered_at, sheet.c.id))
            .label("revision"),
            func.row_number(type_=Integer)
            .over(
                **same,
                order_by=(cast(in_time, Integer).desc(), sheet.c.answered_at.desc(), sheet.c.id.desc()),
            )
            .label("from_the_last"),
        )
        .select_from(sheet)
        .outerjoin(AskRow, _ASKS.id == sheet.c.ask_id)
        .outerjoin(of_order, (of_order.c.subject == subject) & (of_order.c.survey == sheet.c.survey))
        .outerjoin(OrderRow, _ORDERS.id == sheet.c.order_id)
        .subquery()
    )
    counted = cast(placed.c.from_the_last == 1, Boolean).label("is_counted")
    return select(placed, counted).where(window.holds(placed.c.answered_at)).order_by(placed.c.id)


def _touched(window: Window, *columns: Any) -> Select[Any]:
    """The answers that were given within the window; a sheet may have begun before it."""
    return select(*columns).where(_ANSWERS.shop == window.shop, window.holds(_ANSWERS.answered_at))


def _scored(wanted: Subquery) -> Subquery:
    """Sheets as rows: a column for each question that has a number or an option."""
    columns: list[Any] = [
        *(func.max(_when(name, _ANSWERS.number)).label(name) for name in scales()),
        *(func.max(_when(name, _ANSWERS.text)).label(name) for name in _questions(Kind.CHOICE)),
    ]
    words = _questions(Kind.TEXT)
    said = case((_ANSWERS.question.in_(words) & (_ANSWERS.text != ""), 1), else_=0)
    plain: Sequence[Any] = (_ANSWERS.shop, _ANSWERS.source, _ANSWERS.source_ref, _ANSWERS.survey)
    return (
        select(
            *plain,
            func.min(_ANSWERS.id).label("id"),
            func.max(_ANSWERS.ask_id).label("ask_id"),
            func.max(_ANSWERS.order_id).label("order_id"),
            func.min(_ANSWERS.language).label("language"),
            func.min(_ANSWERS.answered_at).label("answered_at"),
            cast(func.max(_ANSWERS.changed_at) > func.max(_ANSWERS.answered_at), Boolean).label(
                "is_corrected"
            ),
            cast(func.max(said) == 1, Boolean).label("has_comment"),
            *columns,
        )
        .join(wanted, (wanted.c.source == _ANSWERS.source) & (wanted.c.source_ref == _ANSWERS.source_ref))
        .group_by(*plain)
        .subquery()
    )


def _when(question: str, value: Any) -> Any:
    return case((_ANSWERS.question == question, value))
