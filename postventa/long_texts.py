"""Texts that are too long for a case: kept whole beside it, as files."""

import logging
from datetime import datetime
from email.mime.text import MIMEText
from email.utils import format_datetime

from sqlalchemy import Connection

from postventa.files import Cabinet, CabinetTrouble, NotKept, attach
from postventa.settings import Settings
from postventa.store.casebook import log

WHOLE = "statement"
"""The role of the files that keep a text which is too long for its case."""

logger = logging.getLogger(__name__)


def keep_whole(
    connection: Connection,
    settings: Settings,
    case_id: int,
    written: str,
    *,
    entry_id: int | None,
    now: datetime,
) -> None:
    """Keeps a text that is too long for its case beside it, as it came. What cannot be kept is said in the log.

    In the form of mails: their encoding lets nobody's markup become a page, and nothing of it is lost.
    """
    cabinet = Cabinet(settings.files)
    length = max(
        1, int(settings.files.max_megabytes * 1_048_576) // 6
    )  # four bytes a character, and a third more
    whole = written.encode("utf-8", "replace").decode()
    try:
        for part, begin in enumerate(range(0, len(whole), length), 1):
            mail = MIMEText(whole[begin : begin + length], "plain", "utf-8")
            mail["From"] = "statement@case.invalid"
            mail["Date"] = format_datetime(now)
            mail["Subject"] = f"{WHOLE} of case {case_id}, part {part}"
            kept = cabinet.keep(mail.as_bytes(), f"{WHOLE}-{part}.eml", "message/rfc822")
            attach(connection, case_id, kept, WHOLE, entry_id=entry_id, now=now)
    except (CabinetTrouble, NotKept) as wrong:
        logger.exception("the whole text of case %s could not be kept", case_id)
        log(connection, case_id, "whole_text_not_kept", now, {"trouble": type(wrong).__name__})
