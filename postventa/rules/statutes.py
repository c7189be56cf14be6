"""What a rule of law (or a promise of the shop) is, which version of it is in force, and which rules bite."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from postventa.rules.office_hours import NINE_TO_SIX, OfficeHours
from postventa.rules.places import CANARY, MADRID

HOME_ZONES = (MADRID, CANARY)
"""Where a customer may live whose zone nobody knows."""


class NoSuchRule(LookupError):
    """No rule of that name is in force at that moment."""


class Unit(StrEnum):
    """What a period is made of."""

    MINUTE = "minute"
    HOUR = "hour"
    BUSINESS_HOUR = "business_hour"
    DAY = "day"
    WORKING_DAY = "working_day"
    MONTH = "month"
    YEAR = "year"


class Counting(StrEnum):
    """How a period is counted. docs/clocks.md explains each with an example."""

    CIVIL_DAYS = "CC5D"
    CIVIL_MONTHS = "CC5M"
    CIVIL_YEARS = "CC5Y"
    WORKING_DAYS = "WD"
    EU_DAYS = "EUD"
    EU_MONTHS = "EUM"
    ELAPSED = "H"
    BACKWARDS = "BACK"
    OFFICE_HOURS = "BH"
    NONE = "NONE"


UNITS = {
    Counting.CIVIL_DAYS: {Unit.DAY},
    Counting.CIVIL_MONTHS: {Unit.MONTH},
    Counting.CIVIL_YEARS: {Unit.YEAR},
    Counting.WORKING_DAYS: {Unit.WORKING_DAY},
    Counting.EU_DAYS: {Unit.DAY},
    Counting.EU_MONTHS: {Unit.MONTH},
    Counting.ELAPSED: {Unit.MINUTE, Unit.HOUR},
    Counting.BACKWARDS: {Unit.DAY},
    Counting.OFFICE_HOURS: {Unit.BUSINESS_HOUR},
    Counting.NONE: set(Unit),
}
"""The units that each method counts."""


class Direction(StrEnum):
    """Whose clock it is: ours ends as early, the customer's as late as can be defended."""

    TRADER_DUTY = "trader_duty"
    CONSUMER_RIGHT = "consumer_right"


class Default(StrEnum):
    """How a rule takes part. Only the first two can drive a case."""

    ON = "on"
    LOCKED = "locked"
    """On, and no configuration turns it off."""
    SHADOW = "shadow"
    """Counted and shown beside the others; another rule is stricter."""
    METRIC = "metric"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One version of one rule, as its pack says it."""

    rule_id: str
    title: str
    trigger: str
    counting: Counting
    direction: Direction
    article: str
    jurisdiction: str = ""
    """Empty where the shop promises it and no law asks."""
    scope: Literal["all", "large", "region"] = "all"
    region: str = ""
    """ISO 3166-2, such as ES-CB, where `scope` is `region`."""
    effective_from: date | None = None
    effective_until: date | None = None
    """The first day on which this version is no longer in force."""
    length: int | None = None
    unit: Unit | None = None
    alarm_minutes: int = 0
    """What `at once` may take before a person is called; only where the law says `at once` (a length of 0)."""
    of_several: Literal["last", "first"] = "last"
    """Which of several events starts the clock: the `last` parcel, or the `first` proof."""
    may_pause: bool = False
    """Whether it stands still while the customer is being waited for; never a duty of the law."""
    met_by: Literal["answer", "reply"] = "answer"
    """What ends a clock about a complaint: the answer, or anything that a person writes to the customer."""
    office: OfficeHours = NINE_TO_SIX
    topics: tuple[str, ...] = ()
    """Empty: every topic."""
    near: str = ""
    """What is done while there is still time."""
    overdue: str = ""
    """What is done when there is none, or refused while the rule is not met."""
    note: str = ""
    escalate_at: tuple[int, ...] = ()
    """Shares of the clock, in percent, at which it is escalated."""
    default: Default = Default.ON
    confidence: Literal["HIGH", "MEDIUM-HIGH", "MEDIUM", "LOW"] = "HIGH"
    severity: Literal["none", "minor", "serious"] = "minor"
    is_statutory: bool = False

    @property
    def has_period(self) -> bool:
        return self.counting is not Counting.NONE

    @property
    def drives(self) -> bool:
        """Whether it can be the deadline that a case is escalated by."""
        return self.default in {Default.ON, Default.LOCKED}

    @property
    def is_trader_duty(self) -> bool:
        return self.direction is Direction.TRADER_DUTY

    def is_in_force(self, day: date) -> bool:
        begun = self.effective_from is None or self.effective_from <= day
        return begun and (self.effective_until is None or day < self.effective_until)


def rule_in_force(rules: Sequence[Rule], rule_id: str, event: datetime, zone: ZoneInfo | None) -> Rule:
    """The version of a rule on the event's own date. Raises NoSuchRule.

    Where the zone is unknown and midnight lies between, a duty takes its shorter version and a right its longer.
    """
    versions = [rule for rule in rules if rule.rule_id == rule_id]
    if not versions:
        raise NoSuchRule(f"there is no rule {rule_id}")
    days = _days(event, zone)
    found = [rule for rule in versions if any(rule.is_in_force(day) for day in days)]
    if not found:
        dates = ", ".join(_in_force(rule) for rule in versions)
        raise NoSuchRule(f"{rule_id} is not in force on {days[0]}: it is {dates}")
    return sorted(found, key=nominal_days)[0 if found[0].is_trader_duty else -1]


def applicable(
    rules: Sequence[Rule],
    trigger: str,
    event: datetime,
    *,
    zone: ZoneInfo | None,
    is_large: bool = False,
    region: str = "",
    topic: str = "",
) -> tuple[Rule, ...]:
    """Every rule that this trigger starts, for a shop of that size and a customer of that region.

    Rules that only count in the shadow of a stricter one are among them, those that are off are not.
    """
    days = _days(event, zone)
    biting = [
        rule
        for rule in rules
        if rule.trigger == trigger
        and bites(rule, is_large=is_large, region=region, topic=topic)
        and any(rule.is_in_force(day) for day in days)
    ]
    names = dict.fromkeys(rule.rule_id for rule in biting)
    return tuple(rule_in_force(biting, name, event, zone) for name in names)


def bites(rule: Rule, *, is_large: bool, region: str, topic: str) -> bool:
    """Whether a rule is for a shop of that size, a customer of that region and a complaint about that."""
    return (
        rule.default is not Default.OFF
        and (rule.scope != "large" or is_large)
        and (rule.scope != "region" or rule.region == region)
        and (not rule.topics or topic in rule.topics)
    )


def nominal_days(rule: Rule) -> float:
    """About how long a period is, to tell a shorter version from a longer one; never to count with."""
    days = {
        Unit.MINUTE: 1 / 1440,
        Unit.HOUR: 1 / 24,
        Unit.BUSINESS_HOUR: 1 / 9,
        Unit.WORKING_DAY: 7 / 5,
        Unit.MONTH: 30.5,
        Unit.YEAR: 365.25,
    }
    return (rule.length or 0) * days.get(rule.unit or Unit.DAY, 1)


def _days(event: datetime, zone: ZoneInfo | None) -> list[date]:
    """The event's local date; two of them where the zone is unknown and midnight lies between."""
    zones = (zone,) if zone else HOME_ZONES
    return list(dict.fromkeys(event.astimezone(one).date() for one in zones))


def _in_force(rule: Rule) -> str:
    since = f"in force from {rule.effective_from}" if rule.effective_from else "in force"
    return f"{since} until the day before {rule.effective_until}" if rule.effective_until else since
