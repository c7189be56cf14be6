"""Advertising exclusion systems, such as the Lista Robinson: asked before advertising that nobody said yes to (LOPDGDD 23.4)."""

import hashlib
import subprocess
from functools import lru_cache
from pathlib import Path

from postventa.rules.consents import Exclusion
from postventa.settings import Settings

PATIENCE_SECONDS = 20
ON_NO_LIST, ON_A_LIST = 0, 1


class CannotAsk(RuntimeError):
    """The exclusion systems could not be asked; the sentence says why, and nothing of whom."""


def asked(settings: Settings, email: str) -> Exclusion:
    """What the configured file and command say of an address. Raises CannotAsk where one of them does not answer."""
    policy, address = settings.policy, email.strip().casefold()
    if not policy.exclusion_file and not policy.exclusion_command:
        return Exclusion.NOT_ASKED
    if policy.exclusion_file and _is_in(Path(policy.exclusion_file), address):
        return Exclusion.LISTED
    if policy.exclusion_command and _is_known_to(policy.exclusion_command, address):
        return Exclusion.LISTED
    return Exclusion.FREE


def _is_in(path: Path, address: str) -> bool:
    try:
        listed = _listed(path, path.stat().st_mtime_ns)
    except (OSError, UnicodeDecodeError) as wrong:
        raise CannotAsk(f"{path} cannot be read ({type(wrong).__name__}): see exclusion_file") from wrong
    return address in listed or hashlib.sha256(address.encode()).hexdigest() in listed


@lru_cache(maxsize=4)
def _listed(path: Path, changed: int) -> frozenset[str]:
    """The file's lines, read again when it has changed."""
    del changed
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip().casefold() for line in lines if line.strip())


def _is_known_to(command: tuple[str, ...], address: str) -> bool:
    try:
        answer = subprocess.run(  # noqa: S603 - the shop's own command
            command, input=address, text=True, capture_output=True, timeout=PATIENCE_SECONDS, check=False
        ).returncode
    except (OSError, subprocess.TimeoutExpired) as wrong:
        raise CannotAsk(f"{command[0]} does not answer ({type(wrong).__name__})") from None
    if answer not in {ON_NO_LIST, ON_A_LIST}:
        raise CannotAsk(f"{command[0]} ended with {answer}, which is neither 0 (on no list) nor 1 (on one)")
    return answer == ON_A_LIST
