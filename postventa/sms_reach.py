"""Whom texts can reach: the mobile numbers of a batch of customers, and which of them want none or take none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from postventa.contacts import contact_of
from postventa.settings import Settings
from postventa.sms_numbers import mobile_of
from postventa.sms_objections import CLASS
from postventa.store.consents import came_back, suppressed
from postventa.store.dossiers import Dossier


@dataclass(frozen=True, slots=True)
class Numbers:
    """The mobile numbers of some orders' customers, and how they stand."""

    by_order: Mapping[int, str] = field(default_factory=dict)
    silent: frozenset[int] = frozenset()
    """Orders whose customer's number wants no texts."""
    dead: frozenset[int] = frozenset()
    """Orders whose customer's number takes none."""


def numbers_of(
    connection: Connection, settings: Settings, read: Mapping[int, Dossier], now: datetime
) -> Numbers:
    """Read for a batch at once."""
    mobiles = {number: mobile_of(one.order, one.customer) for number, one in read.items()}
    contacts = {
        number: (read[number].order.shop, contact_of(settings, read[number].order.shop, mobile))
        for number, mobile in mobiles.items()
        if mobile
    }
    wanted = set(contacts.values())
    if not wanted:
        return Numbers(mobiles)
    silent = {contact for contact, name in suppressed(connection, wanted) if name == CLASS}
    policy = settings.policy
    back = came_back(connection, wanted, now - timedelta(days=policy.soft_bounce_days))
    dead = {contact for contact, (hard, soft) in back.items() if hard or soft >= policy.soft_bounces}
    return Numbers(
        mobiles,
        frozenset(number for number, (_, contact) in contacts.items() if contact in silent),
        frozenset(number for number, (_, contact) in contacts.items() if contact in dead),
    )
