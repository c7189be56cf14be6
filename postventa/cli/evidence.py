"""`postventa evidence`: a case's or an order's story with its proofs, as a folder and an archive."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from postventa import evidence
from postventa.cli.house import SOMETHING_WRONG, Common, Wrong, app
from postventa.evidence import FolderInUse, Pack
from postventa.store.evidence import NoSubject, stand_still, subject_of


@app.command(name="evidence")
def draw_up(
    ref: Annotated[str, Parameter(help="A case's number, key or id, or an order's SHOP:REF or number")],
    *,
    out: Annotated[Path, Parameter(help="A folder that is not there yet; the archive lands beside it")],
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Draw up the evidence pack of a case or an order. Exit 1 if a log was changed behind its back."""
    try:
        with common.workplace() as place, place.reading() as connection:
            stand_still(connection)
            pack = evidence.draw_up(connection, place.settings, subject_of(connection, ref), out)
    except (NoSubject, FolderInUse) as wrong:
        raise Wrong(str(wrong)) from wrong
    common.answer(asdict(pack), _in_words(pack))
    if pack.problems:
        print(
            f"postventa: THE RECORD IS BROKEN: {'; '.join(pack.problems)}: keep this folder and ask who could write in the store",
            file=sys.stderr,
        )
        return SOMETHING_WRONG
    return 0


def _in_words(pack: Pack) -> str:
    lines = [
        f"{pack.name}: {pack.files} files in {pack.folder}, and the same in {pack.archive}.",
        "They hold personal data: only you may read them; pass them on to nobody who must not have them.",
    ]
    if pack.cases:
        verdict = "BROKEN" if pack.problems else "whole"
        lines.append(
            f"The log of {', '.join(pack.cases)} is {verdict}; verification.txt says how to check it by hand."
        )
    lines += [f"Missing: {one}" for one in pack.missing]
    return "\n".join(lines)
