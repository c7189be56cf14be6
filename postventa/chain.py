"""From happenings to what must be saved together: the order's next stage, its log, and the messages it owes.

Pure values: the tasks save a `Course` in one transaction. Shops' news and carriers' scans both come through here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from postventa.rules.happenings import Happening
from postventa.rules.messages import Outcome
from postventa.rules.orders import Event, Move, Stage, passed_over, step

ONCE = "once"


@dataclass(frozen=True, slots=True)
class Logged:
    """A line of the order's event log."""

    event: str
    happened_at: datetime
    parcel: str | None
    stage: Stage
    reason: str


@dataclass(frozen=True, slots=True)
class Owe:
    """A message that the order owes its customer; a `reason` says that it is suppressed from the start."""

    message: str
    happened_at: datetime
    parcel: str | None = None
    occasion: str = ONCE
    wait: timedelta = timedelta()
    reason: str = ""

    def key(self, shop: str, ref: str) -> str:
        return f"{shop}:{ref}:{self.parcel or '-'}:{self.message}:{self.occasion}"

    @property
    def outcome(self) -> Outcome:
        return Outcome.SUPPRESSED if self.reason else Outcome.WAITING


@dataclass(frozen=True, slots=True)
class Course:
    """Where an order stands after its happenings, with the log and the messages they leave behind."""

    stage: Stage
    logged: tuple[Logged, ...]
    owed: tuple[Owe, ...]

    def happened(self, event: Event) -> datetime | None:
        """When `event` happened in this course, if it did and moved or told something."""
        return next((line.happened_at for line in self.logged if line.event == event), None)


def advance(
    stage: Stage, happened: Iterable[Happening], *, backfill_since: datetime, grace: timedelta = timedelta()
) -> Course:
    """Walks an order through its happenings by the table.

    What happened before `backfill_since` moves the order and tells nobody. A shipment without a tracking number
    waits `grace` for one. News that changes and tells nothing because it is repeated leaves no trace.
    """
    logged: list[Logged] = []
    owed: list[Owe] = []
    for happening in happened:
        move = step(stage, happening.event)
        owed.extend(_owed(stage, happening, move, backfill_since, grace))
        if not move.reason.startswith("repeated"):
            logged.append(Logged(happening.event, happening.at, happening.parcel, move.to, move.reason))
        stage = move.to
    return Course(stage, tuple(logged), tuple(owed))


def _owed(
    stage: Stage, happening: Happening, move: Move, backfill_since: datetime, grace: timedelta
) -> Iterable[Owe]:
    past = "backfill_cutoff" if happening.at < backfill_since else ""
    for skipped in passed_over(stage, move, happening.event):
        yield Owe(skipped, happening.at, reason=past or "superseded")
    if move.tell is None:
        return
    is_whole_order = happening.event in {Event.ALL_DELIVERED, Event.SHIPPED_UNTRACKED}
    yield Owe(
        move.tell,
        happening.at,
        parcel=None if is_whole_order else happening.parcel,
        wait=grace if happening.event is Event.SHIPPED_UNTRACKED else timedelta(),
        reason=past,
    )
