"""What is wrong with what was typed: a field -> the words that say so. Forms and the JSON endpoint ask the same questions."""

from collections.abc import Mapping
from typing import Any

from postventa.connectors.addresses import address_problem
from postventa.rules.complaints import Kind, Topic
from postventa.settings import Settings
from postventa.web.forms import one_line

LONGEST_NAME = 200
LONGEST_ORDER = 64
LONGEST_PHONE = 40


def complaint_problems(values: Mapping[str, str], settings: Settings, *, has_order: bool) -> dict[str, str]:
    """In the sequence of the form. `has_order`: it came by an order's link, whose address serves where none is given."""
    return _told(
        shop=shop_problem(values, settings, has_order=has_order),
        order=order_problem(values, is_needed=False),
        kind="" if values.get("kind") in set(Kind) else "kind",
        topic="" if values.get("topic") in set(Topic) else "topic",
        text="" if values.get("text", "").strip() else "text_missing",
        name=name_problem(values),
        email=email_problem(values, is_needed=not has_order),
        phone=phone_problem(values),
    )


def guest_problems(values: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """What a guest's withdrawal lacks. Whether there is such an order is never asked here."""
    scope = values.get("scope")
    return _told(
        shop=shop_problem(values, settings, has_order=False),
        order=order_problem(values, is_needed=True),
        scope="" if scope in {"all", "some"} else "scope",
        goods="scope_words" if scope == "some" and not values.get("goods", "").strip() else "",
        name=name_problem(values),
        email=email_problem(values, is_needed=True),
    )


def shop_problem(values: Mapping[str, str], settings: Settings, *, has_order: bool) -> str:
    return "" if has_order or the_shop(values, settings) else "shop"


def the_shop(values: Mapping[str, str], settings: Settings) -> str:
    """The shop that is meant: as chosen, or the only one there is."""
    given = values.get("shop", "")
    if not given and len(settings.shops) == 1:
        return next(iter(settings.shops))
    return given if given in settings.shops else ""


def order_problem(values: Mapping[str, str], *, is_needed: bool) -> str:
    order = values.get("order", "").strip()
    if not order:
        return "order_missing" if is_needed else ""
    return "order_long" if len(order) > LONGEST_ORDER else ""


def phone_problem(values: Mapping[str, str]) -> str:
    return "phone_long" if len(values.get("phone", "")) > LONGEST_PHONE else ""


def name_problem(values: Mapping[str, str]) -> str:
    name = one_line(values.get("name", ""))
    return "name_missing" if not name else "name_long" if len(name) > LONGEST_NAME else ""


def email_problem(values: Mapping[str, str], *, is_needed: bool) -> str:
    email = values.get("email", "").strip()
    if not email:
        return "email_missing" if is_needed else ""
    return "email_wrong" if len(email) > 254 or address_problem(email) else ""


def in_words(problems: Mapping[str, str], words: Mapping[str, Any]) -> dict[str, str]:
    return {name: words["problems"][said] for name, said in problems.items()}


def _told(**found: str) -> dict[str, str]:
    return {name: said for name, said in found.items() if said}
