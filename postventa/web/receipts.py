"""The receipt that is shown at once: number, key and deadline of a complaint; content, date and time of a withdrawal."""

from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from postventa import links
from postventa.settings import Settings
from postventa.web.case_view import case_page
from postventa.web.order_view import masked
from postventa.web.refusals import Refused
from postventa.web.visits import Visiting

router = APIRouter()
LASTS = timedelta(days=1)
"""What stays is the letter; this page is only its first sight."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Which case to show, and whether its key too: a guest who only named an order gets that by mail."""

    case_id: int
    shows_key: bool
    is_repeated: bool = False


def receipt_path(settings: Settings, receipt: Receipt) -> str:
    said = [receipt.case_id, int(receipt.shows_key), int(receipt.is_repeated)]
    return f"/receipt/{links.signer(settings, 'receipt').dumps(said)}"


def read_receipt(settings: Settings, token: str) -> Receipt:
    match links.read(settings, "receipt", token, LASTS):
        case [int() as case_id, int() as shows_key, int() as is_repeated]:
            return Receipt(case_id, bool(shows_key), bool(is_repeated))
    raise links.NoSuchLink("this is no receipt")


@router.get("/receipt/{token}")
def show_receipt(token: str, visit: Visiting) -> HTMLResponse:
    receipt = read_receipt(visit.settings, token)
    with visit.reception.place.reading() as connection:
        case = case_page(connection, visit.settings, receipt.case_id)
    if case is None:
        raise Refused(404)
    there = f"/case/{links.case_token(visit.settings, case.key)}" if receipt.shows_key else ""
    return visit.about(case.shop, case.language).page(
        "receipt.html", case=case, receipt=receipt, there=there, email=masked(case.email)
    )
