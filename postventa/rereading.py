"""Reading a shop's orders one by one, those whose news may come without moving their stamp."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from postventa import clock
from postventa.connectors.errors import ConnectorError
from postventa.news import Heard, NotUnderstood, ReadsTogether, Shop

SHUT = frozenset({401, 403, 429, 503})
"""Answers that every order would get; any other error may be this order's alone."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Rereader:
    """Reads orders one by one, until the shop refuses or cannot be reached: then it is not asked any more."""

    door: Shop
    is_shut: ConnectorError | None = None
    at_hand: Mapping[str, Heard] = field(default_factory=dict)

    def fetch(self, refs: Sequence[str]) -> None:
        """Asks for all of these at once, where the shop can; whatever goes wrong then is told order by order."""
        if isinstance(self.door, ReadsTogether):
            try:
                self.at_hand = self.door.orders(refs)
            except (NotUnderstood, ConnectorError) as error:
                log.info("these orders are read one by one: %s", error)

    def read(self, ref: str) -> Heard | NotUnderstood | ConnectorError:
        if ref in self.at_hand:
            return self.at_hand[ref]
        if self.is_shut:
            return self.is_shut
        try:
            found = self.door.order(ref)
        except NotUnderstood as reason:
            return reason
        except ConnectorError as error:
            if not error.status or error.status in SHUT:
                self.is_shut = error
            return error
        return found or Heard(kind="gone", ref=ref, modified_at=clock.now(), raw={})
