"""The words of closed cases, erased: what was said goes, and number, dates, outcome, amounts and proofs stay.

The log stays whole. It never held words but their digests, and says of each entry and file when it was erased.
"""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from postventa.store.asks import AnswerRow, AskRow
from postventa.store.caselog import ERASED, digest_of, erased_on, log
from postventa.store.cases import AttachmentRow, CaseEntryRow
from postventa.store.complaints import ComplaintRow
from postventa.store.messages import AttemptRow, OutboxRow
from postventa.store.orders import BY_HAND, RefundRow
from postventa.store.returns import ReturnLineRow, ReturnRow

_WORDLESS = ("escalation", "state")
"""Kinds of entry that the clock writes from rules and dates alone."""
_KEPT_DETAILS = frozenset(
    {"amount", "article", "budget", "clock", "currency", "informed_at", "is_late", "kind", "outcome"}
    | {"refund_due", "refunds_before", "remedy", "remedy_id", "rule", "rung", "scores", "state", "to"}
)
_KEPT_FACTS = frozenset({"article", "letter", "means", "duty", "call", "outcome", "news", "currency"})
"""Facts of a letter that say what was told and are nobody's words, beside amounts, dates and yes or no."""
_WAS_ERASED = re.compile(r"erased on \d{4}-\d\d-\d\d")
_ENTRIES: Any = CaseEntryRow.__table__.c
_FILES: Any = AttachmentRow.__table__.c
_BOX: Any = OutboxRow.__table__.c
_LINES: Any = ReturnLineRow.__table__.c


def erase_words(
    connection: Connection, case_ids: Collection[int], order_ids: Collection[int], now: datetime
) -> list[str]:
    """Erases what was said in these cases, and why money went back; answers the digests of files to be deleted."""
    words = erased_on(now)
    for case_id in case_ids:
        _erase_entries(connection, case_id, words, now)
    files = [digest for case_id in case_ids for digest in _erase_files(connection, case_id, now)]
    mine = ComplaintRow.case_id.in_(case_ids)
    connection.execute(update(ComplaintRow).where(mine).values(text=words, points=[]))
    connection.execute(update(ReturnRow).where(ReturnRow.case_id.in_(case_ids)).values(statement=words))
    for line in connection.execute(
        select(_LINES.id, _LINES.reason).where(_LINES.case_id.in_(case_ids), _LINES.reason != "")
    ).all():
        article = line.reason.partition(":")[0] if line.reason.startswith("LGDCU") else words
        connection.execute(update(ReturnLineRow).where(ReturnLineRow.id == line.id).values(reason=article))
    _erase_letters(connection, case_ids)
    by_hand = RefundRow.ref.startswith(BY_HAND)
    theirs = RefundRow.order_id.in_(order_ids)
    connection.execute(update(RefundRow).where(theirs, ~by_hand).values(reason=""))
    asks = select(AskRow.id).where(or_(AskRow.case_id.in_(case_ids), AskRow.order_id.in_(order_ids)))
    connection.execute(update(AnswerRow).where(AnswerRow.ask_id.in_(asks)).values(text=""))
    return files


def _erase_entries(connection: Connection, case_id: int, words: str, now: datetime) -> None:
    said = select(_ENTRIES.id, _ENTRIES.text, _ENTRIES.details).where(
        _ENTRIES.case_id == case_id, _ENTRIES.kind.not_in(_WORDLESS)
    )
    for entry in connection.execute(said.order_by(_ENTRIES.id)).all():
        details = {name: value for name, value in entry.details.items() if name in _KEPT_DETAILS}
        if _WAS_ERASED.fullmatch(entry.text) and entry.details == details:
            continue  # erased before: the case was opened again since
        connection.execute(
            update(CaseEntryRow).where(_ENTRIES.id == entry.id).values(text=words, details=details)
        )
        log(connection, case_id, ERASED, now, {"entry": entry.id, "digest": digest_of(words, details)})


def _erase_files(connection: Connection, case_id: int, now: datetime) -> list[str]:
    there = select(_FILES.role, _FILES.digest).where(_FILES.case_id == case_id).order_by(_FILES.id)
    files = connection.execute(there).all()
    for file in files:
        log(connection, case_id, ERASED, now, {"role": file.role, "digest": file.digest})
    connection.execute(delete(AttachmentRow).where(_FILES.case_id == case_id))
    return [file.digest for file in files]


def _erase_letters(connection: Connection, case_ids: Collection[int]) -> None:
    """What letters were told to say, and what servers answered: names and addresses are in both."""
    owed = connection.execute(select(_BOX.id, _BOX.facts).where(_BOX.case_id.in_(case_ids))).all()
    for letter in owed:
        facts = _without_words(letter.facts or {})
        connection.execute(update(OutboxRow).where(_BOX.id == letter.id).values(facts=facts, words=""))
    ids = [letter.id for letter in owed]
    connection.execute(update(AttemptRow).where(AttemptRow.outbox_id.in_(ids)).values(words=""))


def _without_words(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in facts.items()
        if name in _KEPT_FACTS
        or name.endswith(("_amount", "_at", "_on"))
        or isinstance(value, bool | int | float)
    }
