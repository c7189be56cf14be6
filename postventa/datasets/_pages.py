"""The pages beside the data: the dictionary and last night's validation. The managers' report will come here as well."""

import hashlib
from collections.abc import Iterable

from postventa.contract_pages import dictionary, validation
from postventa.contracts import Contract, ContractError, Result, Severity, contract
from postventa.datasets._manifest import HISTORY, Check, File, Manifest
from postventa.datasets._shelf import Shelf

DICTIONARY, VALIDATION = "dictionary.html", "validation.html"


def write_pages(shelf: Shelf, made: Manifest) -> dict[str, File]:
    """Writes them for a manifest in the making."""
    results: dict[str, list[Result]] = {}
    for check in made.checks:
        results.setdefault(check.dataset, []).append(_result(check))
    pages = {
        DICTIONARY: dictionary(_readable({*made.datasets, *results})),
        VALIDATION: validation(results, run=made.run, at=made.as_of),
    }
    files = {}
    for name, page in pages.items():
        data = page.encode()
        file = f"{HISTORY}/{made.run}/{name}"
        shelf.write(file, data)
        files[name] = File(file=file, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    return files


def _readable(names: Iterable[str]) -> list[Contract]:
    """The contracts that can be read; of one that cannot, the validation tells."""
    found = []
    for name in sorted(names):
        try:
            found.append(contract(name))
        except ContractError:
            continue
    return found


def _result(check: Check) -> Result:
    return Result(
        check.rule, check.passed, Severity(check.severity), check.sentence, check.observed, check.rows
    )
