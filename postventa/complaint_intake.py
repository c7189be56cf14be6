"""A complaint comes in: its case, its number and key, its clocks and the receipt that is owed, all in one transaction."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from postventa.clock_law import read_up
from postventa.clocks import driving, start_clocks
from postventa.languages import language_of
from postventa.long_texts import keep_whole
from postventa.plain_text import Plain, plain_text
from postventa.rules.answers import points_of
from postventa.rules.complaints import Kind, State, Topic
from postventa.rules.places import region_among, zone_of
from postventa.settings import Settings
from postventa.store.casebook import NewCase, open_case, owe, say
from postventa.store.cases import CaseRow
from postventa.store.complaints import ComplaintRow
from postventa.store.orders import CustomerRow, OrderRow, order_id_of

FAMILY = "complaint"
_CASES: Any = CaseRow.__table__
_ORDERS: Any = OrderRow.__table__
_CUSTOMERS: Any = CustomerRow.__table__


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What somebody complains of, as it was said. What is not known is empty."""

    shop: str
    kind: Kind
    topic: Topic
    text: str
    language: str
    name: str
    email: str
    phone: str = ""
    order_ref: str | None = None
    """The shop's id of an order, or its number."""
    region: str = ""
    zone: str = ""
    source: str
    """`web`, `desk`, `mail` or `api`."""
    source_ref: str
    """What makes the same words heard twice one complaint."""
    received_at: datetime
    is_official_form: bool = False
    is_order_proven: bool = False
    """It came by a signed link of the order, so that its e-mail address need not be the order's."""


@dataclass(frozen=True, slots=True)
class Filed:
    """A complaint in the book; `answer_by` is the last day on which it is answered in time."""

    case_id: int
    number: str
    key: str
    is_new: bool
    answer_by: date | None


@dataclass(frozen=True, slots=True)
class _Found:
    """The order that a statement means and its customer; or why there is none."""

    order: Any = None
    customer: Any = None
    reason: str = ""


def file_complaint(connection: Connection, settings: Settings, statement: Statement, now: datetime) -> Filed:
    """Opens the case, starts its clocks and owes the receipt; the same words from the same source are one case."""
    shop = settings.shop(statement.shop)
    found = _order_of(connection, statement)
    home = _home(statement, found.order)
    language = statement.language or getattr(found.order, "language", None)
    language = language or language_of(plain_text(statement.text).text) or shop.language
    new = NewCase(
        shop=statement.shop,
        family=FAMILY,
        name=_clean(statement.name) or getattr(found.customer, "name", ""),
        email=_clean(statement.email) or getattr(found.customer, "email", ""),
        phone=_clean(statement.phone) or getattr(found.customer, "phone", ""),
        language=re.split("[-_]", language.strip().lower())[0][:8],
        source=statement.source,
        source_ref=statement.source_ref,
        state=State.RECEIVED,
        opened_at=statement.received_at,
        order_id=found.order.id if found.order else None,
        customer_id=found.customer.id if found.customer else None,
        region=home[0],
        zone=home[1],
        owner=settings.desk.owner or None,
    )
    read_up(settings, new.region)
    opened = open_case(connection, new, now, shop.zone)
    if opened.is_new:
        is_whole = _write_down(connection, settings, opened.case_id, statement, found=found, now=now)
        start_clocks(
            connection,
            settings,
            trigger="complaint.received",
            shop=statement.shop,
            events=[statement.received_at],
            now=now,
            case_id=opened.case_id,
            topic=statement.topic,
            region=new.region,
            zone=new.zone,
            is_official_form=statement.is_official_form,
        )
        owe(connection, opened.case_id, "complaint_received", "received", now, facts={"is_whole": is_whole})
    answer_by = last_day_of(connection, settings, opened.case_id)
    return Filed(opened.case_id, opened.number, opened.key, opened.is_new, answer_by)


