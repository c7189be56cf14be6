"""The process whose speed and memory are measured: runs one of the two flows whenever a line on stdin says so."""

import json
import sys
import time
from pathlib import Path

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
            wall, cpu = time.perf_counter(), time.process_time()
            state = started(channel="email", return_state=True)
            done = {"seconds": time.perf_counter() - wall}
            EventsWorker.drain_all(timeout=60)
            APILogWorker.drain_all(timeout=60)
            done |= {
                "cpu": time.process_time() - cpu,
                "state": state.name,
                "message": state.message,
                "peak_rss_mb": _peak_rss_mb(),
            }
            print(json.dumps(done), flush=True)


def _peak_rss_mb() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main(sys.argv[1])
