"""Publishing: a night that was built and checked becomes what readers have, by one file that is replaced whole and last."""

import json
import logging
from dataclasses import dataclass

from postventa.datasets._manifest import (
    LATEST,
    Manifest,
    draft_name,
    history_name,
    published,
    read_draft,
    written,
)
from postventa.datasets._shelf import Shelf
from postventa.datasets._tidying import tidy
from postventa.rules.nightly import NotThisNight
from postventa.store import leases
from postventa.workplace import Workplace

COPIED = "latest/copied.json"
"""Which files the copies in `latest/` are of."""
TURN = "nightly"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Published:
    """What readers have now, and whether this run changed it."""

    manifest: Manifest
    is_new: bool


def publish_night(place: Workplace, run: str) -> Published:
    """Publishes the draft of a run. Safe to run twice; a night that brought nothing new leaves everything as it is.

    Raises NotThisNight where there is no such draft, or where another night was published after it was begun.
    """
    shelf = Shelf(place.settings.datasets.path)
    with place.store.begin() as connection:
        # Whoever publishes does so one after the other, also one whose turn was taken over while it slept.
        leases.lock(connection, TURN)
        done = _replace(shelf, run)
    _copy_for_people(shelf, done.manifest)
    tidy(shelf, done.manifest, done.manifest.as_of, place.settings.datasets.retention)
    return done


def _replace(shelf: Shelf, run: str) -> Published:
    latest = published(shelf)
    if latest is not None and latest.run == run:
        return Published(latest, is_new=True)
    draft = read_draft(shelf, run)
    if draft is None:
        raise NotThisNight(f"there is no night {run} waiting to be published: build one")
    if draft.base != (latest.run if latest else ""):
        raise NotThisNight(
            f"another night was published after {run} was begun: nothing is published over it, build it again"
        )
    if latest is not None and draft.manifest.says_the_same(latest):
        shelf.remove(draft_name(run))
        return Published(latest, is_new=False)
    data = written(draft.manifest)
    shelf.write(history_name(run), data)
    shelf.write(LATEST, data)
    return Published(draft.manifest, is_new=True)


def _copy_for_people(shelf: Shelf, manifest: Manifest) -> None:
    """Copies the laptop's files to names that stay. Each is whole at any moment; that all are of one night, the
    manifest alone can promise.
    """
    wanted = {name: one.sha256 for name, one in manifest.laptop.items()}
    found = shelf.read(COPIED)
    there = json.loads(found) if found else {}
    for name, one in manifest.laptop.items():
        if there.get(name) != one.sha256:
            with shelf.scratch() as scratch:
                shelf.fetch(one.file, scratch / name)
                shelf.write_from(f"latest/{name}", scratch / name)
    for name in sorted(set(there) - set(wanted)):
        shelf.remove(f"latest/{name}")
    if there != wanted:
        shelf.write(COPIED, json.dumps(wanted, indent=1).encode())
