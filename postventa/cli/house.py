"""What every command shares: the common options, answers as text or JSON, and errors as one sentence."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.console import Console
from sqlalchemy.exc import DBAPIError

from postventa import __version__, clock
from postventa.calendars import UnknownPlace
from postventa.clock import NotAClock
from postventa.connectors.errors import ConnectorError
from postventa.connectors.post import NotAccepted
from postventa.law import BadLaw
from postventa.rules.compensation import BadTable, NotOnTheTable
from postventa.rules.deadlines import NoClock, NoSuchRule, UnknownYear
from postventa.rules.nightly import NotThisNight
from postventa.settings import BadConfiguration
from postventa.store import migrate
from postventa.store.compensation import NotPossible
from postventa.store.database import StoreUnusable
from postventa.workplace import Workplace, open_workplace

SOMETHING_WRONG = 1
WRONG_USAGE = 2

app = App(name="postventa", version=__version__, help="After-sales service for online shops.")
screen = Console(highlight=False)

SENTENCES = (
    *(BadConfiguration, StoreUnusable, ConnectorError, NotAccepted),
    *(BadLaw, NoClock, NoSuchRule, UnknownPlace, UnknownYear),
    *(BadTable, NotOnTheTable, NotPossible, NotThisNight),
)
"""Errors that say for themselves what happened and what to do."""


class Wrong(Exception):
    """Something is wrong; the sentence names the cause and the remedy."""

    def __init__(self, sentence: str, code: int = SOMETHING_WRONG) -> None:
        super().__init__(sentence)
        self.code = code


@Parameter(name="*")
@dataclass(frozen=True)
class Common:
    """Options of every command."""

    config: Annotated[Path | None, Parameter(name="--config")] = None
    "The configuration file; $POSTVENTA_CONFIG, else postventa.toml."
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False
    "Print one JSON document and nothing else."
    now: Annotated[str | None, Parameter(name="--now")] = None
    "Set the clock for this command: an ISO 8601 instant with its zone."

    @contextmanager
    def workplace(self) -> Iterator[Workplace]:
        """The workplace with its store ready, and the clock set as asked."""
        with self.clock():
            place = open_workplace(str(self.config) if self.config else None)
            found = migrate.version(place.store)
            if not found.is_current:
                raise Wrong(
                    f"the store is at {found.current or 'no version'} and this is {found.wanted}: "
                    "run `postventa db upgrade`"
                )
            yield place

    @contextmanager
    def clock(self) -> Iterator[None]:
        """The clock set as asked, if it was."""
        if self.now is None:
            yield
            return
        with clock.clock_set_to(clock.read_instant(self.now)):
            yield

    def answer(self, document: Any, text: str) -> None:
        """Prints the answer in the form that was asked for."""
        if self.as_json:
            print(json.dumps(document, default=_written, ensure_ascii=False, indent=2))
        else:
            print(text)


def explain(error: Exception) -> Wrong | None:
    """An error that a person can mend as a sentence; None if it is a mistake of ours."""
    if isinstance(error, Wrong):
        return error
    if isinstance(error, NotAClock):
        return Wrong(str(error), WRONG_USAGE)
    if isinstance(error, SENTENCES):
        return Wrong(_one_line(str(error)))
    if isinstance(error, DBAPIError):
        return Wrong(f"the store failed: {_one_line(str(error.orig))}")
    if isinstance(error, OSError):
        return Wrong(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
    return None


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
