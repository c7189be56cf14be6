"""Work that can be killed: one process that has imported everything forks a child for each, and reaps it.

Run as a program it reads a line for each child to start, a channel to send by or a round of the desk's, answers its
process id, and says nothing else. Rounds take small batches, so that few cases are more than one.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

BATCH = 25


class Killables:
    """The parent of the children; `start()` answers the process id of a new one."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, work: str = "email") -> int:
        assert self._parent.stdin
        assert self._parent.stdout
        config = os.environ["POSTVENTA_CONFIG"]
        clock = os.environ.get("POSTVENTA_CLOCK", "")
        self._parent.stdin.write(f"{work}\t{config}\t{clock}\n")
        self._parent.stdin.flush()
        return int(self._parent.stdout.readline())

    def stop(self) -> None:
        self._parent.stdin.close()
        self._parent.wait(20)
        self._parent.stdout.close()


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _fork_for_each_line() -> None:
    from tasks import complaints, returns
    from tasks.messages import send_messages
    from tasks.orders import move_orders, poll_orders

    complaints.BATCH = returns.BATCH = BATCH

    def poll() -> None:
        poll_orders.fn("tienda")

    def move() -> None:
        move_orders.fn("tienda")

    rounds = {"clocks": complaints.ring_clocks.fn, "sales": returns.keep_sales.fn, "poll": poll, "move": move}
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps: a killed sender is gone at once
    for line in sys.stdin:
        work, config, clock = line.rstrip("\n").split("\t")
        pid = os.fork()
        if pid == 0:
            os.environ["POSTVENTA_CONFIG"] = config
            if clock:
                os.environ["POSTVENTA_CLOCK"] = clock
            try:
                rounds[work]() if work in rounds else send_messages.fn(work)
            finally:
                os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    _fork_for_each_line()
