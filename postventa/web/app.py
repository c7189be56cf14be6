"""Puts the pages together: the routes, what is said when the answer is no, and the guards at the door."""

from fastapi import FastAPI
from starlette.types import ASGIApp

from postventa import __version__, links
from postventa.clock_law import read_up
from postventa.nudges import Bell, check_secrets
from postventa.web import (
    api,
    api_withdrawals,
    cases,
    complaints,
    front,
    guest_withdrawals,
    nudges,
    optouts,
    orders,
    receipts,
    surveys,
    withdrawals,
)
from postventa.web.forms import MOST_FILES
from postventa.web.guards import Below, Headers, Limits, Quiet
from postventa.web.reception import Reception
from postventa.web.refusals import refuse_politely
from postventa.workplace import Workplace

FORM_BYTES = 1024 * 1024
"""What a form without files may weigh."""


def create_app(place: Workplace) -> ASGIApp:
    """The pages of this workplace. Raises BadConfiguration where links could not be signed."""
    links.signer(
        place.settings, "form"
    )  # a page without its secret must not wait for its first visitor to fail
    read_up(place.settings)  # the first visitor's form would hold the store meanwhile
    reception = Reception(place)
    check_secrets(place.settings)
    app = FastAPI(
        title="postventa",
        version=__version__,
        servers=[{"url": reception.base or "/"}],
        openapi_url="/api/openapi.json",
        docs_url=None,  # its pages load scripts from elsewhere
        redoc_url=None,
    )
    app.state.reception = reception
    app.state.bell = Bell()
    for pages in (
        front,
        orders,
        complaints,
        withdrawals,
        guest_withdrawals,
        cases,
        receipts,
        optouts,
        surveys,
    ):
        app.include_router(pages.router, include_in_schema=False)
    app.include_router(nudges.router, include_in_schema=False)
    app.include_router(api.router)
    app.include_router(api_withdrawals.router)
    refuse_politely(app)
    most = FORM_BYTES + int(MOST_FILES * place.settings.files.max_megabytes * 1024 * 1024)
    limited = Limits(Quiet(app), most=lambda path: FORM_BYTES if path.startswith("/api/") else most)
    return Headers(Below(limited, reception.base), is_https=reception.is_https)
