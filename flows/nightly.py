"""The night: datasets are built, checked against their contracts and reconciled, and published in one moment."""

from datetime import date
from typing import Any

from prefect import State, flow, unmapped

from tasks import rebuilds
from tasks.nightly import draft, publish, report, tell_managers
from tasks.reports import the_end
from tasks.turns import turn


@flow(name="nightly", flow_run_name="nightly", persist_result=False)
def publish_datasets(day: date | None = None) -> State[Any] | None:
    """Publishes every dataset up to the last day that is over; with a day that was published, builds that day again.

    Red where a dataset was not published: its earlier state stays, and the sentence names its rule.
    """
    with turn("nightly") as is_ours:
        if not is_ours:
            return the_end(skipped="another run builds the datasets")
        drafted = draft(day, return_state=True)
        made = drafted.result() if drafted.is_completed() else None
        states: list[State[Any]] = [drafted]
        trouble = list(made.trouble) if made else []
        if made is not None and made.run:
            states += [publish(made.run, return_state=True), report(return_state=True)]
            trouble += [
                sentence for state in states[1:] if state.is_completed() for sentence in state.result()
            ]
        if day is None:
            states.append(tell_managers(trouble, return_state=True))
    return the_end(states, trouble)


@flow(name="rebuild", flow_run_name="rebuild-{first}-to-{last}", persist_result=False)
def rebuild_datasets(first: date, last: date) -> State[Any] | None:
    """Builds published days again, from the first to the last; which came out differently, the night's summary says."""
    with turn("nightly") as is_ours:
        if not is_ours:
            return the_end(skipped="another run builds the datasets")
        begun: rebuilds.Begun = rebuilds.begin(first, last)
        if not begun.run:
            return the_end(trouble=begun.trouble)
        built: State[Any] = build_pieces.with_options(task_runner=rebuilds.workers())(
            begun, return_state=True
        )
        drafted = rebuilds.draft(begun.run, first, last, return_state=True)
        states, trouble = [built, drafted], []
        made = drafted.result() if drafted.is_completed() else None
        if made is not None and made.run:
            told = [publish(made.run, return_state=True), report(return_state=True)]
            trouble = [line for state in told if state.is_completed() for line in state.result()]
            states += told
        elif made is not None:
            trouble = made.trouble
    return the_end(states, trouble)


@flow(name="rebuild-pieces", flow_run_name="pieces-of-{begun.run}", persist_result=False)
def build_pieces(begun: rebuilds.Begun) -> None:
    """Every piece, on as many workers as there are."""
    firsts, lasts = zip(*begun.pieces, strict=True)
    rebuilds.build.map(unmapped(begun.run), unmapped(begun.night), firsts, lasts).wait()
