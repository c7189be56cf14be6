"""What the pages say, in every language they speak, and which of them a visitor reads."""

from functools import cache
from pathlib import Path
from typing import Any

from postventa.cards import TEMPLATES, read_toml

PAGES = TEMPLATES / "_pages"


@cache
def words_in(language: str) -> dict[str, Any]:
    """The words of one language, and those that mails and pages share under `mail`."""
    return {**read_toml(_file(language)), "mail": read_toml(TEMPLATES / "_base" / f"{language}.toml")}


@cache
def spoken() -> tuple[str, ...]:
    """The languages there are words for, as the switch shows them."""
    found = (path.stem for path in PAGES.glob("??.toml"))
    return tuple(sorted(found, key=lambda language: words_in(language)["position"]))


def preferred(accepted: str) -> str | None:
    """The first language of an Accept-Language header that the pages speak, by the reader's own weights."""
    wishes = []
    for place, wish in enumerate(accepted.split(",")):
        tag, _, weight = wish.strip().partition(";q=")
        try:
            rank = float(weight) if weight else 1.0
        except ValueError:
            continue
        if rank > 0:
            wishes.append((-rank, place, tag.strip().lower().split("-")[0]))
    return next((language for _, _, language in sorted(wishes) if language in spoken()), None)


def known(language: str | None) -> str | None:
    """The language by its two letters if the pages speak it."""
    short = (language or "").lower().replace("_", "-").split("-")[0]
    return short if short in spoken() else None


def _file(language: str) -> Path:
    return PAGES / f"{language}.toml"
