"""The front page, the accessibility statement, and the few files that pages need."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from postventa.web.drawing import style_sheet
from postventa.web.visits import Visiting
from postventa.web.words import PAGES

router = APIRouter()
_KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}
_KEPT_A_DAY = {"Cache-Control": "public, max-age=86400"}


@router.get("/")
def show_front(visit: Visiting) -> HTMLResponse:
    return visit.page("front.html")


@router.get("/accessibility")
def show_accessibility(visit: Visiting) -> HTMLResponse:
    return visit.page("accessibility.html")


@router.get("/style.css")
def style() -> Response:
    return Response(style_sheet().text, media_type="text/css", headers=_KEPT)


@router.get("/icon.svg")
def icon() -> Response:
    drawn = (PAGES / "icon.svg").read_bytes()
    return Response(drawn, media_type="image/svg+xml", headers=_KEPT_A_DAY)


@router.get("/robots.txt")
def robots() -> PlainTextResponse:
    return PlainTextResponse("User-agent: *\nDisallow: /\n", headers=_KEPT_A_DAY)


@router.get("/health")
def health() -> PlainTextResponse:
    """For whoever watches the process; the store is `postventa check`'s question."""
    return PlainTextResponse("ok")
