"""Files in a folder as a shop's door: orders, lines, parcels and refunds as CSV or JSON lines, on a disk or elsewhere.

A file is read once it has been written to its end. It is put away, with a report that the shop's owner understands,
only when the store has all of it: whoever is killed in between reads it again, and nothing is heard twice.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any

from postventa import clock, settings
from postventa.connectors.errors import ConnectorError
from postventa.connectors.shops._filedrop_folder import DONE, FAILED, MOST_BYTES, Dropped, Folder
from postventa.connectors.shops._filedrop_pieces import (
    Fault,
    Piece,
    faults_of,
    merged,
    pieces_of,
    warnings_of,
)
from postventa.connectors.shops._filedrop_reading import read_pieces
from postventa.connectors.shops._filedrop_reports import Reporter
from postventa.connectors.shops._filedrop_tables import Unusable, known, sheet_of
from postventa.news import Heard, NotUnderstood, OrderNews, Page, Raw, RefundNews

PER_PAGE = 200
MOST_NAMELESS = 100
IMPOSSIBLE = timedelta(days=1)


def connect(name: str, shop: settings.Shop) -> "FileDrop":
    """The folder of a configured shop. Raises BadConfiguration where it is no address of a folder."""
    return FileDrop(name, shop)


class NotAllRead(ConnectorError):
    """Files were put away of which not every row, or none, could be filed: somebody should read their reports."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """A file that was looked into: what it tells, what could not even be filed, and how it is put away."""

    name: str
    good: Sequence[Heard]
    bad: Sequence[Heard]
    refused: Sequence[tuple[Raw | str, str]]
    put_away: Callable[[], None]


class FileDrop:
    """One shop's folder."""

    def __init__(self, name: str, shop: settings.Shop) -> None:
        if strange := sorted(set(shop.columns.values()) - known()):
            raise settings.BadConfiguration(
                f"shops.{name}.columns names {strange[0]!r}, and there is no such column: "
                f"there are {', '.join(sorted(known()))}"
            )
        self._name, self._shop = name, shop
        self._folder = Folder(f"shops.{name}", shop.url)
        self._reporter = Reporter(shop.language, shop.zone)

    def changed_orders(self, since: datetime) -> Iterator[Page]:
        """Pages of what the files tell; with the last page in the store, the files are put away.

        What several files tell of an order is put together; what is wrong of an order is news of its own, so that it
        is set aside and takes nothing good with it. Raises NotAllRead once everything is safe and put away.
        """
        opened = self._opened()
        heard = [*_together([one for file in opened for one in file.good])]
        heard += [one for file in opened for one in file.bad]
        refused = [one for file in opened for one in file.refused]
        latest = clock.now() + IMPOSSIBLE
        cursor = max([since, *(one.modified_at for one in heard if one.modified_at <= latest)])
        for start in range(0, len(heard), PER_PAGE):
            yield Page(tuple(heard[start : start + PER_PAGE]), (), since)
        if opened:
            away = _PutAway(opened)
            yield Page((), refused, cursor, away)
            if refused and away.is_done:
                names = ", ".join(file.name for file in opened if file.refused)
                raise NotAllRead(
                    f"shops.{self._name}: {names} could not be read whole: the report beside says why"
                )

    def changed_refunds(self, since: datetime) -> Iterator[Page]:  # noqa: ARG002 - as of every shop
        """None: refunds are heard with their orders."""
        return iter(())

    def order(self, ref: str) -> Heard | None:
        """What the files that wait tell of one order; None where they tell nothing."""
        good = [one for file in self._opened() for one in file.good if one.ref == ref]
        return next(_together(good), None)

    def read_order(self, raw: Raw) -> OrderNews:
        """Translates what was told of an order. Raises NotUnderstood with a sentence that names the rule."""
        return self.read_with(raw, ())

    def read_with(self, raw: Raw, before: Sequence[Raw]) -> OrderNews:
        """The same, together with what was told of the order before."""
        return read_pieces(raw, before, self._shop.statuses)

    def read_refund(self, raw: Raw) -> RefundNews:  # noqa: ARG002 - as of every shop
        """A refund by itself is never heard. Raises NotUnderstood."""
        raise NotUnderstood("files tell of refunds with their orders")

    def check(self) -> str:
        """Looks into the folder; answers one line."""
        waiting, done = len(self._folder.waiting()), len(self._folder.put_away_before())
        return f"the folder {self._shop.url} can be read; files waiting: {waiting}, read: {done}"

    def _opened(self) -> list[_Opened]:
        files = self._folder.dropped()
        before = self._folder.put_away_before() if files else {}
        opened: list[_Opened] = []
        for file in files:
            opened.append(self._open(file, before.get(file.digest)))
            before.setdefault(file.digest, file.name)
        return opened

    def _open(self, file: Dropped, before: str | None) -> _Opened:
        if before is not None:
            # Moved in two steps, and stopped between them: it has its report.
            is_remnant = before == file.put_away_as
            report = "" if is_remnant else self._reporter.repeated(file.name, before)
            return _Opened(file.name, (), (), (), partial(self._folder.put_away, file, DONE, report))
        try:
            if file.data is None:
                raise Unusable("too_large", most=MOST_BYTES // 1024 // 1024)  # noqa: TRY301 - one way to fail
            sheet = sheet_of(file.data, self._shop.columns)
        except Unusable as reason:
            report = self._reporter.failed(file.name, reason)
            why = ({"file": file.name}, f"{file.name}: {reason}")
            return _Opened(file.name, (), (), (why,), partial(self._folder.put_away, file, FAILED, report))
        pieces, nameless = pieces_of(sheet, file.written_at, self._shop.zone)
        wrong = {piece.ref: found for piece in pieces if (found := faults_of(piece, self._shop.statuses))}
        faults: list[Fault] = [*nameless, *(fault for found in wrong.values() for fault in found)]
        doubts = [one for piece in pieces if piece.ref not in wrong for one in warnings_of(piece)]
        report = self._reporter.read(file.name, len(sheet.rows), len(pieces), faults, doubts)
        into = FAILED if len(wrong) == len(pieces) else DONE
        return _Opened(
            name=file.name,
            good=[_heard(piece, file) for piece in pieces if piece.ref not in wrong],
            bad=[_heard(piece, file) for piece in pieces if piece.ref in wrong],
            refused=_refused(file, nameless),
            put_away=partial(self._folder.put_away, file, into, report),
        )


def _heard(piece: Piece, file: Dropped) -> Heard:
    try:
        stamp = datetime.fromisoformat(piece.raw["modified_at"])
        stamp = stamp if stamp.tzinfo else file.written_at
    except ValueError:
        stamp = file.written_at
    return Heard(kind="order", ref=piece.ref, modified_at=stamp, raw=piece.raw)


def _together(heard: Sequence[Heard]) -> Iterator[Heard]:
    """One payload for each order, whatever the number of files that tell of it; orders changed first come first."""
    by_order = groupby(sorted(heard, key=attrgetter("ref", "modified_at")), key=attrgetter("ref"))
    found: list[Heard] = []
    for ref, pieces in by_order:
        told = list(pieces)
        raw: dict[str, Any] = merged([one.raw for one in told])
        found.append(Heard(kind="order", ref=ref, modified_at=told[-1].modified_at, raw=raw))
    yield from sorted(found, key=attrgetter("modified_at", "ref"))


def _refused(file: Dropped, nameless: Sequence[Fault]) -> list[tuple[Raw | str, str]]:
    """What quarantine is told of rows without an order: each, unless they are too many to be looked at one by one."""
    told: list[tuple[Raw | str, str]] = [
        ({"file": file.name, "line": one.line}, f"{file.name}, line {one.line}: {one.rule}: {one.sentence}")
        for one in nameless[:MOST_NAMELESS]
    ]
    if left := len(nameless) - len(told):
        told.append(({"file": file.name}, f"{file.name}: and {left} more such rows"))
    return told


class _PutAway:
    """Puts files away, and knows whether that was done."""

    def __init__(self, opened: Sequence[_Opened]) -> None:
        self._opened = opened
        self.is_done = False

    def __call__(self) -> None:
        for file in self._opened:
            file.put_away()
        self.is_done = True
