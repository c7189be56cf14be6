"""Where shops' webhooks come to: they bring the next poll forward, and nothing of what they say is kept or believed."""

from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from postventa.connectors.doors import doorkeeper_of
from postventa.nudges import Bell, Knock
from postventa.settings import secret
from postventa.web.refusals import Refused
from postventa.web.visits import Visiting

router = APIRouter(prefix="/api/hooks")


@router.post("/{shop}")
async def hear_knock(shop: str, request: Request, visit: Visiting) -> PlainTextResponse:
    """What is signed is never too often: it costs a digest, and many are one poll. All else is counted like writing."""
    known = visit.settings.shops.get(shop)
    keeper = doorkeeper_of(shop, known) if known else None
    who = Knock.STRANGER
    if known and keeper:
        body = await request.body()
        who = keeper(request.headers, body, secret(known.webhook_secret_env, f"shops.{shop}"))
    if who is Knock.NEWS:
        bell: Bell = request.app.state.bell
        return PlainTextResponse("ok", background=BackgroundTask(bell.ring, shop))
    if not visit.reception.may_write(request.client.host if request.client else ""):
        raise Refused(429)
    if who is Knock.STRANGER:
        raise Refused(401 if keeper else 404)
    return PlainTextResponse("ok")
