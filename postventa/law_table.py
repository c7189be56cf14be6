"""The rules of law as a table that a person can check with a finger: docs/clocks.md holds it, `law list` prints it."""

from collections.abc import Iterable

from postventa.rules.periods import written_period
from postventa.rules.statutes import Counting, Rule

HEAD = ("rule", "what", "period", "counted", "whose", "in force", "source", "sure")
COUNTED = {
    Counting.CIVIL_DAYS: "from the next day",
    Counting.CIVIL_MONTHS: "date to date",
    Counting.CIVIL_YEARS: "date to date",
    Counting.WORKING_DAYS: "Mon-Fri, no holidays",
    Counting.EU_DAYS: "from the next day, moved",
    Counting.EU_MONTHS: "date to date, moved",
    Counting.ELAPSED: "elapsed",
    Counting.BACKWARDS: "backwards",
    Counting.OFFICE_HOURS: "open hours",
    Counting.NONE: "",
}


def rows(rules: Iterable[Rule]) -> list[tuple[str, ...]]:
    """A row for each version of each rule, under `HEAD`, by their names."""
    return [
        _row(rule) for rule in sorted(rules, key=lambda rule: (rule.rule_id, str(rule.effective_from or "")))
    ]


def table(rules: Iterable[Rule]) -> str:
    """The same as a Markdown table."""
    lines = [HEAD, ("---",) * len(HEAD), *rows(rules)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _row(rule: Rule) -> tuple[str, ...]:
    return (
        rule.rule_id,
        rule.title,
        _period(rule),
        COUNTED[rule.counting],
        "duty" if rule.is_trader_duty else "right",
        _when(rule),
        rule.article,
        f"{rule.confidence.lower()}{'' if rule.drives else f', {rule.default}'}",
    )


def _period(rule: Rule) -> str:
    if not rule.has_period:
        return "no clock"
    if not rule.length:
        return f"at once, alarm {rule.alarm_minutes // 60} h"
    return written_period(rule)


def _when(rule: Rule) -> str:
    whom = {"all": "", "large": "large companies", "region": rule.region}[rule.scope]
    since = f"from {rule.effective_from}" if rule.effective_from else ""
    until = f"before {rule.effective_until}" if rule.effective_until else ""
    practice = "" if rule.is_statutory else "our practice"
    return ", ".join(part for part in (whom, practice, since, until) if part) or "always"
