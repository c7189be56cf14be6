"""Totals that datasets and store must agree upon, by local day: counted here without a builder's help.

They serve twice. Before a night, days whose totals are no longer the published ones have heard late news; after it, a
total that differs keeps the dataset from being published.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import BigInteger, Connection, Select, case, cast, func, select, union_all

from postventa import clock
from postventa.datasets._quarters import day_of, has_whole_hours, quarter
from postventa.datasets._reading import TEN_THOUSANDTHS, in_units
from postventa.datasets.net_sales import PAID
from postventa.rules.messages import Outcome
from postventa.settings import Settings
from postventa.store.asks import AnswerRow
from postventa.store.cases import CaseRow
from postventa.store.ledger import ledger
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow, RefundRow
from postventa.store.returns import ReturnRow
from postventa.store.reviews import ReviewRow
from postventa.store.shipments import ShipmentRow

ROWS = "rows"
When = Callable[[Any], Any]
_ORDERS: Any = OrderRow.__table__.c
_CASES: Any = CaseRow.__table__.c
_BOX: Any = OutboxRow.__table__.c
_REFUNDS: Any = RefundRow.__table__.c
_ANSWERS: Any = AnswerRow.__table__.c
_PARCELS: Any = ShipmentRow.__table__.c
_RETURNS: Any = ReturnRow.__table__.c
_REVIEWS: Any = ReviewRow.__table__.c


@dataclass(frozen=True, slots=True)
class Total:
    """What is counted of a dataset: its rows, and how many there are of each value of a column; or an amount instead."""

    what: str
    """In a sentence."""
    store: Callable[[When], Any]
    """The statement that answers (shop, quarter, value, how many), of the expression for a moment's quarter."""
    column: str = ""
    amount: str = ""
    """The column that is added up where rows are not what must agree."""

    def of(self, rows: pa.Table) -> dict[str, int]:
        """The totals of built rows."""
        if self.amount:
            return self._sums(rows)
        counts = {ROWS: rows.num_rows}
        if self.column and rows.num_rows:
            for one in pc.value_counts(rows[self.column].combine_chunks()):
                counts[str(one["values"].as_py())] = one["counts"].as_py()
        return counts

    def _sums(self, rows: pa.Table) -> dict[str, int]:
        sums: Counter[str] = Counter()
        for row in rows.select([self.column, self.amount]).to_pylist():
            sums[row[self.column]] += int(row[self.amount] * TEN_THOUSANDTHS)
        return {ROWS: sums.total()} | {value: units for value, units in sums.items() if units}


def _orders_placed(quarter_of: When) -> Select[Any]:
    moment = quarter_of(_ORDERS.placed_at)
    counted = select(_ORDERS.shop, moment, _ORDERS.stage, func.count())
    return counted.group_by(moment, _ORDERS.shop, _ORDERS.stage)


def _messages_owed(quarter_of: When) -> Select[Any]:
    moment, shop = quarter_of(_BOX.owed_at), _shop_of_a_message()
    counted = select(shop, moment, _outcome(), func.count()).select_from(_messages())
    return counted.group_by(moment, shop, _BOX.outcome)


def _sheets_filled_in(quarter_of: When) -> Select[Any]:
    """Sheets of answers, on the day of the first answer in each."""
    of = (_ANSWERS.shop, _ANSWERS.source, _ANSWERS.source_ref, _ANSWERS.survey)
    sheet = select(*of, func.min(_ANSWERS.answered_at).label("at")).group_by(*of).subquery().c
    moment = quarter_of(sheet.at)
    return select(sheet.shop, moment, sheet.survey, func.count()).group_by(moment, sheet.shop, sheet.survey)


def _parcels_that_left(quarter_of: When) -> Select[Any]:
    """One whose leaving nobody recorded has left when it arrived, at the latest."""
    left = func.coalesce(_PARCELS.shipped_at, _PARCELS.delivered_at)
    moment, status = quarter_of(left), _PARCELS.status
    counted = select(_ORDERS.shop, moment, status, func.count()).join_from(
        ShipmentRow, OrderRow, _ORDERS.id == _PARCELS.order_id
    )
    return counted.where(left.is_not(None)).group_by(moment, _ORDERS.shop, status)


def _reviews_written(quarter_of: When) -> Select[Any]:
    moment = quarter_of(_REVIEWS.written_at)
    counted = select(_REVIEWS.shop, moment, _REVIEWS.status, func.count())
    return counted.group_by(moment, _REVIEWS.shop, _REVIEWS.status)


