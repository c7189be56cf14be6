"""What a change of the law would move: rules added, removed and changed, and clocks that would end otherwise."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from postventa.rules.counting import Holidays
from postventa.rules.deadlines import NoClock, deadline
from postventa.rules.statutes import NoSuchRule, Rule, applicable, bites, rule_in_force


@dataclass(frozen=True, slots=True)
class Change:
    """A version of a rule that is `added`, `removed` or `changed`, and in the latter case field by field."""

    rule_id: str
    version: str
    """`from 2025-12-28`, or empty where a version has always been in force."""
    kind: str
    fields: tuple[tuple[str, Any, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class OpenClock:
    """A clock that runs, as far as the law can move it."""

    rule_id: str
    started_at: datetime
    due_at: datetime
    zone: ZoneInfo | None
    region: str
    case_id: int | None
    order_id: int | None
    topic: str = ""
    """What the complaint is about."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A clock that would end at another time, would not run (`will_be_due_at` is None), or would begin (`due_at`)."""

    rule_id: str
    case_id: int | None
    order_id: int | None
    due_at: datetime | None
    will_be_due_at: datetime | None


Where = Callable[[Rule, OpenClock], tuple[ZoneInfo | None, Holidays]]
"""The zone and the holidays that a clock goes by under a rule."""


def changes(old: Iterable[Rule], new: Iterable[Rule]) -> tuple[Change, ...]:
    """The differences between two packs, version by version."""
    before, after = _versions(old), _versions(new)
    found = []
    for key in sorted(before.keys() | after.keys()):
        one, other = before.get(key), after.get(key)
        if one is None or other is None:
            found.append(Change(*key, "added" if one is None else "removed"))
        elif one != other:
            found.append(Change(*key, "changed", tuple(_differences(one, other))))
    return tuple(found)


def moved(
    clocks: Iterable[OpenClock],
    old: Sequence[Rule],
    new: Sequence[Rule],
    where: Where,
    *,
    is_large: bool = False,
) -> tuple[Moved, ...]:
    """The clocks that would end otherwise, those that would stop, and those that would begin beside them.

    A rule begins where the old pack would not have started it: it is new, or in force earlier, or no longer for some
    sizes, regions or topics alone.
    """
    found: dict[Moved, None] = {}
    begun: dict[tuple[str, int | None, int | None], Moved] = {}
    for clock in clocks:
        before, after = _in_force(old, clock), _in_force(new, clock)
        if before and after and _is_over(before, after, clock, is_large=is_large):
            after = None
        due, will_be = _due(before, clock, where), _due(after, clock, where)
        if before != after and due != will_be:
            will_be = will_be and _with_its_pauses(will_be, clock, before, due)
            found[Moved(clock.rule_id, clock.case_id, clock.order_id, clock.due_at, will_be)] = None
        for rule in _begun(before.trigger, clock, old, new, is_large=is_large) if before else ():
            whose = (rule.rule_id, clock.case_id, clock.order_id)
            one = Moved(*whose, None, _due(rule, clock, where))
            begun.setdefault(whose, one)
    return tuple(one for one in (*found, *begun.values()) if one.due_at or one.will_be_due_at)


def _versions(rules: Iterable[Rule]) -> dict[tuple[str, str], Rule]:
    return {
        (rule.rule_id, f"from {rule.effective_from}" if rule.effective_from else ""): rule for rule in rules
    }


def _differences(one: Rule, other: Rule) -> Iterable[tuple[str, Any, Any]]:
    for name in (field.name for field in fields(Rule)):
        before, after = getattr(one, name), getattr(other, name)
        if before != after:
            yield name, before, after


def _in_force(rules: Sequence[Rule], clock: OpenClock) -> Rule | None:
    try:
        return rule_in_force(rules, clock.rule_id, clock.started_at, clock.zone)
    except NoSuchRule:
        return None


def _is_over(before: Rule, after: Rule, clock: OpenClock, *, is_large: bool) -> bool:
    """Whether the new version would not have started this clock, as the old one did."""
    did, does = (
        bites(rule, is_large=is_large, region=clock.region, topic=clock.topic) for rule in (before, after)
    )
    return before.trigger != after.trigger or (did and not does)


def _due(rule: Rule | None, clock: OpenClock, where: Where) -> datetime | None:
    if rule is None:
        return None
    try:
        return deadline(rule, [clock.started_at], *where(rule, clock)).due_at
    except NoClock:
        return None


def _with_its_pauses(
    will_be: datetime, clock: OpenClock, before: Rule | None, due: datetime | None
) -> datetime:
    """A promise that stood still ends later by as much as it does now."""
    if before is None or due is None or not before.may_pause:
        return will_be
    return will_be + max(clock.due_at - due, timedelta())


def _begun(
    trigger: str, clock: OpenClock, old: Sequence[Rule], new: Sequence[Rule], *, is_large: bool
) -> list[Rule]:
    """Rules that this clock's own event would start, and did not."""

    def started_by(rules: Sequence[Rule]) -> tuple[Rule, ...]:
        return applicable(
            rules,
            trigger,
            clock.started_at,
            zone=clock.zone,
            is_large=is_large,
            region=clock.region,
            topic=clock.topic,
        )

    known = {rule.rule_id for rule in started_by(old) if rule.has_period} | {clock.rule_id}
    return [rule for rule in started_by(new) if rule.has_period and rule.rule_id not in known]
