"""Whether a message that is owed may go now: a verdict with its reason, asked at the very moment of sending."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from postventa.rules.orders import STOPPED, Stage, rank


class Outcome(StrEnum):
    """What has become of a message that is owed. The ledger adds up over these."""

    WAITING = "waiting"
    BEGUN = "begun"
    SENT = "sent"
    SUPPRESSED = "suppressed"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


SETTLED = frozenset({Outcome.SENT, Outcome.SUPPRESSED, Outcome.FAILED, Outcome.UNCERTAIN})
"""Outcomes that let the next message of the order go."""

WAITS_ALONE = frozenset(
    {
        *("quiet_hours", "complaint_open", "return_open", "incident_open", "frequency_cap", "cooldown"),
        *("not_delivered", "too_soon", "soft_bounce", "exclusion_list_silent"),
    }
)
"""Reasons to put off a message that concern it alone: what its order owes after it does not wait for it."""

ON_HOLD_RECHECK = timedelta(minutes=30)
BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
)
GIVE_UP_AFTER = timedelta(days=3)
"""A server that says "later" for so long is not going to say "now": the message has failed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Go, never (with the reason), or later (with the reason and the instant)."""

    outcome: Outcome | None
    reason: str = ""
    until: datetime | None = None

    @property
    def may_go(self) -> bool:
        return self.outcome is None

    @classmethod
    def yes(cls) -> "Verdict":
        return cls(None)

    @classmethod
    def no(cls, reason: str) -> "Verdict":
        return cls(Outcome.SUPPRESSED, reason)

    @classmethod
    def later(cls, reason: str, until: datetime) -> "Verdict":
        return cls(Outcome.DEFERRED, reason, until)


@dataclass(frozen=True, slots=True)
class Owed:
    """A message that is owed: its step in the chain (None beside it), and when its news happened."""

    message: str
    step: Stage | None
    is_legal: bool
    carries_amounts: bool
    parcel: str | None
    about: str
    """The shipment status that a parcel's notice is about; empty where it is not about one."""
    happened_at: datetime
    stale_after: timedelta


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand at the moment of sending."""

    stage: Stage
    is_held: bool
    is_reconciled: bool
    has_address: bool
    has_bounced: bool
    told: frozenset[tuple[str, str | None]]
    """Messages that reached the customer already, each with its parcel."""
    arrived: frozenset[str]
    """Tracking numbers of the parcels that have arrived."""
    on_the_way: frozenset[str]
    """Tracking numbers of the parcels that are known to have left."""
    statuses: Mapping[str, str] = field(default_factory=dict)
    """Tracking number -> shipment status now."""


def may_contact(owed: Owed, standing: Standing, now: datetime) -> Verdict:  # noqa: PLR0911 - a list of reasons
    """Whether `owed` may go at `now`. The first reason that holds is the answer."""
    if standing.stage in STOPPED:
        return Verdict.no(f"order_{standing.stage}")
    if not standing.has_address:
        return Verdict.no("missing_contact")
    if standing.has_bounced:
        return Verdict.no("hard_bounce")
    if owed.carries_amounts and not standing.is_reconciled:
        return Verdict.no("amount_mismatch")
    if owed.is_legal:
        return Verdict.yes()
    if _is_told_otherwise(owed, standing):
        return Verdict.no("already_sent")
    if _is_overtaken(owed, standing):
        return Verdict.no("superseded")
    if now - owed.happened_at > owed.stale_after:
        return Verdict.no("stale_event")
    if standing.is_held and owed.step is not None:
        return Verdict.later("order_on_hold", now + ON_HOLD_RECHECK)
    return Verdict.yes()


IN_A_CASE = frozenset({"transactional", "service"})
"""Classes that may be sent in the thread of a complaint or a return: its service carries no advertising of any kind
(LGDCU art. 21.2)."""


def may_write_in_a_case(message_class: str, *, has_address: bool, has_bounced: bool) -> Verdict:
    """Whether a message may go in a case. What cannot reach its reader has failed: a person finds another way."""
    if message_class not in IN_A_CASE:
        return Verdict.no("channel_not_allowed")
    if not has_address:
        return Verdict(Outcome.FAILED, "missing_contact")
    if has_bounced:
        return Verdict(Outcome.FAILED, "hard_bounce")
    return Verdict.yes()


def try_again_at(attempts: int, owed_at: datetime, now: datetime) -> datetime | None:
    """When a message goes again after its server said "later" for the `attempts`th time; None if it has failed.

    A message that waited for something else for days still gets its tries.
    """
    if attempts > len(BACKOFF) and now - owed_at > GIVE_UP_AFTER:
        return None
    return now + BACKOFF[min(attempts, len(BACKOFF)) - 1]


def _is_told_otherwise(owed: Owed, standing: Standing) -> bool:
    """One parcel, one notice: the order's and the parcel's are the same news where there is only one parcel."""
    if owed.message == "shipped":
        if owed.parcel is None:
            return any(message == "shipped" for message, _ in standing.told)
        return ("shipped", None) in standing.told
    if owed.message == "delivered" and owed.parcel is None:
        told = {parcel for message, parcel in standing.told if message == "delivered" and parcel}
        return bool(told) and standing.on_the_way <= told
    return False


def _is_overtaken(owed: Owed, standing: Standing) -> bool:
    """Later news has made this one stale: the order went on, or this parcel has arrived."""
    if owed.parcel is not None and owed.message == "delivered":
        # "everything has arrived" says it better, unless it was said before
        return standing.stage is Stage.DELIVERED and ("delivered", None) not in standing.told
    if owed.parcel is not None and owed.parcel in standing.arrived:
        return True
    if owed.parcel is not None and owed.about:
        return standing.statuses.get(owed.parcel, owed.about) != owed.about
    if owed.parcel is not None:
        return standing.stage is Stage.DELIVERED  # the shop says so, whatever the carrier has told yet
    if owed.message == "shipped" and standing.on_the_way:
        return True  # its parcels are announced one by one
    return owed.step is not None and rank(standing.stage) > rank(owed.step)
