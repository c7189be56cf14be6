"""How a case stands: found by its number and key, or by its signed link; and what its customer adds to it."""

from secrets import compare_digest

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, Response

from postventa import clock, links
from postventa.complaints import add_to_case
from postventa.files import CabinetTrouble, NotKept
from postventa.store.casebook import case_of, say
from postventa.web.case_view import CUSTOMER, CasePage, case_page
from postventa.web.checks import in_words
from postventa.web.enclosures import NotEnclosed, enclose, keep_files
from postventa.web.forms import MOST_FILES, Posted, Typed, one_line
from postventa.web.refusals import STORE_DOWN, Refused, note_store_down
from postventa.web.visits import Visit, Visiting

router = APIRouter()


@router.get("/case")
def ask_for_number(visit: Visiting) -> HTMLResponse:
    return _ask(visit, Typed.empty())


@router.post("/case")
def find_case(visit: Visiting, typed: Posted) -> Response:
    """Leads to the case. Number and key must both be right, and the answer does not say which one is not."""
    problems = {name: f"{name}_missing" for name in ("number", "key") if not typed[name]}
    if problems:
        return _ask(visit, typed, in_words(problems, visit.words), 422)
    if typed.ticket is None:
        return _ask(visit, typed, status=403)
    key = one_line(typed["key"]).upper().replace(" ", "").replace("-", "")
    try:
        with visit.reception.place.reading() as connection:
            case = case_of(connection, key)
    except STORE_DOWN as down:
        note_store_down(down)
        return _ask(visit, typed, status=503)
    number = one_line(typed["number"]).upper()
    if case is None or not _same(case.key, key) or not _same(case.number, number):
        return _ask(visit, typed, in_words({"number": "no_such_case"}, visit.words), 422)
    return visit.go(f"/case/{links.case_token(visit.settings, case.key)}")


@router.get("/case/{token}")
def show_case(token: str, visit: Visiting) -> HTMLResponse:
    case = _linked(token, visit)
    return _show(visit, case, Typed.empty())


@router.post("/case/{token}")
def add_to(token: str, visit: Visiting, typed: Posted) -> Response:
    """Adds the customer's further words and files to the case, once."""
    case = _linked(token, visit)
    problems = {} if typed["text"] or typed.files else {"text": "text_missing"}
    if typed.is_trapped:
        problems["website"] = "website"
    errors = in_words(problems, visit.words)
    if errors:
        return _show(visit, case, typed, errors, status=422)
    if typed.ticket is None:
        return _show(visit, case, typed, status=403)
    try:
        _add(visit, case, typed, typed.ticket)
    except NotEnclosed as refused:
        return _show(visit, case, typed, {"files": str(refused)}, status=422)
    except NotKept:
        errors = in_words({"files": "files_full"}, visit.words)
        return _show(visit, case, typed, errors, status=422)
    except (*STORE_DOWN, CabinetTrouble) as down:
        note_store_down(down)
        return _show(visit, case, typed, status=503)
    return visit.go(f"/case/{token}", added="1")


def _add(visit: Visit, case: CasePage, typed: Typed, ticket: str) -> None:
    settings, now, occasion = visit.settings, clock.now(), f"web:{ticket}"
    kept = keep_files(settings, typed.files, visit.words)
    text = typed["text"] or ", ".join(file.name for file in kept)
    with visit.reception.place.store.begin() as connection:
        if case.is_return:
            entry_id = _say(connection, case.case_id, text, occasion)
        else:
            entry_id = add_to_case(
                connection, settings, case.case_id, text, at=now, now=now, occasion=occasion
            )
        if entry_id is not None:
            enclose(connection, case.case_id, kept, entry_id=entry_id, now=now)


def _say(connection: Connection, case_id: int, text: str, occasion: str) -> int | None:
    now = clock.now()
    return say(
        connection, case_id, kind="addition", author=CUSTOMER, text=text, at=now, now=now, occasion=occasion
    )


def _linked(token: str, visit: Visit) -> CasePage:
    key = links.read_case_link(visit.settings, token)
    with visit.reception.place.reading() as connection:
        row = case_of(connection, key)
        found = case_page(connection, visit.settings, row.id) if row and _same(row.key, key) else None
    if found is None:
        raise Refused(404)
    return found


def _ask(visit: Visit, typed: Typed, errors: dict[str, str] | None = None, status: int = 200) -> HTMLResponse:
    notice = typed.notice(visit, status)
    return visit.page(
        "find_case.html", status, with_form=True, typed=typed, errors=errors or {}, notice=notice
    )


def _show(
    visit: Visit,
    case: CasePage,
    typed: Typed,
    errors: dict[str, str] | None = None,
    *,
    status: int = 200,
) -> HTMLResponse:
    visit = visit.about(case.shop, case.language)
    return visit.page(
        "case.html",
        status,
        with_form=True,
        case=case,
        was_added="added" in visit.request.query_params and not visit.is_writing,
        typed=typed,
        errors=errors or {},
        notice=typed.notice(visit, status),
        most_files=MOST_FILES,
        megabytes=f"{visit.settings.files.max_megabytes:g}",
    )


def _same(ours: str, theirs: str) -> bool:
    return compare_digest(ours.encode(), theirs.encode())
