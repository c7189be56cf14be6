"""The withdrawal function in two steps (CRD art. 11a) by an order's link: what and who, then one button."""

from decimal import Decimal

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from postventa import clock
from postventa.rules.counting import A_SECOND
from postventa.web.checks import email_problem, in_words, name_problem
from postventa.web.declaring import declare_once, step_two
from postventa.web.forms import Posted, Typed, one_line
from postventa.web.goods import Good, chosen, goods_of, said_of
from postventa.web.order_view import TrackedOrder, masked
from postventa.web.orders import LinkedOrder, LinkedVisit, linked_order
from postventa.web.receipts import receipt_path
from postventa.web.refusals import STORE_DOWN, note_store_down
from postventa.web.visits import Visit, Visiting
from postventa.windows import Window, window_of
from postventa.withdrawals import Declaration, NoSuchLine

router = APIRouter()


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
        return _declared(visit, order, window, typed, ticket=typed.ticket, wanted=wanted)
    statement = _statement(visit, order, goods_of(window), wanted)
    to = typed["email"] or visit.words["withdrawal"]["to_order"] % masked(order.email)
    return step_two(visit, typed, statement, order.number, to)


def _declared(
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
        source_ref=f"withdrawal:{ticket}",
        informed_at=clock.now(),
        lines=wanted,
        language=visit.language,
        is_verified=True,
    )
    try:
        receipt = declare_once(visit, declaration)
    except NoSuchLine:  # the shop has changed the order meanwhile
        errors = in_words({"lines": "lines_many"}, visit.words)
        return _order_form(visit, order, window, typed, errors, status=422)
    except STORE_DOWN as down:
        note_store_down(down)
        return _order_form(visit, order, window, typed, status=503)
    return visit.go(receipt_path(visit.settings, receipt))


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
