"""The receipt that is shown at once: number, key and deadline of a complaint; content, date and time of a withdrawal."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from sqlalchemy import select
from starlette.responses import HTMLResponse

from postventa import links
from postventa.settings import Settings
from postventa.store.cases import CaseEntryRow
from postventa.web.case_view import case_page
from postventa.web.order_view import masked
from postventa.web.refusals import Refused
from postventa.web.visits import Visiting

router = APIRouter()
LASTS = timedelta(days=1)
"""What stays is the letter; this page is only its first sight."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Which statement in which case to show. `is_proven` shows the case's names too: a guest gets those by mail alone."""

    case_id: int
    ticket: str
    is_proven: bool
    is_repeated: bool = False


def receipt_path(settings: Settings, receipt: Receipt) -> str:
    said = [receipt.case_id, receipt.ticket, int(receipt.is_proven), int(receipt.is_repeated)]
    return f"/receipt/{links.signer(settings, 'receipt').dumps(said)}"


def read_receipt(settings: Settings, token: str) -> Receipt:
    match links.read(settings, "receipt", token, LASTS):
        case [int() as case_id, str() as ticket, int() as is_proven, int() as is_repeated]:
            return Receipt(case_id, ticket, bool(is_proven), bool(is_repeated))
    raise links.NoSuchLink("this is no receipt")


@router.get("/receipt/{token}")
def show_receipt(token: str, visit: Visiting) -> HTMLResponse:
    receipt = read_receipt(visit.settings, token)
    with visit.reception.place.reading() as connection:
        case = case_page(connection, visit.settings, receipt.case_id)
        again = connection.execute(_said_again(receipt)).one_or_none() if case else None
    if case is None:
        raise Refused(404)
    if again:  # said once more of a case that was there: what is acknowledged are these words, now
        case = replace(case, text=again.text, received_at=again.at.astimezone(case.received_at.tzinfo))
    there = f"/case/{links.case_token(visit.settings, case.key)}" if receipt.is_proven else ""
    return visit.about(case.shop, case.language).page(
        "receipt.html", case=case, receipt=receipt, there=there, email=masked(case.email)
    )


def _said_again(receipt: Receipt) -> Any:
    entry: Any = CaseEntryRow.__table__
    wanted = (entry.c.case_id == receipt.case_id) & (entry.c.occasion == f"web:{receipt.ticket}")
    return select(entry.c.text, entry.c.at).where(wanted)
