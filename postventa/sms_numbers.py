"""Telephone numbers as text messages need them: of a mobile, with its country's code."""

from typing import Any


def mobile(written: str, country: str) -> str:
    """`+34600000001` for what somebody wrote in an address in `country`; empty where it is no mobile number."""
    import phonenumbers  # here: it knows every country, and whoever sends no texts need not wait for it
    from phonenumbers import PhoneNumberType

    try:
        number = phonenumbers.parse(written, country.upper() or None)
    except phonenumbers.NumberParseException:
        return ""
    may_read = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in may_read:
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mobile_of(order: Any, customer: Any) -> str:
    """The number of the customer's mobile, read by the country of their bill, else of where the goods go."""
    billing, shipping = order.details.get("billing") or {}, order.details.get("shipping") or {}
    country = billing.get("country") or shipping.get("country") or ""
    return mobile(customer.phone, country) if customer.phone else ""
