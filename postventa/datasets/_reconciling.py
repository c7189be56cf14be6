"""Reconciling: what is to be published must add up to what the store and the message ledger say, both numbers named."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import Connection

from postventa.datasets._manifest import Check, Partition
from postventa.datasets._totals import ROWS, TOTALS, in_the_store, ledger_says
from postventa.settings import Settings

ADDS_UP = "adds_up_with_the_store"
ADDS_UP_WITH_THE_LEDGER = "adds_up_with_the_ledger"
NAMED_AT_MOST = 3
MESSAGES = "message_ledger"

DayTotals = Mapping[date, Mapping[str, int]]


class Books:
    """The store's totals by day, counted once in a night."""

    def __init__(self, connection: Connection, settings: Settings, names: Collection[str]) -> None:
        counted = {name: in_the_store(connection, settings, name) for name in names if name in TOTALS}
        self._days = {name: days for name, (days, _) in counted.items()}
        self._beside = {name: beside for name, (_, beside) in counted.items()}
        self._ledger = ledger_says(connection) if MESSAGES in self._days else {}

    def drifted(self, name: str, parts: Mapping[date, Partition]) -> set[date]:
        """Published days whose totals the store no longer has: something was heard late, or has gone."""
        if name not in self._days:
            return set()
        return {day for day, part in parts.items() if part.totals != self._of(name, day)}

    def check(self, name: str, parts: Mapping[date, Partition]) -> list[Check]:
        """Whether every day adds up; for messages, whether the ledger does too."""
        if name not in self._days:
            return []
        total = TOTALS[name]
        different = [day for day, part in sorted(parts.items()) if part.totals != self._of(name, day)]
        named = "; ".join(self._said(name, day, parts[day]) for day in different[:NAMED_AT_MOST])
        more = f"; and {len(different) - NAMED_AT_MOST} more days" if len(different) > NAMED_AT_MOST else ""
        found = sum(part.totals.get(ROWS, 0) for part in parts.values())
        there = sum(self._of(name, day)[ROWS] for day in parts)
        sums = f"{total.what}: {found} in the dataset, {there} in the store"
        checks = [
            Check(
                dataset=name,
                rule=ADDS_UP,
                passed=not different,
                severity="error",
                sentence=f"{sums}; {named}{more}" if different else sums,
                observed=found,
                rows=there,
            )
        ]
        return [*checks, self._ledger_check(name, parts)] if name == MESSAGES else checks

    def _ledger_check(self, name: str, parts: Mapping[date, Partition]) -> Check:
        """Days that are not published count by the store: all together are what `postventa ledger` says."""
        found: Counter[str] = Counter()
        for part in parts.values():
            found.update(part.totals)
        published = found[ROWS]
        for day, sums in self._days[name].items():
            if day not in parts:
                found.update(sums)
        found.update(self._beside[name])
        different = [what for what in self._ledger if found[what] != self._ledger[what]]
        what = different[0] if different else ROWS
        called = "owed" if what == ROWS else what
        return Check(
            dataset=name,
            rule=ADDS_UP_WITH_THE_LEDGER,
            passed=not different,
            severity="error",
            sentence=f"messages {called}: {found[what]} by day, {self._ledger[what]} in the ledger "
            f"({published} of all owed are in the dataset)",
            observed=found[what],
            rows=self._ledger[what],
        )

    def _of(self, name: str, day: date) -> Mapping[str, int]:
        return self._days[name].get(day, {ROWS: 0})

    def _said(self, name: str, day: date, part: Partition) -> str:
        there = self._of(name, day)
        values = [
            value
            for value in sorted({*there, *part.totals})
            if there.get(value, 0) != part.totals.get(value, 0)
        ]
        first = values[0]
        return (
            f"on {day} {first} {part.totals.get(first, 0)} in the dataset, {there.get(first, 0)} in the store"
        )
