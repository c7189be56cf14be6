"""Form tickets: each form that is handed out carries one, signed and bound to the visitor's cookie.

The signature keeps other sites from sending forms in a visitor's name; the ticket inside makes a form that is
sent twice one case.
"""

import hashlib
import re
import secrets
from datetime import timedelta

from postventa import links
from postventa.settings import Settings

COOKIE = "postventa"
LASTS = timedelta(hours=24)
_BROWSER = re.compile(r"[\w-]{20,64}", re.ASCII)


def new_browser() -> str:
    return secrets.token_urlsafe(24)


def known_browser(cookie: str | None) -> str:
    """The cookie's value if it is one of ours, else nothing."""
    return cookie if cookie and _BROWSER.fullmatch(cookie) else ""


def issue(settings: Settings, browser: str) -> str:
    """A form's ticket for this browser."""
    return links.signer(settings, "form").dumps([_mark(browser), secrets.token_urlsafe(16)])


def redeem(settings: Settings, token: str, browser: str) -> str | None:
    """The ticket inside; None if the form is too old, forged, or another browser's."""
    try:
        said = links.read(settings, "form", token, LASTS)
    except links.NoSuchLink:
        return None
    match said:
        case [str() as mark, str() as ticket] if browser and secrets.compare_digest(mark, _mark(browser)):
            return ticket
    return None


def _mark(browser: str) -> str:
    return hashlib.blake2b(browser.encode(), digest_size=9).hexdigest()
