"""Whether a relationship or a commercial message may go: what its customer said, what came back, and what hour it is.

Read for a whole batch at once, and only for one that holds such a message; what a contract owes never comes here.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from postventa.calendars import holidays_for
from postventa.cards import BadTemplate, Card, MessageClass, NoSuchMessage, card
from postventa.case_surveys import MESSAGE as CASE_SURVEY
from postventa.consents import bases_of
from postventa.contacts import contacts_of
from postventa.exclusions import asked
from postventa.review_facts import REMINDER, REQUEST, askings
from postventa.review_letters import facts_now
from postventa.reviews import still_may
from postventa.rules.consents import ASKED_FOR, COMMERCIAL, Basis, Exclusion, Reach, may_write
from postventa.rules.messages import Verdict
from postventa.rules.quiet_hours import Hours, may_disturb, no_holiday
from postventa.rules.reviews import LOOK_AGAIN
from postventa.sales import home_of
from postventa.settings import Channel, Settings
from postventa.store.consents import came_back, said_by, suppressed
from postventa.store.dossiers import Dossier


def needs_a_yes(message: str) -> bool:
    """Whether a message is of a class that its customer may refuse."""
    try:
        return card(message).message_class in ASKED_FOR
    except (NoSuchMessage, BadTemplate):
        return False  # whoever writes it says what is wrong with it


class Relations:
    """How the customers of some orders stand with their shops, as it is now."""

    def __init__(
        self,
        connection: Connection,
        settings: Settings,
        channel: Channel,
        dossiers: Mapping[int, Dossier],
        now: datetime,
    ) -> None:
        self._settings, self._channel = settings, channel
        customers = {dossier.customer.id: dossier.customer for dossier in dossiers.values()}
        self._contacts = {
            number: contacts_of(settings, customer.email) for number, customer in customers.items()
        }
        everyone = {one for known in self._contacts.values() for one in known.items()}
        self._said = said_by(connection, everyone)
        self._suppressed = suppressed(connection, everyone)
        self._askings = askings(connection, settings, list(dossiers), now)
        since = now - timedelta(days=settings.policy.soft_bounce_days)
        self._came_back = came_back(connection, everyone, since)

    def verdict(self, about: Card, dossier: Dossier, now: datetime) -> Verdict:
        """Whether a message of this card may go to the order's customer now."""
        reach = self._reach(dossier)
        message_class = about.message_class
        may = may_write(
            reach,
            message_class,
            is_own_similar=about.is_own_similar,
            exclusion=self._exclusion(message_class, reach, dossier.customer.email),
        )
        if may.may_go and about.message in (REQUEST, REMINDER):
            may = still_may(self._askings[dossier.order.id], about.message, now)
        if may.may_go and self._is_full(dossier):
            return Verdict.later("soft_bounce", now + LOOK_AGAIN)
        if about.message == CASE_SURVEY and self._askings[dossier.order.id].facts.has_open_complaint:
            return Verdict.no("complaint_open")  # opened or reopened since it was owed
        return self._hour(dossier, now) if may.may_go else may

    def facts(self, message: str, dossier: Dossier, written: Mapping[str, Any]) -> Mapping[str, Any]:
        """What was written down when a message was owed, as it is now."""
        if message not in (REQUEST, REMINDER):
            return written
        if self._reach(dossier).bases[COMMERCIAL] is not Basis.CONSENT:
            written = {
                **written,
                "reward": "",
            }  # a promise is advertising, and the yes to that was taken back
        return facts_now(self._settings, self._askings[dossier.order.id], written)

    def _reach(self, dossier: Dossier) -> Reach:
        contacts = self._contacts[dossier.customer.id]
        mine = contacts[dossier.order.shop]
        theirs = frozenset(contacts.values())
        return Reach(
            bases=bases_of([row for row in self._said if row.contact in theirs], mine),
            is_suppressed=frozenset(name for contact, name in self._suppressed if contact == mine),
            has_bounced=self._came_back.get(mine, (False, 0))[0],
            has_way_out=bool(self._settings.web.url),
        )

    def _is_full(self, dossier: Dossier) -> bool:
        """Whether so many mails came back lately that it is no use to write: a full mailbox is emptied some day."""
        mine = self._contacts[dossier.customer.id][dossier.order.shop]
        return self._came_back.get(mine, (False, 0))[1] >= self._settings.policy.soft_bounces

    def _exclusion(self, message_class: str, reach: Reach, email: str) -> Exclusion:
        """Asked only about advertising that nobody said yes to: it may take a while, and it tells somebody of them."""
        is_needed = message_class == MessageClass.COMMERCIAL
        if not is_needed or reach.bases[message_class] is not Basis.SOFT_OPT_IN:
            return Exclusion.NOT_ASKED
        return asked(self._settings, email)

    def _hour(self, dossier: Dossier, now: datetime) -> Verdict:
        """By the clock where the goods went, else the shop's."""
        home = home_of(dossier.order)
        zone = home.zone or self._settings.shop(dossier.order.shop).zone
        channel = self._channel
        hours = Hours(channel.opens, channel.closes, everyday=channel.is_quiet)
        if hours.everyday:
            return may_disturb(hours, zone, now, no_holiday)
        holidays = holidays_for(self._settings.policy.jurisdiction, home.region)
        return may_disturb(hours, zone, now, lambda day: holidays.has(day, only_national=False))
