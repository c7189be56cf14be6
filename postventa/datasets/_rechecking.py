"""Checking what is published: each file against its digest, all rows against their contract, and whether it is fresh."""

from collections.abc import Iterator
from datetime import date

from postventa import clock
from postventa.contract_checks import check_rows
from postventa.contracts import ContractError, arrow_schema, contract
from postventa.datasets._builders import NoSuchDataset, builder
from postventa.datasets._checking import checks_of, failure
from postventa.datasets._days import last_over
from postventa.datasets._loading import read_partition
from postventa.datasets._manifest import Check, Dataset, Manifest, published
from postventa.datasets._shelf import Shelf, ShelfTrouble
from postventa.datasets._views import open_duck, show
from postventa.rules.nightly import NotThisNight
from postventa.settings import Settings


def recheck(shelf: Shelf, settings: Settings, day: date | None = None) -> list[Check]:
    """What became of every rule, over everything or over one day. Raises NotThisNight where nothing is published."""
    manifest = published(shelf)
    if manifest is None:
        raise NotThisNight(f"nothing is published in {shelf.url} yet: `postventa datasets publish` does that")
    checks = [check for name, one in manifest.datasets.items() for check in _recheck(shelf, name, one, day)]
    return checks if day else [*checks, *freshness(manifest, settings)]


def freshness(manifest: Manifest, settings: Settings) -> Iterator[Check]:
    """Whether every day that is over for longer than the contract allows has been published."""
    for name, one in manifest.datasets.items():
        try:
            promised = contract(name).sla.freshness
        except ContractError:
            continue  # told with its rules
        if promised is None:
            continue
        wanted = last_over(settings, clock.now() - promised)
        yield Check(
            dataset=name,
            rule="is_fresh",
            passed=one.night >= wanted,
            severity="error",
            sentence=f"Each day is published within {promised.total_seconds() / 3600:g} hours of its end: "
            f"{wanted} should be there, and the last one is {one.night}.",
        )


def _recheck(shelf: Shelf, name: str, one: Dataset, day: date | None) -> list[Check]:
    parts = [part for at, part in one.partitions.items() if day in {None, at}]
    try:
        for part in parts:
            if part.file:
                read_partition(shelf, part)
        promised = contract(name)
        with shelf.scratch() as scratch, open_duck(scratch) as duck:
            show(duck, shelf, name, parts, schema=arrow_schema(promised), day=builder(name).day)
            return checks_of(name, check_rows(duck, f'"{name}"', promised))
    except ShelfTrouble as lost:
        return [failure(name, "files_are_whole", str(lost))]
    except (ContractError, NoSuchDataset) as wrong:
        return [failure(name, "can_be_checked", str(wrong))]
