"""The leash: ends the processes that it was told of when whoever started it is gone, however that ended.

A program of its own that imports nothing of ours: `python leash.py` reads a process group a line, and at the end of
its input, unless the last line says `let go`, ends them all.
"""

import os
import signal
import sys
import time

LET_GO = "let go"
PATIENCE_SECONDS = 5.0
NOTHING = 0


def main() -> None:
    for ours in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # what ends the demo is not for us
        signal.signal(ours, signal.SIG_IGN)
    groups: list[int] = []
    for line in sys.stdin:
        if line.strip() == LET_GO:
            return
        groups.append(int(line))
    for how in (signal.SIGTERM, signal.SIGKILL):
        if groups := [group for group in groups if _send(group, how)]:
            _wait_for(groups)


def _send(group: int, how: int) -> bool:
    """Whether there is still somebody in the group."""
    try:
        os.killpg(group, how)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _wait_for(groups: list[int]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and any(_send(group, NOTHING) for group in groups):
        time.sleep(0.1)


if __name__ == "__main__":
    main()
