"""Who may be sent what (LSSI 21, GDPR 21, LGDCU 96): what somebody agreed to and objected to, and what follows of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from postventa.rules.messages import Verdict

RELATIONSHIP, COMMERCIAL = "relationship", "commercial"
ALL = "all"
ASKED_FOR = (RELATIONSHIP, COMMERCIAL)
"""The classes that need a yes, or a sale with the way out offered. What a contract owes needs neither."""


class Said(StrEnum):
    """What somebody said of messages."""

    CONSENTED = "consented"
    SOFT_OPT_IN = "soft_opt_in"
    """Bought, was offered to refuse advertising, and did not refuse (LSSI 21.2)."""
    OBJECTED = "objected"


class Basis(StrEnum):
    """Why a class may be sent, or that it may not."""

    CONSENT = "consent"
    SOFT_OPT_IN = "soft_opt_in"
    NONE = "none"
    OBJECTED = "objected"


RANK = {Basis.NONE: 0, Basis.SOFT_OPT_IN: 1, Basis.CONSENT: 2}
SPEAKS_FOR_ITSELF = frozenset({"page", "mail", "desk"})
"""Where a yes after a no is meant as one. A checkout that kept its tick says nothing new: the no stays."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was said, for a class or for `all`."""

    message_class: str
    said: Said
    source: str
    said_at: datetime


def standing(entries: Iterable[Entry]) -> dict[str, Basis]:
    """By class, whether it may be sent and why. A no outweighs everything but a later yes that was said as such."""
    found = dict.fromkeys(ASKED_FOR, Basis.NONE)
    # Of what was said at the same instant, the no comes last.
    for entry in sorted(entries, key=lambda one: (one.said_at, one.said is Said.OBJECTED)):
        for name in ASKED_FOR if entry.message_class == ALL else (entry.message_class,):
            found[name] = _after(found[name], entry)
    return found


def _after(before: Basis, entry: Entry) -> Basis:
    if entry.said is Said.OBJECTED:
        return Basis.OBJECTED
    said = Basis.CONSENT if entry.said is Said.CONSENTED else Basis.SOFT_OPT_IN
    if before is Basis.OBJECTED:
        lifts = said is Basis.CONSENT and entry.source in SPEAKS_FOR_ITSELF
        return said if lifts else before
    return max(before, said, key=RANK.__getitem__)


def covers(bases: dict[str, Basis], scope: str) -> bool:
    """Whether everything in `scope`, a class or `all`, has been objected to already."""
    return all(bases[name] is Basis.OBJECTED for name in (ASKED_FOR if scope == ALL else (scope,)))


class Exclusion(StrEnum):
    """What the advertising exclusion systems say of somebody (LOPDGDD 23.4)."""

    FREE = "free"
    LISTED = "listed"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class Reach:
    """How somebody can be reached, as far as messages go that need a yes."""

    bases: dict[str, Basis]
    is_suppressed: frozenset[str] = frozenset()
    """Classes on the suppression list."""
    has_bounced: bool = False
    has_way_out: bool = True
    """Whether the message can carry a link to object; without one it is forbidden (LSSI 21.2)."""


def may_write(reach: Reach, message_class: str, *, is_own_similar: bool, exclusion: Exclusion) -> Verdict:
    """Whether a relationship or a commercial message may go at all; when, others decide."""
    basis = reach.bases[message_class]
    if basis is Basis.OBJECTED or message_class in reach.is_suppressed:
        return Verdict.no("opted_out")
    if reach.has_bounced:
        return Verdict.no("hard_bounce")
    if not reach.has_way_out:
        return Verdict.no("channel_not_allowed")
    is_soft = basis is Basis.SOFT_OPT_IN
    is_advertising = message_class == COMMERCIAL and is_soft
    if basis is Basis.NONE or (is_advertising and not is_own_similar):
        return Verdict.no("no_consent")
    if is_advertising and exclusion is not Exclusion.FREE:
        return Verdict.no("opted_out" if exclusion is Exclusion.LISTED else "no_consent")
    return Verdict.yes()
