"""Makes whole orders of PrestaShop's rows: a row of the list holds ids, and what they stand for is elsewhere.

What was found stands under one key of ours in the stored order, so that a replay finds it again. Each resource is
asked once for a page of orders, and only for named fields.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from postventa.connectors.fields import text
from postventa.connectors.shops._prestashop_access import Access, Row
from postventa.connectors.shops._prestashop_lookups import Lookup, by_order, roles_of
from postventa.connectors.shops._prestashop_time import Wall

FOUND = "_postventa"
"""Our key in a stored raw order."""
ORDER = (
    *("id", "reference", "current_state", "date_add", "date_upd", "id_customer", "id_currency", "id_lang"),
    *("id_address_invoice", "id_address_delivery", "id_carrier", "module", "payment"),
    *("total_paid_tax_incl", "total_paid_tax_excl", "total_discounts_tax_incl", "total_discounts_tax_excl"),
    *("total_shipping_tax_incl", "total_shipping_tax_excl"),
    *("total_wrapping_tax_incl", "total_wrapping_tax_excl"),
)
LINE = (
    *("product_id", "product_name", "product_reference", "product_quantity"),
    *("total_price_tax_incl", "total_price_tax_excl"),
)
ADDRESS = (
    *("firstname", "lastname", "company", "address1", "address2", "postcode", "city"),
    *("id_country", "id_state", "phone", "phone_mobile"),
)
SLIP = (
    *("total_products_tax_excl", "total_products_tax_incl", "total_shipping_tax_incl", "amount"),
    *("date_add", "date_upd", "order_slip_details[id_order_detail]"),
)
CUSTOMER = ("email", "firstname", "lastname", "is_guest")
BOXES = frozenset({"newsletter", "optin"})
"""What an account may say of advertising; asked for where the configuration names it."""


NEEDED = (
    *("orders", "order_details", "order_carriers", "order_histories", "order_slip", "order_states"),
    *("customers", "addresses", "carriers", "currencies", "languages", "countries"),
)
WELCOME = ("configurations", "order_cart_rules", "cart_rules", "states")
"""What can be done without: which state is which, which voucher was used, the names of regions."""


class Gatherer:
    """Asks one shop for all that belongs to its orders."""

    def __init__(self, access: Access, boxes: Sequence[str]) -> None:
        self._access = access
        self._customers = (*CUSTOMER, *(box for box in boxes if box in BOXES))
        self._roles: dict[str, str] | None = None
        self._states = Lookup(access, "order_states", ("name", "paid", "shipped", "delivery"))
        self._currencies = Lookup(access, "currencies", ("iso_code",))
        self._languages = Lookup(access, "languages", ("locale", "iso_code"))
        self._countries = Lookup(access, "countries", ("iso_code",))
        self._regions = Lookup(access, "states", ("name",), optional=True)
        self._carriers = Lookup(access, "carriers", ("name", "url"))
        self._vouchers = Lookup(access, "cart_rules", ("code",), optional=True)

    def whole(self, rows: Sequence[tuple[Row, datetime]], wall: Wall, now: datetime) -> list[Row]:
        """The orders of these rows, each with what belongs to it and what the wall's time means."""
        orders = [row for row, _ in rows]
        refs = [text(row, "id") for row in orders]
        parts = self._parts(orders, refs)
        return [
            {
                **row,
                FOUND: {
                    **parts[text(row, "id")],
                    "zone": wall.zone.key,
                    "modified_at": wall.last_touched(shown, now).isoformat(),
                },
            }
            for row, shown in rows
        ]

    def _parts(self, orders: Sequence[Row], refs: Sequence[str]) -> dict[str, dict[str, Any]]:
        access = self._access
        customers = Lookup(access, "customers", self._customers).of(text(o, "id_customer") for o in orders)
        addresses = self._addresses(orders)
        lines = by_order(access, "order_details", LINE, refs)
        parcels = by_order(access, "order_carriers", ("id_carrier", "tracking_number"), refs)
        history = by_order(access, "order_histories", ("id_order_state", "date_add"), refs)
        slips = by_order(access, "order_slip", SLIP, refs)
        vouchers = self._vouchers_of([row for row in orders if not _is_nothing(row)])
        carriers = self._carriers.of(text(one, "id_carrier") for many in parcels.values() for one in many)
        carriers |= self._carriers.of(text(order, "id_carrier") for order in orders)
        states = self._states_of(orders, history)
        currencies = self._currencies.of(text(order, "id_currency") for order in orders)
        languages = self._languages.of(text(order, "id_lang") for order in orders)
        return {
            ref: {
                "currency": text(currencies.get(text(order, "id_currency"), {}), "iso_code"),
                "language": _language(languages.get(text(order, "id_lang"), {})),
                "customer": customers.get(text(order, "id_customer")),
                "invoice": addresses.get(text(order, "id_address_invoice")),
                "delivery": addresses.get(text(order, "id_address_delivery")),
                "carrier": carriers.get(text(order, "id_carrier")),
                "lines": lines[ref],
                "parcels": [
                    {**one, "carrier": carriers.get(text(one, "id_carrier"))} for one in parcels[ref]
                ],
                "history": history[ref],
                "states": {
                    one: states[one]
                    for one in sorted({text(order, "current_state"), *_passed(history[ref])})
                    if one in states
                },
                "slips": slips[ref],
                "vouchers": vouchers.get(ref, []),
            }
            for ref, order in zip(refs, orders, strict=True)
        }

    def _addresses(self, orders: Sequence[Row]) -> dict[str, Row]:
        ids = [text(one, key) for one in orders for key in ("id_address_invoice", "id_address_delivery")]
        found = Lookup(self._access, "addresses", ADDRESS).of(ids)
        countries = self._countries.of(text(one, "id_country") for one in found.values())
        regions = self._regions.of(text(one, "id_state") for one in found.values())
        return {
            ref: {
                **one,
                "country": text(countries.get(text(one, "id_country"), {}), "iso_code"),
                "region": text(regions.get(text(one, "id_state"), {}), "name"),
            }
            for ref, one in found.items()
        }

    def _states_of(self, orders: Sequence[Row], history: Mapping[str, Sequence[Row]]) -> dict[str, Row]:
        if self._roles is None:
            self._roles = roles_of(self._access)
        passed = [one for many in history.values() for one in _passed(many)]
        found = self._states.of([*passed, *(text(order, "current_state") for order in orders)])
        return {ref: {**one, "role": self._roles.get(ref, "")} for ref, one in found.items()}

    def _vouchers_of(self, orders: Sequence[Row]) -> dict[str, list[Row]]:
        refs = [text(order, "id") for order in orders]
        if not refs:
            return {}
        fields = ("id_cart_rule", "name", "value", "value_tax_excl", "free_shipping")
        found = by_order(self._access, "order_cart_rules", fields, refs, optional=True)
        codes = self._vouchers.of(text(one, "id_cart_rule") for many in found.values() for one in many)
        return {
            ref: [{**one, "code": text(codes.get(text(one, "id_cart_rule"), {}), "code")} for one in many]
            for ref, many in found.items()
        }


def _language(row: Row) -> str:
    """Its locale, as ca-ES: PrestaShop's own codes are peculiar, and `gb` is its English."""
    return text(row, "locale") or text(row, "iso_code")


def _passed(history: Sequence[Row]) -> list[str]:
    return [text(one, "id_order_state") for one in history]


def _is_nothing(order: Row) -> bool:
    """Whether no voucher was used: most orders have none, and need not be asked about."""
    return not text(order, "total_discounts_tax_incl").strip("0.")
