"""Addresses: whether one can be written to, and how it is spelled on the wire."""

import re
from email.utils import unquote
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

LINE_BREAKS = re.compile(r"[\r\n\0]")
_ADDRESS = re.compile(r"[^\s<>@,;:\"()\[\]\\\x00-\x1f\x7f]+@[^\s<>@,;:\"()\[\]\\\x00-\x1f\x7f]+")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*")
LONGEST_NAME, LONGEST = 64, 254
"""What may stand before the @, and the whole address (RFC 5321)."""


class Unsendable(ValueError):
    """A letter that cannot be written as a mail; the sentence names the part, never its content."""


class HeaderInjection(Unsendable):
    """A header value with a line break or NUL: somebody may be smuggling headers in, so nothing is cleaned."""


def address_problem(address: str) -> str | None:
    """Why nobody can be written to at `address`, in a sentence without the address; None if it looks right."""
    name, _, domain = address.rpartition("@")
    is_plain = len(name) <= LONGEST_NAME and _PLAIN_NAME.fullmatch(name) and domain.isascii()
    if is_plain and len(address) <= LONGEST:
        return _problem(f"a@{domain}")  # with a plain name the domain decides, and customers share a few
    return _problem(address)


@lru_cache(maxsize=1024)
def _problem(address: str) -> str | None:
    try:
        # test_environment lets the reserved .test pass (.example passes anyway): sandbox shops live there.
        validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError as wrong:
        return str(wrong)
    return None


@lru_cache(maxsize=1024)
def mailbox(written: str) -> tuple[str, str]:
    """Splits `Name <address>` or a bare address into name and address, the domain in its ASCII form.

    Quotes round the name are optional: owners write `Tienda, S.L. <hola@tienda.example>`. Raises Unsendable.
    """
    name, bracket, rest = written.strip().rpartition("<")
    if not bracket:
        return "", wire_address(rest)
    if not rest.endswith(">"):
        raise Unsendable("an address opens with < and does not end with >")
    return unquote(name.strip()), wire_address(rest[:-1])


def wire_address(address: str) -> str:
    if LINE_BREAKS.search(address):
        raise HeaderInjection("an address holds a line break")
    if not _ADDRESS.fullmatch(address):
        raise Unsendable("an address is not of the form name@domain")
    if not address.isascii():
        try:
            checked = validate_email(address, check_deliverability=False, test_environment=True)
        except EmailNotValidError as wrong:
            raise Unsendable(f"an address cannot be used: {wrong}") from wrong
        address = f"{checked.local_part}@{checked.ascii_domain}"
    if len(address.encode()) > LONGEST:
        raise Unsendable("an address is longer than the 254 characters that mail allows")
    return address
