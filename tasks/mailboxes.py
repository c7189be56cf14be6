"""Mailboxes: making complaints of the mails that wait in one, a transaction a mail, marked when it is saved."""

import logging
import time
from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy.exc import OperationalError

from postventa import clock
from postventa.connectors.errors import ConnectorError
from postventa.connectors.imap import Imap, Unreadable, Waiting, connect
from postventa.connectors.incoming import NotAMail, read_mail
from postventa.files import CabinetTrouble
from postventa.mail_intake import Became, NeedsAPerson, take_in
from postventa.settings import BadConfiguration
from postventa.store import mailboxes
from postventa.workplace import Workplace, open_workplace
from tasks.promise import promise

RUN_SECONDS = 240
FILED = frozenset({Became.OPENED, Became.ADDED, Became.KNOWN, Became.OBJECTED})

log = logging.getLogger(__name__)


@dataclass(slots=True)
class TakenIn:
    """What a visit to a mailbox brought: how many mails became what."""

    became: Counter[str] = field(default_factory=Counter)
    left_over: bool = False
    is_configured: bool = True


@promise("take-in-mails-{mailbox}")
def take_in_mails(mailbox: str) -> TakenIn:
    """Files every mail that waits, oldest first. A mail that cannot be understood is set aside and stops no other.

    Raises the mailbox's error if it cannot be opened; what was saved before stays saved, and nothing comes twice.
    """
    place = open_workplace()
    if not place.settings.mailboxes:
        return TakenIn(is_configured=False)  # a timetable of a shop that gets its complaints elsewhere
    section = place.settings.mailboxes.get(mailbox)
    if section is None:
        raise BadConfiguration(f"there is no [mailboxes.{mailbox}] in the configuration")
    until = time.monotonic() + RUN_SECONDS
    done = TakenIn()
    with place.store.begin() as connection:
        since = mailboxes.connected_at(connection, mailbox, clock.now())
        asks_a_person = mailboxes.waiting_for_a_person(connection, mailbox)
    not_before = place.settings.shop(section.shop).backfill_since
    with connect(mailbox, section) as door:
        visit = _Visit(place, door, mailbox, section.shop, asks_a_person)
        for waiting in door.waiting(max(since, not_before), not_before):
            if time.monotonic() > until:
                done.left_over = True
                break
            became = visit.receive(waiting)
            if became is not None:
                done.became[became] += 1
    with place.store.begin() as connection:
        mailboxes.read_until(connection, mailbox, clock.now())
    return done


@dataclass(frozen=True, slots=True)
class _Visit:
    """One visit to one mailbox."""

    place: Workplace
    door: Imap
    mailbox: str
    shop: str
    asks_a_person: frozenset[str]

    def receive(self, waiting: Waiting) -> Became | None:
        """Saves what a mail becomes, then marks it; None for one that is gone or waits for a person."""
        ref = f"{self.door.uid_validity}/{waiting.uid}"
        if ref in self.asks_a_person:
            return None
        raw = b""
        try:
            post = self.door.read(waiting)
            if post is None:
                return None
            raw = post.raw
            mail = read_mail(raw, is_whole=post.is_whole)
            with self.place.store.begin() as connection:
                taken = take_in(
                    connection, self.place.settings, shop=self.shop, post=post, mail=mail, now=clock.now()
                )
        except (OperationalError, CabinetTrouble, ConnectorError, BadConfiguration):
            raise  # the store's, the disk's or the mailbox's trouble, not this mail's
        except (NeedsAPerson, NotAMail, Unreadable) as reason:
            return self._set_aside(ref, str(reason), raw)
        except Exception as error:  # noqa: BLE001 - a mail fails alone, with its reason
            return self._set_aside(ref, f"{type(error).__name__}: {str(error).partition(chr(10))[0]}", raw)
        mark = self.door.file if taken.became in FILED else self.door.leave
        mark(waiting.uid)
        log.info("mail %s of %s: %s (case %s)", ref, self.mailbox, taken.became, taken.case_id)
        return taken.became

    def _set_aside(self, ref: str, reason: str, raw: bytes) -> Became:
        log.error("mail %s of %s is set aside", ref, self.mailbox)
        with self.place.store.begin() as connection:
            mailboxes.set_aside(connection, self.mailbox, ref, reason=reason, raw=raw, now=clock.now())
        return Became.SET_ASIDE
