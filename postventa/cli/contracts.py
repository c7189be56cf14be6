"""`postventa contracts`: what the datasets promise, whether their contracts are sound, and what changed since a release."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from postventa.cli.house import SOMETHING_WRONG, Common, Wrong, app
from postventa.shipped import shipped

contracts_app = App(name="contracts", help="Data contracts: what the published datasets promise.")
app.command(contracts_app)

Names = Annotated[list[str] | None, Parameter(help="Datasets; all of them where none is named")]


@contracts_app.command
def lint(*, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Read every contract as strictly as the nightly does, and try each rule on no rows."""
    # Arrow and DuckDB come along, which other commands do without.
    from postventa.contract_reading import read_contract
    from postventa.contracts import ContractError, contract, contract_names, try_rules

    wrong: list[str] = []
    paths = sorted(shipped("data_contracts").glob("*/*.odcs.yaml"))
    for name in contract_names():
        try:
            try_rules(contract(name))
        except ContractError as error:
            wrong.append(str(error))
    for path in paths:
        try:
            read_contract(path)
        except ContractError as error:
            wrong.append(str(error))
    number = len(contract_names()) + len(paths)
    common.answer(
        {"contracts": number, "wrong": wrong}, "\n".join([*wrong, f"{number} contracts, {len(wrong)} wrong."])
    )
    return SOMETHING_WRONG if wrong else 0


@contracts_app.command
def breaking(names: Names = None, *, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Say what changed since the last release that its version does not tell."""
    from postventa.contract_changes import breaking as breaks_in
    from postventa.contract_changes import releases
    from postventa.contracts import contract, contract_names

    found: list[dict[str, Any]] = []
    for name in names or contract_names():
        for released in releases(name)[-1:]:
            now = contract(name)
            found += [
                {
                    "dataset": name,
                    "released": released.version,
                    "now": now.version,
                    "change": one.what,
                    "needs": one.weight.name.lower(),
                }
                for one in breaks_in(released, now)
            ]
    said = [
        f"{one['dataset']}: {one['change']} It needs a new {one['needs']} version after {one['released']}, and it has {one['now']}."
        for one in found
    ]
    common.answer(found, "\n".join(said) or "Nothing breaks.")
    return SOMETHING_WRONG if found else 0


@contracts_app.command
def show(name: str, *, page: Path | None = None, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Show what a dataset promises. With --page the data dictionary of all datasets is written to a file."""
    from postventa.contracts import ContractError, contract, contract_names

    try:
        found = contract(name)
    except ContractError as error:
        raise Wrong(f"{error}; there are {', '.join(contract_names())}") from error
    if page:
        from postventa.contract_pages import dictionary

        page.write_text(dictionary([contract(one) for one in contract_names()]), encoding="utf-8")
    columns = [
        {
            "column": one.name,
            "type": str(one.kind),
            "unit": one.unit,
            "required": one.is_required,
            "meaning": one.meaning,
        }
        for one in found.columns
    ]
    rules = [{"rule": one.id, "severity": str(one.severity), "promise": one.sentence} for one in found.rules]
    said = [
        f"{found.name} {found.version}. {found.purpose}",
        found.grain,
        *(f"  {one['column']:26} {one['type']:10} {one['unit']:10} {one['meaning']}" for one in columns),
        *(f"  {one['rule']:32} {one['severity']:8} {one['promise']}" for one in rules),
    ]
    common.answer(
        {"name": name, "version": found.version, "columns": columns, "rules": rules}, "\n".join(said)
    )
    return 0
