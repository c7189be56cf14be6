"""Tidying the shelf: what dead runs left, states whose time is over, and files that nothing names any more."""

import re
from datetime import datetime, timedelta

from postventa.datasets._manifest import HISTORY, Manifest, history_name, read_manifest
from postventa.datasets._shelf import SCRATCH, Shelf

_RUN = r"\d{8}T\d{6}Z-[0-9a-f]{8}"
_OURS = re.compile(rf"(?:[a-z0-9_]+/v\d+/history/|{HISTORY}/)(?P<run>{_RUN})/.+")
"""Nothing else is ever deleted: people keep files of their own beside ours."""


def tidy(shelf: Shelf, latest: Manifest | None, now: datetime, retention_days: int) -> list[str]:
    """Deletes what no kept state names, and answers which files that were. To be called by who has the turn.

    Kept are the published state and those of so many days before, so that whoever is reading one can finish.
    """
    there = shelf.names()
    states = {one.run: one for name in there if (one := _state(shelf, name))}
    if latest:
        states[latest.run] = latest
    since = now - timedelta(days=retention_days)
    kept = [one for one in states.values() if one is latest or one.as_of >= since]
    named = {file for one in kept for file in one.files} | {history_name(one.run) for one in kept}
    gone = [
        name for name in there if name not in named and (_OURS.fullmatch(name) or name.startswith(SCRATCH))
    ]
    for name in gone:
        shelf.remove(name)
    return gone


def _state(shelf: Shelf, name: str) -> Manifest | None:
    found = _OURS.fullmatch(name)
    is_one = found is not None and name == history_name(found["run"])
    return read_manifest(shelf, name) if is_one else None
