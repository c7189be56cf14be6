"""No more surveys, no more advertising: the page behind every such mail's link, and the one click of mail programs.

Looking records nothing: scanners fetch links before people do. The link is signed and is all that is needed, so that
it works for guests, without cookies, and from the servers of mail programs, which are never told that they ask too often.
"""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy import select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from postventa import clock, links
from postventa.consents import Objected, object_to
from postventa.rules.consents import ALL, RELATIONSHIP
from postventa.store.orders import CustomerRow, OrderRow
from postventa.web.checks import in_words
from postventa.web.forms import Typed
from postventa.web.order_view import masked
from postventa.web.refusals import Refused
from postventa.web.visits import Visit, Visiting

router = APIRouter()
ONE_CLICK = ("List-Unsubscribe", "One-Click")
SCOPES = (ALL, RELATIONSHIP)
_CUSTOMERS, _ORDERS = CustomerRow.__table__.c, OrderRow.__table__.c


async def read_small_form(request: Request) -> Mapping[str, str]:
    """A form of a few words and no file."""
    try:
        async with request.form(max_files=0, max_fields=10, max_part_size=1000) as form:
            return {name: value for name, value in form.items() if isinstance(value, str)}
    except HTTPException as wrong:
        raise Refused(400) from wrong


SmallForm = Annotated[Mapping[str, str], Depends(read_small_form)]


@router.get("/optout/{token}")
def ask(token: str, visit: Visiting) -> HTMLResponse:
    visit, _, email = _linked(token, visit)
    return _done(visit, None) if not email else _form(visit, email)


@router.post("/optout/{token}")
def take(token: str, visit: Visiting, said: SmallForm) -> HTMLResponse:
    """Records the objection, once: whoever presses again, or from another mail, is given the same reference."""
    visit, customer_id, email = _linked(token, visit)
    if not email:
        return _done(visit, None)  # erased meanwhile: there is nobody to write to
    is_one_click = said.get(ONE_CLICK[0]) == ONE_CLICK[1]
    scope = ALL if is_one_click else said.get("scope", "")
    if scope not in SCOPES:
        return _form(visit, email, in_words({"scope": "optout"}, visit.words), 422)
    with visit.reception.place.store.begin() as connection:
        objected = object_to(
            connection,
            visit.settings,
            shop=visit.shop,
            email=email,
            source="one_click" if is_one_click else "page",
            source_ref=f"customer:{customer_id}",
            scope=scope,
            now=clock.now(),
        )
    return _done(visit, objected)


def _linked(token: str, visit: Visit) -> tuple[Visit, int, str]:
    """The visit in the customer's language, their id and address. Raises NoSuchLink, LinkTooOld or Refused."""
    shop, customer_id = links.read_opt_out_link(visit.settings, token)
    latest = select(_ORDERS.language).where(_ORDERS.customer_id == customer_id).order_by(_ORDERS.id.desc())
    with visit.reception.place.reading() as connection:
        found = connection.execute(
            select(_CUSTOMERS.email).where(_CUSTOMERS.id == customer_id, _CUSTOMERS.shop == shop)
        ).scalar_one_or_none()
        language = connection.execute(latest.limit(1)).scalar()
    if found is None or shop not in visit.settings.shops:
        raise Refused(404)
    return visit.about(shop, language), customer_id, found


def _form(visit: Visit, email: str, errors: dict[str, str] | None = None, status: int = 200) -> HTMLResponse:
    words, company = visit.words["optout"], visit.settings.company.legal_name
    hints = {ALL: words["all_hint"] % company, RELATIONSHIP: words["relationship_hint"]}
    return visit.page(
        "opt_out.html",
        status,
        email=masked(email),
        typed=Typed.empty(scope=ALL),
        errors=errors or {},
        scopes=[(scope, words[scope], hints[scope]) for scope in SCOPES],
    )


def _done(visit: Visit, objected: Objected | None) -> HTMLResponse:
    return visit.page("opt_out_done.html", objected=objected)
