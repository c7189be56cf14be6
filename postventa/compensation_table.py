"""The table of remedies: the shop's own lines, then ours."""

import tomllib
from functools import cache
from pathlib import Path

from postventa.law import NO_LAW
from postventa.rules import compensation as rules
from postventa.rules.compensation import BadTable, Line

SHIPPED = Path(rules.__file__).with_suffix(".toml")


@cache
def table_of(folder: str) -> tuple[Line, ...]:
    """The shop's own lines, from `compensation.toml` in its policy folder, before ours. Raises BadTable."""
    own = Path(folder) / NO_LAW if folder else None
    files = [own, SHIPPED] if own is not None and own.is_file() else [SHIPPED]
    return tuple(line for file in files for line in _read(file))


def _read(file: Path) -> tuple[Line, ...]:
    try:
        return rules.read_table(tomllib.loads(file.read_text(encoding="utf-8")), str(file))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise BadTable(f"{file} is not TOML: {wrong}") from wrong
