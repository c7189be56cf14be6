"""The receipt of a complaint as a PDF, on a medium that its customer can keep (LGDCU 21.2, 59 bis.1.q).

As with invoices, the facts go in as JSON and `templates/_receipt/receipt.typ` gives them their form; the file is
tagged for screen readers, made for keeping, and the same receipt always gives the same bytes.
"""

import json
import threading
import tomllib
from datetime import UTC
from functools import cache
from typing import Any

from postventa import wording
from postventa.cards import TEMPLATES, read_toml
from postventa.connectors.mime import Attachment
from postventa.messages import NoSuchMessage
from postventa.shipped import shipped
from postventa.views import CaseView, MessageView

FOLDER = shipped("templates") / "_receipt"
STANDARDS = ("a-2a", "ua-1")
_mine = threading.local()


def receipt_of(view: MessageView, case: CaseView) -> Attachment:
    """The receipt of the view's case, as it is attached to its mail. Raises NoSuchMessage in a foreign language."""
    return Attachment(f"{case.number}.pdf", "application/pdf", receipt_pdf(view, case))


def receipt_pdf(view: MessageView, case: CaseView) -> bytes:
    """The receipt's bytes. Raises NoSuchMessage if the view's language is not spoken here."""
    import typst  # here, because loading it costs time that a run without receipts should not pay

    facts = json.dumps(_facts(view, case), ensure_ascii=False, sort_keys=True)
    compiler = _compiler()

    def compiled(standards: list[str]) -> bytes:
        pdf: bytes = compiler.compile(
            format="pdf",
            sys_inputs={"facts": facts},
            pdf_standards=standards,
            timestamp=case.received_at.astimezone(UTC),
        )
        return pdf

    try:
        return compiled([*STANDARDS])
    except typst.TypstError:
        # The standards refuse a character that none of our fonts has; the customer still gets a receipt.
        return compiled([])


def _compiler() -> Any:
    """The compiler of this thread: one that is at work cannot be asked by another thread."""
    if not hasattr(_mine, "compiler"):
        import typst

        _mine.compiler = typst.Compiler(FOLDER / "receipt.typ", root=FOLDER, ignore_system_fonts=True)
    return _mine.compiler


@cache
def _words(language: str) -> dict[str, str]:
    path = FOLDER / f"{language}.toml"
    if not path.is_file():
        raise NoSuchMessage(f"there is no receipt in {language!r}: add templates/_receipt/{language}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _facts(view: MessageView, case: CaseView) -> dict[str, Any]:
    words, company = _words(view.language), view.company
    long_date, moment = wording.long_date_in(words["locale"]), wording.moment_in(words["locale"])
    kinds = read_toml(TEMPLATES / "_base" / f"{view.language}.toml")
    told = {
        "kind": kinds[f"kind_{case.kind}"],
        "key": case.key,
        "order": view.order.number if view.order else "",
        "name": view.customer_name,
        "filed_at": moment(case.received_at),
        "answer_by": long_date(case.answer_by) if case.answer_by else "",
        "person": case.person,
    }
    return {
        "language": view.language,
        "words": words,
        "number": case.number,
        "shop_name": view.shop_name,
        "facts": [{"label": words[name], "value": value} for name, value in told.items() if value],
        "content": [line or " " for line in case.text.splitlines()],
        "is_whole": getattr(view.facts, "is_whole", True),
        "contact": words["contact_how"] % (company.email, company.phone),
        "issuer": {
            "name": company.legal_name,
            "registry": company.registry,
            "lines": [
                company.legal_name,
                f"{words['tax_id']} {company.tax_id}",
                company.address,
                f"{company.email} \u00b7 {company.phone}",
            ],
        },
    }
