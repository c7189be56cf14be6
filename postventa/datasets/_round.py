"""The round of a night: dataset after dataset is built, checked and reconciled; one that fails keeps what readers have."""

import logging
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from postventa import __version__
from postventa.contracts import Contract, ContractError, arrow_schema, contract
from postventa.datasets._builders import Builder, builder, in_sequence, names
from postventa.datasets._building import Work, build_days, shape_of
from postventa.datasets._carrying import carry_over, out_of_reach
from postventa.datasets._checking import BUILT, check, failure
from postventa.datasets._days import first_day, heard_so_far, touched_since
from postventa.datasets._manifest import Change, Check, Dataset, Manifest, Partition, Sums
from postventa.datasets._night import Span
from postventa.datasets._rebuilding import ready_pieces
from postventa.datasets._reconciling import Books
from postventa.datasets._shelf import ShelfTrouble
from postventa.datasets._sums import keep_sums
from postventa.datasets._views import show
from postventa.rules.nightly import back_from, days_to_build, whole_months
from postventa.settings import BadConfiguration

EVERYBODYS = (BadConfiguration, ShelfTrouble, OperationalError, MemoryError)
"""What no dataset can help: the night ends."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which night it is."""

    last: date
    again: Span | None
    """Days that readers have, and that are asked for again."""
    as_of: datetime


