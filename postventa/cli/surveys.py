"""`postventa survey import` and `postventa testimonial`: answers from elsewhere, and good words that may be quoted."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from sqlalchemy import select, update

from postventa import clock
from postventa.cli.house import Common, Wrong, app
from postventa.rules.surveys import BadSurvey
from postventa.store.asks import AnswerRow
from postventa.store.reviews import ReviewRow
from postventa.survey_imports import NotReadable, import_answers, read_columns
from postventa.surveys import definition

survey_app = App(name="survey", help="Surveys.")
testimonial_app = App(name="testimonial", help="Good words of customers, and whether the shop quotes them.")
app.command(survey_app)
app.command(testimonial_app)
VOICES: dict[str, Any] = {"A": AnswerRow, "R": ReviewRow}
"""What a testimonial's number begins with: an answer, a review."""


@survey_app.command(name="import")
def import_file(
    file: Path,
    *,
    survey: Annotated[str, Parameter(help="delivery or resolution")],
    shop: str,
    columns: Annotated[Path, Parameter(help="A TOML file that says which column is which")],
    source: Annotated[str, Parameter(help="What the answers are known by here")] = "forms",
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Import the export of a form. Rows that were imported before count once; bad ones go to quarantine."""
    with common.workplace() as place, place.store.begin() as connection:
        if source == "page":
            raise Wrong("--source page is what our own page writes: choose another name", code=2)
        try:
            which = read_columns(columns, definition(survey), place.settings.shop(shop).zone)
            done = import_answers(
                connection,
                place.settings,
                file.read_bytes(),
                which,
                survey_name=survey,
                shop=shop,
                source=source,
                now=clock.now(),
            )
        except (NotReadable, BadSurvey) as wrong:
            raise Wrong(str(wrong)) from wrong
    document = {
        "rows": done.rows,
        "changed": done.changed,
        "known": done.known,
        "unknown_orders": done.unknown_orders,
        "set_aside": [{"line": line, "reason": reason} for line, reason in done.set_aside.items()],
    }
    said = [
        f"{done.rows} rows: {done.changed} new or changed, {done.known} known before, {len(done.set_aside)} set aside.",
        *([f"{done.unknown_orders} name an order that is not known here."] if done.unknown_orders else []),
        *(f"line {line}: {reason}" for line, reason in done.set_aside.items()),
    ]
    common.answer(document, "\n".join(said))
    return 0


@testimonial_app.command(name="list")
def list_testimonials(*, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """List good words that wait for a decision. They are the customers' own: ask before you quote them."""
    with common.workplace() as place, place.reading() as connection:
        rows = [
            {"id": f"{letter}{row.id}", "shop": row.shop, "text": row.text, "order_id": row.order_id}
            for letter, table in VOICES.items()
            for row in connection.execute(
                select(table.__table__).where(table.testimonial == "offered").order_by(table.id)
            )
        ]
    text = [f"{row['id']:>6}  {row['shop']}  {' '.join(str(row['text']).split())[:200]}" for row in rows]
    common.answer(rows, "\n".join(text) or "Nothing waits for a decision.")
    return 0


@testimonial_app.command(name="approve")
def approve(number: str, *, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Say that these words may be quoted, their writer having been asked."""
    return _decide(number, "approved", common)


@testimonial_app.command(name="decline")
def decline(number: str, *, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Say that these words are not quoted."""
    return _decide(number, "declined", common)


def _decide(number: str, decision: str, common: Common) -> int:
    table, rest = VOICES.get(number[:1].upper()), number[1:]
    if table is None or not (rest.isascii() and rest.isdecimal()):
        raise Wrong(
            f"{number} is no testimonial: `postventa testimonial list` shows them, as A12 or R7", code=2
        )
    with common.workplace() as place, place.store.begin() as connection:
        done = connection.execute(
            update(table).where(table.id == int(rest), table.testimonial != "").values(testimonial=decision)
        )
        if not done.rowcount:
            raise Wrong(f"{number} was not offered: `postventa testimonial list` shows what was")
    common.answer({"id": number, "testimonial": decision}, f"{number} is {decision}.")
    return 0