def last_day_of(connection: Connection, settings: Settings, case_id: int) -> date | None:
    """The last day, as its clock counts days, on which an answer is in time; None where no clock runs."""
    clock = driving(connection, case_id)
    if clock is None:
        return None
    shop = connection.execute(select(_CASES.c.shop).where(_CASES.c.id == case_id)).scalar_one()
    zone = ZoneInfo(clock.zone) if clock.zone else settings.shop(shop).zone
    due_at: datetime = clock.due_at
    return (due_at.astimezone(zone) - timedelta(microseconds=1)).date()


def _write_down(
    connection: Connection,
    settings: Settings,
    case_id: int,
    statement: Statement,
    *,
    found: _Found,
    now: datetime,
) -> bool:
    """Writes the complaint and its first entry; answers whether all of its text is in them."""
    text = plain_text(statement.text)
    row = {
        "case_id": case_id,
        "kind": Kind(statement.kind),
        "topic": Topic(statement.topic),
        "text": text.text,
        "is_official_form": statement.is_official_form,
        "points": [{"text": point, "reason": ""} for point in points_of(text.text)],
        "reopened": 0,
    }
    connection.execute(ComplaintRow.__table__.insert(), row)  # type: ignore[attr-defined]  # a mapped class's table is a Table
    entry_id = say(
        connection,
        case_id,
        kind="statement",
        author="customer",
        text=text.text,
        at=statement.received_at,
        now=now,
        occasion="statement",
        details=_details(statement, found, text),
    )
    if not text.is_whole:
        keep_whole(connection, settings, case_id, statement.text, entry_id=entry_id, now=now)
    return text.is_whole


def _details(statement: Statement, found: _Found, text: Plain) -> dict[str, Any]:
    said: dict[str, Any] = {
        "kind": Kind(statement.kind),
        "topic": Topic(statement.topic),
        "is_whole": text.is_whole,
    }
    if statement.order_ref:
        said["order"] = _clean(statement.order_ref)[:64]
    if found.reason:
        said["no_order_because"] = found.reason
    return said


def _order_of(connection: Connection, statement: Statement) -> _Found:
    """The order, only for who may speak of it: its customer by the e-mail address, or whom the desk or a link vouches for."""
    named = _clean(statement.order_ref or "").removeprefix("#").strip()
    stranger = _Found(customer=_customer_by(connection, statement))
    if not named:
        return stranger
    meant = order_id_of(connection, f"{statement.shop}:{named.removeprefix(f'{statement.shop}:')}")
    if len(meant) != 1:
        reason = "no order has this number" if not meant else "several orders have this number"
        return _Found(customer=stranger.customer, reason=reason)
    order = connection.execute(_ORDERS.select().where(_ORDERS.c.id == meant[0][0])).one()
    customer = connection.execute(_CUSTOMERS.select().where(_CUSTOMERS.c.id == order.customer_id)).one()
    is_theirs = bool(customer.email) and _address(customer.email) == _address(statement.email)
    if is_theirs or statement.is_order_proven or statement.source == "desk":
        return _Found(order, customer)
    return _Found(customer=stranger.customer, reason="the e-mail address is not that of the order's customer")


def _customer_by(connection: Connection, statement: Statement) -> Any:
    wanted = _CUSTOMERS.select().where(
        _CUSTOMERS.c.shop == statement.shop, _CUSTOMERS.c.identity == _address(statement.email)
    )
    return connection.execute(wanted).one_or_none() if _address(statement.email) else None


def _home(statement: Statement, order: Any) -> tuple[str, str]:
    """Region and zone: as said, else by where the goods went, else by the bill."""
    region = statement.region
    if not region and order is not None:
        region = region_among((order.details.get("shipping"), order.details.get("billing")))
    return region[:8], statement.zone or str(zone_of(region) or "")


def _address(email: str) -> str:
    return _clean(email).casefold()


def _clean(written: str) -> str:
    """A name, an address or a number on one line, as a database can hold it."""
    return " ".join(plain_text(written, longest=400).text.split())
