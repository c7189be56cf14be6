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
                "peak_rss_mb": _peak_rss_mb(),
            }
            print(json.dumps(done), flush=True)


def _cpu_seconds() -> float:
    times = [process.cpu_times() for process in _processes()]
    return sum(one.user + one.system for one in times)


def _peak_rss_mb() -> float:
    """The highest of each process, added up as if they had shared nothing and been at it at once."""
    peaks = [Path(f"/proc/{one.pid}/status").read_text(encoding="ascii") for one in _processes()]
    return sum(int(peak.partition("VmHWM:")[2].split()[0]) / 1024 for peak in peaks)


def _processes() -> list[psutil.Process]:
    """This one and those that it has started to help."""
    this = psutil.Process()
    return [this, *this.children(recursive=True)]


if __name__ == "__main__":
    main(sys.argv[1])
