"""Drafting a night: every dataset is built, checked and reconciled from one moment of the store; readers see nothing of it."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date
from secrets import token_hex

from postventa import clock
from postventa.datasets._builders import names
from postventa.datasets._building import Work
from postventa.datasets._days import last_over, said_at
from postventa.datasets._laptop import for_the_laptop
from postventa.datasets._manifest import Draft, Manifest, draft_name, published, written
from postventa.datasets._night import Night, Span
from postventa.datasets._pages import write_pages
from postventa.datasets._pseudonyms import Pseudonyms
from postventa.datasets._round import Plan, Round
from postventa.datasets._shelf import Shelf
from postventa.datasets._store_moment import one_moment
from postventa.datasets._tidying import tidy
from postventa.datasets._views import open_duck
from postventa.rules.nightly import NotThisNight
from postventa.workplace import Workplace


def draft_night(
    place: Workplace,
    day: date | None = None,
    wanted: Collection[str] = (),
    tell: Callable[[float], object] = lambda _share: None,
    *,
    again: Span | None = None,
    run: str = "",
) -> Draft:
    """Builds and checks a night, and leaves it on the shelf as a draft. To be called by who has the turn.

    Without a day it is the night of the last day that is over; a day that has been published already is built again.
    With `again` several are; `run` then names the rebuild whose pieces are taken instead of being built.
    A dataset that fails keeps what readers have of it; `tell` hears which share is done. Raises NotThisNight, and whatever ends the night for all.
    """
    shelf = Shelf(place.settings.datasets.path)
    base = published(shelf)
    plan = plan_night(place, base, again.last if again else day)
    if again and plan.again:
        plan = replace(plan, again=again)
    if not run:
        run = new_run()
        tidy(shelf, base, plan.as_of, place.settings.datasets.retention)
    with shelf.scratch() as scratch, open_duck(scratch) as duck, one_moment(place) as connection:
        night = Night(
            settings=place.settings,
            now=said_at(place.settings, plan.last),
            pseudonyms=Pseudonyms.by(place.settings),
            connection=connection,
            duck=duck,
        )
        made = Round(Work(shelf, run, night), connection, base, plan, set(wanted or names())).all(tell)
        laptop = for_the_laptop(duck, shelf, made, base, settings=place.settings.datasets, scratch=scratch)
    laptop |= write_pages(shelf, made)
    draft = Draft(base=base.run if base else "", manifest=made.model_copy(update={"laptop": laptop}))
    shelf.write(draft_name(run), written(draft))
    return draft


def new_run() -> str:
    """A name that no run has had."""
    return f"{clock.wall():%Y%m%dT%H%M%SZ}-{token_hex(4)}"


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
        return Plan(base.night, Span(day, day), now)
    return Plan(day, None, now)
