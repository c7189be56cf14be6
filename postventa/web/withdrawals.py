"""The withdrawal function in two steps (CRD art. 11a): what and who, then one button; then the acknowledgement.

A guest names the order and an e-mail address, and is answered alike whether there is such an order or not.
"""

from decimal import Decimal
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from postventa import clock
from postventa.rules.counting import A_SECOND
from postventa.web.checks import email_problem, guest_problems, in_words, name_problem, the_shop
from postventa.web.forms import Posted, Typed, one_line
from postventa.web.goods import Good, chosen, goods_of, said_of
from postventa.web.order_view import TrackedOrder, masked
from postventa.web.orders import LinkedOrder, LinkedVisit, linked_order
from postventa.web.receipts import Receipt, receipt_path
from postventa.web.refusals import STORE_DOWN, note_store_down
from postventa.web.visits import Visit, Visiting
from postventa.windows import Window, window_of
from postventa.withdrawals import Declaration, NoSuchLine, declare

router = APIRouter()


@router.get("/withdrawal")
def ask_guest(visit: Visiting) -> HTMLResponse:
    return _guest_form(visit, Typed.empty())


@router.post("/withdrawal")
def take_guest(visit: Visiting, typed: Posted) -> Response:
    """Step one shows what will be declared; step two declares it. Nothing here looks whether there is such an order."""
    problems = guest_problems(typed.values, visit.settings)
    if typed.is_trapped:
        problems["website"] = "website"
    errors = in_words(problems, visit.words)
    if errors or typed["act"] == "change":
        return _guest_form(visit, typed, errors, 422 if errors else 200)
    if typed.ticket is None:
        return _guest_form(visit, typed, status=403)
    words = visit.words["withdrawal"]
    number = one_line(typed["order"])
    is_whole = typed["scope"] == "all"
    statement = (
        words["statement_all"] % number if is_whole else words["statement_some"] % (number, typed["goods"])
    )
    if typed["act"] != "confirm":
        return _confirm(visit, typed, statement, number, typed["email"])
    declaration = Declaration(
        shop=the_shop(typed.values, visit.settings),
        order_ref=number,
        email=typed["email"],
        name=one_line(typed["name"]),
        statement=statement,
        source="web",
        source_ref=typed.ticket,
        informed_at=clock.now(),
        language=visit.language,
        is_in_words=not is_whole,
    )
    try:
        receipt = _declare(visit, declaration)
    except STORE_DOWN as down:
        note_store_down(down)
        return _guest_form(visit, typed, status=503)
    return visit.go(receipt_path(visit.settings, receipt))


@router.get("/order/{token}/withdrawal")
def ask_for_order(token: str, order: LinkedOrder, visit: LinkedVisit) -> HTMLResponse:
    window = _window(visit, order)
    if not window.is_open or not any(good.may_go for good in goods_of(window)):
        return visit.page("withdrawal_over.html", order=order, token=token, window=window)
    return _order_form(visit, order, window, Typed.empty())


@router.post("/order/{token}/withdrawal")
def take_for_order(token: str, visit: Visiting, typed: Posted) -> Response:
    try:
        order = linked_order(token, visit)
        visit = visit.about(order.shop, order.language)
        window = _window(visit, order)
    except STORE_DOWN as down:
        note_store_down(down)
        return visit.page("refusal.html", 503, refused=visit.words["refusals"]["503"])
    wanted, problem = chosen(goods_of(window), typed.values)
    problems = {
        "lines": problem,
        "name": name_problem(typed.values),
        "email": email_problem(typed.values, is_needed=False),
    }
    problems["website"] = "website" if typed.is_trapped else ""
    errors = in_words({name: said for name, said in problems.items() if said}, visit.words)
    if errors or typed["act"] == "change":
        return _order_form(visit, order, window, typed, errors, status=422 if errors else 200)
    if typed.ticket is None:
        return _order_form(visit, order, window, typed, status=403)
    if typed["act"] == "confirm":
        return _declare_for(visit, order, window, typed, ticket=typed.ticket, wanted=wanted)
    statement = _statement(visit, order, goods_of(window), wanted)
    to = typed["email"] or visit.words["withdrawal"]["to_order"] % masked(order.email)
    return _confirm(visit, typed, statement, order.number, to)


def _declare_for(
    visit: Visit,
    order: TrackedOrder,
    window: Window,
    typed: Typed,
    *,
    ticket: str,
    wanted: dict[str, Decimal],
) -> Response:
    declaration = Declaration(
        shop=order.shop,
        order_ref=order.ref,
        email=typed["email"] or order.email,
        name=one_line(typed["name"]),
        statement=_statement(visit, order, goods_of(window), wanted),
        source="web",
        source_ref=ticket,
        informed_at=clock.now(),
        lines=wanted,
        language=visit.language,
        is_verified=True,
    )
    try:
        receipt = _declare(visit, declaration)
    except NoSuchLine:  # the shop has changed the order meanwhile
        errors = in_words({"lines": "lines_many"}, visit.words)
        return _order_form(visit, order, window, typed, errors, status=422)
    except STORE_DOWN as down:
        note_store_down(down)
        return _order_form(visit, order, window, typed, status=503)
    return visit.go(receipt_path(visit.settings, receipt))


def _declare(visit: Visit, declaration: Declaration) -> Receipt:
    with visit.reception.place.store.begin() as connection:
        filed = declare(connection, visit.settings, declaration, clock.now())
    proven = declaration.is_verified  # to a guest, a case that was there already looks like any other
    return Receipt(filed.case_id, declaration.source_ref, proven, is_repeated=proven and not filed.is_new)


def _window(visit: Visit, order: TrackedOrder) -> Window:
    with visit.reception.place.reading() as connection:
        return window_of(connection, visit.settings, order.order_id, clock.now())


def _statement(visit: Visit, order: TrackedOrder, goods: tuple[Good, ...], wanted: dict[str, Decimal]) -> str:
    words = visit.words["withdrawal"]
    if all(wanted.get(good.ref, Decimal(0)) == good.bought for good in goods):
        return str(words["statement_all"] % order.number)
    return str(
        words["statement_some"] % (order.number, said_of(goods, wanted, visit.words["mail"]["locale"]))
    )


def _confirm(visit: Visit, typed: Typed, statement: str, number: str, send_to: str) -> HTMLResponse:
    """Step two: what will be declared, and the button. Nothing has been recorded yet."""
    carried = {name: value for name, value in typed.values.items() if name not in {"act", "ticket"}}
    return visit.page(
        "withdrawal_confirm.html",
        with_form=True,
        statement=statement,
        number=number,
        name=one_line(typed["name"]),
        send_to=send_to,
        carried=carried,
    )


def _guest_form(
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


def _order_form(
    visit: Visit,
    order: TrackedOrder,
    window: Window,
    typed: Typed,
    errors: dict[str, str] | None = None,
    *,
    status: int = 200,
) -> HTMLResponse:
    return visit.page(
        "withdrawal.html",
        status,
        with_form=True,
        order=order,
        goods=goods_of(window),
        last_at=(window.closes_at - A_SECOND).astimezone(order.zone) if window.closes_at else None,
        order_email=masked(order.email),
        typed=typed,
        errors=errors or {},
        notice=typed.notice(visit, status),
        shops={},
        scopes=[],
    )
