"""From a message that is owed to a letter: the question whether it may go, its view, its envelope and its bytes."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from postventa.connectors.addresses import address_problem
from postventa.connectors.mime import Attachment
from postventa.copies import order_view, sums_of
from postventa.envelopes import Envelope, enveloped
from postventa.estimates import followed_of
from postventa.facts import facts_of
from postventa.invoices import invoice_pdf
from postventa.links import opt_out_link, order_link
from postventa.message_ids import message_id_for, naming_secret
from postventa.messages import Card, card, language_for
from postventa.opt_out import way_out
from postventa.relations import Relations
from postventa.rules.consents import ASKED_FOR
from postventa.rules.messages import Owed, Standing, Verdict, may_contact, may_write_in_a_case
from postventa.rules.orders import Stage
from postventa.rules.shipments import ShipmentStatus
from postventa.settings import Channel, Settings
from postventa.staff_letters import address_of, staff_verdict, staff_view
from postventa.store.dossiers import Dossier
from postventa.tracking_numbers import link_of, postcode_of
from postventa.views import InvoiceView, MessageView, OrderView, ParcelView


class Desk:
    """Where letters of one order are decided and written. `row` is always a row of the outbox."""

    case_id = None
    """An order's letters can be written again from the store at any time; a case's are kept as they went."""

    def __init__(
        self,
        dossier: Dossier,
        settings: Settings,
        channel: Channel,
        relations: Relations | None = None,
        ticking: Collection[int] = (),
    ) -> None:
        self._dossier = dossier
        self._settings = settings
        self._channel = channel
        self._relations = relations
        self._ticking = ticking
        """Of the clocks that the desk is called by, those that still run."""
        self._shop = settings.shop(dossier.order.shop)

    @property
    def order_name(self) -> str:
        """`shop:ref`, as operators name an order."""
        return f"{self._dossier.order.shop}:{self._dossier.order.ref}"

    @property
    def called(self) -> str:
        """The same in a sentence."""
        return f"order {self.order_name}"

    @property
    def customer_id(self) -> int:
        return int(self._dossier.customer.id)

    def verdict(self, row: Any, now: datetime) -> Verdict:
        """Whether the message may go now."""
        if row.recipient is not None:
            return staff_verdict(row, self._dossier, self._settings, self._ticking)
        about, standing = _card(row.message), self._standing()
        is_asked_for = about.message_class in ASKED_FOR
        if about.per == "customer":
            verdict = may_write_in_a_case(
                "service" if is_asked_for else about.message_class,  # whether it was refused is asked below
                has_address=standing.has_address,
                has_bounced=standing.has_bounced,
            )
        else:
            verdict = may_contact(self._owed(row), standing, now)
        if verdict.may_go and is_asked_for:
            if self._relations is None:
                return Verdict.no("no_consent")
            return self._relations.verdict(about, self._dossier, now)
        return verdict

    def told(self, row: Any) -> None:
        """Notes that the customer has been told, for the next message of the same batch."""
        self._dossier.told.add((row.message, row.shipment_id))

    def letter(self, row: Any, now: datetime) -> Envelope:
        """Writes the letter. Raises BadTemplate or Unsendable if that cannot be done."""
        order, customer = self._dossier.order, self._dossier.customer
        name, email = customer.name, customer.email
        if row.recipient is not None:
            name, email = address_of(row, self._settings)
        view = self._view(row)
        invoice = self._invoice(view) if row.message == "paid" else None
        if invoice:
            view = replace(view, invoice_attached=True)
        return enveloped(
            row.message,
            view,
            message_id=row.message_id or self._message_id(row.key),
            sender=self._channel.sender,
            to=(name, email),
            reply_to=self._settings.company.email,
            now=now,
            headers={"X-Postventa-Shop": order.shop, "X-Postventa-Order": order.ref} | self._way_out(row),
            attachments=(invoice,) if invoice else (),
        )

    def _message_id(self, key: str) -> str:
        return message_id_for(key, self._channel.sender, naming_secret(self._settings.web.secret_env))

    def _way_out(self, row: Any) -> dict[str, str]:
        """Only a message that may be refused says how: on any other, mail programs would offer to refuse the order's."""
        if _card(row.message).message_class not in ASKED_FOR:
            return {}
        return way_out(self._settings, self._dossier.order.shop, self.customer_id)

    @cached_property
    def _sums(self) -> Any:
        return sums_of(self._dossier.order, self._dossier.lines)

    @cached_property
    def _order_view(self) -> OrderView:
        """Made once for all the messages that the order owes now."""
        order = self._dossier.order
        language = language_for(order.language, self._shop.language)
        return order_view(order, self._dossier.lines, self._sums, self._shop.zone, language)

    def _owed(self, row: Any) -> Owed:
        about = _card(row.message)
        parcel = self._dossier.parcels.get(row.shipment_id)
        stale_hours = about.stale_hours or self._settings.policy.stale_hours
        return Owed(
            message=row.message,
            step=about.step,
            is_legal=about.is_legal,
            carries_amounts=about.carries_amounts,
            parcel=parcel.tracking_number if parcel else None,
            about=_about(row.occasion),
            happened_at=row.happened_at,
            stale_after=timedelta(hours=stale_hours),
        )

    def _standing(self) -> Standing:
        order, customer, parcels = self._dossier.order, self._dossier.customer, self._dossier.parcels
        numbers = {parcel.id: parcel.tracking_number for parcel in parcels.values()}
        return Standing(
            stage=Stage(order.stage),
            is_held=order.is_held,
            is_reconciled=self._sums.is_reconciled,
            has_address=bool(customer.email) and address_problem(customer.email) is None,
            has_bounced=customer.hard_bounced_at is not None,
            told=frozenset((message, numbers.get(parcel)) for message, parcel in self._dossier.told),
            arrived=frozenset(
                p.tracking_number for p in parcels.values() if p.status == ShipmentStatus.DELIVERED
            ),
            on_the_way=frozenset(
                p.tracking_number
                for p in parcels.values()
                if p.shipped_at and p.status != ShipmentStatus.CANCELLED
            ),
            statuses={p.tracking_number: p.status for p in parcels.values()},
        )

    def _view(self, row: Any) -> MessageView:
        if row.recipient is not None:
            return staff_view(row, self._dossier, self._settings)
        order = self._dossier.order
        parcel = self._parcel(row)
        is_asked_for = _card(row.message).message_class in ASKED_FOR
        return MessageView(
            language=language_for(order.language, self._shop.language),
            shop_name=self._shop.display_name or self._settings.company.legal_name,
            shop_url=self._shop.url,
            company=self._settings.company,
            customer_name=self._dossier.customer.name,
            order=self._order_view,
            parcel=parcel,
            all_shipped=order.is_all_shipped,
            all_delivered=row.message == "delivered" and row.shipment_id is None,
            incident=_about(row.occasion) or row.occasion if row.message == "incident" else "",
            facts=facts_of(self._facts(row), self._shop.zone),
            order_url="" if is_asked_for else order_link(self._settings, order.shop, order.id),
            opt_out_url=opt_out_link(self._settings, order.shop, self.customer_id) if is_asked_for else "",
        )

    def _facts(self, row: Any) -> Mapping[str, Any]:
        """What was written down when it was owed; what goes after a while says what holds then."""
        written = row.facts or {}
        return self._relations.facts(row.message, self._dossier, written) if self._relations else written

    def _parcel(self, row: Any) -> ParcelView | None:
        """The parcel the message is about; a message about the whole order shows its parcel if it is the only one."""
        counted = [p for p in self._dossier.parcels.values() if p.status != ShipmentStatus.CANCELLED]
        about = self._dossier.parcels.get(row.shipment_id)
        if about is None and len(counted) == 1 and row.message == "delivered":
            about = counted[0]
        if about is None:
            return None
        followed = followed_of(about)
        return ParcelView(
            carrier=self._settings.carrier_called(about.carrier, about.carrier_word),
            tracking_number=about.tracking_number,
            tracking_url=link_of(self._settings, about, postcode_of(self._dossier.order)),
            expected_on=followed.latest.astimezone(self._shop.zone).date() if followed.latest else None,
            pickup_point=about.pickup_point,
            position=1 + [p.id for p in counted].index(about.id) if about in counted else 1,
            count=max(len(counted), 1),
            is_our_estimate=followed.is_ours,
        )

    def _invoice(self, view: MessageView) -> Attachment | None:
        """The invoice as PDF: only with the shop's number for it and the customer's recorded consent (LGDCU 63.3)."""
        order, customer = self._dossier.order, self._dossier.customer
        if not order.invoice_number or customer.einvoice_consent_at is None:
            return None
        issued_at = (order.paid_at or order.modified_at).astimezone(self._shop.zone)
        billed = order.details["billing"]
        invoice = InvoiceView(order.invoice_number, issued_at.date(), billed["company"] or customer.name, "")
        content = invoice_pdf(view, invoice)
        safe = "".join(char if char.isalnum() or char in "-_" else "-" for char in order.invoice_number)
        return Attachment(f"{safe}.pdf", "application/pdf", content)


@lru_cache(maxsize=64)
def _card(message: str) -> Card:
    return card(message)


def _about(occasion: str) -> str:
    """The shipment status in a notice's occasion `status:day`; empty for the occasions of the chain."""
    status, separator, _ = occasion.partition(":")
    return status if separator else ""
