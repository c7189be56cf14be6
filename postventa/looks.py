"""How mails look: a class in an HTML template is replaced by its class and its style when the template is compiled.

Mail programs want the styles on the elements themselves; people want to write them once. `style.toml` says what
each class looks like, with colours named in `palette.toml`; the night's colours become a dark-mode rule.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError
from jinja2.ext import Extension

_CLASS = re.compile(r'class="([^"]*)"')
_COLOUR = re.compile(r"\$(\w+)")


class Looks(Extension):
    """Writes the styles into HTML templates while they are compiled, so that rendering costs nothing more."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.folder: Path = Path()

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        if name is None or not name.endswith(".html"):
            return source

        def styled(found: re.Match[str]) -> str:
            try:
                looks = [self._styles[word] for word in found[1].split()]
            except KeyError as unknown:
                line = source.count("\n", 0, found.start()) + 1
                raise TemplateSyntaxError(f"style.toml has no {unknown}", line, name, filename) from unknown
            style = ";".join(_coloured(look, self._palette["light"]) for look in looks if look)
            return f'{found[0]} style="{style}"' if style else found[0]

        return _CLASS.sub(styled, source).replace("</style>", f"{self._night}</style>")

    @cached_property
    def _styles(self) -> dict[str, str]:
        return tomllib.loads((self.folder / "style.toml").read_text(encoding="utf-8"))

    @cached_property
    def _palette(self) -> dict[str, dict[str, str]]:
        return tomllib.loads((self.folder / "palette.toml").read_text(encoding="utf-8"))

    @cached_property
    def _night(self) -> str:
        """The dark-mode rules: of every look the parts that have a colour, in the night's colours."""
        rules = []
        for word, look in self._styles.items():
            coloured = [f"{part}!important" for part in look.split(";") if "$" in part]
            if coloured:
                rules.append(f".{word}{{{_coloured(';'.join(coloured), self._palette['dark'])}}}")
        return "@media (prefers-color-scheme:dark){\n" + "\n".join(rules) + "\n}\n"


def _coloured(look: str, colours: Mapping[str, str]) -> str:
    return _COLOUR.sub(lambda found: colours[found[1]], look)
