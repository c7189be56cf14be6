"""Letters about a case as they went: their bytes are kept before they are handed over, for the day they are evidence."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete

from postventa.files import Cabinet, attach
from postventa.store.cases import AttachmentRow
from postventa.workplace import Workplace

LETTER = "letter"


def keep_letter(place: Workplace, case_id: int, row: Any, data: bytes, now: datetime) -> None:
    """Keeps the letter that a row of the outbox becomes. One that was put off and is written again replaces itself.

    Whether it arrived, and under which Message-ID, the outbox says. Raises CabinetTrouble if it cannot be kept.
    """
    kept = Cabinet(place.settings.files).keep(data, name_of(row), "message/rfc822")
    with place.store.begin() as connection:
        connection.execute(
            delete(AttachmentRow).where(
                AttachmentRow.case_id == case_id,
                AttachmentRow.role == LETTER,
                AttachmentRow.name == kept.name,
                AttachmentRow.digest != kept.digest,
            )
        )
        attach(connection, case_id, kept, LETTER, now=now)


def name_of(row: Any) -> str:
    """`complaint_received-12.eml`: the message, and its number in the outbox."""
    return f"{row.message}-{row.id}.eml"
