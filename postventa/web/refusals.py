"""What a visitor reads when the answer is no: expired links, pages that are not there, too much, too often, our fault."""

import logging
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from postventa.links import LinkTooOld, NoSuchLink
from postventa.web.visits import visiting

logger = logging.getLogger(__name__)
STORE_DOWN = (DBAPIError, PoolTimeout)
SAID = frozenset({400, 401, 403, 404, 405, 408, 413, 429, 500, 503})
"""The answers that the pages have words for."""


class Refused(Exception):
    """The answer is no; the page says why in the visitor's words."""

    def __init__(self, status: int) -> None:
        super().__init__(f"refused with {status}")
        self.status = status


def refuse_politely(app: FastAPI) -> None:
    """From now on every refusal is a page in the same frame, or JSON below /api."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(NoSuchLink, _no_such_link)
    app.add_exception_handler(RequestValidationError, _not_understood)
    for down in STORE_DOWN:
        app.add_exception_handler(down, _store_down)
    app.add_exception_handler(Exception, _our_fault)


def refusal(request: Request, status: int, headers: dict[str, str] | None = None) -> Response:
    """The page, or the JSON, for one refusal."""
    said = status if status in SAID else 400 if status < 500 else 500
    visit = visiting(request)
    words = visit.words["refusals"][str(said)]
    if request.url.path.startswith("/api/"):
        answer: Response = JSONResponse({"error": words["api"]}, status)
    else:
        answer = visit.page("refusal.html", status, refused=words)
    answer.headers.update(headers or {})
    if status in {429, 503}:
        answer.headers["Retry-After"] = "60"
    return answer


def note_store_down(error: Exception) -> None:
    """Says in the log that the store failed, by the error's name: statements carry what people typed."""
    cause = getattr(error, "orig", None) or error
    logger.error("The store did not answer: %s", type(cause).__name__)


async def _refused(request: Request, refused: Exception) -> Response:
    return refusal(request, getattr(refused, "status", 400))


async def _http(request: Request, wrong: Exception) -> Response:
    headers: Any = getattr(wrong, "headers", None)
    return refusal(request, getattr(wrong, "status_code", 500), dict(headers or {}))


async def _no_such_link(request: Request, wrong: Exception) -> Response:
    return refusal(request, 403 if isinstance(wrong, LinkTooOld) else 404)


async def _not_understood(request: Request, wrong: Exception) -> Response:
    """JSON that is not what it should be: a sentence a field, without what was in it."""
    if not request.url.path.startswith("/api/"):
        return refusal(request, 400)
    errors: Any = wrong.errors() if isinstance(wrong, RequestValidationError) else ()
    said = {
        ".".join(str(part) for part in error["loc"][1:] if isinstance(part, str)) or "body": error[
            "msg"
        ].replace("Input should", "This should")
        for error in errors
    }
    return JSONResponse({"errors": said}, 422)


async def _store_down(request: Request, error: Exception) -> Response:
    note_store_down(error)
    return refusal(request, 503)


async def _our_fault(request: Request, error: Exception) -> Response:
    where = error.__traceback__
    while where and where.tb_next:
        where = where.tb_next
    place = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else "?"
    # the message may hold what somebody typed: the log gets the place and the kind
    logger.error("A page failed at %s: %s", place, type(error).__name__)
    return refusal(request, 500)
