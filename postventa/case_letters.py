"""From a message owed about a case to a letter, to its customer or to whoever answers for it."""

from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from postventa.calls import LAPSED, TO_STAFF
from postventa.connectors.addresses import address_problem
from postventa.copies import order_view, sums_of
from postventa.envelopes import Envelope, enveloped
from postventa.facts import facts_of
from postventa.links import case_link
from postventa.message_ids import message_id_for
from postventa.messages import BadTemplate, card, language_for
from postventa.receipts import receipt_of
from postventa.rules.messages import Verdict, may_write_in_a_case
from postventa.settings import Channel, Settings
from postventa.store.case_dossiers import CaseDossier, driving
from postventa.views import AdrView, CaseView, MessageView, OrderView, ReturnLineView

RECEIPT = "complaint_received"
"""The letter that carries its content as a PDF too."""
OF_ADR = "complaint_adr"
"""The letter that is nothing without an entity to turn to (Ley 7/2017 art. 40.3)."""
_SINCE = {"double_sum": ""}
"""Facts that letters owed by an earlier version do not have."""


class CaseDesk:
    """Where letters about one case are decided and written. `row` is always a row of the outbox."""

    def __init__(self, dossier: CaseDossier, settings: Settings, channel: Channel) -> None:
        self._dossier = dossier
        self._settings = settings
        self._channel = channel
        self._shop = settings.shop(dossier.case.shop)

    @property
    def order_name(self) -> str:
        """`shop:number`, as the desk names a case."""
        return f"{self._dossier.case.shop}:{self._dossier.case.number}"

    @property
    def called(self) -> str:
        """The same in a sentence."""
        return f"case {self.order_name}"

    @property
    def customer_id(self) -> int | None:
        return self._dossier.case.customer_id if self._dossier.customer else None

    @property
    def case_id(self) -> int:
        """The case whose letters are kept as they were sent."""
        return int(self._dossier.case.id)

    def verdict(self, row: Any, now: datetime) -> Verdict:  # noqa: ARG002 - as every desk is asked
        """Whether the message may go now."""
        if row.message == TO_STAFF and self._is_done(row.occasion):
            return Verdict.no("superseded")
        to_whom = self._recipient(row)[1]
        is_known_dead = (
            self._dossier.customer is not None and self._dossier.customer.hard_bounced_at is not None
        )
        is_theirs = row.recipient is None and to_whom == getattr(self._dossier.customer, "email", "")
        return may_write_in_a_case(
            card(row.message).message_class,
            has_address=bool(to_whom) and address_problem(to_whom) is None,
            has_bounced=is_known_dead and is_theirs,
        )

    def _is_done(self, occasion: str) -> bool:
        """Whether what a call is about has been done since: its clock no longer runs. A right that lapsed is news."""
        clock_id, _, call = occasion.partition(":")
        is_of_a_clock = clock_id.isdecimal() and call != LAPSED
        return is_of_a_clock and int(clock_id) not in {clock.id for clock in self._dossier.clocks}

    def told(self, row: Any) -> None:
        """Nothing in a case waits for what was told before it."""

    def letter(self, row: Any, now: datetime) -> Envelope:
        """Writes the letter. Raises BadTemplate or Unsendable if that cannot be done."""
        case = self._dossier.case
        name, email = self._recipient(row)
        view = self.view(row)
        tells_of_adr = row.message == OF_ADR or (row.facts or {}).get("tells_of_adr")
        if tells_of_adr and not self._settings.adr.entity:
            raise BadTemplate("it has no entity for dispute resolution to name: set entity and url in [adr]")
        return enveloped(
            row.message,
            view,
            message_id=row.message_id or message_id_for(row.key, self._channel.sender, case.key),
            sender=self._channel.sender,
            to=(name, email),
            reply_to=self._reply_to(),
            now=now,
            headers={"X-Postventa-Shop": case.shop, "X-Postventa-Case": case.number},
            attachments=(receipt_of(view, view.case),) if view.case and row.message == RECEIPT else (),
        )

    def view(self, row: Any) -> MessageView:
        """What the message is rendered from."""
        case, for_staff = self._dossier.case, row.recipient is not None
        shop = self._shop
        language = language_for(shop.language if for_staff else case.language, shop.language)
        return MessageView(
            language=language,
            shop_name=shop.display_name or self._settings.company.legal_name,
            shop_url=shop.url,
            company=self._settings.company,
            customer_name=self._recipient(row)[0],
            order=self._order(language),
            case=self._case(),
            facts=facts_of(_SINCE | (row.facts or {}), self._zone),
            is_for_staff=for_staff,
        )

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._dossier.case.zone) if self._dossier.case.zone else self._shop.zone

    def _recipient(self, row: Any) -> tuple[str, str]:
        """Name and address; an empty address where nobody is to be found."""
        if row.recipient is None:
            return self._dossier.case.name, self._dossier.case.email
        person = self._settings.desk.people.get(row.recipient)
        return (person.name, person.email) if person else ("", "")

    def _reply_to(self) -> str:
        """An answer comes where it becomes part of the case, if the shop has such a mailbox."""
        for box in self._settings.mailboxes.values():
            if box.shop == self._dossier.case.shop and address_problem(box.user) is None:
                return box.user
        return self._settings.company.email

    def _order(self, language: str) -> OrderView | None:
        dossier = self._dossier.order
        if dossier is None:
            return None
        sums = sums_of(dossier.order, dossier.lines)
        return order_view(dossier.order, dossier.lines, sums, self._shop.zone, language)

    def _case(self) -> CaseView:
        case, complaint, a_return = self._dossier.case, self._dossier.complaint, self._dossier.a_return
        owner = self._settings.desk.people.get(case.owner or "")
        clock = driving(self._dossier.clocks)
        adr, company = self._settings.adr, self._settings.company
        order = self._dossier.order
        return CaseView(
            number=case.number,
            key=case.key,
            family=case.family,
            kind=complaint.kind if complaint else a_return.kind,
            topic=complaint.topic if complaint else "",
            received_at=case.opened_at.astimezone(self._zone),
            text=complaint.text if complaint else a_return.statement,
            points=tuple(SimpleNamespace(**point) for point in complaint.points) if complaint else (),
            outcome=(complaint.outcome or "") if complaint else "",
            answer_by=_last_day(clock.due_at, ZoneInfo(clock.zone) if clock.zone else self._zone)
            if clock
            else None,
            status_url=case_link(self._settings, case.key),
            person=owner.name if owner else (self._shop.display_name or company.legal_name),
            currency=a_return.currency if a_return else (order.order.currency if order else "EUR"),
            lines=tuple(
                ReturnLineView(line.name, line.quantity, line.amount, line.is_refused, line.reason)
                for line in self._dossier.lines
            ),
            returns_address=self._settings.policy.returns_address or company.address,
            adr=AdrView(adr.entity, adr.url, adr.is_member, adr.takes_part),
        )


def _last_day(due_at: datetime, zone: ZoneInfo) -> date:
    """The last day on which it is not too late: the limit itself is exclusive."""
    return (due_at.astimezone(zone) - timedelta(microseconds=1)).date()
