"""Signed links into the customers' pages: who holds one may see one order or one case, without an account.

A link carries ids and a signature, never a name or an address. Its age is read from the service's own clock.
"""

from datetime import timedelta
from typing import Any

from itsdangerous import BadData, SignatureExpired, TimestampSigner, URLSafeTimedSerializer

from postventa import clock
from postventa.settings import HOW_TO_MAKE_A_KEY, BadConfiguration, Settings, secret

LASTS = timedelta(days=400)
"""An untold customer may withdraw for twelve months and fourteen days (LGDCU 105); a link lasts a little longer."""
SHORTEST_SECRET = 32

OPT_OUT_LASTS = timedelta(days=3650)
"""An objection is never too late; a link that is older than this was in nobody's mailbox any more."""

TRACKING = ""
WITHDRAWAL = "withdrawal"
COMPLAINT = "complaint"


class NoSuchLink(ValueError):
    """The link was not made by us, or not for this page."""


class LinkTooOld(NoSuchLink):
    """The link was ours and has had its time."""


class _Signer(TimestampSigner):
    def get_timestamp(self) -> int:
        return int(clock.now().timestamp())


def order_link(settings: Settings, shop: str, order_id: int, page: str = TRACKING) -> str:
    """The address of an order's page; empty where the customers' pages have no address of their own."""
    if not settings.web.url:
        return ""
    written = f"{settings.web.url}/order/{order_token(settings, shop, order_id)}"
    return f"{written}/{page}" if page else written


def case_link(settings: Settings, key: str) -> str:
    """The address of a case's page, by the case's key; empty without [web].url."""
    return f"{settings.web.url}/case/{case_token(settings, key)}" if settings.web.url else ""


def order_token(settings: Settings, shop: str, order_id: int) -> str:
    return signer(settings, "order").dumps([shop, order_id])


def case_token(settings: Settings, key: str) -> str:
    return signer(settings, "case").dumps(key)


def read_order_link(settings: Settings, token: str) -> tuple[str, int]:
    """The shop and the order's id. Raises NoSuchLink or LinkTooOld."""
    said = read(settings, "order", token, LASTS)
    match said:
        case [str() as shop, int() as order_id]:
            return shop, order_id
    raise NoSuchLink("this is no link to an order")


def read_case_link(settings: Settings, token: str) -> str:
    """The case's key. Raises NoSuchLink or LinkTooOld."""
    return str(read(settings, "case", token, LASTS))


def opt_out_link(settings: Settings, shop: str, customer_id: int) -> str:
    """The address at which somebody objects, with one click or on a page; empty without [web].url."""
    if not settings.web.url:
        return ""
    return f"{settings.web.url}/optout/{opt_out_token(settings, shop, customer_id)}"


def opt_out_token(settings: Settings, shop: str, customer_id: int) -> str:
    return signer(settings, "optout").dumps([shop, customer_id])


def read_opt_out_link(settings: Settings, token: str) -> tuple[str, int]:
    """The shop and the customer's id. Raises NoSuchLink or LinkTooOld."""
    match read(settings, "optout", token, OPT_OUT_LASTS):
        case [str() as shop, int() as customer_id]:
            return shop, customer_id
    raise NoSuchLink("this is no link to object")


def survey_link(settings: Settings, ask_id: int, answer: int | None = None) -> str:
    """The address of an ask's survey; with `answer`, the first question is filled in, and nothing more than that."""
    if not settings.web.url:
        return ""
    written = f"{settings.web.url}/survey/{survey_token(settings, ask_id)}"
    return written if answer is None else f"{written}?answer={answer}"


def survey_token(settings: Settings, ask_id: int) -> str:
    return signer(settings, "survey").dumps(ask_id)


def read_survey_link(settings: Settings, token: str) -> int:
    """The ask's id; until when it may be answered, the ask says. Raises NoSuchLink or LinkTooOld."""
    match read(settings, "survey", token, LASTS):
        case int() as ask_id:
            return ask_id
    raise NoSuchLink("this is no link to a survey")


def signer(settings: Settings, purpose: str) -> URLSafeTimedSerializer:
    """Signs for one purpose. The variable may hold several secrets: the last one signs, the others are still believed."""
    secrets = secret(settings.web.secret_env, "[web]").split()
    if any(len(one) < SHORTEST_SECRET for one in secrets):
        raise BadConfiguration(
            f"the secret in {settings.web.secret_env} is too short to sign links: "
            f"give it {SHORTEST_SECRET} characters or more, as from {HOW_TO_MAKE_A_KEY}"
        )
    return URLSafeTimedSerializer(secrets, salt=f"postventa.{purpose}", signer=_Signer)


def read(settings: Settings, purpose: str, token: str, lasts: timedelta) -> Any:
    """What was signed for this purpose. Raises NoSuchLink or LinkTooOld."""
    try:
        return signer(settings, purpose).loads(token, max_age=int(lasts.total_seconds()))
    except SignatureExpired as old:
        raise LinkTooOld("this link has had its time") from old
    except BadData as wrong:
        raise NoSuchLink("this link is not ours") from wrong
