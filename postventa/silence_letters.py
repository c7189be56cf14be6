"""Telling the desk of an order that is silent: once for each silence, and not if something was heard meanwhile."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from postventa.calls import person_for
from postventa.rules.escalation import Role
from postventa.settings import Settings
from postventa.silences import SilentOrder
from postventa.staff_letters import ABOUT_A_SILENCE, owe_about_order


def tell(
    connection: Connection, settings: Settings, found: Collection[SilentOrder], now: datetime
) -> list[str]:
    """Owes the owner of the desk a letter for each silence that nobody was told of; answers what nobody can be told.

    A silence that ends and begins anew is another one.
    """
    desk = settings.desk
    to = person_for(desk, Role.OWNER, desk.owner)
    if to:
        for one in found:
            owe_about_order(
                connection,
                one.order,
                _occasion(one),
                now,
                recipient=to,
                facts=_facts(settings, one),
                message=ABOUT_A_SILENCE,
            )
        return []
    return [
        f"{one.order.shop}:{one.order.ref} is silent ({one.silent.quiet.silence}) and nobody is configured: "
        "fill in [desk] and [desk.people]"
        for one in found
        if one.silent.is_new
    ]


def rows_of(settings: Settings, found: Sequence[SilentOrder]) -> list[dict[str, Any]]:
    """The silences as rows of a table, without anything of the customer's."""
    to = person_for(settings.desk, Role.OWNER, settings.desk.owner)
    return [
        {
            "order": f"{one.order.shop}:{one.order.ref}",
            "what": one.silent.quiet.silence.replace("_", " "),
            "since": one.silent.quiet.since.isoformat(timespec="minutes"),
            "working days": one.silent.days,
            "carrier": (one.parcel.carrier or "") if one.parcel else "",
            "parcel": one.parcel.tracking_number if one.parcel else "",
            "told": to or "nobody",
        }
        for one in found
    ]


def _occasion(one: SilentOrder) -> str:
    said = one.silent.quiet
    return f"{said.silence}:{said.parcel or '-'}:{said.since:%Y-%m-%dT%H:%M}"


def _facts(settings: Settings, one: SilentOrder) -> dict[str, Any]:
    said, parcel = one.silent.quiet, one.parcel
    return {
        "silence": str(said.silence),
        "since_at": said.since.isoformat(),
        "working_days": one.silent.days,
        "parcel": said.parcel,
        "tracking_number": parcel.tracking_number if parcel else "",
        "carrier": settings.carrier_called(parcel.carrier, parcel.carrier_word) if parcel else "",
    }
