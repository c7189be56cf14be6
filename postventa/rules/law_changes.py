"""What a change of the law would move: rules added, removed and changed, and clocks that would end otherwise."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from postventa.rules.counting import Holidays
from postventa.rules.deadlines import NoClock, deadline
from postventa.rules.statutes import NoSuchRule, Rule, applicable, rule_in_force


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


@dataclass(frozen=True, slots=True)
class Moved:
    """A clock that would end at another time, would not run (`will_be_due_at` is None), or would begin (`due_at`)."""

    rule_id: str
    case_id: int | None
    order_id: int | None
    due_at: datetime | None
    will_be_due_at: datetime | None


HolidaysOf = Callable[[str], Holidays]
"""The holidays of a region."""


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
    holidays: HolidaysOf,
    *,
    is_large: bool = False,
) -> tuple[Moved, ...]:
    """The clocks that would end otherwise, those that would stop, and those that a new rule would start beside them."""
    found: dict[Moved, None] = {}
    for clock in clocks:
        before, after = _in_force(old, clock), _in_force(new, clock)
        if before != after:
            due = _due(before, clock, holidays)
            will_be = _due(after, clock, holidays)
            if due != will_be:
                found[Moved(clock.rule_id, clock.case_id, clock.order_id, clock.due_at, will_be)] = None
        if before is not None:
            for rule in _begun(before.trigger, clock, old, new, is_large=is_large):
                will_be = _due(rule, clock, holidays)
                found[Moved(rule.rule_id, clock.case_id, clock.order_id, None, will_be)] = None
    return tuple(one for one in found if one.due_at or one.will_be_due_at)


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


def _due(rule: Rule | None, clock: OpenClock, holidays: HolidaysOf) -> datetime | None:
    if rule is None:
        return None
    try:
        return deadline(rule, [clock.started_at], clock.zone, holidays(clock.region)).due_at
    except NoClock:
        return None


def _begun(
    trigger: str, clock: OpenClock, old: Sequence[Rule], new: Sequence[Rule], *, is_large: bool
) -> list[Rule]:
    """Rules that this clock's own event would start, and did not."""
    known = {rule.rule_id for rule in old}
    return [
        rule
        for rule in applicable(
            [rule for rule in new if rule.rule_id not in known],
            trigger,
            clock.started_at,
            zone=clock.zone,
            is_large=is_large,
            region=clock.region,
        )
        if rule.has_period
    ]
