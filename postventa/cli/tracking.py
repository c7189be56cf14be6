"""The command that says whose a tracking number may be, whether it is typed right, and which of our parcels has it."""

from typing import Annotated, Any

from cyclopts import Parameter
from sqlalchemy import Connection, func, select

from postventa.cli.house import Common, app
from postventa.rules.tracking_numbers import Suggestion, clean, link_to, mistyped, suggestions
from postventa.store.orders import OrderRow
from postventa.store.shipments import ShipmentRow
from postventa.tracking_numbers import known_carriers

ONLY_SUGGESTED = "This is a suggestion: nobody is asked, and nobody is told, by what a number looks like."


@app.command(name="tracking")
def show_tracking(
    number: str,
    *,
    postcode: Annotated[str, Parameter(help="Of the destination; GLS's link needs it")] = "",
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Say whose a tracking number may be, where it is followed, and which parcels of ours have it. Asks nobody."""
    with common.workplace() as place, place.reading() as connection:
        ours = _ours(connection, clean(number))
    found, wrong = suggestions(number, known_carriers()), mistyped(number, known_carriers())
    document = {
        "number": clean(number),
        "suggestions": [_document(one, number, postcode) for one in found],
        "mistyped": [{"carrier": one.carrier.key, "about": one.about} for one in wrong],
        "parcels": ours,
    }
    lines = [_line(one, number, postcode) for one in found]
    lines += [
        f"{one.carrier.name}: it looks like {one.about}, but its check digit is wrong: mistyped?"
        for one in wrong
    ]
    lines = [*lines, ONLY_SUGGESTED] if lines else ["No carrier that we know has numbers like this one."]
    lines += [
        f"{one['order']}: {one['carrier'] or one['carrier_word'] or 'no carrier'}, {one['status']}"
        for one in ours
    ] or ["No parcel of ours has it."]
    common.answer(document, "\n".join(lines))
    return 0


def _line(one: Suggestion, number: str, postcode: str) -> str:
    checked = ", and its check digit is right" if one.is_checked else ""
    return f"{one.carrier.name}: {one.about}{checked}  {link_to(one.carrier, number, postcode)}".rstrip()


def _document(one: Suggestion, number: str, postcode: str) -> dict[str, Any]:
    return {
        "carrier": one.carrier.key,
        "about": one.about,
        "is_checked": one.is_checked,
        "link": link_to(one.carrier, number, postcode),
    }


def _ours(connection: Connection, number: str) -> list[dict[str, str]]:
    """Our parcels of that number, the newest first: it may have been used before."""
    parcels = ShipmentRow.__table__.c
    wanted = (
        select(OrderRow.shop, OrderRow.ref, parcels.carrier, parcels.carrier_word, parcels.status)
        .join(OrderRow, OrderRow.id == parcels.order_id)
        .where(func.upper(func.replace(parcels.tracking_number, " ", "")) == number)
        .order_by(parcels.id.desc())
    )
    return [
        {
            "order": f"{row.shop}:{row.ref}",
            "carrier": row.carrier or "",
            "carrier_word": row.carrier_word,
            "status": row.status,
        }
        for row in connection.execute(wanted)
    ]
