"""The papers of an evidence pack: files of a case from the cabinet, letters as sent, and letters written again.

What is missing is named, never a reason to stop: a pack with a gap that says so is worth more than none.
"""

import email
import email.policy
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from postventa import clock
from postventa.files import Cabinet, CabinetTrouble
from postventa.letters import Desk
from postventa.relations import Relations, needs_a_yes
from postventa.rules.messages import Outcome
from postventa.settings import BadConfiguration, Settings
from postventa.store.caselog import ERASED, erased_on
from postventa.store.dossiers import dossiers
from postventa.store.evidence import CaseFacts, OrderFacts

AGAIN = (
    "X-Postventa-Evidence: written again from the records of today; these are not the bytes that were sent"
)
Write = Callable[[str, bytes], None]
"""Puts a file into the pack, by its path there."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A file in the pack; no `path` where it is missing."""

    name: str
    role: str
    media_type: str
    size: int
    digest: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class KeptLetter:
    """A mail in the pack, as a reader sees it."""

    path: str
    subject: str
    to: str
    date: str
    message_id: str
    text: str
    is_original: bool
    standing: str = ""
    """What became of it, as the outbox has it: a letter is kept before it is handed over."""


@dataclass(slots=True)
class Papers:
    """What was found of a case, and sentences about what was not."""

    files: list[Paper] = field(default_factory=list)
    letters: list[KeptLetter] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def papers_of(case: CaseFacts, cabinet: Cabinet, folder: str, write: Write) -> Papers:
    """Puts the case's attachments into `folder` of the pack: letters as sent, receipts, and the customer's files."""
    papers = Papers()
    outcomes = {one.row.message_id: one.row.outcome for one in case.messages if one.row.message_id}
    for number, row in enumerate(case.attachments, 1):
        kind = "letters" if row.role == "letter" else "files"
        path = f"{folder}{kind}/{number:03}-{_safe(row.name)}"
        try:
            data = cabinet.read(row.digest)
        except CabinetTrouble as trouble:
            papers.missing.append(f"case {case.row.number}: {row.role} {row.name}: {trouble}")
            papers.files.append(Paper(row.name, row.role, row.media_type, row.size, row.digest))
            continue
        write(path, data)
        if row.role == "letter":
            letter = _letter(path, data, is_original=True)
            papers.letters.append(
                replace(letter, standing=outcomes.get(letter.message_id, "not in the outbox"))
            )
        else:
            papers.files.append(Paper(row.name, row.role, row.media_type, row.size, row.digest, path))
    there = {letter.message_id for letter in papers.letters}
    erased_at = max((line.at for line in case.log if line.what == ERASED), default=None)
    if erased_at is not None:
        papers.missing.append(
            f"case {case.row.number}: words, letters and files were {erased_on(erased_at)}, at the customer's request"
        )
    for one in case.messages:
        if erased_at is not None and one.row.owed_at <= erased_at:
            continue
        if one.row.outcome == Outcome.SENT and one.row.message_id not in there:
            papers.missing.append(
                f"case {case.row.number}: no copy was kept of the message {one.row.message} ({one.row.message_id})"
            )
    return papers


def written_again(
    connection: Connection, settings: Settings, order: OrderFacts, write: Write
) -> tuple[list[KeptLetter], list[str]]:
    """The order's messages, of which only the facts are kept, rendered once more and labelled so; and what cannot be."""
    letters: list[KeptLetter] = []
    missing: list[str] = []
    told = [one.row for one in order.messages if one.row.outcome in {Outcome.SENT, Outcome.UNCERTAIN}]
    sent = [row for row in told if row.channel == "email"]  # a text says less than the mail beside it
    channel = settings.mail_channel
    if channel is None:
        return letters, ["messages of the order: no [channels] to write them for"] if sent else []
    dossier = dossiers(connection, [order.row.id])
    desk = Desk(dossier[order.row.id], settings, channel)
    try:
        asks = Relations(connection, settings, channel, dossier, clock.now())
        asking = Desk(dossier[order.row.id], settings, channel, asks)
    except BadConfiguration:  # who asks for reviews needs a secret; whoever draws up a pack may not have it
        asking = desk
    for number, row in enumerate(sent, 1):
        try:
            of = asking if needs_a_yes(row.message) else desk
            sent_at = row.settled_at or row.owed_at
            with clock.clock_set_to(sent_at):  # links bear their date
                data = of.letter(row, sent_at).data
        except Exception as wrong:  # noqa: BLE001 - whatever hinders one letter, the pack goes on and says so
            why = wrong if isinstance(wrong, BadConfiguration) else type(wrong).__name__
            missing.append(f"message {row.message} of the order cannot be written again: {why}")
            continue
        path = f"order/written-again/{number:03}-{_safe(row.message)}.eml"
        data = AGAIN.encode() + b"\r\n" + data
        write(path, data)
        letters.append(_letter(path, data, is_original=False))
    return letters, missing


def _letter(path: str, data: bytes, *, is_original: bool) -> KeptLetter:
    mail = email.message_from_bytes(data, policy=email.policy.default)
    return KeptLetter(
        path=path,
        subject=str(mail["subject"] or "(no subject)"),
        to=str(mail["to"] or ""),
        date=str(mail["date"] or ""),
        message_id=str(mail["message-id"] or "").strip(),
        text=_text(mail),
        is_original=is_original,
    )


def _text(mail: Any) -> str:
    body = mail.get_body(("plain",)) if isinstance(mail, EmailMessage) else None
    return str(body.get_content()).strip() if body is not None else ""


def _safe(name: str) -> str:
    """A name for a file that is a name and nothing else."""
    kept = "".join(char if char.isalnum() or char in "-_." else "-" for char in Path(name).name)
    return kept.lstrip(".")[-80:] or "file"
