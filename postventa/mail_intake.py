"""From a mail to a complaint: what a mail becomes, decided and saved in the caller's transaction.

When in doubt a mail is a complaint, whose clock is the stricter one; a person may call it less later. What machines
write never opens a case: two machines that answer each other would never end.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select

from postventa.bounces import note_bounce
from postventa.complaints import Statement, add_to_case, file_complaint
from postventa.connectors.addresses import Unsendable, mailbox
from postventa.connectors.imap import Post
from postventa.connectors.incoming import Mail, Writer
from postventa.files import Cabinet
from postventa.mail_files import keep_files
from postventa.mail_threads import case_answered, new_words, order_named
from postventa.opt_out import object_by_mail
from postventa.plain_text import plain_text
from postventa.rules.complaints import Kind, Topic
from postventa.settings import Settings
from postventa.store.casebook import say
from postventa.store.cases import CaseEntryRow, CaseRow
from postventa.store.complaints import ComplaintRow
from postventa.store.references import kept_reference

SOURCE = "mail"
CASES_A_DAY = 10
"""From one address; more are not a person, and a person looks."""
_LATEST = 500
_CASES: Any = CaseRow.__table__.c
_ENTRIES: Any = CaseEntryRow.__table__.c


class Became(StrEnum):
    """What became of a mail."""

    OPENED = "opened"
    ADDED = "added"
    KNOWN = "known"
    OBJECTED = "objected"
    OURS = "ours"
    BOUNCE = "bounce"
    AUTO_REPLY = "auto_reply"
    LIST = "list"
    SET_ASIDE = "set_aside"


class NeedsAPerson(ValueError):
    """A mail that nothing can be made of without somebody looking; the sentence says why and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a mail, and of which case it is part."""

    became: Became
    case_id: int | None = None


def take_in(
    connection: Connection, settings: Settings, *, shop: str, post: Post, mail: Mail, now: datetime
) -> Taken:
    """Makes of a mail what it is. Raises NeedsAPerson; CabinetTrouble if its files cannot be kept."""
    if mail.bounce is not None:
        note_bounce(connection, settings, mail.bounce, now)
    mark = mail.message_id or hashlib.sha256(post.raw).hexdigest()
    if mail.writer is not Writer.BOUNCE and object_by_mail(connection, settings, mail.subject, mark, now):
        return Taken(Became.OBJECTED)  # many are written by mail programs on their readers' behalf
    if mail.writer is not Writer.PERSON:
        return Taken(Became(mail.writer.value))
    ours = _our_addresses(settings)
    sender = next((one for one in (mail.answer_to, mail.sender) if one and one not in ours), "")
    if mail.is_from_postventa or (not sender and mail.sender in ours):
        return Taken(Became.OURS)
    if not sender:
        raise NeedsAPerson("nobody could be answered: it has no sender's address")
    if sender in {person.email.casefold() for person in settings.desk.people.values()}:
        raise NeedsAPerson(
            "the desk itself wrote it: a customer's words are filed with `postventa complaint open`"
        )
    return _Intake(connection, settings, shop, post, mail, sender, now).taken()


@dataclass(frozen=True, slots=True)
class _Intake:
    """One mail that a person wrote."""

    connection: Connection
    settings: Settings
    shop: str
    post: Post
    mail: Mail
    sender: str
    now: datetime

    def taken(self) -> Taken:
        case = case_answered(self.connection, self.shop, self.mail, self.sender)
        return self._added(case) if case is not None else self._opened()

    def _added(self, case: Any) -> Taken:
        text = new_words(self.mail.text) or self._words()
        occasion = f"mail:{_digest(self._mark(), self.sender, self.mail.text)}"
        at = self._at()
        if case.family == "complaint":
            entry_id = add_to_case(
                self.connection, self.settings, case.id, text, at=at, now=self.now, occasion=occasion
            )
        else:
            entry_id = say(
                self.connection,
                case.id,
                kind="addition",
                author="customer",
                text=plain_text(text).text,
                at=at,
                now=self.now,
                occasion=occasion,
            )
        if entry_id is None:
            return Taken(Became.KNOWN, case.id)
        if self.sender != case.email.casefold():
            self._note_stranger(case.id, entry_id)
        self._keep(case.id, entry_id)
        return Taken(Became.ADDED, case.id)

    def _note_stranger(self, case_id: int, entry_id: int) -> None:
        """People answer from other addresses of theirs, and others may answer for them: the desk should know."""
        say(
            self.connection,
            case_id,
            kind="note",
            author="clock",
            text=f"This answer came from {self.sender}, which is not the case's address.",
            at=self.now,
            now=self.now,
            occasion=f"another address:{entry_id}",
        )

    def _opened(self) -> Taken:
        text = self._words()
        source_ref = self._source_ref(text)
        if self._is_too_much(source_ref):
            raise NeedsAPerson(
                f"its sender has opened {CASES_A_DAY} cases within a day: is it a machine that answers ours?"
            )
        statement = Statement(
            shop=self.shop,
            kind=Kind.COMPLAINT,
            topic=Topic.OTHER,
            text=text,
            language="",  # the order's, else the shop's: nobody's language is guessed in matters of law
            name=self.mail.sender_name if self.sender == self.mail.sender else "",
            email=self.sender,
            order_ref=order_named(self.connection, self.shop, self.mail, self.sender),
            source=SOURCE,
            source_ref=source_ref,
            received_at=self._at(),
        )
        filed = file_complaint(self.connection, self.settings, statement, self.now)
        if not filed.is_new:
            return Taken(Became.KNOWN, filed.case_id)
        said = select(_ENTRIES.id).where(_ENTRIES.case_id == filed.case_id, _ENTRIES.occasion == "statement")
        self._keep(filed.case_id, self.connection.execute(said).scalar_one_or_none())
        return Taken(Became.OPENED, filed.case_id)

    def _keep(self, case_id: int, entry_id: int | None) -> None:
        cabinet = Cabinet(self.settings.files)
        keep_files(self.connection, cabinet, case_id, entry_id, post=self.post, mail=self.mail, now=self.now)

    def _words(self) -> str:
        """Subject and text; of a mail without any, the names of its files."""
        names = ", ".join(file.name or file.declared_type for file in self.mail.files)
        text = "\n\n".join(part for part in (self.mail.subject, self.mail.text or names) if part)
        if not text:
            raise NeedsAPerson("it says nothing: no subject, no text, no file")
        return text

    def _at(self) -> datetime:
        """When our mail server had it: the sender's own date is only what the sender says."""
        return min(self.post.received_at, self.now)

    def _mark(self) -> str:
        """The Message-ID, or what stands for one that is missing or endless."""
        known = self.mail.message_id
        return (
            kept_reference(known)
            if 0 < len(known) <= 160
            else f"sha256:{hashlib.sha256(known.encode() or self.post.raw).hexdigest()}"
        )

    def _source_ref(self, text: str) -> str:
        """The mark; with a digest where other words came under the same Message-ID, as some programs send them."""
        known = (
            select(CaseRow.email, ComplaintRow.text)
            .join(ComplaintRow, ComplaintRow.case_id == CaseRow.id)
            .where(CaseRow.shop == self.shop, CaseRow.source == SOURCE, CaseRow.source_ref == self._mark())
        )
        before = self.connection.execute(known).one_or_none()
        if before is None or tuple(before) == (self.sender, plain_text(text).text):
            return self._mark()
        return f"{self._mark()}#{_digest(self.sender, text)}"

    def _is_too_much(self, source_ref: str) -> bool:
        latest = (
            select(_CASES.email, _CASES.source, _CASES.recorded_at, _CASES.source_ref)
            .order_by(_CASES.id.desc())
            .limit(_LATEST)
        )
        since = self.now - timedelta(days=1)
        recent = [
            row.source_ref
            for row in self.connection.execute(latest)
            if row.source == SOURCE and row.email == self.sender and row.recorded_at > since
        ]
        return len(recent) >= CASES_A_DAY and source_ref not in recent


def _our_addresses(settings: Settings) -> set[str]:
    """From which we write ourselves."""
    written = [settings.company.email, *(channel.sender for channel in settings.channels.values())]
    written += [box.user for box in settings.mailboxes.values()]
    ours = set()
    for one in written:
        try:
            ours.add(mailbox(one)[1].casefold())
        except Unsendable:
            continue  # a mailbox whose user is a bare name
    return ours


def _digest(*words: str) -> str:
    return hashlib.blake2b("\x00".join(words).encode("utf-8", "replace"), digest_size=12).hexdigest()
