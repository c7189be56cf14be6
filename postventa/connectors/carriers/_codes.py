"""A carrier's codes as data: `codes/<carrier>.toml` says which of our statuses each means, and why where it says why.

A table has a version, where it comes from, and under each status its codes with the carrier's own words; codes that
give a reason stand one level deeper, under it. A code without a row is unknown: nobody guesses.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from postventa.connectors.carriers._reading import AT_PICKUP, PARTIAL, says
from postventa.rules.incidents import IncidentReason
from postventa.rules.shipments import ShipmentStatus as Is

FOLDER = Path(__file__).parent / "codes"
_ABOUT = frozenset({"version", "source"})


class BadTable(ValueError):
    """A table of codes cannot be used; the sentence names the file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code means: our status and, where the code says why, the reason."""

    status: Is
    reason: IncidentReason | None = None


@dataclass(frozen=True, slots=True)
class CodeTable:
    """One carrier's table."""

    version: str
    rows: Mapping[str, Meaning]
    words: Mapping[str, str]
    """The carrier's own words for each code, for answers that bring the code alone."""

    def meaning(self, code: str, said: str = "") -> Meaning:
        """What a code with these words means. A delivery of a part, or to a shop or a locker, is not delivered."""
        found = self.rows.get(code, Meaning(Is.UNKNOWN))
        if found.status is Is.DELIVERED:
            lower = said.casefold()
            if says(lower, PARTIAL):
                return Meaning(Is.IN_TRANSIT)
            if says(lower, AT_PICKUP):
                return Meaning(Is.READY_FOR_PICKUP)
        return found


@cache
def code_table(carrier: str) -> CodeTable:
    """The table of a carrier. Raises BadTable."""
    file = FOLDER / f"{carrier}.toml"
    try:
        return read_table(tomllib.loads(file.read_text(encoding="utf-8")), file.name)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise BadTable(f"{file} cannot be read: {wrong}") from wrong


def read_table(written: Mapping[str, Any], name: str) -> CodeTable:
    """A table from its TOML. Raises BadTable."""
    for key in sorted(_ABOUT):
        if not isinstance(written.get(key), str) or not written[key]:
            raise BadTable(f"{name}: {key} must be there, as text")
    rows: dict[str, Meaning] = {}
    words: dict[str, str] = {}
    for code, meaning, said in _rows(written, name):
        if code in rows:
            raise BadTable(f"{name}: the code {code} has two rows")
        rows[code], words[code] = meaning, said
    return CodeTable(written["version"], rows, words)


def _rows(written: Mapping[str, Any], name: str) -> Iterator[tuple[str, Meaning, str]]:
    for heading, codes in written.items():
        if heading in _ABOUT:
            continue
        try:
            status = Is(heading)
        except ValueError:
            raise BadTable(f"{name}: [{heading}] is none of our statuses") from None
        for code, said in codes.items():
            if isinstance(said, str):
                yield code, Meaning(status), said
                continue
            try:
                reason = IncidentReason(code)
            except ValueError:
                raise BadTable(f"{name}: [{heading}.{code}] is none of our incident reasons") from None
            for deeper, words in said.items():
                yield deeper, Meaning(status, reason), words
