"""Documents as PDF: the facts go in as JSON, a typst file gives them their form.

They are tagged for screen readers and made for keeping (PDF/UA-1 and PDF/A-2a), and the same facts always give the
same bytes.
"""

import json
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

STANDARDS = ("a-2a", "ua-1")
_mine = threading.local()


def typeset(form: Path, facts_as: str, facts: Mapping[str, Any], written_at: datetime) -> bytes:
    """The PDF that `form` makes of the facts, which it reads from its input `facts_as`."""
    import typst  # here, because loading it costs time that a run without documents should not pay

    written = json.dumps(facts, ensure_ascii=False, sort_keys=True)
    compiler = _compiler(form)

    def compiled(standards: list[str]) -> bytes:
        pdf: bytes = compiler.compile(
            format="pdf", sys_inputs={facts_as: written}, pdf_standards=standards, timestamp=written_at
        )
        return pdf

    try:
        return compiled([*STANDARDS])
    except typst.TypstError:
        # The standards refuse a character that none of our fonts has; the customer still gets the document.
        return compiled([])


def _compiler(form: Path) -> Any:
    """The compiler of a form, one for each thread: one that is at work cannot be asked by another."""
    kept: dict[Path, Any] = _mine.__dict__.setdefault("compilers", {})
    if form not in kept:
        import typst

        kept[form] = typst.Compiler(form, root=form.parent, ignore_system_fonts=True)
    return kept[form]
