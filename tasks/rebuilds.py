"""Rebuilds of published days: begun, built in pieces wherever there is room, and drafted as every night is."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from postventa.datasets._drafting import draft_night, new_run
from postventa.datasets._night import Span
from postventa.datasets._rebuilding import begin_rebuild, build_piece
from postventa.rules.nightly import NotThisNight
from postventa.workplace import open_workplace
from tasks.nightly import Drafted
from tasks.promise import promise


@dataclass(slots=True)
class Begun:
    """A rebuild that is cut into pieces, or why there is none."""

    run: str = ""
    night: date | None = None
    pieces: list[tuple[date, date]] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)


@promise("begin-rebuild")
def begin(first: date, last: date) -> Begun:
    """Makes room, and says which pieces there are.

    Safe to run twice: what is begun and never published is swept away by the next night.
    """
    try:
        begun = begin_rebuild(open_workplace(), first, last, new_run())
    except NotThisNight as refused:
        return Begun(trouble=[str(refused)])
    return Begun(begun.run, begun.night, [(span.first, span.last) for span in begun.pieces])


@promise("build-{first}-to-{last}")
def build(run: str, night: date, first: date, last: date) -> None:
    """Builds the facts of some days and lays them on the shelf.

    Safe to run twice, and beside other pieces: each day has a file of its own, and is the same whoever builds it.
    """
    build_piece(open_workplace(), run, night, Span(first, last))


@promise("draft-rebuild-{run}")
def draft(run: str, first: date, last: date) -> Drafted:
    """Drafts the state that readers have with these days built again, from the pieces that are there.

    Safe to run twice: a piece that is missing is built here.
    """
    try:
        draft_night(open_workplace(), again=Span(first, last), run=run)
    except NotThisNight as refused:
        return Drafted(trouble=[str(refused)])
    return Drafted(run=run)


def workers() -> TaskRunner[Any]:
    """Where pieces are built: on the Dask cluster of [datasets], or on one of this machine's processes.

    Without the extra `scale` they are built one after the other.
    """
    wanted = open_workplace().settings.datasets
    try:
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError:
        return ThreadPoolTaskRunner(max_workers=1)
    if wanted.dask:
        return DaskTaskRunner(address=wanted.dask)
    one_each = {"n_workers": wanted.dask_workers, "threads_per_worker": 1, "dashboard_address": None}
    return DaskTaskRunner(cluster_kwargs={**one_each, "host": "127.0.0.1"})
