"""Withdrawals by the JSON endpoint: at once where the customer has confirmed elsewhere, else in two steps (CRD art. 11a).

Step one records nothing: it answers what would be declared, and a confirmation that is good for a day. Step two
declares exactly that.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from postventa import clock, links
from postventa.web.api import (
    ANSWERS,
    FiledCase,
    Sent,
    as_filed,
    cleaned,
    reference_problems,
    refused_in_words,
    with_key,
    words_for,
)
from postventa.web.checks import (
    email_problem,
    name_problem,
    order_problem,
    phone_problem,
    shop_problem,
    the_shop,
)
from postventa.web.forms import one_line
from postventa.web.visits import Visit, Visiting
from postventa.withdrawal_preview import LineToGo, Preview, preview
from postventa.withdrawals import Declaration, NoSuchLine, declare
from postventa.wording import quantity_in

LASTS = timedelta(hours=24)
_PURPOSE = "withdrawal step"
_GOODS = Field(gt=0, max_digits=12, decimal_places=6)

router = APIRouter(prefix="/api", dependencies=[Depends(with_key)], tags=["withdrawals"])


class SentWithdrawal(Sent):
    lines: dict[str, Annotated[Decimal, _GOODS]] | None = None
    """Quantities by the shop's id of the line; everything where it is left out."""
    statement: str = Field("", max_length=20_000)
    """The customer's own words, if there are any."""
    is_verified: bool = False
    """The caller knows that this is the order's customer; else the e-mail address must be the order's."""


class Step(BaseModel):
    """What would be declared. Nothing has been recorded."""

    statement: str
    lines: tuple[LineToGo, ...]
    refund_amount: Decimal | None
    currency: str
    closes_on: date | None
    """The last day of the right; None where its period has not begun, or the order is not known."""
    is_decided_by_person: bool
    confirmation: str
    """For step two, in its body; it is good until `expires_at`."""
    expires_at: datetime


class Confirmed(BaseModel):
    model_config = ConfigDict(extra="forbid")

    confirmation: str = Field(max_length=200_000)


@router.post("/withdrawals", status_code=201, response_model=FiledCase, responses=ANSWERS)
def take_withdrawal(sent: SentWithdrawal, visit: Visiting, response: Response) -> FiledCase | JSONResponse:
    """Declares at once: for whoever has asked the customer to confirm already."""
    if problems := _problems(sent, visit):
        return refused_in_words(visit, cleaned(sent), problems)
    return _declare(sent, visit, response)


@router.post("/withdrawals/preview", response_model=Step, responses=ANSWERS)
def preview_withdrawal(sent: SentWithdrawal, visit: Visiting) -> Step | JSONResponse:
    """Step one: what would be declared, and the confirmation for step two. Records nothing."""
    values, now = cleaned(sent), clock.now()
    if problems := _problems(sent, visit):
        return refused_in_words(visit, values, problems)
    try:
        with visit.reception.place.reading() as connection:
            seen = preview(connection, visit.settings, _declaration(sent, visit), now)
    except NoSuchLine:
        return refused_in_words(visit, values, {"lines": "lines_many"})
    sent = sent.model_copy(update={"statement": _statement(sent, visit, seen)})
    return Step(
        statement=sent.statement,
        lines=seen.lines,
        refund_amount=seen.amount,
        currency=seen.currency,
        closes_on=seen.closes_on,
        is_decided_by_person=bool(seen.waits_for),
        confirmation=links.signer(visit.settings, _PURPOSE).dumps(sent.model_dump(mode="json")),
        expires_at=now + LASTS,
    )


@router.post("/withdrawals/confirm", status_code=201, response_model=FiledCase, responses=ANSWERS)
def confirm_withdrawal(sent: Confirmed, visit: Visiting, response: Response) -> FiledCase | JSONResponse:
    """Step two: declares what step one has shown, as of now. Twice is once."""
    try:
        said = links.read(visit.settings, _PURPOSE, sent.confirmation, LASTS)
    except links.NoSuchLink:
        return refused_in_words(visit, {"language": ""}, {"confirmation": "confirmation"})
    return _declare(SentWithdrawal.model_validate(said), visit, response)


def _declare(sent: SentWithdrawal, visit: Visit, response: Response) -> FiledCase | JSONResponse:
    try:
        with visit.reception.place.store.begin() as connection:
            declaration, now = _declaration(sent, visit), clock.now()
            if not declaration.statement:
                seen = preview(connection, visit.settings, declaration, now)
                declaration = replace(declaration, statement=_statement(sent, visit, seen))
            filed = declare(connection, visit.settings, declaration, now)
    except NoSuchLine:
        return refused_in_words(visit, cleaned(sent), {"lines": "lines_many"})
    return as_filed(visit, response, filed.number, filed.key, filed.answer_by, is_new=filed.is_new)


def _problems(sent: SentWithdrawal, visit: Visit) -> dict[str, str]:
    values = cleaned(sent)
    found = {
        "shop": shop_problem(values, visit.settings, has_order=False),
        "order": order_problem(values, is_needed=True),
        "lines": "lines_none" if sent.lines == {} else "",
        "name": name_problem(values),
        "email": email_problem(values, is_needed=True),
        "phone": phone_problem(values),
    }
    return {name: said for name, said in found.items() if said} | reference_problems(values)


def _statement(sent: SentWithdrawal, visit: Visit, seen: Preview) -> str:
    """The customer's own words, else ours: of all of the order, or of the lines that are named."""
    values = cleaned(sent)
    words: dict[str, Any] = words_for(visit, values)
    if values["statement"] or sent.lines is None:
        return values["statement"] or str(words["withdrawal"]["statement_all"] % values["order"])
    quantity = quantity_in(words["mail"]["locale"])
    lines = seen.lines or [LineToGo(ref, ref, count) for ref, count in sent.lines.items()]
    goods = ", ".join(f"{quantity(one.quantity)} × {one.name}" for one in lines)
    return str(words["withdrawal"]["statement_some"] % (values["order"], goods))


def _declaration(sent: SentWithdrawal, visit: Visit) -> Declaration:
    values = cleaned(sent)
    return Declaration(
        shop=the_shop(values, visit.settings),
        order_ref=values["order"],
        email=values["email"],
        name=one_line(values["name"]),
        statement=values["statement"],
        source="api",
        source_ref=f"withdrawal:{sent.reference}",
        informed_at=clock.now(),
        lines=sent.lines,
        language=values["language"],
        phone=one_line(values["phone"]),
        is_verified=sent.is_verified,
    )
