"""The benchmarks at a tiny size: what they do is right. How fast it was is nobody's business here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
pytestmark = [pytest.mark.prefect, pytest.mark.timeout(300)]


QUICK = ("chain", "sync", "news", "due", "asks")
SLOW = ("first", "rollup")
"""What these do is held by tests of their own in every run (tests/hard/test_first_sync.py, tests/datasets/test_formulae.py)."""


def run(folder: Path, prefect_server, *kinds: str) -> tuple[dict, str]:
    """The figures of one tiny run on SQLite, and what was shown. Growing is left out: it is our half of the chain again."""
    done = subprocess.run(
        [
            *(sys.executable, HOUSE / "benchmarks" / "run.py", "--only", *kinds),
            *("--orders", "6", "--more", "--database", "sqlite", "--runs", "1", "--latency", "20"),
            *("--answers", "1200", "--days", "3", "--first", "300", "--clocks", "150"),
            *("--patience", "0", "--server", str(prefect_server.pid)),
        ],
        cwd=folder,
        env=prefect_server.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (kept,) = (folder / ".bench").glob("*.json")
    return json.loads(kept.read_text(encoding="utf-8")), done.stdout


@pytest.fixture(scope="module")
def measured(tmp_path_factory, prefect_server):
    return run(tmp_path_factory.mktemp("bench"), prefect_server, *QUICK)


def test_both_ways_of_the_chain_send_every_message_of_every_order(measured):
    figures, _ = measured
    (chain,) = figures["chain"]["sqlite"]
    assert [chain[way]["messages"] for way in ("ours", "usual")] == [6 * 6] * 2


def test_both_ways_of_reading_a_shop_file_the_same_orders(measured):
    figures, _ = measured
    (read,) = figures["sync"]["sqlite"]
    assert read["latency_ms"] == 20
    assert read["orders"] >= 10


def test_all_news_is_applied(measured):
    figures, _ = measured
    (news,) = figures["news"]["sqlite"]
    assert news["orders"] >= 5
    assert news["owed"] > news["orders"]


def test_a_table_with_the_ratio_is_shown(measured):
    _, shown = measured
    assert "times the usual" in shown
    assert "messages per second" in shown


def test_every_due_deadline_is_found_and_calls_once(measured):
    figures, _ = measured
    (due,) = figures["due"]["sqlite"]
    assert (due["clocks"], due["due"]) == (150, 100)


def test_every_due_ask_is_found_and_asked_once(measured):
    figures, _ = measured
    (asks,) = figures["asks"]["sqlite"]
    assert (asks["orders"], asks["due"]) == (150, 100)


@pytest.mark.large
def test_a_killed_first_sync_goes_on_and_all_ways_of_rolling_answers_up_say_the_same(
    tmp_path, prefect_server
):
    figures, _ = run(tmp_path, prefect_server, *SLOW)
    (first,) = figures["first"]["sqlite"]
    assert first["filed_when_killed"] + first["heard_after_that"] == first["orders"] == 300
    (rolled,) = figures["rollup"]["Parquet"]
    assert (rolled["answers"], rolled["days"], rolled["pandas"]["peak_mib"] > 0) == (1200, 3, True)
