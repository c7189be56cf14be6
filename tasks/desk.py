"""The desk's page in Prefect: what is due by when and by whom, and the money at risk."""

from typing import Any
from zoneinfo import ZoneInfo

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from postventa import clock
from postventa.desk import Due
from postventa.desk_page import desk_page, desk_today
from postventa.workplace import open_workplace
from tasks.complaints import Rung, Told
from tasks.promise import promise


@promise("report-desk")
def report_desk(rung: Rung | None, told: Told | None) -> list[str]:
    """Writes what is due for managers, and answers the sentences that turn the run red."""
    rung, told = rung or Rung(), told or Told()
    place, now = open_workplace(), clock.now()
    with place.reading() as connection:
        owner = place.settings.desk.owner
        page = desk_page(connection, ZoneInfo(place.settings.desk.timezone), now, orders_owner=owner)
    trouble = [*rung.trouble, *told.trouble]
    lines = [
        "# Complaints",
        "",
        f"- {rung.looked_at} clocks looked at, {rung.calls} calls made, {told.lines} told to the webhook",
        "- **more clocks are due** for the next run"
        if rung.left_over
        else "- no clock is left to be looked at",
    ]
    if trouble:
        lines += ["", "## Needs a person", "", *(f"- {sentence}" for sentence in trouble)]
    create_markdown_artifact(key="complaints", markdown="\n".join(lines), description="Deadlines watched")
    create_markdown_artifact(
        key="desk-today",
        markdown=desk_today(page, now),
        description="Deadlines by owner, overdue, and refunds due",
    )
    create_table_artifact(
        key="deadlines",
        table=[_row(one) for one in page.first],
        description="What is overdue, due today and within a week",
    )
    return trouble


def _row(one: Due) -> dict[str, Any]:
    return {
        "when": one.when.replace("_", " "),
        "what": one.what,
        "owner": one.owner,
        "rule": one.rule_id,
        "article": one.article,
        "due": one.due_at.isoformat(timespec="minutes"),
        "days left": one.days_left,
        "at risk": f"{one.amount:.2f} {one.currency}" if one.amount is not None else "",
    }
