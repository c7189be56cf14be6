"""`postventa data-request`: what somebody asks about their personal data, and by when it must be answered."""

from dataclasses import asdict
from typing import Annotated

from cyclopts import App, Parameter

from postventa import clock
from postventa.cli.house import Common, Wrong, app
from postventa.data_requests import Asked, NoSuchRequest, answer, extend, open_request, open_requests
from postventa.rules.counting import A_SECOND

request_app = App(
    name="data-request", help="Requests about personal data, and the month to answer them (GDPR 12.3)."
)
app.command(request_app)

Number = Annotated[str, Parameter(help="As `postventa data-request list` names it: P-2026-000001")]


@request_app.command(name="open")
def open_(
    *,
    email: Annotated[str, Parameter(help="The address of whoever asks; it is not kept")],
    shop: Annotated[str, Parameter(help="A name in [shops], where there are several")] = "",
    received: Annotated[str, Parameter(help="When it came in, if not now: an ISO 8601 instant")] = "",
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Write down that somebody asks for their data, its erasure or its correction: the month begins."""
    with common.workplace() as place, place.store.begin() as connection:
        name = shop or next(iter(place.settings.shops))
        if name not in place.settings.shops or (not shop and len(place.settings.shops) > 1):
            raise Wrong(f"say which shop with --shop: {', '.join(place.settings.shops)}", code=2)
        now = clock.now()
        at = clock.read_instant(received) if received else now
        if at > now:
            raise Wrong(f"--received {received} has not come yet", code=2)
        asked = open_request(connection, place.settings, shop=name, email=email, received_at=at, now=now)
    common.answer(asdict(asked), _line(asked))
    return 0


@request_app.command(name="extend")
def extend_(number: Number, *, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Take two further months. Tell whoever asked, with the reasons, before the first month is over."""
    try:
        with common.workplace() as place, place.store.begin() as connection:
            asked = extend(connection, place.settings, number, clock.now())
    except NoSuchRequest as wrong:
        raise Wrong(str(wrong)) from wrong
    common.answer(asdict(asked), _line(asked))
    return 0


@request_app.command(name="answer")
def answer_(
    number: Number,
    *,
    at: Annotated[str, Parameter(help="When it was answered, if not now: an ISO 8601 instant")] = "",
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Write down that it has been answered: its deadline ends, and nobody is called by it any more."""
    try:
        with common.workplace() as place, place.store.begin() as connection:
            now = clock.now()
            done_at = clock.read_instant(at) if at else now
            if done_at > now:
                raise Wrong(f"--at {at} has not come yet", code=2)
            asked = answer(connection, number, done_at, now)
    except NoSuchRequest as wrong:
        raise Wrong(str(wrong)) from wrong
    stands = "in time" if done_at < asked.due_at else "too late"
    document = asdict(asked) | {"answered_at": done_at, "is_in_time": done_at < asked.due_at}
    common.answer(document, f"{asked.reference} is answered, {stands}.")
    return 0


@request_app.command(name="list")
def list_(*, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """List the requests that nobody has answered yet, the earliest due first."""
    with common.workplace() as place, place.reading() as connection:
        found = open_requests(connection)
    common.answer([asdict(one) for one in found], "\n".join(map(_line, found)) or "No request is open.")
    return 0


def _line(asked: Asked) -> str:
    last = asked.due_at - A_SECOND
    return (
        f"{asked.shop}:{asked.reference} is to be answered until {last:%Y-%m-%d %H:%M} UTC ({asked.rule_id})."
    )
