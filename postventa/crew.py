"""The crew: processes that send beside this one, because the threads of one Python process share one core.

A hand is a plain process that knows no Prefect. It is taken on when so much is due that its start is worth it and
kept for as long as this process lives. Wherever it fails, this process sends instead: a hand that died in the middle
has left what every killed sender leaves, and the next sender takes that back.
"""

import atexit
import gc
import json
import logging
import os
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import fields
from functools import cache
from threading import Lock
from typing import IO, Any, cast

from postventa import clock, settings
from postventa.sending import BATCH, Sent, send_due
from postventa.store.ledger import due_count
from postventa.workplace import open_workplace

WORTH_A_START = 1000
"""Messages due: about what a sender sends while a hand starts."""

log = logging.getLogger(__name__)


def send_together(channel: str, number: int) -> Sent:
    """Sends what is due as sender `number` of the channel: the first one here, one for each further core by a hand."""
    _keep_what_is_imported()
    hand = _hand(number) if 1 < number <= (os.cpu_count() or 1) else None
    if hand is not None:
        with open_workplace().reading() as connection:
            due = due_count(connection, clock.now(), at_most=WORTH_A_START)
        if due >= (BATCH if hand.is_there else WORTH_A_START):
            sent = hand.send_due(channel)
            if sent is not None:
                return sent
    return send_due(channel)


class Hand:
    """One process of the crew, started when it is first asked; it sends for one run at a time."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._process: subprocess.Popen[str] | None = None
        self._turn = Lock()

    @property
    def is_there(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def send_due(self, channel: str) -> Sent | None:
        """Sends what is due; None if the hand is busy for another run, or failed."""
        if not self._turn.acquire(blocking=False):
            return None
        try:
            if self._process is None or not self.is_there:
                self.dismiss()
                self._process = _started()
            said = _answer(self._process, channel)
        except (OSError, ValueError) as wrong:
            log.warning(
                "the process of sender %d of %s has ended: %s", self._number, channel, type(wrong).__name__
            )
            self.dismiss()
            return None
        finally:
            self._turn.release()
        return Sent(**said | {"outcomes": Counter(said["outcomes"])}) if said else None

    def dismiss(self) -> None:
        """Lets the process go: it ends when nobody can ask it any more."""
        if self._process is not None:
            with suppress(OSError), self._process:
                pass  # its pipes are closed, and its end is waited for
            self._process = None


@cache
def _keep_what_is_imported() -> None:
    """Once in a process: what is imported by now stays, and is not looked through for garbage with every thousand mails."""
    gc.freeze()


@cache
def _hand(number: int) -> Hand:
    hand = Hand(number)
    atexit.register(hand.dismiss)
    return hand


def _started() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "postventa.crew"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # whoever interrupts this process lets the hand finish its batch
    )


def _answer(process: subprocess.Popen[str], channel: str) -> dict[str, Any] | None:
    """Asks the process to send, and waits for what it says of it; the configuration may have moved since its start."""
    environment = {
        settings.ENVIRONMENT_KEY: str(settings.settings_path().absolute()),
        clock.ENVIRONMENT_KEY: clock.written(),
    }
    asking, answering = cast(IO[str], process.stdin), cast(IO[str], process.stdout)
    asking.write(json.dumps([channel, environment]) + "\n")
    asking.flush()
    said: dict[str, Any] | None = json.loads(answering.readline())
    return said


def _work() -> None:
    """A hand's life: for each line that asks, sends what is due and answers; ends with whoever started it."""
    employer = os.getppid()
    for line in sys.stdin:
        channel, environment = json.loads(line)
        os.environ.update(environment)
        _keep_what_is_imported()
        try:
            sent = send_due(channel, is_wanted=lambda: os.getppid() == employer)
            said = {field.name: getattr(sent, field.name) for field in fields(sent)}
        except Exception as wrong:  # noqa: BLE001 - whoever asked will try it too, and tell it
            log.warning("a sender of %s stopped: %s", channel, type(wrong).__name__)
            said = None
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _work()
