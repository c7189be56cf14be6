"""Letters to managers about a night: owed once for each of them, about no order and no case, and so about no customer."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from postventa.connectors.addresses import address_problem
from postventa.envelopes import Envelope, enveloped
from postventa.facts import facts_of
from postventa.message_ids import message_id_for, naming_secret
from postventa.messages import card, language_for
from postventa.rules.messages import Verdict, may_write_in_a_case
from postventa.settings import Channel, Settings
from postventa.staff_letters import address_of
from postventa.store.owing import owe_message
from postventa.views import MessageView

SUMMARY = "nightly_summary"


def owe_summary(
    connection: Connection,
    settings: Settings,
    night: date,
    facts: Mapping[str, Any],
    now: datetime,
    *,
    occasion: str = "",
) -> int:
    """Owes every manager the summary of a night; answers to how many it was not owed before."""
    about = f"{night}:{occasion}" if occasion else f"{night}"
    return sum(
        owe_message(
            connection,
            SUMMARY,
            f"-:-:-:{SUMMARY}:{about}@{manager}",
            now,
            occasion=about,
            recipient=manager,
            facts=facts,
        )
        for manager in managers(settings)
    )


def managers(settings: Settings) -> tuple[str, ...]:
    """Who gets the summary: names in [desk.people], each once."""
    usual = (settings.desk.manager,) if settings.desk.manager else ()
    return tuple(dict.fromkeys(settings.datasets.managers or usual))


class NightDesk:
    """Where letters about one night are decided and written. `row` is always a row of the outbox."""

    case_id = None
    customer_id = None

    def __init__(self, occasion: str, settings: Settings, channel: Channel) -> None:
        self._occasion = occasion
        self._settings = settings
        self._channel = channel
        self._shop = next(iter(settings.shops.values()))
        """Managers read the language of the first shop."""

    @property
    def order_name(self) -> str:
        """As messages that wait for a person name it."""
        return f"-:{self._occasion}"

    @property
    def called(self) -> str:
        """The same in a sentence."""
        return f"the night {self._occasion}"

    def verdict(self, row: Any, now: datetime) -> Verdict:
        """Whether the message may go now: there is another one tomorrow."""
        about, email = card(row.message), address_of(row, self._settings)[1]
        verdict = may_write_in_a_case(
            about.message_class,
            has_address=bool(email) and address_problem(email) is None,
            has_bounced=False,
        )
        is_old = about.stale_hours is not None and now - row.happened_at > timedelta(hours=about.stale_hours)
        return Verdict.no("stale_event") if verdict.may_go and is_old else verdict

    def told(self, row: Any) -> None:
        """Nothing waits for what was told of a night."""

    def letter(self, row: Any, now: datetime) -> Envelope:
        """Writes the letter. Raises BadTemplate or Unsendable if that cannot be done."""
        name, email = address_of(row, self._settings)
        view = self._view(row, name)
        secret = naming_secret(self._settings.web.secret_env)
        return enveloped(
            row.message,
            view,
            message_id=row.message_id or message_id_for(row.key, self._channel.sender, secret),
            sender=self._channel.sender,
            to=(name, email),
            reply_to=self._settings.company.email,
            now=now,
            headers={},
        )

    def _view(self, row: Any, name: str) -> MessageView:
        return MessageView(
            language=language_for(self._shop.language, self._shop.language),
            shop_name=self._settings.company.legal_name,
            shop_url=self._shop.url,
            company=self._settings.company,
            customer_name=name,
            order=None,
            facts=facts_of(row.facts or {}, self._shop.zone),
            is_for_staff=True,
        )
