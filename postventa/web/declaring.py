"""What both ways to withdraw share: step two with its one button, and the declaration itself in one transaction."""

from starlette.responses import HTMLResponse

from postventa import clock
from postventa.web.forms import Typed, one_line
from postventa.web.receipts import Receipt
from postventa.web.visits import Visit
from postventa.withdrawals import Declaration, declare


def step_two(visit: Visit, typed: Typed, statement: str, number: str, send_to: str) -> HTMLResponse:
    """Step two: what will be declared, and the button. Nothing has been recorded yet."""
    carried = {name: value for name, value in typed.values.items() if name not in {"act", "ticket"}}
    return visit.page(
        "withdrawal_confirm.html",
        with_form=True,
        statement=statement,
        number=number,
        name=one_line(typed["name"]),
        send_to=send_to,
        carried=carried,
    )


def declare_once(visit: Visit, declaration: Declaration) -> Receipt:
    with visit.reception.place.store.begin() as connection:
        filed = declare(connection, visit.settings, declaration, clock.now())
    proven = declaration.is_verified  # to a guest, a case that was there already looks like any other
    return Receipt(filed.case_id, declaration.source_ref, proven, is_repeated=proven and not filed.is_new)
