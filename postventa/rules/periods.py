"""From the day of an event to the last good day of a rule's period, with the arithmetic in words."""

from collections.abc import Callable
from datetime import date, timedelta

from postventa.rules.counting import Holidays, days_between, months_later, rolled, working_days_later
from postventa.rules.statutes import Counting, Rule, Unit

LastDay = tuple[date, list[str]]
"""The last good day, and how one comes to it."""


def last_day(rule: Rule, day: date, holidays: Holidays) -> LastDay:
    """The last good day of a period in days, working days, months or years that an event on `day` starts."""
    return _METHODS[rule.counting](rule, day, holidays)


def after_standing(rule: Rule, last: date, first_off: date, last_off: date, holidays: Holidays) -> date:
    """The last good day of a period that stood still on these days: working days are made good by working days."""
    days = [first_off, *days_between(first_off, last_off)]
    if rule.counting is not Counting.WORKING_DAYS:
        return last + timedelta(days=len(days))
    national = rule.is_trader_duty
    stood = sum(holidays.is_working_day(day, only_national=national) for day in days)
    return working_days_later(last, stood, holidays, only_national=national)


def written_day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def written_period(rule: Rule) -> str:
    """`15 natural days`, `1 month`."""
    unit = rule.unit or Unit.DAY
    word = {Unit.DAY: "natural day", Unit.WORKING_DAY: "working day", Unit.BUSINESS_HOUR: "hour"}.get(
        unit, unit
    )
    return f"{rule.length} {word}{'' if rule.length == 1 else 's'}"


def _days(rule: Rule, day: date, _: Holidays) -> LastDay:
    end = day + timedelta(days=rule.length or 0)
    return end, [
        f"that day is not counted (CC 5.1) and {written_period(rule)} lead to {written_day(end)}",
        "no day is left out and the end is not moved (CC 5.2)",
    ]


def _months(rule: Rule, day: date, _: Holidays) -> LastDay:
    end, steps = _date_to_date(rule, day, "CC 5.1")
    return end, [*steps, "the end is not moved to a working day (CC 5.2)"]


def _working_days(rule: Rule, day: date, holidays: Holidays) -> LastDay:
    only_national = rule.is_trader_duty
    end = working_days_later(day, rule.length or 0, holidays, only_national=only_national)
    left_out = [
        f"{one:%a} {one.day} {one:%b} {one.year}"
        for one in days_between(day, end)
        if one.weekday() < 5 and holidays.has(one, only_national=only_national)  # a Saturday is out anyway
    ]
    kind = "national ones alone, for a duty" if only_national else "all of the place, for a right"
    return end, [
        "that day is not counted",
        f"{written_period(rule)} lead to {written_day(end)}, without Saturdays, Sundays and holidays ({kind})",
        f"holidays on the way: {', '.join(left_out) or 'none'}",
    ]


def _eu_days(rule: Rule, day: date, holidays: Holidays) -> LastDay:
    end = day + timedelta(days=rule.length or 0)
    step = (
        f"that day is not counted and {written_period(rule)} lead to {written_day(end)} (Reg. 1182/71 art. 3)"
    )
    return _moved(rule, end, [step], holidays)


def _eu_months(rule: Rule, day: date, holidays: Holidays) -> LastDay:
    end, steps = _date_to_date(rule, day, "Reg. 1182/71 art. 3.2.c")
    return _moved(rule, end, steps, holidays)


def _backwards(rule: Rule, day: date, _: Holidays) -> LastDay:
    end = day - timedelta(days=rule.length or 0)
    return end, [f"counted backwards from that day, {written_period(rule)} before it is {written_day(end)}"]


def _date_to_date(rule: Rule, day: date, source: str) -> LastDay:
    months = (rule.length or 0) * (12 if rule.unit is Unit.YEAR else 1)
    end = months_later(day, months)
    steps = [f"{written_period(rule)} from date to date lead to {written_day(end)} ({source})"]
    if end.day != day.day:
        steps.append(f"{end:%B} {end.year} has no {day.day}: its last day counts")
    return end, steps


def _moved(rule: Rule, end: date, steps: list[str], holidays: Holidays) -> LastDay:
    """A right's last day that is no working day moves on; a duty's stays, which is the earlier reading."""
    if rule.is_trader_duty:
        return end, [*steps, "a duty's end is not moved"]
    moved = rolled(end, holidays)
    if moved == end:
        return end, [*steps, "a working day, so the end is not moved"]
    return moved, [
        *steps,
        f"no working day there, so it moves to {written_day(moved)} (Reg. 1182/71 art. 3.4)",
    ]


_METHODS: dict[Counting, Callable[[Rule, date, Holidays], LastDay]] = {
    Counting.CIVIL_DAYS: _days,
    Counting.CIVIL_MONTHS: _months,
    Counting.CIVIL_YEARS: _months,
    Counting.WORKING_DAYS: _working_days,
    Counting.EU_DAYS: _eu_days,
    Counting.EU_MONTHS: _eu_months,
    Counting.BACKWARDS: _backwards,
}