def _complaints_received(quarter_of: When) -> Select[Any]:
    moment = quarter_of(_CASES.opened_at)
    counted = select(_CASES.shop, moment, _CASES.state, func.count()).where(_CASES.family == "complaint")
    return counted.group_by(moment, _CASES.shop, _CASES.state)


def _returns_declared(quarter_of: When) -> Select[Any]:
    moment = quarter_of(_RETURNS.informed_at)
    counted = select(_CASES.shop, moment, _CASES.state, func.count()).join_from(
        ReturnRow, CaseRow, _CASES.id == _RETURNS.case_id
    )
    return counted.group_by(moment, _CASES.shop, _CASES.state)


def _sold_for_good(quarter_of: When) -> Any:
    """Final sales on the day on which each became so, less each refund on its own day or, made before, on that of its sale."""
    final, paid = _ORDERS.sale_final_at, _ORDERS.payment_state.in_(PAID)
    sold_at = quarter_of(final)
    gross = cast(func.sum(in_units(_ORDERS.total)), BigInteger)
    sold = select(_ORDERS.shop, sold_at, _ORDERS.currency, gross).where(final.is_not(None), paid)
    back_at = quarter_of(case((_REFUNDS.refunded_at > final, _REFUNDS.refunded_at), else_=final))
    back = select(_ORDERS.shop, back_at, _ORDERS.currency, -in_units(_REFUNDS.amount))
    back = back.join(OrderRow, _ORDERS.id == _REFUNDS.order_id)
    back = back.where(final.is_not(None), paid, _REFUNDS.withdrawn_at.is_(None))
    return union_all(sold.group_by(sold_at, _ORDERS.shop, _ORDERS.currency), back)


TOTALS: Mapping[str, Total] = {
    "order_timeline": Total("orders placed", _orders_placed, "stage"),
    "message_ledger": Total("messages owed", _messages_owed, "outcome"),
    "survey_responses": Total("sheets of answers", _sheets_filled_in, "survey"),
    "shipment_performance": Total("parcels that left", _parcels_that_left, "status"),
    "review_facts": Total("reviews written", _reviews_written, "status"),
    "complaint_register": Total("complaints received", _complaints_received, "state"),
    "return_register": Total("returns declared", _returns_declared, "state"),
    "net_sales": Total(
        "net sales in ten thousandths, currencies together", _sold_for_good, "currency", "net_amount"
    ),
}
"""By dataset."""


def totals_of(name: str, rows: pa.Table) -> dict[str, int]:
    """The totals of built rows; none where nothing is counted for the dataset."""
    return TOTALS[name].of(rows) if name in TOTALS else {}


def in_the_store(
    connection: Connection, settings: Settings, name: str
) -> tuple[dict[date, dict[str, int]], dict[str, int]]:
    """The store's totals of a dataset by day; and what is of no shop of the configuration, which no day counts."""
    whole_hours = has_whole_hours(settings, clock.now())
    statement = TOTALS[name].store(lambda moment: quarter(connection, moment, whole_hours=whole_hours))
    zones = {shop: one.zone for shop, one in settings.shops.items()}
    days: defaultdict[date, Counter[str]] = defaultdict(Counter)
    beside: Counter[str] = Counter()
    for shop, moment, value, count in connection.execute(statement).all():
        counts = days[day_of(moment, zones[shop])] if shop in zones else beside
        counts[ROWS] += count
        counts[str(value)] += count
    return {day: _without_noughts(counts) for day, counts in days.items()}, _without_noughts(beside)


def _without_noughts(counts: Mapping[str, int]) -> dict[str, int]:
    return {value: count for value, count in counts.items() if count or value == ROWS}


def ledger_says(connection: Connection) -> dict[str, int]:
    """The ledger's own numbers, by outcome."""
    book = ledger(connection)
    return {
        ROWS: book.owed,
        Outcome.SENT: book.sent,
        Outcome.SUPPRESSED: sum(book.suppressed.values()),
        Outcome.DEFERRED: sum(book.deferred.values()),
        Outcome.FAILED: sum(book.failed.values()),
        Outcome.UNCERTAIN: book.uncertain,
        Outcome.WAITING: book.waiting,
    }


def _outcome() -> Any:
    """What is being handed over at this moment still waits for its answer."""
    return case((_BOX.outcome == Outcome.BEGUN, Outcome.WAITING), else_=_BOX.outcome)


def _shop_of_a_message() -> Any:
    return func.coalesce(_ORDERS.shop, _CASES.shop)


def _messages() -> Any:
    return OutboxRow.__table__.outerjoin(OrderRow.__table__, _ORDERS.id == _BOX.order_id).outerjoin(
        CaseRow.__table__, _CASES.id == _BOX.case_id
    )
