"""The template engine, set up for mails: Jinja with some short cuts, for a mail is put together from many pieces."""

import re
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined, Template
from jinja2.bccache import Bucket
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from markupsafe import escape

import postventa
from postventa.cards import TEMPLATES
from postventa.looks import Looks

_SPECIAL = re.compile("[&<>'\"]")


class _Context(Context):
    """Our formatters are plain functions: called directly, without looking for one that wants the context."""

    def call(
        self, called: Any, /, *args: Any, _loop_vars: Any = None, _block_vars: Any = None, **named: Any
    ) -> Any:
        return called(*args, **named)


class _Template(Template):
    """Pieces are imported without looking whether their globals have changed: nobody gives them any."""

    @classmethod
    def from_code(cls, environment: Environment, code: Any, globals: Any, uptodate: Any = None) -> Template:  # noqa: A002 - Jinja's name
        template = super().from_code(environment, code, globals, uptodate)
        template.root_render_func.__globals__["escape"] = _escaped
        return template

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:  # noqa: ARG002 - see above
        if self._module is None:
            self._module = self.make_module()
        return self._module


class _Environment(Environment):
    """Values have attributes, never items, and a template that was found stays found.

    These short cuts save half of the time of putting a mail into words.
    """

    getattr = staticmethod(getattr)  # type: ignore[assignment]  # a method by design
    context_class = _Context
    template_class = _Template

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._found: dict[str, Template] = {}

    def make_globals(self, d: Any) -> dict[str, Any]:
        """A plain dict: every piece of a mail copies it, and Jinja's chain of dicts is slow to copy."""
        return {**self.globals, **(d or {})}

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: Any = None,  # noqa: A002 - Jinja's name
    ) -> Template:
        found = self._found.get(name) if isinstance(name, str) else name
        if found is None:
            found = self._found[str(name)] = super().get_template(name, parent, globals)
        return found


class _Compiled(FileSystemBytecodeCache):
    """Compiled templates, kept in a folder of this user's own: compiling costs a process as much as hundreds of mails.

    What is compiled depends on our looks and on our version as well as on a template's own words.
    """

    def __init__(self, looks: str) -> None:
        super().__init__(pattern="postventa-%s")
        self._looks = looks

    def get_source_checksum(self, source: str) -> str:
        return super().get_source_checksum(source + self._looks)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):  # no room for it: it is compiled again next time
            super().dump_bytecode(bucket)


def _kept_templates() -> _Compiled | None:
    looks = [path.read_text(encoding="utf-8") for path in sorted((TEMPLATES / "_base").glob("*.toml"))]
    try:
        return _Compiled("\n".join([postventa.__version__, version("jinja2"), *looks]))
    except (OSError, RuntimeError):  # no folder that only this user may write to
        return None


def _is_html(name: str | None) -> bool:
    return name is not None and name.endswith(".html")


def _escaped(value: Any) -> Any:
    """What Jinja writes into HTML for a value: most texts of a mail have nothing to escape and go as they are."""
    return value if type(value) is str and not _SPECIAL.search(value) else escape(value)


@cache
def template_environment() -> Environment:
    """The one environment of this process: what it has compiled stays."""
    environment = _Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=_is_html,
        undefined=StrictUndefined,
        extensions=[Looks],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        bytecode_cache=_kept_templates(),
    )
    environment.extensions[Looks.identifier].folder = TEMPLATES / "_base"  # type: ignore[attr-defined]  # our own extension
    return environment
