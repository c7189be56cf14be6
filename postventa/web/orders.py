"""The page of an order, by its signed link: where it stands, its parcels, and the ways to withdraw or to complain."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse

from postventa import clock
from postventa.links import read_order_link
from postventa.rules.counting import A_SECOND
from postventa.web.order_view import TrackedOrder, tracked_order
from postventa.web.refusals import Refused
from postventa.web.visits import Visit, Visiting
from postventa.windows import window_of

router = APIRouter()


def linked_order(token: str, visit: Visiting) -> TrackedOrder:
    """The order that a link leads to. A link to an order that is gone is a page that does not exist."""
    shop, order_id = read_order_link(visit.settings, token)
    known = visit.settings.shops.get(shop)
    if known is None:
        raise Refused(404)
    with visit.reception.place.reading() as connection:
        found = tracked_order(connection, visit.settings, order_id, known.zone)
    if found is None or found.shop != shop:
        raise Refused(404)
    return found


def linked_visit(visit: Visiting, order: Annotated[TrackedOrder, Depends(linked_order)]) -> Visit:
    """The visit, in the language of the order."""
    return visit.about(order.shop, order.language)


LinkedOrder = Annotated[TrackedOrder, Depends(linked_order)]
LinkedVisit = Annotated[Visit, Depends(linked_visit)]


@router.get("/order/{token}")
def show_order(token: str, order: LinkedOrder, visit: LinkedVisit) -> HTMLResponse:
    with visit.reception.place.reading() as connection:
        window = window_of(connection, visit.settings, order.order_id, clock.now())
    last_at = (window.closes_at - A_SECOND).astimezone(order.zone) if window.closes_at else None
    is_open = any(line.is_open for line in window.lines)
    return visit.page("order.html", order=order, token=token, window=window, is_open=is_open, last_at=last_at)
