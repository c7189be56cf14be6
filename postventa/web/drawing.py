"""Draws pages: the templates in `templates/_pages/`, and the one style sheet with the colours of the mails."""

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from postventa.cards import TEMPLATES, read_toml
from postventa.web.words import PAGES


@dataclass(frozen=True, slots=True)
class StyleSheet:
    """The style sheet and a mark that changes with it, so that browsers may keep it for long."""

    text: str
    mark: str


def draw(template: str, /, **values: Any) -> str:
    return _environment().get_template(template).render(values)


@cache
def style_sheet() -> StyleSheet:
    """The day's colours, the night's, then the rules that name them."""
    palette = read_toml(TEMPLATES / "_base" / "palette.toml")
    day, night = (_variables(palette[when]) for when in ("light", "dark"))
    rules = (PAGES / "style.css").read_text(encoding="utf-8")
    text = f":root{{{day}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{night}}}}}\n{rules}"
    return StyleSheet(text, hashlib.blake2b(text.encode(), digest_size=6).hexdigest())


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--{name.replace('_', '-')}:{colour};" for name, colour in colours.items())


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
