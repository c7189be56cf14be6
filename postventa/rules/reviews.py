"""Who is asked for a review, when, and about what: never by how content they may be (LCD 27.8, LGDCU 20.4).

An ask waits for its time, is held while a case is open, and goes as long as its window lasts; who is not asked has
the reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from postventa.rules.messages import Verdict
from postventa.rules.orders import STOPPED, Stage

A_DAY = timedelta(days=1)
LOOK_AGAIN = A_DAY
"""What holds an ask is looked at so often: cases end by day."""
REMINDER_AFTER = timedelta(days=7)
COOLDOWN = timedelta(days=30)
"""Nobody is asked twice within it, whatever they bought meanwhile."""
SAME_PRODUCT = timedelta(days=365)
CAP, CAP_WITHIN = 5, timedelta(days=30)
"""So many mails that nobody has to be sent, within so long."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A line of the order that could be asked about."""

    ref: str
    product_ref: str
    sku: str = ""
    is_back: bool = False
    """All of it has gone back, and the matter is settled."""
    is_reviewed: bool = False
    was_asked: bool = False
    """The same customer was asked about the same product in the last twelve months."""


@dataclass(frozen=True, slots=True)
class Facts:
    """How things stand with an order and its customer, when somebody might be asked."""

    stage: Stage
    expires_at: datetime
    """Exclusive: the window of reviews (R-REV-WIN)."""
    arrived_at: datetime | None
    """When the last parcel came into the customer's hands; None while one has not, or has been taken back."""
    pieces: tuple[Piece, ...] = ()
    delay: timedelta = REMINDER_AFTER
    is_refunded: bool = False
    is_backfill: bool = False
    has_address: bool = True
    has_bounced: bool = False
    may_be_written_to: bool = True
    """Whether a message that can be refused is possible at all: it must link to a page of ours."""
    has_open_return: bool = False
    has_open_complaint: bool = False
    has_answered: bool = False
    is_asked_elsewhere: bool = False
    """An ask about another order is on its way to the same customer."""
    asked_at: datetime | None = None
    """When the same customer was last asked about another order."""
    mails: tuple[datetime, ...] = ()
    """When they were sent what nobody has to be sent."""


def may_ask(facts: Facts, now: datetime) -> Verdict:
    """Whether the customer is asked now. The first reason that holds is the answer."""
    never = _never(facts, now)
    if never:
        return Verdict.no(never)
    held = _held(facts, now) or _too_soon(facts, now) or _asked_enough(facts, now)
    return held or _mailed_enough(facts, now) or Verdict.yes()


def may_remind(facts: Facts, asked_at: datetime, now: datetime) -> Verdict:
    """Whether the customer, asked at `asked_at`, is asked once more now."""
    never = _never(facts, now)
    if never:
        return Verdict.no(never)
    held = _held(facts, now)
    if held:
        return held
    if now < asked_at + REMINDER_AFTER:
        return Verdict.later("too_soon", asked_at + REMINDER_AFTER)
    return _too_soon(facts, now) or _mailed_enough(facts, now) or Verdict.yes()


def asked_about(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """What is left to ask about: each product once."""
    left: dict[str, Piece] = {}
    for piece in pieces:
        if not (piece.is_back or piece.is_reviewed or piece.was_asked):
            left.setdefault(piece.product_ref or piece.ref, piece)
    return tuple(left.values())


def delay_for(skus: Iterable[str], delays: Mapping[str, int], default: int) -> timedelta:
    """How long after its arrival somebody is asked about an order: as long as its slowest product needs.

    `delays` are days by SKU; `*` at the end stands for any rest, and the first that fits a SKU counts.
    """
    days = [
        next(
            (
                days
                for pattern, days in delays.items()
                if sku and fnmatchcase(sku.casefold(), pattern.casefold())
            ),
            default,
        )
        for sku in skus
    ]
    return timedelta(days=max(days, default=default))


def _never(facts: Facts, now: datetime) -> str:  # noqa: PLR0911 - a list of reasons
    if facts.stage in STOPPED:
        return f"order_{facts.stage}"
    if facts.is_refunded:
        return "order_refunded"
    if facts.is_backfill:
        return "backfill_cutoff"
    if now >= facts.expires_at:
        return "review_window_closed"
    if not facts.has_address:
        return "missing_contact"
    if facts.has_bounced:
        return "hard_bounce"
    if not facts.may_be_written_to:
        return "channel_not_allowed"
    if facts.has_answered:
        return "already_answered"
    # While goods are on their way back nobody knows yet what stays.
    return "" if facts.has_open_return or asked_about(facts.pieces) else _why_nothing_is_left(facts.pieces)


def _why_nothing_is_left(pieces: Sequence[Piece]) -> str:
    if any(piece.is_reviewed for piece in pieces):
        return "review_exists"
    return "cooldown" if any(piece.was_asked for piece in pieces) else "item_refunded"


def _held(facts: Facts, now: datetime) -> Verdict | None:
    """What holds an ask, and lets it go again inside the window: to hold it for good would be choosing who may speak."""
    again = min(now + LOOK_AGAIN, facts.expires_at)
    if facts.arrived_at is None:
        return Verdict.later("not_delivered", again)
    if facts.has_open_return:
        return Verdict.later("return_open", again)
    return Verdict.later("complaint_open", again) if facts.has_open_complaint else None


def _too_soon(facts: Facts, now: datetime) -> Verdict | None:
    since = facts.arrived_at or now
    return Verdict.later("too_soon", since + facts.delay) if now < since + facts.delay else None


def _asked_enough(facts: Facts, now: datetime) -> Verdict | None:
    if facts.asked_at is not None and now < facts.asked_at + COOLDOWN:
        return _once_over("cooldown", facts.asked_at + COOLDOWN, facts)
    if facts.is_asked_elsewhere:  # whether that one goes is not certain yet
        return Verdict.later("cooldown", min(now + LOOK_AGAIN, facts.expires_at))
    return None


def _mailed_enough(facts: Facts, now: datetime) -> Verdict | None:
    recent = sorted(at for at in facts.mails if now < at + CAP_WITHIN)
    if len(recent) < CAP:
        return None
    return _once_over("frequency_cap", recent[-CAP] + CAP_WITHIN, facts)


def _once_over(reason: str, until: datetime, facts: Facts) -> Verdict:
    """Later, unless the window closes before."""
    return Verdict.later(reason, until) if until < facts.expires_at else Verdict.no(reason)
