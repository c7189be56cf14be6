"""The law as this configuration has it: which rules an event starts here, where, and when somebody is at the desk."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from postventa.calendars import UnknownPlace, holidays_for
from postventa.law import BadLaw, law_pack
from postventa.rules.counting import Holidays
from postventa.rules.deadlines import Deadline, NoClock, UnknownYear, deadline
from postventa.rules.escalation import DeskHours, shares_for
from postventa.rules.office_hours import OfficeHours
from postventa.rules.places import zone_of
from postventa.rules.statutes import Counting, NoSuchRule, Rule, applicable, rule_in_force
from postventa.settings import Settings

OFFICIAL_FORM = "official_form.received"


class Home(NamedTuple):
    """Where the customer lives: both may be unknown, which the rules know how to take."""

    region: str
    zone: ZoneInfo | None


def home_of(region: str, zone: str) -> Home:
    """The zone as given, else the region's."""
    return Home(region, zone_named(zone) or zone_of(region))


def zone_named(name: str) -> ZoneInfo | None:
    """A zone by its name; None where there is none of that name."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def counted(
    settings: Settings,
    triggers: Sequence[str],
    events: Sequence[datetime],
    home: Home,
    topic: str,
) -> tuple[list[Deadline], list[str]]:
    """The clocks that these triggers start, and a sentence for each that ought to start and cannot be counted."""
    try:
        pack = pack_of(settings)
    except BadLaw as wrong:
        return [], [f"the law cannot be read: {wrong}"]
    is_large = settings.policy.large_company
    found, problems = [], []
    if not any(rule.trigger == triggers[0] for rule in pack):
        problems.append(f"no rule of {settings.policy.jurisdiction} is started by {triggers[0]}")
    rules = [
        rule
        for trigger in triggers
        for rule in applicable(
            pack, trigger, max(events), zone=home.zone, is_large=is_large, region=home.region, topic=topic
        )
        if rule.has_period
    ]
    for rule in rules:
        try:
            found.append(deadline(rule, events, *counted_where(settings, rule, home)))
        except (NoClock, UnknownYear, UnknownPlace, OverflowError) as wrong:
            problems.append(f"{rule.rule_id} could not be counted: {wrong}")
    return found, problems


def rule_of(settings: Settings, clock: Any) -> Rule | None:
    """The version of the rule that a clock was counted by; None where the law's files know it no more."""
    try:
        return rule_in_force(pack_of(settings), clock.rule_id, clock.started_at, zone_named(clock.zone))
    except (BadLaw, NoSuchRule):
        return None


def shares_of(settings: Settings, rule: Rule | None) -> tuple[int, ...]:
    """At which shares of its clock the owner, the team lead and the manager are called."""
    return shares_for(rule.escalate_at if rule else (), settings.desk.ladder)


def pack_of(settings: Settings) -> tuple[Rule, ...]:
    """The law of the jurisdiction with the shop's own promises. Raises BadLaw."""
    own = settings.policy.rules
    return law_pack(settings.policy.jurisdiction, Path(own) if own else None)


def pack_or_nothing(settings: Settings) -> tuple[Rule, ...]:
    """The same where it can be read; what is wrong with it is said where a clock is counted."""
    try:
        return pack_of(settings)
    except BadLaw:
        return ()


def counted_where(settings: Settings, rule: Rule, home: Home) -> tuple[ZoneInfo | None, Holidays]:
    """The zone and holidays that a clock goes by: the customer's, but the desk's for what counts its open hours."""
    if rule.counting is Counting.OFFICE_HOURS:
        desk = desk_hours(settings)
        return desk.zone, desk.holidays
    return home.zone, holidays_at(settings, home.region)


def holidays_at(settings: Settings, region: str) -> Holidays:
    """The holidays at the customer's home, with those of its towns that are configured. Raises UnknownPlace."""
    country, local = settings.policy.jurisdiction, settings.policy.local_holidays
    everywhere = () if region in {"", country} else local.get(country, ())
    return _holidays(country, region, (*everywhere, *local.get(region or country, ())))


def read_up(settings: Settings, region: str = "") -> None:
    """Reads the law and the calendars, which takes a new process seconds, before it holds what others wait for.

    What is wrong with them is said where a clock is counted.
    """
    with suppress(BadLaw, UnknownPlace, UnknownYear):
        pack_of(settings)
        desk_hours(settings)
        holidays_at(settings, region)


def desk_hours(settings: Settings) -> DeskHours:
    """When somebody is at the desk: Monday to Friday, without the holidays of its region and its town."""
    desk = settings.desk
    hours = OfficeHours(desk.opens, desk.closes)
    return DeskHours(
        hours,
        ZoneInfo(desk.timezone),
        _holidays(settings.policy.jurisdiction, desk.region, desk.holidays),
    )


@cache
def _holidays(country: str, region: str, local: tuple[date, ...]) -> Holidays:
    """A run asks for the same few places a hundred thousand times."""
    return holidays_for(country, region, local)
