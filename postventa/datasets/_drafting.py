"""Drafting a night: every dataset is built, checked and reconciled from one moment of the store; readers see nothing of it."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import date
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection

from postventa import clock
from postventa.datasets._builders import names
from postventa.datasets._building import Work
from postventa.datasets._days import last_over, said_at
from postventa.datasets._laptop import for_the_laptop
from postventa.datasets._manifest import Draft, Manifest, draft_name, published, written
from postventa.datasets._night import Night
from postventa.datasets._pages import write_pages
from postventa.datasets._pseudonyms import Pseudonyms
from postventa.datasets._round import Plan, Round
from postventa.datasets._shelf import Shelf
from postventa.datasets._tidying import tidy
from postventa.datasets._views import open_duck
from postventa.rules.nightly import NotThisNight
from postventa.workplace import Workplace


def draft_night(
    place: Workplace,
    day: date | None = None,
    wanted: Collection[str] = (),
    tell: Callable[[float], object] = lambda _share: None,
) -> Draft:
    """Builds and checks a night, and leaves it on the shelf as a draft. To be called by who has the turn.

    Without a day it is the night of the last day that is over; a day that has been published already is built again.
    A dataset that fails keeps what readers have of it; `tell` hears which share is done. Raises NotThisNight, and whatever ends the night for all.
    """
    shelf = Shelf(place.settings.datasets.path)
    base = published(shelf)
    plan = plan_night(place, base, day)
    tidy(shelf, base, plan.as_of, place.settings.datasets.retention)
    with shelf.scratch() as scratch, open_duck(scratch) as duck, _one_moment(place) as connection:
        night = Night(
            settings=place.settings,
            now=said_at(place.settings, plan.last),
            pseudonyms=Pseudonyms.by(place.settings),
            connection=connection,
            duck=duck,
        )
        run = f"{clock.wall():%Y%m%dT%H%M%SZ}-{token_hex(4)}"
        made = Round(Work(shelf, run, night), connection, base, plan, set(wanted or names())).all(tell)
        laptop = for_the_laptop(duck, shelf, made, base, settings=place.settings.datasets, scratch=scratch)
    laptop |= write_pages(shelf, made)
    draft = Draft(base=base.run if base else "", manifest=made.model_copy(update={"laptop": laptop}))
    shelf.write(draft_name(run), written(draft))
    return draft


def plan_night(place: Workplace, base: Manifest | None, day: date | None) -> Plan:
    """Which night this is. Raises NotThisNight where its day is not over, or where readers have a newer state."""
    now = clock.now()
    over = last_over(place.settings, now)
    if base and (now < base.as_of or over < base.night):
        raise NotThisNight(
            f"the night of {base.night} was published at {base.as_of:%Y-%m-%d %H:%M} UTC, and it is "
            f"{now:%Y-%m-%d %H:%M} UTC now: the clock was set back, and nothing older is published over it"
        )
    if day is None:
        return Plan(over, None, now)
    if day > over:
        raise NotThisNight(f"{day} is not over yet in every shop: the last day that is over is {over}")
    if base and day <= base.night:
        return Plan(base.night, day, now)
    return Plan(day, None, now)


@contextmanager
def _one_moment(place: Workplace) -> Iterator[Connection]:
    """A connection that sees the store as it is now for as long as the night takes, and locks nothing."""
    options: dict[str, Any] = {"reads_only": True}
    if place.store.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with place.store.connect().execution_options(**options) as connection:
        yield connection
