"""`postventa complaint open`: filing a complaint that came by telephone, by post or over the counter."""

import hashlib
from typing import Annotated, Any

from cyclopts import Parameter
from sqlalchemy import Connection

from postventa import clock, complaints
from postventa.case_story import case_story
from postventa.cli.complaints import Text, complaint_app, words_from
from postventa.cli.house import Common, Wrong
from postventa.complaints import Statement
from postventa.rules.complaints import Kind, Topic
from postventa.settings import BadConfiguration, Settings
from postventa.store.orders import order_id_of


@complaint_app.command(name="open")
def open_complaint(
    *,
    text: Text,
    kind: Kind = Kind.COMPLAINT,
    topic: Topic = Topic.OTHER,
    order: str = "",
    shop: str = "",
    email: str = "",
    name: str = "",
    phone: str = "",
    language: str = "",
    region: Annotated[str, Parameter(help="Where the customer lives, such as ES-CB")] = "",
    received: Annotated[
        str, Parameter(help="When it reached the shop, if not now: an ISO 8601 instant")
    ] = "",
    official_form: Annotated[
        bool, Parameter(help="It came on a region's official form", negative="")
    ] = False,
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """File a complaint that came by telephone, by post or over the counter. The same words on one day are one case."""
    with common.workplace() as place, place.store.begin() as connection:
        now = clock.now()
        received_at = clock.read_instant(received) if received else now
        if received_at > now:
            raise Wrong(f"--received {received} has not come yet", code=2)
        words = words_from(text)
        if not words.strip():
            raise Wrong("there are no words in it: say with --text what the customer complains of", code=2)
        shop_name = _shop(connection, place.settings, order, shop)
        mark = hashlib.sha256(f"{order}\x00{email.casefold()}\x00{words}".encode("utf-8", "replace"))
        statement = Statement(
            shop=shop_name,
            kind=kind,
            topic=topic,
            text=words,
            language=language,
            name=name,
            email=email,
            phone=phone,
            order_ref=order or None,
            region=region,
            source="desk",
            source_ref=f"{received_at:%Y-%m-%d}:{mark.hexdigest()[:32]}",
            received_at=received_at,
            is_official_form=official_form,
        )
        filed = complaints.file_complaint(connection, place.settings, statement, now)
        story = case_story(connection, filed.case_id, place.settings)
    is_new = "is filed" if filed.is_new else "was filed before"
    by = f" Answer it by {filed.answer_by}." if filed.answer_by else ""
    receipt = "The receipt goes with the next run of the messages."
    if filed.is_new and not story.email:
        receipt = "There is no e-mail address: give the customer number and key in writing yourself."
    said = f"{filed.number} {is_new}, with the key {filed.key}.{by} {receipt if filed.is_new else ''}".strip()
    common.answer(story.document() | {"is_new": filed.is_new}, said)
    return 0


def _shop(connection: Connection, settings: Settings, order: str, shop: str) -> str:
    """The shop that is meant: by name, by the order, or the only one."""
    found: list[Any] = (
        order_id_of(connection, f"{shop}:{order}" if shop and ":" not in order else order) if order else []
    )
    if order and len(found) != 1:
        names = ", ".join(f"{one[1]}:{one[2]}" for one in found[:5])
        raise Wrong(
            f"{order} may be any of {names}: name one of them" if found else f"there is no order {order}"
        )
    wanted = found[0][1] if found else shop
    if not wanted and len(settings.shops) == 1:
        return next(iter(settings.shops))
    if not wanted:
        raise Wrong(f"say which shop with --shop: {', '.join(settings.shops)}", code=2)
    if wanted not in settings.shops:
        raise BadConfiguration(f"there is no [shops.{wanted}] in the configuration")
    return wanted
