"""The process whose speed and memory are measured: runs one of the two flows whenever a line on stdin says so."""

import json
import sys
import time
from pathlib import Path

import psutil
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings


def main(way: str) -> None:
    if way == "ours":
        from flows.messages import send_what_is_owed as started
    else:
        from usual import send_one_by_one as started
    print("ready", flush=True)
    # Off for both ways: it would make every flow run, long or short, one second longer.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        for _line in sys.stdin:
            wall, cpu = time.perf_counter(), _cpu_seconds()
            state = started(channel="email", return_state=True)
            done = {"seconds": time.perf_counter() - wall}
            EventsWorker.drain_all(timeout=60)
            APILogWorker.drain_all(timeout=60)
            done |= {
                "cpu": _cpu_seconds() - cpu,
                "state": state.name,
                "message": state.message,
                "peak_mb": _peak_mb(),
            }
            print(json.dumps(done), flush=True)


def _cpu_seconds() -> float:
    times = [process.cpu_times() for process in _processes()]
    return sum(one.user + one.system for one in times)


def _peak_mb() -> float:
    """The highest of each process, added up as if all had been at it at once; what they share is counted once.

    They share files that are read only: Python itself and its libraries.
    """
    peaks, shared = [], []
    for one in _processes():
        peaks += _kb(f"/proc/{one.pid}/status", "VmHWM")
        shared.append(sum(_kb(f"/proc/{one.pid}/smaps_rollup", "Shared_Clean", "Shared_Dirty")))
    return (sum(peaks) - (sum(shared) - max(shared))) * 1024 / 1_000_000


def _kb(path: str, *names: str) -> list[int]:
    lines = Path(path).read_text(encoding="ascii").splitlines()
    return [int(line.split()[1]) for line in lines if line.partition(":")[0] in names]


def _processes() -> list[psutil.Process]:
    """This one and those that it has started to help."""
    this = psutil.Process()
    return [this, *this.children(recursive=True)]


if __name__ == "__main__":
    main(sys.argv[1])
