"""The withdrawal function for guests: by order number and e-mail address, answered alike whether there is such an order or not."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from postventa import clock
from postventa.web.checks import guest_problems, in_words, the_shop
from postventa.web.declaring import declare_once, step_two
from postventa.web.forms import Posted, Typed, one_line
from postventa.web.receipts import receipt_path
from postventa.web.refusals import STORE_DOWN, note_store_down
from postventa.web.visits import Visit, Visiting
from postventa.withdrawals import Declaration

router = APIRouter()


@router.get("/withdrawal")
def ask_guest(visit: Visiting) -> HTMLResponse:
    return _form(visit, Typed.empty())


@router.post("/withdrawal")
def take_guest(visit: Visiting, typed: Posted) -> Response:
    """Step one shows what will be declared; step two declares it. Nothing here looks whether there is such an order."""
    problems = guest_problems(typed.values, visit.settings)
    if typed.is_trapped:
        problems["website"] = "website"
    errors = in_words(problems, visit.words)
    if errors or typed["act"] == "change":
        return _form(visit, typed, errors, 422 if errors else 200)
    if typed.ticket is None:
        return _form(visit, typed, status=403)
    words = visit.words["withdrawal"]
    number = one_line(typed["order"])
    is_whole = typed["scope"] == "all"
    statement = (
        words["statement_all"] % number if is_whole else words["statement_some"] % (number, typed["goods"])
    )
    if typed["act"] != "confirm":
        return step_two(visit, typed, statement, number, typed["email"])
    declaration = Declaration(
        shop=the_shop(typed.values, visit.settings),
        order_ref=number,
        email=typed["email"],
        name=one_line(typed["name"]),
        statement=statement,
        source="web",
        source_ref=f"guest:{typed.ticket}",  # the link's form shows more of its case than a guest may see
        informed_at=clock.now(),
        language=visit.language,
        is_in_words=not is_whole,
    )
    try:
        receipt = declare_once(visit, declaration)
    except STORE_DOWN as down:
        note_store_down(down)
        return _form(visit, typed, status=503)
    return visit.go(receipt_path(visit.settings, receipt))


def _form(
    visit: Visit, typed: Typed, errors: dict[str, str] | None = None, status: int = 200
) -> HTMLResponse:
    words: dict[str, Any] = visit.words["withdrawal"]
    return visit.page(
        "withdrawal.html",
        status,
        with_form=True,
        order=None,
        goods=(),
        last_at=None,
        order_email="",
        typed=typed,
        errors=errors or {},
        notice=typed.notice(visit, status),
        shops=visit.shops(),
        scopes=[("all", words["scope_all"], ""), ("some", words["scope_some"], "")],
    )
