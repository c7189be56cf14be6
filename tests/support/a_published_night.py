"""Nights over a small store: orders that are sold, a night that is drafted and published, and what readers find."""

import hashlib
from datetime import UTC, datetime, timedelta

from an_order import fill, raw_order

from postventa import clock
from postventa.datasets._drafting import draft_night
from postventa.datasets._publishing import publish_night

THURSDAY = datetime(2026, 11, 5, 3, tzinfo=UTC)
A_DAY = timedelta(days=1)


def sell(workplace, ref, at):
    placed = datetime.fromisoformat(at)
    fill(workplace, [raw_order(ref, at=placed, placed=placed)], placed + timedelta(minutes=5))


def a_night(workplace, at=THURSDAY, day=None):
    """Drafts and publishes; answers what readers have then."""
    with clock.clock_set_to(at):
        draft = draft_night(workplace, day)
        return publish_night(workplace, draft.manifest.run).manifest


def parquet(folder):
    """Every data file's bytes by dataset and day, whatever the run."""
    return {
        (path.parts[-6], path.parent.name): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*.parquet")
    }


def broken(manifest):
    return [(check.dataset, check.rule) for check in manifest.failed]
