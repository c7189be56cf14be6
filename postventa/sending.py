"""Sending what is owed over a channel: claimed order by order, each hand-over marked before and after."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, update
from sqlalchemy.exc import OperationalError

from postventa import clock
from postventa.connectors.addresses import Unsendable
from postventa.connectors.post import Channel, ChannelDown, ChannelRefused, Doubtful, Refused, TryLater
from postventa.desks import AnyDesk, Desks, subject_of
from postventa.exclusions import CannotAsk
from postventa.files import CabinetTrouble
from postventa.messages import BadTemplate, NoSuchMessage
from postventa.rules.messages import GIVE_UP_AFTER, WAITS_ALONE, Outcome, Verdict, try_again_at
from postventa.sent_letters import keep_letter
from postventa.settings import BadConfiguration
from postventa.settings import Channel as ChannelSettings
from postventa.sms_answers import hear
from postventa.sms_desk import SmsDesks
from postventa.store import claims, outbox
from postventa.store.ledger import due_count
from postventa.store.marks import Marker
from postventa.store.orders import CustomerRow
from postventa.store.outbox import Attempt, Settled
from postventa.store.senders import new_sender
from postventa.workplace import Workplace, open_workplace

BATCH, LEAST = 200, 50
"""What a sender claims at once. Towards the end it is less, so that no sender is left with a batch while others idle."""
RUN_SECONDS = 240
"""A sender stops after this long; what is still due goes with the next run."""
CHANNEL_REST = timedelta(minutes=1)
CANNOT_WRITE_REST = timedelta(hours=1)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Sent:
    """What a sender did: messages by outcome, those left in doubt by dead senders, and what needs a person."""

    outcomes: Counter[str] = field(default_factory=Counter)
    in_doubt: int = 0
    trouble: list[str] = field(default_factory=list)
    """Sentences for the run: each names an order or the channel, and says what happened."""
    left_over: bool = False


def send_due(channel: str, is_wanted: Callable[[], bool] = lambda: True) -> Sent:
    """Sends what is due over one kept connection until nothing is due, the channel fails or the time is up.

    Safe to run beside any number of others: an order's messages are in one sender's hands at a time.
    """
    place = open_workplace()
    settings = place.settings.channels[channel]
    kind, desks_of = _kind_of(settings)
    sender = new_sender()
    until = time.monotonic() + RUN_SECONDS
    sent = Sent()
    with place.store.begin() as connection:
        sent.in_doubt = outbox.recover(connection, clock.wall(), clock.now(), place.settings.policy.uncertain)
    door = import_module(f"postventa.connectors.channels.{settings.adapter}")
    with door.connect(channel, settings) as post, Marker(place.store, sender) as marker:
        if kind == "sms":
            sent.trouble += hear(place, post)
        while time.monotonic() < until and is_wanted():
            with place.store.begin() as connection:
                limit = _fair_share(connection, settings.connections)
                claimed = claims.claim(connection, sender, clock.now(), clock.wall(), limit, channel=kind)
            if not claimed:
                return sent
            batch = _Batch(place, channel, post, marker, sender, sent)
            try:
                with place.reading() as connection:  # others may claim and mark meanwhile
                    desks = desks_of(connection, claimed, place.settings, settings)
                for subject, rows in groupby(claimed, key=subject_of):
                    batch.send_in_turn(desks.of(subject), list(rows))
                    if batch.is_channel_down:
                        return sent
            finally:
                batch.finish()
    sent.left_over = True
    return sent


def _fair_share(connection: Connection, senders: int) -> int:
    """Half of what would be each sender's part of what is due: those who are quicker come back for more."""
    if senders == 1:
        return BATCH
    due = due_count(connection, clock.now(), at_most=2 * senders * BATCH)
    return min(BATCH, max(LEAST, due // (2 * senders)))


def _kind_of(channel: ChannelSettings) -> tuple[str, Any]:
    """What goes over a channel, and who decides and writes it."""
    return ("sms", SmsDesks) if channel.adapter == "sms" else ("email", Desks)


@dataclass(slots=True)
class _Batch:
    """One claimed batch. What needs no hand-over is saved with the batch's end, the rest is marked at once."""

    place: Workplace
    channel: str
    post: Channel
    marker: Marker
    sender: str
    sent: Sent
    settled: list[Settled] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    bounced: list[int] = field(default_factory=list)
    is_channel_down: bool = False
    unconfirmed: Settled | None = None
    """The last message accepted, until its mark is known to be written."""

    def send_in_turn(self, desk: AnyDesk, rows: list[Any]) -> None:
        """Sends an order's or a case's messages in turn; where one must wait, the customer's after it wait too."""
        waits_until: datetime | None = None
        for row in rows:
            is_to_staff = row.recipient is not None
            if waits_until is not None and not is_to_staff:
                waiting = Settled(row.id, Outcome.DEFERRED, "waiting_for_previous_step", "", waits_until)
                self._settle(waiting)
                continue
            until = self._send(desk, row)
            waits_until = waits_until if is_to_staff else until
            if self.is_channel_down:
                return

    def finish(self) -> None:
        """Saves the batch's end durably and gives the claims back."""
        now = clock.now()
        with suppress(OperationalError), self._kept_if_the_store_fails():
            self.marker.wait()
        with self.place.store.begin() as connection:
            outbox.finish(connection, self.sender, self.settled, self.attempts, now)
            if self.bounced:
                bounced = update(CustomerRow).where(CustomerRow.id.in_(self.bounced))
                connection.execute(bounced.values(hard_bounced_at=now))

    def _send(self, desk: AnyDesk, row: Any) -> datetime | None:
        """Sends one message or settles it; answers until when the order must wait, if it must."""
        now = clock.now()
        try:
            is_bounced = desk.customer_id in self.bounced
            verdict = Verdict.no("hard_bounce") if is_bounced else desk.verdict(row, now)
            envelope = desk.letter(row, now) if verdict.may_go else None
            if envelope and desk.case_id is not None:
                keep_letter(self.place, desk.case_id, row, envelope.data, now)
        except Exception as wrong:  # noqa: BLE001 - a message fails alone, with its reason
            return self._cannot_be_written(desk, row, wrong, now)
        if verdict.outcome is not None or envelope is None:
            return self._kept_back(desk, row, verdict)
        with self._kept_if_the_store_fails(Settled(row.id, Outcome.DEFERRED, "store_failed", "", now)):
            is_ours = self.marker.begin(row.id, envelope.message_id, clock.wall())
        self.unconfirmed = None
        if not is_ours:
            return None  # another sender has it: this one was thought dead
        try:
            accepted = self.post.send(envelope.sender, envelope.recipient, envelope.data)
        except (TryLater, Refused, ChannelDown, ChannelRefused, Doubtful) as answer:
            return self._not_accepted(desk, row, answer, now)
        self._note(row, Outcome.SENT, accepted.words, now)
        self.unconfirmed = Settled(row.id, Outcome.SENT, "", accepted.words)
        with self._kept_if_the_store_fails():
            self.marker.sent(row.id, envelope.message_id, accepted.words, now)
        desk.told(row)
        return None

    def _kept_back(self, desk: AnyDesk, row: Any, verdict: Verdict) -> datetime | None:
        outcome = verdict.outcome or Outcome.SUPPRESSED
        self._settle(Settled(row.id, outcome, verdict.reason, "", verdict.until))
        if verdict.reason == "amount_mismatch":
            self._trouble(desk, row, "is blocked: its figures do not add up to its total (amount_mismatch)")
        if outcome is Outcome.FAILED:
            self._trouble(desk, row, f"cannot reach its reader ({verdict.reason}): find another way")
        return None if verdict.reason in WAITS_ALONE else verdict.until

    def _cannot_be_written(self, desk: AnyDesk, row: Any, wrong: Exception, now: datetime) -> datetime | None:
        """A template is mended by a person: it waits an hour at a time. What the order itself spoils has failed."""
        is_said = isinstance(
            wrong, BadTemplate | NoSuchMessage | Unsendable | CabinetTrouble | CannotAsk | BadConfiguration
        )
        words = str(wrong) if is_said else f"{type(wrong).__name__} while it was written"
        self._trouble(desk, row, f"cannot be written: {words}")
        log.error("%s of %s cannot be written: %s", row.message, desk.order_name, type(wrong).__name__)
        if isinstance(wrong, Unsendable) or now - row.owed_at > GIVE_UP_AFTER:
            self._settle(Settled(row.id, Outcome.FAILED, "cannot_be_written", words))
            return None
        rest = now + CANNOT_WRITE_REST
        reason = "exclusion_list_silent" if isinstance(wrong, CannotAsk) else "cannot_be_written"
        self._settle(Settled(row.id, Outcome.DEFERRED, reason, words, rest))
        return None if reason in WAITS_ALONE else rest

    def _not_accepted(self, desk: AnyDesk, row: Any, answer: Exception, now: datetime) -> datetime | None:
        words = str(answer)
        settled = self._settlement(row, answer, words, now)
        self._note(row, settled.outcome, words, now)
        with self._kept_if_the_store_fails(settled):
            self.marker.back(settled, now)
        if settled.outcome is Outcome.FAILED:
            self._trouble(desk, row, f"was refused: {words}")
            if " 5.1." in f" {words}" and desk.customer_id is not None:
                self.bounced.append(desk.customer_id)
        if settled.outcome is Outcome.UNCERTAIN:
            self._trouble(desk, row, "may or may not have been sent")
        if isinstance(answer, ChannelDown | ChannelRefused):
            self.is_channel_down = True
            self.sent.trouble.append(f"the channel {self.channel} does not take mail: {words}")
        return settled.due_at if settled.outcome is Outcome.DEFERRED else None

    def _settlement(self, row: Any, answer: Exception, words: str, now: datetime) -> Settled:
        if isinstance(answer, Refused):
            return Settled(row.id, Outcome.FAILED, "refused_by_server", words)
        if isinstance(answer, Doubtful):
            if self.place.settings.policy.uncertain == "resend":
                later = now + CHANNEL_REST
                return Settled(row.id, Outcome.DEFERRED, "sent_again_after_doubt", words, later)
            return Settled(row.id, Outcome.UNCERTAIN, "connection_lost", words)
        if isinstance(answer, TryLater):
            until = try_again_at(row.attempts + 1, row.owed_at, now)
            if until is None:
                return Settled(row.id, Outcome.FAILED, "deferred_too_long", words)
            return Settled(row.id, Outcome.DEFERRED, "rate_limited", words, until)
        return Settled(row.id, Outcome.DEFERRED, "provider_down", words, now + CHANNEL_REST)

    @contextmanager
    def _kept_if_the_store_fails(self, settled: Settled | None = None) -> Iterator[None]:
        """What is certain of a message is not lost with its mark: the batch's end saves it."""
        try:
            yield
        except OperationalError:
            self.settled.extend(certain for certain in (self.unconfirmed, settled) if certain)
            self.unconfirmed = None
            raise

    def _settle(self, settled: Settled) -> None:
        self.settled.append(settled)
        self.sent.outcomes[settled.outcome] += 1

    def _note(self, row: Any, outcome: Outcome, words: str, now: datetime) -> None:
        self.attempts.append(Attempt(row.id, now, outcome, words))
        self.sent.outcomes[outcome] += 1

    def _trouble(self, desk: AnyDesk, row: Any, sentence: str) -> None:
        self.sent.trouble.append(f"{row.message} of {desk.called} {sentence}")
