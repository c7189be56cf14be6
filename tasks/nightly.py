"""The night: datasets are drafted, published and told of, each step safe to run twice."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import cast
from uuid import UUID

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from postventa import clock
from postventa.datasets._days import last_over
from postventa.datasets._drafting import draft_night
from postventa.datasets._manifest import Check, published
from postventa.datasets._publishing import publish_night
from postventa.datasets._shelf import Shelf, ShelfTrouble
from postventa.night_letters import owe_summary
from postventa.night_mail import facts_of_a_night, facts_of_no_night
from postventa.night_summary import links, summary, trouble_of
from postventa.report import write
from postventa.rules.nightly import NotThisNight
from postventa.workplace import open_workplace
from tasks.promise import promise


@dataclass(slots=True)
class Drafted:
    """A night that waits for being published: the name of its run, or why there is none."""

    run: str = ""
    trouble: list[str] = field(default_factory=list)


@promise("draft-night")
def draft(day: date | None = None) -> Drafted:
    """Builds, checks and reconciles every dataset; readers see nothing of it.

    Safe to run twice: a draft that is not published is swept away by the next.
    """
    place = open_workplace()
    title = "Datasets of the night"
    # Typed by Prefect as if it might have to be awaited; where nothing runs beside, it is the id.
    progress = cast("UUID", create_progress_artifact(progress=0.0, key="night-progress", description=title))

    def tell(share: float) -> None:
        update_progress_artifact(progress, progress=round(100 * share, 1))

    try:
        made = draft_night(place, day, tell=tell)
    except NotThisNight as refused:
        return Drafted(trouble=[str(refused)])
    tell(1)
    return Drafted(run=made.manifest.run)


@promise("publish-night-{run}")
def publish(run: str) -> list[str]:
    """Publishes the draft, all of it in one moment.

    Safe to run twice: what is published already stays as it is.
    """
    place = open_workplace()
    try:
        publish_night(place, run)
    except NotThisNight as refused:
        return [str(refused)]
    return []


@promise("report-night")
def report() -> list[str]:
    """Writes what managers see of the night, and answers the sentences that turn the run red."""
    place = open_workplace()
    shelf = Shelf(place.settings.datasets.path)
    manifest = published(shelf)
    if manifest is None:
        return []
    create_markdown_artifact(
        key="nightly", markdown=summary(manifest), description=f"Datasets of {manifest.night}"
    )
    create_table_artifact(
        key="dataset-contracts",
        table=[_row(one) for one in sorted(manifest.checks, key=lambda one: (one.passed, one.dataset))],
        description="Every rule of every contract",
    )
    written = write(shelf, manifest, place.settings)
    create_table_artifact(
        key="night-figures",
        table=written.figures,
        description=f"Figures of the 28 days until {manifest.night}",
    )
    create_markdown_artifact(
        key="nightly-links",
        markdown=links(shelf, manifest),
        description="Report, dictionary, validation, files",
    )
    return trouble_of(manifest)


@promise("tell-managers")
def tell_managers(reasons: Sequence[str]) -> int:
    """Owes every manager the mail about the last night; where readers have nothing of it, that is what it tells, and why.

    Safe to run twice: it is owed once for each night and manager. A night that is built at a later try has its own mail.
    """
    place = open_workplace()
    if not place.settings.shops:
        return 0
    now, shelf = clock.now(), Shelf(place.settings.datasets.path)
    night, manifest = last_over(place.settings, now), None
    try:
        manifest = published(shelf)
    except ShelfTrouble as wrong:
        reasons = [*reasons, str(wrong)]
    if manifest is not None and manifest.night >= night:
        facts = facts_of_a_night(shelf, manifest, place.settings)
        night, occasion = manifest.night, ""
    else:
        facts, occasion = facts_of_no_night(night, manifest.night if manifest else None, reasons), "not_built"
    with place.store.begin() as connection:
        return owe_summary(connection, place.settings, night, facts, now, occasion=occasion)


def _row(check: Check) -> dict[str, object]:
    return {
        "dataset": check.dataset,
        "rule": check.rule,
        "kept": "yes" if check.passed else "NO",
        "severity": check.severity,
        "found": check.observed,
        "of rows": check.rows,
        "says": check.sentence,
    }
