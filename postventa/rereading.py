"""Reading a shop's orders one by one, those whose news may come without moving their stamp."""

from dataclasses import dataclass

from postventa import clock
from postventa.connectors.errors import ConnectorError
from postventa.news import Heard, NotUnderstood, Shop

SHUT = frozenset({401, 403, 429, 503})
"""Answers that every order would get; any other error may be this order's alone."""


@dataclass(slots=True)
class Rereader:
    """Reads orders one by one, until the shop refuses or cannot be reached: then it is not asked any more."""

    door: Shop
    is_shut: ConnectorError | None = None

    def read(self, ref: str) -> Heard | NotUnderstood | ConnectorError:
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
