"""Rebuilding: days that were published are built again, in pieces that processes share out among themselves.

A piece is all facts of some days. Pieces are laid on the shelf and nobody knows of them; the night is then drafted as
ever, and takes from them what it would have built itself.
"""

import logging
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, ConfigDict

from postventa.contracts import ContractError, contract
from postventa.datasets._builders import builder, in_sequence, names
from postventa.datasets._building import Work, build_days, shape_of
from postventa.datasets._days import said_at
from postventa.datasets._manifest import HISTORY, Partition, published
from postventa.datasets._night import Night, Span
from postventa.datasets._pseudonyms import Pseudonyms
from postventa.datasets._shelf import Shelf
from postventa.datasets._store_moment import one_moment
from postventa.datasets._tidying import tidy
from postventa.rules.nightly import NotThisNight, in_spans
from postventa.workplace import Workplace

FEWEST_DAYS, MOST_PIECES = 7, 8
"""What a piece is worth its own process for, and how many a run is cut into however many days there are."""

log = logging.getLogger(__name__)


class Built(BaseModel):
    """What a piece has of one dataset."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    shape: str
    partitions: dict[date, Partition]


class Piece(BaseModel):
    """What was built of some days."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    datasets: dict[str, Built]


@dataclass(frozen=True, slots=True)
class Rebuild:
    """Days that are to be built again, and how they are shared out."""

    run: str
    night: date
    """The last day that readers have: as of its end everything is said."""
    pieces: list[Span]


def begin_rebuild(place: Workplace, first: date, last: date, run: str) -> Rebuild:
    """Makes room for a rebuild. To be called by who has the turn. Raises NotThisNight where days are not published."""
    shelf = Shelf(place.settings.datasets.path)
    base = published(shelf)
    if base is None or last < first or last > base.night:
        there = f"the last one is {base.night}" if base else "there are none"
        raise NotThisNight(
            f"days from {first} to {last} cannot be built again: only published ones can, and {there}"
        )
    tidy(shelf, base, base.as_of, place.settings.datasets.retention)
    days = Span(first, last).days
    longest = max(FEWEST_DAYS, -(-len(days) // MOST_PIECES))
    return Rebuild(run, base.night, [Span(*ends) for ends in in_spans(days, longest)])


def build_piece(place: Workplace, run: str, night: date, span: Span) -> None:
    """Builds the facts of some days and lays them on the shelf; built again, a piece is the same.

    A dataset that fails is left out: the draft meets the same trouble, and says so by name.
    """
    shelf = Shelf(place.settings.datasets.path)
    base = published(shelf)
    made: dict[str, Built] = {}
    with one_moment(place) as connection:
        facts = Night(
            settings=place.settings,
            now=said_at(place.settings, night),
            pseudonyms=Pseudonyms.by(place.settings),
            connection=connection,
        )
        for one in in_sequence(builder(name) for name in names()):
            if one.reads:
                continue
            before = base.datasets.get(one.name) if base else None
            try:
                promised = contract(one.name)
                kept_from = promised.sla.kept_from(night) or date.min
                known = before.partitions if before and before.shape == shape_of(promised) else {}
                days = [day for day in span.days if kept_from <= day <= night]
                parts = build_days(Work(shelf, run, facts), one, promised, days, known)
            except ContractError as wrong:
                log.warning("%s: left to the draft: %s", one.name, wrong)
                continue
            made[one.name] = Built(shape=shape_of(promised), partitions=parts)
    shelf.write(f"{_folder(run)}/{span.first}.json", Piece(datasets=made).model_dump_json().encode())


def ready_pieces(shelf: Shelf, run: str, name: str, shape: str) -> dict[date, Partition]:
    """The days of a dataset that a run's pieces have, if they have them in this shape."""
    found: dict[date, Partition] = {}
    for file in shelf.names(_folder(run)):
        data = shelf.read(file)
        of_piece = Piece.model_validate_json(data).datasets.get(name) if data else None
        if of_piece is not None and of_piece.shape == shape:
            found |= of_piece.partitions
    return found


def _folder(run: str) -> str:
    return f"{HISTORY}/{run}/pieces"
