"""Deadlines: looking at every clock that is due, whatever it belongs to, and calling whom it calls."""

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import OperationalError

from postventa import clock
from postventa.announcements import WebhookDown, claim_announcements, heard, lines_of, post, put_off
from postventa.escalations import act, settle
from postventa.rules.escalation import Look
from postventa.scenes import Scene, find, scenes
from postventa.store.clocks import due_clocks, held
from postventa.workplace import open_workplace
from tasks.promise import promise

BATCH = 100
RUN_SECONDS = 240

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Rung:
    """What a look at all due clocks did: clocks looked at, calls made, and sentences about what needs a person."""

    looked_at: int = 0
    calls: int = 0
    trouble: list[str] = field(default_factory=list)
    left_over: bool = False


@dataclass(slots=True)
class Told:
    """What the webhook heard: how many lines, and why not the rest."""

    lines: int = 0
    trouble: list[str] = field(default_factory=list)


@promise("ring-clocks")
def ring_clocks() -> Rung:
    """Looks at every clock that is due, a bounded batch in a transaction at a time; each succeeds or fails alone.

    Safe to run twice and side by side: a call is recorded once, and a clock is in one worker's hands at a time.
    """
    place = open_workplace()
    now, rung = clock.now(), Rung()
    until = time.monotonic() + RUN_SECONDS
    after: tuple[datetime, int] | None = None
    while time.monotonic() < until:
        with place.store.begin() as connection:
            due = due_clocks(connection, now, BATCH, after)
            if not due:
                return rung
            quiet: list[tuple[int, Look]] = []
            for scene in scenes(connection, held(connection, due, now)):
                rung.looked_at += 1
                try:
                    found = find(place.settings, scene, now)
                    if found.look and found.is_quiet:
                        quiet.append((scene.clock.id, found.look))
                        continue
                    with connection.begin_nested():
                        acted = act(connection, place.settings, scene, found, now)
                except OperationalError:
                    raise  # the store's trouble, not this clock's
                except Exception as error:  # noqa: BLE001 - a clock fails alone, with its reason
                    rung.trouble.append(_failed(scene, error))
                    continue
                rung.calls += acted.made
                rung.trouble += acted.trouble
            settle(connection, quiet)
        after = (due[-1].next_at, due[-1].id)
    rung.left_over = True
    return rung


@promise("tell-the-webhook")
def tell_webhook() -> Told:
    """Tells the desk's webhook what it has not heard yet. One that is down is told again by the next runs."""
    place = open_workplace()
    now, told = clock.now(), Told()
    if not place.settings.desk.webhook_env:
        return told
    while True:
        with place.store.begin() as connection:
            calls = claim_announcements(connection, now)
            lines = lines_of(connection, place.settings, calls, now) if calls else []
        if not calls:
            return told
        for number, (call, line) in enumerate(zip(calls, lines, strict=True)):
            try:
                post(place.settings, line)
            except WebhookDown as down:
                with place.store.begin() as connection:
                    given_up = put_off(connection, calls[number:], now)
                told.trouble.append(str(down))
                if given_up:
                    told.trouble.append(f"{given_up} calls were kept from it for three days and are given up")
                return told
            with place.store.begin() as connection:
                heard(connection, call.id)
            told.lines += 1


def _failed(scene: Scene, error: Exception) -> str:
    """A clock that could not be looked at, with a database's own words and never a statement's values."""
    log.error("clock %s could not be looked at: %s", scene.clock.id, type(error).__name__)
    cause = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    return f"{scene.called} could not be looked at: {type(error).__name__}: {cause}"