@dataclass(slots=True)
class Round:
    """One night in the making."""

    work: Work
    connection: Connection
    base: Manifest | None
    plan: Plan
    wanted: set[str]
    datasets: dict[str, Dataset] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    news: dict[str, frozenset[date]] = field(default_factory=dict)
    """Which days are others than readers have, of the datasets that have passed."""
    _promises: dict[str, Contract] = field(default_factory=dict)
    _touched: dict[str, set[date]] = field(default_factory=dict)

    def all(self, tell: Callable[[float], object]) -> Manifest:
        """Goes through all the datasets, and tells after each which share of them is done."""
        settings = self.work.night.settings
        books = Books(self.connection, settings, self.wanted)
        first, heard = first_day(self.connection, settings), heard_so_far(self.connection)
        sequence = in_sequence(builder(name) for name in names())
        for number, one in enumerate(sequence):
            tell(number / len(sequence))
            before = self.base.datasets.get(one.name) if self.base else None
            if one.name not in self.wanted:
                self._keep(one, before)
                continue
            checks, made, change = self._make(one, before, books, first, heard)
            self.checks += checks
            if made is None:
                self._keep(one, before)
                continue
            self.datasets[one.name], self.changes[one.name] = made, change
        return Manifest(
            run=self.work.run,
            night=self.plan.last,
            as_of=self.plan.as_of.astimezone(UTC),
            code=__version__,
            datasets=dict(sorted(self.datasets.items())),
            changes=dict(sorted(self.changes.items())),
            checks=tuple(self.checks),
        )

    def _keep(self, one: Builder, before: Dataset | None) -> None:
        """What readers have stays."""
        if before is None:
            return
        self.datasets[one.name] = before
        if one.name not in self.wanted and self.base:
            self.checks += [check for check in self.base.checks if check.dataset == one.name]
            self.news[one.name] = frozenset()
            self._promises[one.name] = contract(one.name)
            self._show(one, self._promises[one.name], before.partitions)

    def _make(
        self, one: Builder, before: Dataset | None, books: Books, first: date | None, heard: Mapping[str, int]
    ) -> tuple[list[Check], Dataset | None, Change]:
        missing = [name for name in one.reads if name not in self.news]
        if missing:
            said = f"{' and '.join(missing)}, which it is computed from, could not be published"
            return [failure(one.name, "has_what_it_reads", said)], None, Change()
        try:
            promised = contract(one.name)
        except ContractError as wrong:
            return [failure(one.name, "contract_is_read", str(wrong))], None, Change()
        self._promises[one.name] = promised
        shape = shape_of(promised)
        same = before if before is not None and before.shape == shape else None
        known = same.partitions if same else {}
        kept_from = promised.sla.kept_from(self.plan.last) or date.min
        old = {} if same else out_of_reach(before, promised, self._facts_from(one))
        days = self._days(one, same, books, first, kept_from) - old.keys()
        sums, built, wrong_build = self._build(one, promised, days, known, before, old=old)
        if wrong_build:
            return [wrong_build], None, Change()
        oldest = kept_from.replace(day=1) if one.is_monthly else kept_from
        parts = {day: part for day, part in sorted({**known, **built}.items()) if day >= oldest}
        rows = sum(part.rows for part in parts.values())
        night = self.work.night
        checks = check(night.duck, self.work.shelf, one, promised, built, rows=rows) + books.check(
            one.name, parts
        )
        if any(one_check.blocks for one_check in checks):
            return checks, None, Change()
        self.news[one.name] = frozenset(day for day in {*known, *parts} if known.get(day) != parts.get(day))
        self._show(one, promised, parts)
        is_as_it_was = same is not None and same.partitions == parts
        made = Dataset(
            version=promised.version,
            shape=shape,
            night=self.plan.last,
            run=same.run if same is not None and is_as_it_was else self.work.run,
            rows=rows,
            # Of days that were not asked for again, nothing was heard.
            heard=same.heard if same is not None and self.plan.again else dict(heard),
            of={name: self.datasets[name].run for name in one.reads},
            partitions=parts,
            sums={
                month: kept for month, kept in sums.items() if month >= self._facts_from(one).replace(day=1)
            },
        )
        return checks, made, _change(known, built, parts)

    def _days(
        self, one: Builder, before: Dataset | None, books: Books, first: date | None, kept_from: date
    ) -> set[date]:
        """Which days are built: new and recent ones, what late news touched, what is computed from such."""
        last = self.plan.last
        of_others = self._news_of_others(one, before)
        if self.plan.again and before:
            # And those on which the store has moved on since: what is published must add up.
            days = {*self.plan.again.days, *of_others, *books.drifted(one.name, before.partitions)}
        else:
            earliest = min(before.partitions, default=None) if before else None
            there = (earliest, before.night) if before and earliest else None
            touched = books.drifted(one.name, before.partitions) | self._late(before) if before else set()
            begins = first if one.is_monthly or not first else max(first, kept_from)
            # What is computed from others has nothing else to hear late: their news is its news.
            back, touched = (
                (1, set()) if one.reads else (self.work.night.settings.datasets.days_back, touched)
            )
            days = {*days_to_build(begins, last, there, days_back=back, touched=touched), *of_others}
        if before and one.looks_back_days:
            days |= back_from({*of_others, last}, one.looks_back_days, min(before.partitions, default=last))
        days = {day for day in days if kept_from <= day <= last}
        days = set(whole_months(days)) if one.is_monthly else days
        # What was computed of facts whose time is over stays as it is: it could only be computed of less.
        there_is = before.partitions if before else {}
        return {day for day in days if day >= self._facts_from(one) or day not in there_is}

    def _facts_from(self, one: Builder) -> date:
        """The first day of which everything is kept that the dataset is computed from."""
        kept_from = (self._promises[name].sla.kept_from(self.plan.last) for name in one.reads)
        return max((day for day in kept_from if day), default=date.min)

    def _news_of_others(self, one: Builder, before: Dataset | None) -> set[date]:
        """The days that came out differently of what it is computed from; all of them, if what it has is of an earlier state."""
        there = self.base.datasets if self.base else {}
        days: set[date] = set()
        for name in one.reads:
            is_up_to_date = before is None or (name in there and before.of.get(name) == there[name].run)
            days |= self.news[name] if is_up_to_date else set(self.datasets[name].partitions)
        return days

    def _late(self, before: Dataset) -> set[date]:
        mark = str(sorted(before.heard.items()))
        if mark not in self._touched:
            settings = self.work.night.settings
            self._touched[mark] = touched_since(self.connection, settings, before.heard)
        return self._touched[mark]

    def _build(
        self,
        one: Builder,
        promised: Contract,
        days: Collection[date],
        known: Mapping[date, Partition],
        before: Dataset | None,
        *,
        old: Mapping[date, Partition],
    ) -> tuple[Mapping[date, Sums], dict[date, Partition], Check | None]:
        sums: Mapping[date, Sums] = before.sums if before else {}
        try:
            if one.sums:
                facts = {name: self.datasets[name].partitions for name in one.reads}
                sums = keep_sums(self.work, one, days, facts=facts, before=sums)
            with self.connection.begin_nested():
                ready = ready_pieces(self.work.shelf, self.work.run, one.name, shape_of(promised))
                taken = {day: part for day, part in ready.items() if day in days}
                left = [day for day in days if day not in taken]
                made = taken | build_days(self.work, one, promised, left, known)
                return sums, carry_over(self.work, promised, one.day, old) | made, None
        except EVERYBODYS:
            raise
        except ContractError as wrong:
            return {}, {}, failure(one.name, BUILT, str(wrong))
        except Exception as wrong:  # noqa: BLE001 - a dataset fails alone, with its reason
            # By its kind and place alone: its text may hold what rows hold.
            place = traceback.extract_tb(wrong.__traceback__)[-1]
            said = f"its builder failed with {type(wrong).__name__} ({place.filename}, line {place.lineno})"
            log.error("%s: %s", one.name, said)  # noqa: TRY400 - a trace may hold what rows hold
            return {}, {}, failure(one.name, BUILT, said)

    def _show(self, one: Builder, promised: Contract, parts: Mapping[date, Partition]) -> None:
        """The dataset as later ones read it, and as the laptop's files are made of it."""
        night, shelf = self.work.night, self.work.shelf
        show(night.duck, shelf, one.name, parts.values(), schema=arrow_schema(promised), day=one.day)


def _change(
    before: Mapping[date, Partition], built: Mapping[date, Partition], after: Mapping[date, Partition]
) -> Change:
    kept = [day for day in sorted(built) if day in after]
    return Change(
        added=tuple(day for day in kept if day not in before),
        changed=tuple(day for day in kept if day in before and before[day] != built[day]),
        dropped=tuple(day for day in sorted(before) if day not in after),
        unchanged=sum(day in before and before[day] == built[day] for day in kept),
    )
