"""What is asked of Medusa by name, and the numbers it answers: major units of the currency, often with three decimals."""

from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from babel.numbers import get_currency_precision

from postventa.connectors.fields import NOTHING, amount, need, text, wrong
from postventa.news import NotUnderstood, Raw

_ADDRESS = (
    *("first_name", "last_name", "company", "phone"),
    *("address_1", "address_2", "postal_code", "city", "province", "country_code"),
)
_PAYMENT = ("id", "provider_id", "amount", "captured_at", "canceled_at")
_REFUND = ("id", "amount", "note", "created_at", "refund_reason.label")
_FULFILMENT = (
    *("id", "provider_id", "shipping_option_id", "metadata"),
    *("packed_at", "shipped_at", "delivered_at", "canceled_at"),
    *("items.line_item_id", "labels.tracking_number", "labels.tracking_url"),
)
FIELDS = ",".join(
    (
        *("id", "display_id", "custom_display_id", "status", "email", "currency_code", "locale", "metadata"),
        *("created_at", "updated_at", "canceled_at", "customer_id", "customer.has_account"),
        *("total", "*credit_lines"),
        # Whole: Medusa works out the totals of lines that it was asked for in part from that part alone.
        *("*items", "*items.tax_lines", "*items.adjustments", "*items.detail"),
        *("*shipping_methods", "*shipping_methods.tax_lines", "*shipping_methods.adjustments"),
        *(f"{which}_address.{field}" for which in ("billing", "shipping") for field in _ADDRESS),
        *("payment_collections.status", "payment_collections.amount"),
        # By name: `data` beside these is whatever the payment provider said of the customer and the card.
        *(f"payment_collections.payments.{field}" for field in _PAYMENT),
        *(f"payment_collections.payments.refunds.{field}" for field in _REFUND),
        *(f"fulfillments.{field}" for field in _FULFILMENT),
    )
)
"""Without it a list holds next to nothing; fields that this version of Medusa does not have are passed over."""


def known_by(raw: Raw) -> str:
    """Medusa's id of the thing: a word, no number."""
    found = need(raw, "id")
    if not isinstance(found, str) or not found.strip():
        raise wrong("id", "an id such as order_01ABC", found)
    return found


def said_once(raw: Any) -> Any:
    """The payload without `raw_...`, which says every number a second time: half of an order."""
    if isinstance(raw, dict):
        return {field: said_once(one) for field, one in raw.items() if not field.startswith("raw_")}
    return [said_once(one) for one in raw] if isinstance(raw, list) else raw


def exact(found: Any, field: str) -> Decimal:
    """A JSON number as it was written: the shortest text of the float that it became."""
    if isinstance(found, float):
        found = repr(found)
    try:
        return amount(found, field)
    except NotUnderstood:
        raise wrong(field, "an amount such as 12.5", found) from None


def exact_or_zero(raw: Raw, field: str, where: str = "") -> Decimal:
    found = raw.get(field)
    return NOTHING if found is None else exact(found, where + field)


def payable(sum_of_money: Decimal, currency: str) -> Decimal:
    """Rounded to the currency's smallest coin: nobody pays 189.607."""
    return sum_of_money.quantize(smallest_coin(currency), ROUND_HALF_UP)


@cache
def smallest_coin(currency: str) -> Decimal:
    return Decimal(1).scaleb(-get_currency_precision(currency))


def currency_of(raw: Raw) -> str:
    found = text(raw, "currency_code").upper()
    if len(found) != 3 or not (found.isascii() and found.isalpha()):
        raise wrong("currency_code", "three letters such as eur", raw.get("currency_code"))
    return found
