"""What PrestaShop's ids stand for: each id is asked about once, with the others that came with it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from postventa.connectors.fields import text
from postventa.connectors.shops._prestashop_access import Access, Row, one_of
from postventa.connectors.shops._prestashop_time import Wall, shown_in
from postventa.news import NotUnderstood

AT_ONCE = 200
"""Ids in one question: an address must not grow too long."""
ROLES = {
    "PS_OS_CHEQUE": "awaiting",
    "PS_OS_BANKWIRE": "awaiting",
    "PS_OS_PAYPAL": "awaiting",
    "PS_OS_COD_VALIDATION": "awaiting",
    "PS_OS_PAYMENT": "paid",
    "PS_OS_WS_PAYMENT": "paid",
    "PS_OS_PREPARATION": "in_preparation",
    "PS_OS_SHIPPING": "shipped",
    "PS_OS_DELIVERED": "delivered",
    "PS_OS_CANCELED": "cancelled",
    "PS_OS_REFUND": "refunded",
    "PS_OS_ERROR": "failed",
    "PS_OS_OUTOFSTOCK": "backordered",
    "PS_OS_OUTOFSTOCK_PAID": "backordered",
    "PS_OS_OUTOFSTOCK_UNPAID": "backordered",
}
"""The shop's own notes of which of its states is which: the flags of delivered and shipped, of cancelled and awaiting
are alike."""
_ZONE = "PS_TIMEZONE"


class Lookup:
    """The rows of one resource by their ids; an id that the shop does not have is left out."""

    def __init__(
        self, access: Access, resource: str, fields: Sequence[str], *, optional: bool = False
    ) -> None:
        self._ask = access.rows_if_allowed if optional else access.rows
        self._resource, self._fields = resource, ("id", *fields)
        self._known: dict[str, Row | None] = {}

    def of(self, ids: Iterable[str]) -> dict[str, Row]:
        """The rows of these ids."""
        wanted = sorted({one for one in ids if one not in {"", "0"}}, key=lambda one: (len(one), one))
        missing = [one for one in wanted if one not in self._known]
        for start in range(0, len(missing), AT_ONCE):
            part = missing[start : start + AT_ONCE]
            found = self._ask(self._resource, self._fields, {"filter[id]": one_of(part)})
            self._known |= dict.fromkeys(part) | {text(row, "id"): row for row in found}
        return {one: row for one in wanted if (row := self._known[one]) is not None}


def by_order(
    access: Access, resource: str, fields: Sequence[str], refs: Sequence[str], *, optional: bool = False
) -> dict[str, list[Row]]:
    """What a resource holds of these orders, by order; each order's rows by their ids."""
    found: dict[str, list[Row]] = {ref: [] for ref in refs}
    ask = access.rows_if_allowed if optional else access.rows
    asked = {"filter[id_order]": one_of(refs), "sort": "[id_ASC]"}
    for row in ask(resource, ("id", "id_order", *fields), asked) if refs else ():
        found.setdefault(text(row, "id_order"), []).append(row)
    return found


def roles_of(access: Access) -> dict[str, str]:
    """By the id of a state, which of PrestaShop's own it is; empty where the key may not read the configuration."""
    asked = {"filter[name]": one_of(ROLES)}
    rows = access.rows_if_allowed("configurations", ("id", "name", "value"), asked)
    return {text(row, "value"): role for row in rows if (role := ROLES.get(text(row, "name")))}


def wall_of(access: Access, configured: ZoneInfo) -> Wall:
    """The shop's clock: its own zone, or the configured one where it does not tell."""
    asked = {"filter[name]": f"[{_ZONE}]"}
    rows = access.rows_if_allowed("configurations", ("id", "value", "date_upd"), asked)
    for row in rows:
        try:
            return Wall(ZoneInfo(text(row, "value")), _set_on(row), configured)
        except (ZoneInfoNotFoundError, ValueError):
            continue
    return Wall(configured, None, configured)


def _set_on(row: Row) -> datetime | None:
    try:
        return shown_in(row.get("date_upd"), "date_upd")
    except NotUnderstood:
        return None
