"""What a shop's owner reads beside a file that was read: what came of it, what was set aside, and what to do."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from postventa import clock, wording
from postventa.connectors.shops._filedrop_cells import AMOUNTS, INSTANTS, YES_OR_NO
from postventa.connectors.shops._filedrop_pieces import Fault
from postventa.connectors.shops._filedrop_tables import Unusable
from postventa.shipped import shipped

FOLDER = shipped("templates") / "_filedrop"
MOST_FAULTS = 200
SPOKEN_OTHERWISE = "en"


@dataclass(frozen=True, slots=True)
class Reporter:
    """Writes reports in one shop's language and by its clock."""

    language: str
    zone: ZoneInfo

    def read(
        self, file: str, rows: int, orders: int, faults: Sequence[Fault], doubts: Sequence[Fault] = ()
    ) -> str:
        """Of a file that was read, whole or but for some rows; doubts are about rows that were accepted."""
        words = _words(self.language)
        bad = len({fault.order for fault in faults if fault.order})
        lines = [words["some" if faults else "done"]]
        lines.append(words["counts"].format(rows=rows, good=orders - bad, bad=bad))
        if faults:
            lines += ["", *self._faults(faults, words), "", words["remedy_rows"]]
        if doubts:
            lines += ["", words["doubts"], *self._faults(doubts, words)]
        return self._page(file, lines)

    def failed(self, file: str, reason: Unusable, faults: Sequence[Fault] = ()) -> str:
        """Of a file that could not be read at all."""
        words = _words(self.language)
        said = words["files"][reason.reason].format(**reason.said)
        return self._page(
            file, [words["failed"], said, "", *self._faults(faults, words), words["remedy_file"]]
        )

    def repeated(self, file: str, before: str) -> str:
        """Of a file that was read before, under another name or at another time."""
        return self._page(file, [_words(self.language)["repeated"].format(before=before)])

    def _faults(self, faults: Sequence[Fault], words: Mapping[str, Any]) -> list[str]:
        lines = [
            "- "
            + words["fault" if one.order else "nameless"].format(
                line=one.line, order=one.order, said=said_of(one, words), rule=one.rule
            )
            for one in sorted(faults, key=lambda one: one.line)[:MOST_FAULTS]
        ]
        left = len(faults) - MOST_FAULTS
        return [*lines, words["more"].format(count=left)] if left > 0 else lines

    def _page(self, file: str, lines: Iterable[str]) -> str:
        words = _words(self.language)
        moment = wording.moment_in(words["locale"])(clock.now().astimezone(self.zone))
        head = [words["title"].format(file=file), words["read_at"].format(moment=moment), ""]
        return "\r\n".join([*head, *lines, ""])  # as the simplest of editors wants its lines


def said_of(fault: Fault, words: Mapping[str, Any]) -> str:
    """A rule in words: by its own name, else by the kind of rule, else by what its column should hold."""
    column, _, kind = fault.rule.rpartition("_")
    rules = words["rules"]
    said = rules.get(fault.rule) or rules.get(kind) or words["expected"][_kind_of(column)]
    return str(said.format(column=column))


def _kind_of(column: str) -> str:
    for kind, columns in (("amount", AMOUNTS), ("instant", INSTANTS), ("yes_or_no", YES_OR_NO)):
        if column in columns:
            return kind
    return column.removeprefix("shipping_")


@cache
def _words(language: str) -> dict[str, Any]:
    path = FOLDER / f"{language}.toml"
    if not path.is_file():
        path = FOLDER / f"{SPOKEN_OTHERWISE}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
