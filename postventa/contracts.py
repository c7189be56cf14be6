"""Data contracts of the nightly datasets: what each promises, and whether a frame keeps it.

`data_contracts/<name>.odcs.yaml` is the only place where a dataset is described; types, checks and documentation
are made of it. For the nightly only: it brings Arrow and pandas along. Payloads are checked by `inbound_contracts`.
"""

from pathlib import Path

from postventa.contract_checks import RowCheck, check_rows, row_checks, try_rules
from postventa.contract_reading import read_contract
from postventa.contract_schemas import arrow_schema, conform
from postventa.contract_suites import suite, validate
from postventa.contract_terms import (
    Column,
    Contract,
    ContractError,
    Kind,
    Result,
    Rule,
    Severity,
    Sla,
)
from postventa.shipped import shipped

SUFFIX = ".odcs.yaml"


def contract(name: str, folder: Path | None = None) -> Contract:
    """The contract of a dataset. Raises ContractError naming file, element and what to do."""
    path = (folder or shipped("data_contracts")) / f"{name}{SUFFIX}"
    found = read_contract(path)
    if found.name != name or [table.name for table in found.tables] != [name]:
        raise ContractError(f"{path.name}: name and its one schema must be called {name}, as the file is")
    for column in found.columns:
        if column.kind in {Kind.ARRAY, Kind.OBJECT}:
            raise ContractError(
                f"{path.name}: {column.name} is an {column.kind}, and datasets have plain columns"
            )
    if not found.key:
        raise ContractError(f"{path.name}: schema[{name}] has no primaryKey: say what tells two rows apart")
    return found


def contract_names(folder: Path | None = None) -> list[str]:
    """The names of all datasets that have a contract, in alphabetical order."""
    here = folder or shipped("data_contracts")
    return sorted(path.name.removesuffix(SUFFIX) for path in here.glob(f"*{SUFFIX}"))


__all__ = [
    "Column",
    "Contract",
    "ContractError",
    "Kind",
    "Result",
    "RowCheck",
    "Rule",
    "Severity",
    "Sla",
    "arrow_schema",
    "check_rows",
    "conform",
    "contract",
    "contract_names",
    "row_checks",
    "suite",
    "try_rules",
    "validate",
]
