"""Parcels back: asking a carrier about the parcels of returns that are due for a look, and applying what it says."""

import time
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import OperationalError

from postventa import clock
from postventa.connectors.doors import open_carrier
from postventa.connectors.errors import AnswerTooLarge, ConnectorError
from postventa.news import Carrier, NotUnderstood, TrackingNews
from postventa.parcels_back import due_returns, hear
from postventa.returns import note
from postventa.workplace import Workplace, open_workplace
from tasks.promise import promise
from tasks.shipments import ABOUT_THE_PARCEL

BATCH = 100
RUN_SECONDS = 60
PUT_OFF = timedelta(days=1)


@promise("look-at-parcels-back-{carrier}")
def look_at_parcels_back(carrier: str) -> list[str]:
    """Asks the carrier about the returns that are due, each in a transaction; answers sentences that need a person.

    Raises the carrier's error if it cannot be reached: nothing is lost, the returns stay due.
    """
    place = open_workplace()
    door = open_carrier(carrier, place.settings.carrier(carrier))
    until, trouble = time.monotonic() + RUN_SECONDS, list[str]()
    with place.reading() as connection:
        due = due_returns(connection, carrier, clock.now(), BATCH)
    for one in due:
        if time.monotonic() > until:
            break
        trouble += _hear_one(place, carrier, one, _ask(door, one.tracking_number))
    return trouble


def _ask(door: Carrier, number: str) -> TrackingNews | NotUnderstood | None:
    try:
        return door.track(number)
    except NotUnderstood as reason:
        return reason
    except ConnectorError as error:
        if isinstance(error, AnswerTooLarge) or error.status in ABOUT_THE_PARCEL:
            return NotUnderstood(str(error))
        raise


def _hear_one(
    place: Workplace, carrier: str, due: Any, said: TrackingNews | NotUnderstood | None
) -> list[str]:
    """Each return fails alone, with its reason; the store's own trouble is not the return's."""
    try:
        with place.store.begin() as connection:
            return hear(connection, place.settings, carrier, due, said, now=clock.now())
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 - by its kind alone: the text may hold personal data
        with place.store.begin() as connection:  # it holds up no other
            note(connection, due.case_id, look_at=clock.now() + PUT_OFF)
        return [f"the parcel of return case {due.case_id} could not be heard of: {type(error).__name__}"]
