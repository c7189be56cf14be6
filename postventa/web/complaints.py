"""The complaint form, with and without an order: shown by GET, filed by POST in one transaction, shown again when it fails."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from postventa import clock
from postventa.complaints import Statement, file_complaint
from postventa.files import CabinetTrouble
from postventa.rules.complaints import Kind, Topic
from postventa.web.checks import complaint_problems, in_words, the_shop
from postventa.web.enclosures import NotEnclosed, enclose, keep_files
from postventa.web.forms import MOST_FILES, Posted, Typed, one_line
from postventa.web.order_view import TrackedOrder, masked
from postventa.web.orders import LinkedOrder, LinkedVisit, linked_order
from postventa.web.receipts import Receipt, receipt_path
from postventa.web.refusals import STORE_DOWN, note_store_down
from postventa.web.visits import Visit, Visiting

router = APIRouter()


@router.get("/complaint")
def show_form(visit: Visiting) -> HTMLResponse:
    return _form(visit, None, Typed.empty())


@router.get("/order/{token}/complaint")  # noqa: FAST003 - the link is read on the way
def show_form_for_order(order: LinkedOrder, visit: LinkedVisit) -> HTMLResponse:
    return _form(visit, order, Typed.empty())


@router.post("/complaint")
def file_form(visit: Visiting, typed: Posted) -> Response:
    return _file(visit, None, typed)


@router.post("/order/{token}/complaint")
def file_form_for_order(token: str, visit: Visiting, typed: Posted) -> Response:
    try:
        order = linked_order(token, visit)
    except STORE_DOWN as down:
        note_store_down(down)
        return _form(visit, None, typed, {}, status=503)
    return _file(visit.about(order.shop, order.language), order, typed)


def _file(visit: Visit, order: TrackedOrder | None, typed: Typed) -> Response:
    problems = complaint_problems(typed.values, visit.settings, has_order=order is not None)
    if typed.is_trapped:
        problems["website"] = "website"
    errors = in_words(problems, visit.words)
    if errors:
        return _form(visit, order, typed, errors, status=422)
    if typed.ticket is None:
        return _form(visit, order, typed, status=403)
    try:
        receipt = _record(visit, order, typed, typed.ticket)
    except NotEnclosed as refused:
        return _form(visit, order, typed, {"files": str(refused)}, status=422)
    except (*STORE_DOWN, CabinetTrouble) as down:
        note_store_down(down)
        return _form(visit, order, typed, status=503)
    return visit.go(receipt_path(visit.settings, receipt))


def _record(visit: Visit, order: TrackedOrder | None, typed: Typed, ticket: str) -> Receipt:
    settings, now = visit.settings, clock.now()
    kept = keep_files(settings, typed.files, visit.words)
    statement = Statement(
        shop=order.shop if order else the_shop(typed.values, settings),
        kind=Kind(typed["kind"]),
        topic=Topic(typed["topic"]),
        text=typed["text"],
        language=visit.language,
        name=one_line(typed["name"]),
        email=typed["email"] or (order.email if order else ""),
        phone=one_line(typed["phone"]),
        order_ref=order.ref if order else one_line(typed["order"]) or None,
        region=order.region if order else "",
        zone=str(order.zone) if order and order.region else "",
        source="web",
        source_ref=f"complaint:{ticket}",  # a ticket serves each form once
        received_at=now,
        is_order_proven=order is not None,
    )
    with visit.reception.place.store.begin() as connection:
        filed = file_complaint(connection, settings, statement, now)
        if filed.is_new:
            enclose(connection, filed.case_id, kept, entry_id=None, now=now)
    return Receipt(filed.case_id, ticket, is_proven=True, is_repeated=not filed.is_new)


def _form(
    visit: Visit,
    order: TrackedOrder | None,
    typed: Typed,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    words: dict[str, Any] = visit.words
    return visit.page(
        "complaint.html",
        status,
        with_form=True,
        order=order,
        order_email=masked(order.email) if order else "",
        typed=typed,
        errors=errors or {},
        notice=typed.notice(visit, status),
        shops=visit.shops(),
        kinds=[
            (kind, words["complaint"]["kinds"][kind]["name"], words["complaint"]["kinds"][kind]["hint"])
            for kind in Kind
        ],
        topics={topic: words["complaint"]["topics"][topic] for topic in Topic},
        most_files=MOST_FILES,
        megabytes=f"{visit.settings.files.max_megabytes:g}",
    )
