"""The night: datasets are built, checked against their contracts and reconciled, and published in one moment."""

from datetime import date
from typing import Any

from prefect import State, flow

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
