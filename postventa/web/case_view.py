"""A case as its customer may read it: what was said by both sides, never the desk's own notes."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from postventa import clock
from postventa.files import EVIDENCE
from postventa.settings import Settings
from postventa.store.case_dossiers import CaseDossier, case_dossiers, driving
from postventa.store.cases import AttachmentRow, CaseEntryRow

TOLD = frozenset({"statement", "addition", "holding", "asked_for_more", "answer", "declined"})
"""Entries that are the customer's own words or were sent to them; notes and escalations are the desk's."""
CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class SaidView:
    """One thing said; `by_customer` or by the shop."""

    by_customer: bool
    at: datetime
    text: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReturnedView:
    name: str
    quantity: Decimal
    is_refused: bool


@dataclass(frozen=True, slots=True)
class CasePage:
    """Everything the page of a case knows; instants in the customer's zone."""

    case_id: int
    shop: str
    number: str
    key: str
    family: str
    kind: str
    topic: str
    state: str
    language: str
    email: str
    order_number: str
    """As the customer gave it, else the order's own."""
    received_at: datetime
    answer_by: date | None
    is_late: bool
    """That day is over, and no answer has come."""
    answered_at: datetime | None
    text: str
    said: tuple[SaidView, ...]
    lines: tuple[ReturnedView, ...]

    @property
    def is_return(self) -> bool:
        return self.family == "return"


def case_page(connection: Connection, settings: Settings, case_id: int) -> CasePage | None:
    """The page of a case; None if there is no such case, or its shop is no longer ours."""
    dossier = case_dossiers(connection, [case_id]).get(case_id)
    if dossier is None or dossier.case.shop not in settings.shops:
        return None
    case, complaint, a_return = dossier.case, dossier.complaint, dossier.a_return
    zone = ZoneInfo(case.zone) if case.zone else settings.shop(case.shop).zone
    entries = connection.execute(
        CaseEntryRow.__table__.select().where(CaseEntryRow.case_id == case_id).order_by(CaseEntryRow.id)
    ).all()
    answered_at = complaint.answered_at if complaint else None
    about = complaint or a_return
    answer_by = _answer_by(dossier, zone) if complaint else None
    today = clock.now().astimezone(zone).date()
    return CasePage(
        case_id=case.id,
        shop=case.shop,
        number=case.number,
        key=case.key,
        family=case.family,
        kind=about.kind if about else "",
        topic=complaint.topic if complaint else "",
        state=case.state,
        language=case.language,
        email=case.email,
        order_number=_order_number(dossier, entries),
        received_at=case.opened_at.astimezone(zone),
        answer_by=answer_by,
        is_late=answered_at is None and answer_by is not None and today > answer_by,
        answered_at=answered_at.astimezone(zone) if answered_at else None,
        text=(complaint.text if complaint else a_return.statement) if about else "",
        said=_said(connection, case_id, entries, zone),
        lines=tuple(ReturnedView(line.name, line.quantity, line.is_refused) for line in dossier.lines),
    )


def _answer_by(dossier: CaseDossier, zone: ZoneInfo) -> date | None:
    counted = driving(dossier.clocks)
    if counted is None:
        return None
    counted_in = ZoneInfo(counted.zone) if counted.zone else zone
    due_at: datetime = counted.due_at
    return (due_at.astimezone(counted_in) - timedelta(microseconds=1)).date()


def _order_number(dossier: CaseDossier, entries: Any) -> str:
    if dossier.order is not None:
        return str(dossier.order.order.number)
    return next((str(entry.details["order"]) for entry in entries if entry.details.get("order")), "")


def _said(connection: Connection, case_id: int, entries: Any, zone: ZoneInfo) -> tuple[SaidView, ...]:
    rows = select(AttachmentRow.entry_id, AttachmentRow.name).where(
        AttachmentRow.case_id == case_id, AttachmentRow.role == EVIDENCE
    )
    files: dict[int | None, list[str]] = {}
    for entry_id, name in connection.execute(rows.order_by(AttachmentRow.id)):
        files.setdefault(entry_id, []).append(name)
    told = [entry for entry in entries if entry.kind in TOLD]
    first = told[0].id if told else None
    return tuple(
        SaidView(
            by_customer=entry.author == CUSTOMER,
            at=entry.at.astimezone(zone),
            text=entry.text,
            files=(*files.get(entry.id, ()), *(files.get(None, ()) if entry.id == first else ())),
        )
        for entry in told
    )
