"""Reads an HTTP answer: its JSON or XML, or the error that says in one sentence what is wrong and what to do."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from postventa.connectors.errors import (
    ConnectorError,
    NotJson,
    NotThere,
    NotXml,
    Refused,
    TooBusy,
    Unreachable,
)

TOLD_TO_WAIT = frozenset({429, 503})
_FAULT = re.compile(rb"<faultcode[^>]*>\s*([A-Za-z0-9.:_-]{1,80})\s*</faultcode>")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_json(self) -> bool:
        return "json" in self.headers.get("Content-Type", "").lower()


def payload_of(answer: Answer, owner: str, place: str, tries: int) -> Any:
    """The parsed JSON of a good answer. Raises the error that a bad one amounts to."""
    where = f"{owner}: {place}"
    status = answer.status
    if not 200 <= status < 300:
        raise _problem(answer, owner, where, tries)
    if not answer.content:
        if status == 204:
            return None
        raise NotJson(f"{where} answered nothing at all", status=status)
    if not answer.is_json:
        kind = answer.headers.get("Content-Type", "").partition(";")[0] or "no content type"
        raise NotJson(
            f"{where} answered {status} with {kind} instead of JSON: a firewall or a maintenance page "
            "may stand before it, or the address is not the API's",
            status=status,
        )
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError):
        raise NotJson(
            f"{where} answered JSON that cannot be read: a plugin may print warnings into it",
            status=status,
        ) from None


def tree_of(answer: Answer, owner: str, place: str, tries: int) -> Element:
    """The parsed XML of a good answer, which may neither declare entities nor refer to any file.

    Raises the error that a bad one amounts to.
    """
    where = f"{owner}: {place}"
    if not 200 <= answer.status < 300:
        raise _problem(answer, owner, where, tries)
    try:
        tree: Element = fromstring(answer.content, forbid_dtd=True)
    except DefusedXmlException:
        raise NotXml(
            f"{where} answered XML that declares a document type or entities, which is not read",
            status=answer.status,
        ) from None
    except (ParseError, ValueError, LookupError):
        raise NotXml(
            f"{where} answered {answer.status} with something else than XML: a firewall or a maintenance page "
            "may stand before it, or the address is not the API's",
            status=answer.status,
        ) from None
    return tree


def _problem(answer: Answer, owner: str, where: str, tries: int) -> ConnectorError:
    status, code = answer.status, _platform_code(answer)
    said = f"{status} {code}".strip()
    if status in TOLD_TO_WAIT:
        return TooBusy(
            f"{where} asks us to wait ({said}, after {tries} tries): lower "
            f"{owner}.requests_per_second if this happens often",
            status=status,
            code=code,
        )
    if status >= 500:
        return Unreachable(
            f"{where} fails ({said}, after {tries} tries): the trouble is on its side, and the next run asks again",
            status=status,
            code=code,
        )
    if status == 404:
        return NotThere(f"{where} does not exist ({said})", status=status, code=code)
    if 300 <= status < 400:
        to = urlsplit(answer.headers.get("Location", ""))
        target = f"{to.scheme}://{to.netloc.rpartition('@')[2]}" if to.netloc else "another address"
        return Refused(
            f"{where} redirects to {target}: put the final address into {owner}.url",
            status=status,
            code=code,
        )
    if status in {401, 403}:
        remedy = f"the key that {owner}.key_env names is wrong or may not read, or a firewall refuses us"
    else:
        remedy = "the other side does not accept this request"
    return Refused(f"{where} refuses ({said}): {remedy}", status=status, code=code)


def _platform_code(answer: Answer) -> str:
    """The platform's own word for what is wrong, wherever its JSON or its SOAP keeps it."""
    if not answer.is_json:
        fault = _FAULT.search(answer.content[:20_000])
        return fault[1].decode() if fault else ""
    try:
        said = json.loads(answer.content)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(said, dict):
        return ""
    first = said["errors"][0] if isinstance(said.get("errors"), list) and said["errors"] else None
    for place in (said, said.get("meta"), first):
        code = place.get("code") if isinstance(place, dict) else None
        if isinstance(code, str | int) and re.fullmatch(r"[\w.:-]{1,80}", str(code)):
            return str(code)
    return ""
