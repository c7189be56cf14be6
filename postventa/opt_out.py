"""The way out that every relationship and commercial mail carries: one click, a page, or a mail (RFC 8058, LSSI 21.2)."""

import re
from datetime import datetime

from sqlalchemy import Connection, select

from postventa.connectors.addresses import address_problem, mailbox
from postventa.consents import object_to
from postventa.links import NoSuchLink, opt_out_link, opt_out_token, read_opt_out_link
from postventa.settings import BadConfiguration, Settings
from postventa.store.orders import CustomerRow

WORD = "unsubscribe"
_SUBJECT = re.compile(rf"\s*{WORD}\s+([\w.-]{{20,300}})\s*", re.IGNORECASE | re.ASCII)


def way_out(settings: Settings, shop: str, customer_id: int) -> dict[str, str]:
    """The headers of a mail that may be objected to; none without [web].url."""
    link = opt_out_link(settings, shop, customer_id)
    if not link:
        return {}
    subject = f"{WORD}%20{opt_out_token(settings, shop, customer_id)}"
    by_mail = f"mailto:{objections_to(settings, shop)}?subject={subject}"
    return {
        "List-Unsubscribe": f"<{link}>, <{by_mail}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def objections_to(settings: Settings, shop: str) -> str:
    """The address that hears of objections: the shop's mailbox that is read by itself, else the company's."""
    for box in settings.mailboxes.values():
        if box.shop == shop and address_problem(box.user) is None:
            return box.user
    return mailbox(settings.company.email)[1]


def object_by_mail(
    connection: Connection, settings: Settings, subject: str, source_ref: str, now: datetime
) -> bool:
    """Records what a mail says whose subject is the signed word; False if it is another mail."""
    shop, customer_id = who_objects(settings, subject) or ("", 0)
    if shop not in settings.shops:
        return False
    known = select(CustomerRow.email).where(CustomerRow.shop == shop, CustomerRow.id == customer_id)
    email = connection.execute(known).scalar_one_or_none()
    if not email:
        return False
    object_to(connection, settings, shop=shop, email=email, source="mail", source_ref=source_ref, now=now)
    return True


def who_objects(settings: Settings, subject: str) -> tuple[str, int] | None:
    """The shop and the customer's id in the subject of a mail that objects; None if it is another mail."""
    found = _SUBJECT.fullmatch(subject)
    try:
        return read_opt_out_link(settings, found[1]) if found else None
    except (NoSuchLink, BadConfiguration):
        return None
