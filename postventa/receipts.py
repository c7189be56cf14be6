"""The receipt of a complaint as a PDF, on a medium that its customer can keep (LGDCU 21.2, 59 bis.1.q).

`templates/_receipt/receipt.typ` gives it its form; see `typesetting.py` for what all documents have in common.
"""

import tomllib
from datetime import UTC
from functools import cache
from typing import Any

from postventa import wording
from postventa.cards import TEMPLATES, read_toml
from postventa.connectors.mime import Attachment
from postventa.messages import NoSuchMessage
from postventa.shipped import shipped
from postventa.typesetting import typeset
from postventa.views import CaseView, MessageView

FOLDER = shipped("templates") / "_receipt"


def receipt_of(view: MessageView, case: CaseView) -> Attachment:
    """The receipt of the view's case, as it is attached to its mail. Raises NoSuchMessage in a foreign language."""
    return Attachment(f"{case.number}.pdf", "application/pdf", receipt_pdf(view, case))


def receipt_pdf(view: MessageView, case: CaseView) -> bytes:
    """The receipt's bytes. Raises NoSuchMessage if the view's language is not spoken here."""
    return typeset(FOLDER / "receipt.typ", "facts", _facts(view, case), case.received_at.astimezone(UTC))


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
