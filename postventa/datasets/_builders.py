"""The builders there are, found by looking into this folder, and the sequence in which they can be run."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pandas as pd

from postventa.datasets._night import Night, Span

_PACKAGE = __name__.rpartition(".")[0]


class NoSuchDataset(LookupError):
    """There is no dataset of this name, or its file is not a builder; the sentence says which there are."""


@dataclass(frozen=True, slots=True)
class Builder:
    """What a dataset's file says of it."""

    name: str
    build: Callable[[Night, Span], pd.DataFrame]
    day: str
    """The column by which it is kept in partitions: a local date of the shop."""
    reads: tuple[str, ...] = ()
    """The datasets that it is computed from; where there are none, the store."""
    is_monthly: bool = False
    """Its day is the first of a month, and whole months are built."""
    looks_back_days: int = 0
    """So many days before the last may come out differently because of it, however quiet the store was."""
    sums: str = ""
    """The statement that adds up the facts of the days from $1 to $2, each for itself; its first column is the day.
    What it says can be added up further, and `build` finds it in a view of the dataset's name with `_sums` behind it.
    """
    sums_reach: Mapping[str, int] = field(default_factory=dict)
    """Of these datasets, it reads so many days before each as well."""


def names() -> list[str]:
    """Every dataset, in alphabetical order."""
    found = iter_modules(import_module(_PACKAGE).__path__)
    return sorted(one.name for one in found if not one.name.startswith("_"))


def builder(name: str) -> Builder:
    """The builder of a dataset. Raises NoSuchDataset with the names that there are."""
    if name not in names():
        raise NoSuchDataset(f"there is no dataset {name!r}: there are {', '.join(names())}")
    module: Any = import_module(f"{_PACKAGE}.{name}")
    if not callable(getattr(module, "build", None)):
        raise NoSuchDataset(f"postventa/datasets/{name}.py has no build(night, span)")
    return Builder(
        name,
        module.build,
        getattr(module, "DAY", "day"),
        tuple(getattr(module, "READS", ())),
        bool(getattr(module, "IS_MONTHLY", False)),
        int(getattr(module, "LOOKS_BACK_DAYS", 0)),
        getattr(module, "SUMS", ""),
        dict(getattr(module, "SUMS_REACH", {})),
    )


def in_sequence(builders: Iterable[Builder]) -> list[Builder]:
    """The builders, each after those that it reads; by name where it makes no difference."""
    known = {one.name: one for one in sorted(builders, key=lambda one: one.name)}
    sorter = TopologicalSorter({name: _among(one.reads, known) for name, one in known.items()})
    try:
        return [known[name] for name in sorter.static_order()]
    except CycleError as circle:
        raise NoSuchDataset(
            f"datasets that are computed from each other: {' from '.join(circle.args[1])}"
        ) from None


def _among(reads: Collection[str], known: Collection[str]) -> list[str]:
    return sorted(name for name in reads if name in known)
