"""Desks: who decides and writes what a batch of messages is about: an order's, a case's, or a night's."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection

from postventa import clock
from postventa.case_letters import CaseDesk
from postventa.letters import Desk
from postventa.night_letters import NightDesk
from postventa.relations import Relations, needs_a_yes
from postventa.settings import Channel, Settings
from postventa.staff_letters import ticking_among
from postventa.store.case_dossiers import case_dossiers
from postventa.store.dossiers import dossiers

Subject = tuple[str, int]
AnyDesk = Desk | CaseDesk | NightDesk


def subject_of(row: Any) -> Subject:
    """What a row of the outbox is about, whose turn it keeps."""
    if row.case_id is not None:
        return ("case", row.case_id)
    return ("order", row.order_id) if row.order_id is not None else ("night", row.id)


class Desks:
    """The desks of a batch of messages, all their dossiers read at once; a desk is made when it is asked for."""

    def __init__(
        self, connection: Connection, rows: Collection[Any], settings: Settings, channel: Channel
    ) -> None:
        subjects = {subject_of(row) for row in rows}
        self._orders = dossiers(connection, [id_ for kind, id_ in subjects if kind == "order"])
        self._cases = case_dossiers(connection, [id_ for kind, id_ in subjects if kind == "case"])
        self._nights = {row.id: row.occasion for row in rows if subject_of(row)[0] == "night"}
        of_orders = [row for row in rows if row.order_id is not None]
        self._ticking = ticking_among(connection, of_orders)
        self._settings = settings
        self._channel = channel
        asking = {row.order_id for row in of_orders if needs_a_yes(row.message)}
        asked = {number: self._orders[number] for number in asking}
        self._relations = Relations(connection, settings, channel, asked, clock.now()) if asked else None

    def of(self, subject: Subject) -> AnyDesk:
        """The desk of one subject of the batch."""
        kind, number = subject
        if kind == "order":
            return Desk(self._orders[number], self._settings, self._channel, self._relations, self._ticking)
        if kind == "case":
            return CaseDesk(self._cases[number], self._settings, self._channel)
        return NightDesk(self._nights[number], self._settings, self._channel)
