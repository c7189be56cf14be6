"""What an answer promises: the remedy that was approved for a case, in its customer's language."""

from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Connection

from postventa.cards import read_toml
from postventa.rules.compensation import Remedy
from postventa.shipped import shipped
from postventa.store.compensation import Compensation, remedy_of

FOLDER = shipped("templates") / "_remedies"
FALLBACK_LANGUAGE = "es"


def promise_of(connection: Connection, case_id: int, language: str) -> dict[str, str] | None:
    """What `answer(..., remedy=)` of a complaint takes; None where no remedy is approved or given."""
    promised = remedy_of(connection, case_id)
    return None if promised is None else in_words(promised, language)


def in_words(promised: Compensation, language: str) -> dict[str, str]:
    """A remedy as its customer reads it: `text`, and `money_amount` with `currency` where there is money.

    What may be chosen instead is said before it, so that nobody takes a credit for want of an alternative.
    """
    words = _words(language)
    name = str(promised.remedy)
    if promised.remedy is Remedy.FREE_RETURN and not promised.amount:
        name += "_without_money"
    sentence = str(words[name])
    others = [words["short"][other] for other, _ in promised.alternatives]
    if others and promised.remedy is not Remedy.CREDIT:
        sentence = f"{words['instead'].format(others=_listed(others, words['or']))} {sentence}"
    if not promised.amount:
        return {"text": sentence}
    return {"text": sentence, "money_amount": _written(promised.amount), "currency": promised.currency}


def _listed(names: list[str], last: str) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"


def _written(amount: Decimal) -> str:
    return f"{amount:.2f}"


@cache
def _words(language: str) -> dict[str, Any]:
    path = FOLDER / f"{language}.toml"
    return read_toml(path if path.is_file() else FOLDER / f"{FALLBACK_LANGUAGE}.toml")
