"""The night: datasets are built, checked against their contracts and reconciled, and published in one moment."""

from datetime import date
from typing import Any

from prefect import State, flow

from tasks.nightly import draft, publish, report
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
        if made is None or not made.run:
            return the_end([drafted], made.trouble if made else [])
        published = publish(made.run, return_state=True)
        refused = published.result() if published.is_completed() else []
        told = report(return_state=True)
        trouble = told.result() if told.is_completed() else []
    return the_end([drafted, published, told], [*refused, *trouble])
