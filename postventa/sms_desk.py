"""Where text messages of one order are decided and written: to a mobile number that takes them, at an hour that disturbs nobody.

A text goes beside a mail that says the same at length. So whoever wants no texts, or cannot get any, misses nothing,
and what is too late as a text is left out.
"""

import hashlib
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from postventa import clock
from postventa.connectors.channels.sms import HEAD
from postventa.desks import Subject
from postventa.envelopes import Envelope
from postventa.letters import Desk
from postventa.messages import card, values_of
from postventa.relations import Relations, needs_a_yes
from postventa.rules.consents import ASKED_FOR
from postventa.rules.messages import Standing, Verdict
from postventa.rules.quiet_hours import Hours, may_disturb, no_holiday
from postventa.sales import home_of
from postventa.settings import Channel, Settings
from postventa.sms_reach import Numbers, numbers_of
from postventa.sms_words import worded
from postventa.store.dossiers import Dossier, dossiers

CHANNEL = "sms"


class SmsDesk(Desk):
    """The desk of one order's texts. `row` is always a row of the outbox that is owed as a text."""

    def __init__(
        self,
        dossier: Dossier,
        settings: Settings,
        channel: Channel,
        relations: Relations | None,
        numbers: Numbers,
    ) -> None:
        super().__init__(dossier, settings, channel, relations)
        self._number = numbers.by_order.get(dossier.order.id, "")
        self._is_silent = dossier.order.id in numbers.silent
        self._is_dead = dossier.order.id in numbers.dead

    def verdict(self, row: Any, now: datetime) -> Verdict:
        """Whether the text may go now."""
        if row.message not in self._shop.texts:
            return Verdict.no("channel_not_allowed")  # switched off since it was owed
        if self._is_silent:
            return Verdict.no("opted_out")
        verdict = super().verdict(row, now)
        if not verdict.may_go or card(row.message).message_class in ASKED_FOR:
            return verdict  # with the hours, weekends and holidays of what nobody waits for
        zone = home_of(self._dossier.order).zone or self._shop.zone
        return may_disturb(Hours(self._channel.opens, self._channel.closes), zone, now, no_holiday)

    def letter(self, row: Any, now: datetime) -> Envelope:  # noqa: ARG002 - as letters are written
        """Puts it into words. Raises BadTemplate or NoSuchMessage."""
        view = self._view(row)
        text = worded(row.message, view.language, values_of(card(row.message), view))
        key = row.message_id or f"sms-{hashlib.blake2b(row.key.encode(), digest_size=16).hexdigest()}"
        return Envelope(key, self._channel.sender, self._number, f"{HEAD}{key}\n\n{text}".encode())

    def _standing(self) -> Standing:
        """Of the number: the mail's own troubles hold back no text."""
        return replace(super()._standing(), has_address=bool(self._number), has_bounced=self._is_dead)


class SmsDesks:
    """The desks of a batch of texts, all that they need read at once."""

    def __init__(
        self, connection: Connection, rows: Collection[Any], settings: Settings, channel: Channel
    ) -> None:
        self._settings, self._channel = settings, channel
        self._orders = dossiers(connection, sorted({row.order_id for row in rows}), CHANNEL)
        asked = {row.order_id: self._orders[row.order_id] for row in rows if needs_a_yes(row.message)}
        now = clock.now()
        self._relations = Relations(connection, settings, channel, asked, now) if asked else None
        self._numbers = numbers_of(connection, settings, self._orders, now)

    def of(self, subject: Subject) -> SmsDesk:
        """The desk of one order of the batch."""
        return SmsDesk(
            self._orders[subject[1]], self._settings, self._channel, self._relations, self._numbers
        )
