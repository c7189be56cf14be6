"""Rollups: a night's satisfaction over a million and ten million answers, against DuckDB asked directly and pandas."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rollup_files import write
from stand import HERE, WrongResult

DAYS = 400
"""So long the contract keeps answers."""
WORTH_GX = 100_000
"""Of fewer answers, nothing but the import of Great Expectations would be measured."""
WAYS = {"ours": "ours", "directly in DuckDB": "directly", "pandas": "usually"}


def look(responses: int, days: int = DAYS) -> dict[str, Any]:
    """Writes the answers, and lets each way roll them up in a process of its own, one after the other."""
    with tempfile.TemporaryDirectory(prefix="pv-rollup-") as made:
        folder = Path(made)
        there = write(folder, responses, days)
        (folder / "partitions.json").write_text(
            json.dumps(
                {
                    name: {str(day): part.model_dump() for day, part in parts.items()}
                    for name, parts in there.items()
                }
            ),
            encoding="utf-8",
        )
        found = {way: _in_a_process(function, folder) for way, function in WAYS.items()}
        said = {way: figures.pop("said") for way, figures in found.items()}
        if any(one != said["ours"] for one in said.values()):
            raise WrongResult(f"the ways do not say the same: {said}")
        checked = [_in_a_process(way, folder) for way in ("rules", "gx")[: 1 + (responses >= WORTH_GX)]]
        if broken := [rule for one in checked for rule in one.pop("said")]:
            raise WrongResult(f"answers or sums break their contract: {broken}")
        pieces = _in_a_process("pieces", folder)
    mine, direct = found["ours"], found["directly in DuckDB"]
    monthly = "cpu_s_of_products_and_carriers"
    whole = mine["cpu_s_with_files"] + mine[monthly]
    return {
        **{
            way: {name: value for name, value in one.items() if name != monthly} for way, one in found.items()
        },
        "answers": sum(part.rows for part in there["survey_responses"].values()),
        "days": days,
        "times_the_seconds_of_duckdb_to_aggregate": _times(mine, direct, "s_to_aggregate"),
        "times_the_seconds_of_duckdb_with_files": _times(mine, direct, "s_with_files"),
        "times_the_cpu_of_duckdb_with_files": _times(mine, direct, "cpu_s_with_files"),
        monthly: mine[monthly],
        "cpu_s_for_a_night": round(pieces["cpu_s_with_files"] + pieces[monthly], 2),
        "percent_for_a_night": _percent(pieces, whole),
        **{name: value for one in checked for name, value in one.items()},
    }


def _in_a_process(way: str, folder: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, HERE / "rollup_ways.py", way, folder], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise WrongResult(f"{way}: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout))


def _times(one: dict[str, Any], other: dict[str, Any], name: str) -> float:
    return round(one[name] / other[name], 2)


def _percent(part: dict[str, Any], whole: float) -> float:
    return round(100 * (part["cpu_s_with_files"] + part["cpu_s_of_products_and_carriers"]) / whole, 1)
