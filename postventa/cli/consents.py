"""`postventa consent`: what somebody agreed or objected to, and what the desk hears of it by telephone or by post."""

import hashlib
from datetime import datetime
from typing import Annotated, Any

from cyclopts import App, Parameter

from postventa import clock
from postventa.cli.house import Common, Wrong, app
from postventa.consents import Consent, Yes, consent_of, object_to
from postventa.consents import record as write_down
from postventa.rules.consents import ALL, ASKED_FOR
from postventa.settings import Settings
from postventa.sms_numbers import mobile
from postventa.sms_objections import CLASS as TEXTS
from postventa.sms_objections import allow_texts, object_to_texts

consent_app = App(name="consent", help="Who agreed or objected to surveys and advertising.")
app.command(consent_app)

SCOPES = (ALL, *ASKED_FOR)
Phone = Annotated[
    str, Parameter(help="A mobile number with its country's code; it is not kept but as a keyed hash")
]
Email = Annotated[str, Parameter(help="The customer's address; it is not kept but as a keyed hash")]
ShopName = Annotated[str, Parameter(help="A name in [shops], where there are several")]
Scope = Annotated[str, Parameter(help="relationship (surveys, review requests), commercial, or all of it")]


@consent_app.command(name="show")
def show(*, email: Email, shop: ShopName = "", common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Show what may be sent to somebody, and everything that they said about it."""
    with common.workplace() as place, place.reading() as connection:
        name = _shop(place.settings, shop)
        found = consent_of(connection, place.settings, name, email)
    common.answer(_document(name, found), _text(name, found))
    return 0


@consent_app.command(name="object")
def object_(
    *,
    email: Email = "",
    phone: Phone = "",
    shop: ShopName = "",
    scope: Scope = ALL,
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Record that somebody wants no more. It holds at once for every shop of the company, and needs no reason."""
    if bool(email) == bool(phone):
        raise Wrong("say who with --email, or which number gets no texts with --phone", code=2)
    with common.workplace() as place, place.store.begin() as connection:
        name, now = _shop(place.settings, shop), clock.now()
        by: dict[str, Any] = {"shop": name, "source": "desk", "now": now}
        by["source_ref"] = _mark(email or phone, scope, now)
        if phone:
            said = object_to_texts(connection, place.settings, number=_number(phone), **by)
        else:
            said = object_to(connection, place.settings, email=email, scope=_scope(scope), **by)
    by_mail = (
        "A mail confirms it." if said.is_confirmed else "Give them the reference yourself: no mail goes."
    )
    known = f"was recorded before, as {said.reference}: nothing was left to stop."
    text = f"is recorded as {said.reference}. {by_mail}" if said.is_new else known
    document = {"reference": said.reference, "is_new": said.is_new, "is_confirmed": said.is_confirmed}
    common.answer(document, f"The objection {text}")
    return 0


@consent_app.command(name="allow-texts")
def allow(
    *,
    phone: Phone,
    wording: Annotated[str, Parameter(help="The version of the words that they agreed to")],
    shop: ShopName = "",
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Record that a number may get texts again: whoever it belongs to has asked for it."""
    with common.workplace() as place, place.store.begin() as connection:
        name, now, number = _shop(place.settings, shop), clock.now(), _number(phone)
        yes = Yes(name, number, TEXTS, "desk", _mark(number, TEXTS, now), now, wording=wording)
        is_new = allow_texts(connection, place.settings, yes, now)
    known = "This was recorded before: nothing has changed."
    common.answer({"shop": name, "is_new": is_new}, "The number may get texts again." if is_new else known)
    return 0


@consent_app.command(name="record")
def record(
    *,
    email: Email,
    wording: Annotated[str, Parameter(help="The version of the words that they agreed to")],
    shop: ShopName = "",
    scope: Scope = ALL,
    said: Annotated[str, Parameter(help="When they said so, if not now: an ISO 8601 instant")] = "",
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Record that somebody agreed, on paper or by telephone. It lifts an objection that they made before."""
    with common.workplace() as place, place.store.begin() as connection:
        name, now = _shop(place.settings, shop), clock.now()
        said_at = clock.read_instant(said) if said else now
        if said_at > now:
            raise Wrong(f"--said {said} has not come yet", code=2)
        yes = Yes(name, email, _scope(scope), "desk", _mark(email, scope, said_at), said_at, wording=wording)
        is_new = write_down(connection, place.settings, yes, now)
        found = consent_of(connection, place.settings, name, email)
    common.answer(_document(name, found) | {"is_new": is_new}, _text(name, found))
    return 0


def _document(shop: str, found: Consent) -> dict[str, Any]:
    return {
        "shop": shop,
        "contact": found.contact,
        "may_be_sent": {name: str(basis) for name, basis in found.bases.items()},
        "suppressed": sorted(found.suppressed),
        "said": [
            {
                "shop": row.shop,
                "message_class": row.message_class,
                "said": row.said,
                "source": row.source,
                "reference": row.reference,
                "wording": row.wording,
                "said_at": row.said_at,
            }
            for row in found.said
        ],
    }


def _text(shop: str, found: Consent) -> str:
    lines = [
        f"{shop}: {name}: {'opted out' if name in found.suppressed else str(basis).replace('_', ' ')}"
        for name, basis in found.bases.items()
    ]
    for row in found.said:
        reference = f" {row.reference}" if row.said == "objected" else f" (words {row.wording or 'unknown'})"
        what = row.said.replace("_", " ")
        lines.append(
            f"{row.said_at:%Y-%m-%d %H:%M} UTC {row.shop}: {what} to {row.message_class} by {row.source}{reference}"
        )
    return "\n".join(lines)


def _shop(settings: Settings, given: str) -> str:
    if not given and len(settings.shops) == 1:
        return next(iter(settings.shops))
    if given not in settings.shops:
        raise Wrong(f"say which shop with --shop: {', '.join(settings.shops)}", code=2)
    return given


def _number(given: str) -> str:
    number = mobile(given, "")
    if not number:
        raise Wrong("--phone is no mobile number with its country's code, as +34600000001", code=2)
    return number


def _scope(given: str) -> str:
    if given not in SCOPES:
        raise Wrong(f"--scope is one of {', '.join(SCOPES)}", code=2)
    return given


def _mark(email: str, scope: str, at: datetime) -> str:
    """The same words of the same day are written down once."""
    said = f"{email.strip().casefold()}\x00{scope}\x00{at:%Y-%m-%d}"
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:32]
