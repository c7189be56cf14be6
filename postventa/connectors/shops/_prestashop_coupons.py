"""Single-use vouchers by PrestaShop's cart rules: asked for by their code first, then written, in XML."""

from datetime import datetime
from html import escape

from postventa.connectors.fields import ident, text
from postventa.connectors.http import NotJson
from postventa.connectors.shops._prestashop_access import Access
from postventa.connectors.shops._prestashop_time import written
from postventa.review_news import Coupon


def coupon_in(access: Access, wanted: Coupon, zone_now: datetime) -> str:
    """The shop's id of the voucher. `zone_now` is now, in the shop's zone: its dates are local.

    PrestaShop takes a code twice. So it is looked for before it is made; a try of ours that we never heard the end
    of is found then.
    """
    found = access.rows("cart_rules", ("id", "code"), {"filter[code]": f"[{wanted.code}]"})
    for row in found:
        if text(row, "code").casefold() == wanted.code.casefold():
            return ident(row, "id")
    languages = [text(row, "id") for row in access.rows("languages", ("id",))]
    answer = access.post("cart_rules", _rule(wanted, languages, _owner(access, wanted.email), zone_now))
    made = answer.get("cart_rule") if isinstance(answer, dict) else None
    if not isinstance(made, dict):
        raise NotJson("the shop took a voucher and did not say which number it gave it")
    return ident(made, "id")


def _owner(access: Access, email: str) -> str:
    """The one account with this address; 0, so anybody who has the code, where there is none or several."""
    found = access.rows("customers", ("id", "is_guest"), {"filter[email]": f"[{email}]"})
    accounts = [ident(row, "id") for row in found if text(row, "is_guest") != "1"]
    return accounts[0] if len(accounts) == 1 else "0"


def _rule(wanted: Coupon, languages: list[str], owner: str, zone_now: datetime) -> str:
    name = "".join(f'<language id="{escape(one)}">{escape(wanted.code)}</language>' for one in languages)
    fields = {
        "id_customer": owner,
        "date_from": written(zone_now),
        "date_to": written(wanted.expires_at.astimezone(zone_now.tzinfo)),
        "quantity": "1",
        "quantity_per_user": "1",
        "priority": "1",
        "partial_use": "0",
        "code": wanted.code,
        "cart_rule_restriction": "1",  # beside no other voucher
        "reduction_percent": str(wanted.percent),
        "active": "1",
    }
    said = "".join(f"<{field}>{escape(value)}</{field}>" for field, value in fields.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f"<prestashop><cart_rule>{said}<name>{name}</name></cart_rule></prestashop>"
    )
