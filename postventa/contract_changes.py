"""What changed between two versions of a contract, and whether the version says so.

A reader of version 1 can go on with every 1.x: whatever could break a query or change what a number means takes a
new major version, whatever adds something a minor one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from postventa.contract_reading import read_contract
from postventa.contract_terms import Column, Contract, Rule, Severity
from postventa.shipped import shipped

RELEASED = "released"


class Weight(IntEnum):
    """Which number of the version a change moves at least."""

    PATCH = 1
    MINOR = 2
    MAJOR = 3


@dataclass(frozen=True, slots=True)
class Change:
    """One difference, as a sentence for the dataset's readers."""

    weight: Weight
    what: str


def changes(old: Contract, new: Contract) -> list[Change]:
    """Everything that is different for a reader, the heaviest first."""
    found = [*_columns(old, new), *_rules(old, new), *_levels(old, new)]
    return sorted(found, key=lambda change: -change.weight)


def breaking(old: Contract, new: Contract) -> list[Change]:
    """The changes that need a higher version than `new` has; none where all is well."""
    paid = _step(old.version, new.version)
    return [change for change in changes(old, new) if change.weight > paid]


def releases(name: str, folder: Path | None = None) -> list[Contract]:
    """The released versions of a dataset's contract, the oldest first."""
    here = (folder or shipped("data_contracts")) / RELEASED
    found = [read_contract(path) for path in here.glob(f"{name}-*.odcs.yaml")]
    return sorted(found, key=lambda one: _numbers(one.version))


def _step(old: str, new: str) -> int:
    """The weight that the version pays for; nothing where it stays or goes back."""
    before, after = _numbers(old), _numbers(new)
    if after <= before:
        return 0
    if after[0] > before[0]:
        return Weight.MAJOR
    return Weight.MINOR if after[1] > before[1] else Weight.PATCH


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _columns(old: Contract, new: Contract) -> Iterator[Change]:
    before = {column.name: column for column in old.columns}
    after = {column.name: column for column in new.columns}
    for name, column in before.items():
        if name not in after:
            yield Change(Weight.MAJOR, f"The column {name} was taken out.")
        else:
            yield from _column(column, after[name])
    for name in after:
        if name not in before:
            yield Change(Weight.MINOR, f"The column {name} is new.")
    if old.key != new.key:
        yield Change(Weight.MAJOR, f"The key was {', '.join(old.key)}, and it is {', '.join(new.key)}.")


def _column(old: Column, new: Column) -> Iterator[Change]:
    name = old.name
    if (old.kind, old.decimals) != (new.kind, new.decimals):
        yield Change(Weight.MAJOR, f"{name} was {_type(old)}, and it is {_type(new)}.")
    if old.unit != new.unit:
        yield Change(
            Weight.MAJOR, f"{name} was in {old.unit or 'no unit'}, and it is in {new.unit or 'no unit'}."
        )
    if old.is_required and not new.is_required:
        yield Change(Weight.MAJOR, f"{name} may be empty now.")
    if new.is_required and not old.is_required:
        yield Change(Weight.MINOR, f"{name} is never empty now.")
    if old.meaning != new.meaning:
        yield Change(Weight.PATCH, f"What {name} means is said in other words.")


def _type(column: Column) -> str:
    return "decimal({}, {})".format(*column.decimals) if column.decimals else str(column.kind)


def _rules(old: Contract, new: Contract) -> Iterator[Change]:
    """Rules of an error's weight are promises; the ones about a column that is gone went with it."""
    before, after = _promised(old), _promised(new)
    gone = {column.name for column in old.columns} - {column.name for column in new.columns}
    for name, rule in before.items():
        told = any(name.startswith(f"{column}_") for column in gone) or name.endswith("_required")
        if name not in after and not told:
            yield Change(Weight.MAJOR, f"No longer promised: {rule.sentence}")
        elif name in after and (rule.counts, rule.must) != (after[name].counts, after[name].must):
            yield Change(Weight.MINOR, f"Promised in another way: {after[name].sentence}")
    for name, rule in after.items():
        if name not in before and not name.endswith("_required"):
            yield Change(Weight.MINOR, f"Newly promised: {rule.sentence}")


def _promised(contract: Contract) -> dict[str, Rule]:
    return {rule.id: rule for rule in contract.rules if rule.severity is Severity.ERROR}


def _levels(old: Contract, new: Contract) -> Iterator[Change]:
    if old.sla != new.sla:
        yield Change(
            Weight.MINOR, "How fresh it is, how long it is kept or how often it comes is promised anew."
        )
