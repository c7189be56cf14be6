"""No more surveys, no more advertising: the page behind every such mail's link, and the one click of mail programs.

Looking records nothing: scanners fetch links before people do. The link is signed and is all that is needed, so that
it works for guests, without cookies, and from the servers of mail programs, which are never told that they ask too often.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy import Connection, select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from postventa import clock, links
from postventa.consents import Objected, object_to
from postventa.rules.consents import ALL, RELATIONSHIP
from postventa.sms_numbers import mobile_of
from postventa.sms_objections import CLASS, object_to_texts
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


@dataclass(frozen=True, slots=True)
class Linked:
    """Whom the link means; `number` only where their shop sends texts and they have a mobile."""

    id: int
    email: str
    number: str

    @property
    def scopes(self) -> tuple[str, ...]:
        return (*SCOPES, CLASS) if self.number else SCOPES


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
    visit, person = _linked(token, visit)
    return _form(visit, person) if person.email else _done(visit, None)


@router.post("/optout/{token}")
def take(token: str, visit: Visiting, said: SmallForm) -> HTMLResponse:
    """Records the objection, once: whoever presses again, or from another mail, is given the same reference."""
    visit, person = _linked(token, visit)
    if not person.email:
        return _done(visit, None)  # erased meanwhile: there is nobody to write to
    is_one_click = said.get(ONE_CLICK[0]) == ONE_CLICK[1]
    scope = ALL if is_one_click else said.get("scope", "")
    if scope not in person.scopes:
        return _form(visit, person, in_words({"scope": "optout"}, visit.words), 422)
    by = {"source": "one_click" if is_one_click else "page", "source_ref": f"customer:{person.id}"}
    with visit.reception.place.store.begin() as connection:
        objected = _object(connection, visit, person, scope, by)
    return _done(visit, objected, scope)


def _object(
    connection: Connection, visit: Visit, person: Linked, scope: str, by: Mapping[str, str]
) -> Objected:
    if scope == CLASS:
        return object_to_texts(
            connection,
            visit.settings,
            shop=visit.shop,
            number=person.number,
            customer_ids=[person.id],
            now=clock.now(),
            **by,
        )
    return object_to(
        connection, visit.settings, shop=visit.shop, email=person.email, scope=scope, now=clock.now(), **by
    )


def _linked(token: str, visit: Visit) -> tuple[Visit, Linked]:
    """The visit in the customer's language, and who they are. Raises NoSuchLink, LinkTooOld or Refused."""
    shop, customer_id = links.read_opt_out_link(visit.settings, token)
    latest = select(_ORDERS.language, _ORDERS.details).where(_ORDERS.customer_id == customer_id)
    with visit.reception.place.reading() as connection:
        found = connection.execute(
            select(_CUSTOMERS.email, _CUSTOMERS.phone).where(
                _CUSTOMERS.id == customer_id, _CUSTOMERS.shop == shop
            )
        ).one_or_none()
        order = connection.execute(latest.order_by(_ORDERS.id.desc()).limit(1)).one_or_none()
    if found is None or shop not in visit.settings.shops:
        raise Refused(404)
    gets_texts = order is not None and bool(visit.settings.shop(shop).texts)
    number = mobile_of(order, found) if gets_texts else ""
    return visit.about(shop, order.language if order else None), Linked(customer_id, found.email, number)


def _form(
    visit: Visit, person: Linked, errors: dict[str, str] | None = None, status: int = 200
) -> HTMLResponse:
    words, company = visit.words["optout"], visit.settings.company.legal_name
    hints = {
        ALL: words["all_hint"] % company,
        RELATIONSHIP: words["relationship_hint"],
        CLASS: words["sms_hint"],
    }
    return visit.page(
        "opt_out.html",
        status,
        email=masked(person.email),
        typed=Typed.empty(scope=ALL),
        errors=errors or {},
        scopes=[(scope, words[scope], hints[scope]) for scope in person.scopes],
    )


def _done(visit: Visit, objected: Objected | None, scope: str = ALL) -> HTMLResponse:
    return visit.page("opt_out_done.html", objected=objected, is_texts=scope == CLASS)
