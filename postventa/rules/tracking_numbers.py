"""What a tracking number looks like: whose it may be, whether its check digit is right, and where its parcel is followed.

A number only ever suggests a carrier to a person. Who is asked about a parcel, and which link its customer gets, is
decided by the shop's word for the carrier and by the configuration.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
"""The letters of Spain's identity numbers, which Correos uses too."""
_FEDEX_WEIGHTS = (3, 1, 7) * 3 + (3, 1)


class BadCatalogue(ValueError):
    """The catalogue of carriers cannot be used; the sentence names the entry and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Form:
    """What some numbers of a carrier look like; `check` names their check digit, empty where there is none."""

    pattern: re.Pattern[str]
    about: str
    check: str = ""


@dataclass(frozen=True, slots=True)
class KnownCarrier:
    """A carrier of the catalogue. `key` is the name of its adapter, where there is one."""

    key: str
    name: str
    words: frozenset[str]
    """How shops and aggregators write it, in lower case, its own name included."""
    link: str
    forms: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A carrier whose numbers look like this one."""

    carrier: KnownCarrier
    about: str
    is_checked: bool
    """Its check digit is right; False where such numbers have none."""


def clean(number: str) -> str:
    """A number as carriers store it: capitals, without blanks."""
    return "".join(number.split()).upper()


def suggestions(number: str, carriers: Iterable[KnownCarrier]) -> tuple[Suggestion, ...]:
    """Whose number it may be, those with a right check digit first."""
    found = [
        Suggestion(carrier, form.about, is_checked=bool(form.check))
        for carrier, form in _fitting(number, carriers)
        if not form.check or CHECKS[form.check](clean(number))
    ]
    first = {(one.carrier.key, one.is_checked): one for one in reversed(found)}
    return tuple(sorted(first.values(), key=lambda one: (not one.is_checked, found.index(one))))


def mistyped(number: str, carriers: Iterable[KnownCarrier]) -> tuple[Suggestion, ...]:
    """Whose number it would be, were its check digit not wrong."""
    return tuple(
        Suggestion(carrier, form.about, is_checked=False)
        for carrier, form in _fitting(number, carriers)
        if form.check and not CHECKS[form.check](clean(number))
    )


def named(word: str, carriers: Iterable[KnownCarrier]) -> KnownCarrier | None:
    """The carrier that is written so: the whole word, never a part of it."""
    wanted = " ".join(word.split()).casefold()
    return next((one for one in carriers if wanted and (wanted == one.key or wanted in one.words)), None)


def link_to(carrier: KnownCarrier, number: str, postcode: str = "") -> str:
    """Where a parcel of that carrier is followed; empty where the link needs what is not known."""
    groups = [found.groupdict() for form in carrier.forms if (found := form.pattern.fullmatch(clean(number)))]
    return filled(carrier.link, number, postcode, groups[0] if groups else {})


def filled(template: str, number: str, postcode: str = "", parts: Mapping[str, str] | None = None) -> str:
    """A template with what is known filled in; empty where something is missing."""
    known = {"number": clean(number), "postcode": clean(postcode), **(parts or {})}
    wanted = re.findall(r"\{(\w+)\}", template)
    if not all(known.get(name) for name in wanted):
        return ""
    return re.sub(r"\{(\w+)\}", lambda name: quote(known[name[1]], safe=""), template)


def read_carriers(written: Mapping[str, Any], name: str) -> tuple[KnownCarrier, ...]:
    """The catalogue from its TOML. Raises BadCatalogue."""
    carriers = tuple(_read(one, name) for one in written.get("carrier", ()))
    keys = [one.key for one in carriers]
    if len(set(keys)) != len(keys):
        raise BadCatalogue(f"{name}: a carrier is there twice")
    words = [word for one in carriers for word in one.words]
    for word in sorted(set(words)):
        if words.count(word) > 1:
            raise BadCatalogue(f"{name}: {word!r} may mean several carriers")
    return carriers


def _read(one: Mapping[str, Any], name: str) -> KnownCarrier:
    key = one["key"]
    for form in one["forms"]:
        if form.get("check", "") not in {"", *CHECKS}:
            raise BadCatalogue(f"{name}: {key}: there is no check digit called {form['check']}")
    forms = tuple(
        Form(re.compile(form["pattern"]), form["about"], form.get("check", "")) for form in one["forms"]
    )
    words = frozenset(word.casefold() for word in (one["name"], *one["words"]))
    return KnownCarrier(key, one["name"], words, one["link"], forms)


def _fitting(number: str, carriers: Iterable[KnownCarrier]) -> Iterable[tuple[KnownCarrier, Form]]:
    wanted = clean(number)
    return ((one, form) for one in carriers for form in one.forms if form.pattern.fullmatch(wanted))


def _s10(number: str) -> bool:
    """The Universal Postal Union's: two letters, eight digits, the check digit, a country."""
    rest = (
        11 - sum(weight * int(digit) for weight, digit in zip(_S10_WEIGHTS, number[2:10], strict=True)) % 11
    )
    return int(number[10]) == {10: 0, 11: 5}.get(rest, rest)


def _ups(number: str) -> bool:
    """1Z, fifteen characters, the check digit; letters count as the digits that they stand for."""
    values = [int(one) if one.isdecimal() else (ord(one) - 63) % 10 for one in number[2:]]
    return (sum(values[:15:2]) + 2 * sum(values[1:15:2]) + values[15]) % 10 == 0 and number[-1].isdecimal()


def _gs1(number: str) -> bool:
    """The last digit of a serial shipping container code: every second one counts three times."""
    return sum(int(one) * (3 if place % 2 else 1) for place, one in enumerate(reversed(number))) % 10 == 0


def _correos(number: str) -> bool:
    """The last letter, for the sum of all the other characters. Correos publishes no rule: this one holds for its codes."""
    return number[-1] == _LETTERS[sum(map(ord, number[:-1])) % 23]


def _dhl(number: str) -> bool:
    """The last digit of a waybill of DHL Express is the rest of the others by seven."""
    return int(number[:-1]) % 7 == int(number[-1])


def _fedex(number: str) -> bool:
    """The last digit of twelve, for the others weighted three, one, seven."""
    total = sum(weight * int(digit) for weight, digit in zip(_FEDEX_WEIGHTS, number[:11], strict=True))
    return total % 11 % 10 == int(number[11])


CHECKS: dict[str, Callable[[str], bool]] = {
    "s10": _s10,
    "ups": _ups,
    "gs1": _gs1,
    "correos": _correos,
    "dhl": _dhl,
    "fedex": _fedex,
}
