"""The command line: `postventa COMMAND`. Exit codes: 0 all well, 1 something is wrong, 2 wrong usage."""

import sys

from cyclopts import CycloptsError

from postventa.cli import (
    asking,
    checking,
    complaint_filing,
    complaints,
    consents,
    contracts,
    data_requests,
    datasets,
    due,
    erasing,
    evidence,
    law,
    remedies,
    return_decisions,
    returns_desk,
    running,
    starting,
    stuck,
    surveys,
    tracking,
    web,
)
from postventa.cli.house import WRONG_USAGE, Wrong, app, explain


def main(words: list[str] | None = None) -> None:
    """Runs one command and ends the process with its exit code."""
    sys.exit(run(words))


def run(words: list[str] | None = None) -> int:
    """Runs one command and answers its exit code."""
    try:
        code: object = app(words, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as misused:
        print(f"postventa: {str(misused).strip()} (postventa --help lists the commands)", file=sys.stderr)
        return WRONG_USAGE
    except BrokenPipeError:
        return 0
    except Exception as error:
        said = explain(error)
        if said is None:
            raise
        print(f"postventa: {said}", file=sys.stderr)
        return said.code
    return code if isinstance(code, int) else 0


__all__ = [
    "Wrong",
    "app",
    "asking",
    "checking",
    "complaint_filing",
    "complaints",
    "consents",
    "contracts",
    "data_requests",
    "datasets",
    "due",
    "erasing",
    "evidence",
    "law",
    "main",
    "remedies",
    "return_decisions",
    "returns_desk",
    "run",
    "running",
    "starting",
    "stuck",
    "surveys",
    "tracking",
    "web",
]
